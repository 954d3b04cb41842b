# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Build an engine of an ONNX file, in a process of its own.

TensorRT's bindings give up Python's lock while they parse and build, in every version since 8.5,
so that a thread would not stop the node from answering. A process it is all the same:
- it can be stopped at any moment, also with TensorRT 8, which knows no cancelling: killed, it
  leaves nothing behind, because all that it makes comes through a pipe;
- where memory runs out (a Jetson's is small, and a build takes gigabytes) or the library crashes,
  it is the build that dies, not the node with its heartbeat;
- what the builder allocated, on the GPU too, is given back for certain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, BinaryIO

from seg_node.perception.backends.contract import ContractBreach
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.tensorrt.layers import LayerSummary
from seg_node.perception.backends.tensorrt.library import Flavour
from seg_node.perception.backends.tensorrt.options import EngineOptions

PROCESS = 'seg_node.perception.backends.tensorrt.build_process'

_POLL = 0.1
"""Seconds after which the monitor is asked again."""

_LAST_WORDS = 2000


@dataclass(frozen=True)
class BuildFacts:
    """
    How an engine was built, and what it consists of.

    library: name and version. seconds: how long it took. network: number of layers per type that
    they give, before they are fused. layers: those of the engine, none where the machine that
    built it cannot load it. notes: what was asked for and is not so. tactics: sources of tactics
    besides TensorRT's own, as it names them.
    """

    library: str
    seconds: float
    network: Mapping[str, int] = field(default_factory=dict)
    layers: LayerSummary = LayerSummary()
    notes: tuple[str, ...] = ()
    tactics: tuple[str, ...] = ()

    @property
    def tactics_text(self) -> str:
        """Say for people what tactics were tried."""
        return ', '.join(("TensorRT's own", *self.tactics))

    def to_json(self) -> dict[str, Any]:
        """Return plain values; from_json reads them."""
        return {'library': self.library, 'seconds': self.seconds,
                'network': dict(self.network), 'layers': self.layers.to_json(),
                'notes': list(self.notes), 'tactics': list(self.tactics)}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> BuildFacts:
        """Read what to_json gave."""
        return BuildFacts(
            str(values['library']), float(values['seconds']),
            {str(name): int(count) for name, count in values['network'].items()},
            LayerSummary.from_json(values['layers']), tuple(map(str, values['notes'])),
            tuple(map(str, values['tactics'])))


@dataclass(frozen=True)
class BuiltEngine:
    """An engine as TensorRT serializes it, and what the builder measured for the next one."""

    data: bytes
    facts: BuildFacts
    timing_cache: bytes = b''


class BuildError(RuntimeError):
    """No engine came of a graph; findings say what to change."""

    def __init__(self, message: str, findings: Iterable[ContractBreach] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__(message + ''.join(f'\n  - {finding}' for finding in self.findings))


class BuildCancelledError(Exception):
    """The caller did not want the engine any more."""


def build(
    content: bytes, graph: Path, options: EngineOptions, monitor: ProgressMonitor | None = None, *,
    timing_cache: bytes = b'', flavours: tuple[Flavour, ...] = tuple(Flavour),
) -> BuiltEngine:
    """
    Build an engine; the caller's thread waits, and calls the monitor.

    content is that of an ONNX file, all weights inside; graph is its path, for messages.
    timing_cache is that of an earlier build on the same GPU with the same version, and shortens
    this one.

    :raises BuildError: when the graph, the options or the machine do not allow it.
    :raises BuildCancelledError: soon after the monitor has cancelled.
    :raises TensorRtMissingError: when the library, or a GPU for it, is missing.
    """
    ours, theirs = Pipe()
    # What it prints goes to memory: a full disk is no reason not to build.
    with ours, theirs, os.fdopen(os.memfd_create('seg_node_build'), 'rb') as words:
        process = _start(theirs, words)
        try:
            theirs.close()
            with suppress(OSError):  # it has died, and has said why
                ours.send((content, graph, options, timing_cache, flavours))
            return _receive(ours, graph, monitor or ProgressMonitor())
        except EOFError:
            raise BuildError(f'{graph}: {_death(process.wait(), words)}') from None
        finally:
            process.kill()
            process.wait()


def _start(connection: Connection, words: BinaryIO) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, '-m', PROCESS, str(connection.fileno())],
        pass_fds=(connection.fileno(),), stdin=subprocess.DEVNULL, stdout=words, stderr=words,
        env={**os.environ, 'PYTHONPATH': path},
        start_new_session=True)  # Ctrl-C is for the caller, who then cancels


def _receive(connection: Connection, graph: Path, monitor: ProgressMonitor) -> BuiltEngine:
    while True:
        ready = connection.poll(_POLL)
        if monitor.cancelled():
            raise BuildCancelledError(f'{graph}: the build was cancelled')
        if not ready:
            continue
        message = connection.recv()
        if isinstance(message, BuiltEngine):
            return message
        if isinstance(message, Exception):
            raise message
        monitor.progress(message)


def _death(code: int, words: BinaryIO) -> str:
    """Say why the process died without a message."""
    if code == -signal.SIGKILL:
        return ('the build was killed; usually memory ran out: close other programs, add '
                'swap, or lower workspace_mib')
    how = f'by signal {signal.Signals(-code).name}' if code < 0 else f'with code {code}'
    words.seek(0)
    last = words.read()[-_LAST_WORDS:].decode(errors='replace').strip()
    return f'the build ended {how}; its last words: {last or "none"}'
