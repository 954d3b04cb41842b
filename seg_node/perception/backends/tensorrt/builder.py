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

from collections.abc import Callable, Iterable
import json
from multiprocessing.connection import Connection, Pipe
import os
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, BinaryIO

from seg_node.perception.backends.progress import ignore, never, Progress
from seg_node.perception.backends.tensorrt.built_engine import BuildFacts, BuiltEngine
from seg_node.perception.backends.tensorrt.diagnosis import Finding
from seg_node.perception.backends.tensorrt.library import Flavour, Missing, TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import EngineOptions

PROCESS = 'seg_node.perception.backends.tensorrt.build_process'

_POLL = 0.1
"""Seconds between two looks at the caller's wish to cancel."""

_LAST_WORDS = 2000


class BuildError(RuntimeError):
    """No engine came of a graph; findings say what to change."""

    def __init__(self, message: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(message)
        self.findings = tuple(findings)


class BuildCancelledError(Exception):
    """The caller did not want the engine any more."""


def build(
    graph: Path, options: EngineOptions, *,
    progress: Callable[[Progress], None] = ignore, cancelled: Callable[[], bool] = never,
    timing_cache: bytes = b'', flavours: tuple[Flavour, ...] = tuple(Flavour),
) -> BuiltEngine:
    """
    Build an engine; the caller's thread waits, and calls progress and cancelled.

    timing_cache is that of an earlier build on the same GPU with the same version, and shortens
    this one.

    :raises BuildError: when the graph, the options or the machine do not allow it.
    :raises BuildCancelledError: soon after cancelled() is true.
    :raises TensorRtMissingError: when the library, or a GPU for it, is missing.
    """
    if not graph.is_file():
        raise BuildError(f'{graph}: no such file; check the path')
    request = json.dumps({'graph': str(graph.resolve()), 'options': options.to_json(),
                          'flavours': [flavour.value for flavour in flavours]}).encode()
    ours, theirs = Pipe()
    # What it prints goes to memory: a full disk is no reason not to build.
    with ours, theirs, os.fdopen(os.memfd_create('seg_node_build'), 'rb') as words:
        process = _start(theirs, words)
        try:
            theirs.close()
            _send(ours, request, timing_cache)
            return _receive(ours, graph, progress, cancelled)
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


def _send(connection: Connection, *messages: bytes) -> None:
    try:
        for message in messages:
            connection.send_bytes(message)
    except OSError:  # it has died, and has said why
        return


def _receive(
    connection: Connection, graph: Path, progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
) -> BuiltEngine:
    while True:
        while not connection.poll(_POLL):
            if cancelled():
                raise BuildCancelledError(f'{graph}: the build was cancelled')
        if cancelled():
            raise BuildCancelledError(f'{graph}: the build was cancelled')
        message: dict[str, Any] = json.loads(connection.recv_bytes())
        kind = message['kind']
        if kind == 'progress':
            progress(Progress(message['phase'], message['fraction']))
        elif kind == 'built':
            facts = BuildFacts.from_json(message['facts'])
            return BuiltEngine(connection.recv_bytes(), facts, connection.recv_bytes())
        elif kind == 'missing':
            raise TensorRtMissingError(Missing(message['why']), message['text'])
        else:
            findings = [Finding(*values) for values in message['findings']]
            text = ''.join(f'\n  - {finding}' for finding in findings)
            raise BuildError(f"{graph}: {message['text']}{text}", findings)


def _death(code: int, words: BinaryIO) -> str:
    """Say why the process died without a message."""
    if code == -signal.SIGKILL:
        return ('the build was killed; most often memory ran out: close other programs, add '
                'swap, or lower workspace_mib')
    how = f'by signal {signal.Signals(-code).name}' if code < 0 else f'with code {code}'
    words.seek(0)
    last = words.read()[-_LAST_WORDS:].decode(errors='replace').strip()
    return f'the build ended {how}; its last words: {last or "none"}'
