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
The process that builds an engine; builder.py starts it and talks to it through a pipe.

It reads a request (JSON, then a timing cache) and writes messages (JSON): progress, and at the
end "built", with engine and timing cache after it, or what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import astuple
import json
from multiprocessing.connection import Connection
import os
from pathlib import Path
import sys
import threading
import time
from typing import Any, TYPE_CHECKING

from seg_node.perception.backends.progress import Progress
from seg_node.perception.backends.tensorrt.api import Api, load
from seg_node.perception.backends.tensorrt.built_engine import BuildFacts
from seg_node.perception.backends.tensorrt.diagnosis import (
    check_contract,
    explain_build,
    explain_parser,
    Finding,
)
from seg_node.perception.backends.tensorrt.layers import LayerSummary, summarize
from seg_node.perception.backends.tensorrt.library import Flavour, TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import EngineOptions
from seg_node.perception.backends.tensorrt.progress import PhaseTree
from seg_node.perception.backends.tensorrt.reports import layer_types, LogLine, TensorInfo, tensors

if TYPE_CHECKING:
    from seg_node.perception.backends.tensorrt.bindings import Builder, Profile

FIRST_VICTIM = 1000
"""Of all processes, this one is to die first when memory runs out (proc(5), oom_score_adj)."""


class _RefusedError(Exception):
    def __init__(self, text: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(text)
        self.findings = tuple(findings)


def main(descriptor: int) -> None:
    """Serve one request on a pipe."""
    with suppress(OSError):
        Path('/proc/self/oom_score_adj').write_text(str(FIRST_VICTIM))
    connection = Connection(descriptor)
    request = json.loads(connection.recv_bytes())
    timing_cache = connection.recv_bytes()
    threading.Thread(target=_die_with_parent, args=(connection,), daemon=True).start()
    lock = threading.Lock()

    def send(*messages: bytes) -> None:
        with lock:
            for message in messages:
                connection.send_bytes(message)

    def tell(kind: str, **values: Any) -> None:
        send(json.dumps({'kind': kind, **values}).encode())

    try:
        facts, engine, measured = _build(
            Path(request['graph']), EngineOptions.from_json(request['options']), timing_cache,
            tuple(Flavour(name) for name in request['flavours']),
            lambda now: tell('progress', phase=now.phase, fraction=now.fraction))
        send(json.dumps({'kind': 'built', 'facts': facts.to_json()}).encode(), engine, measured)
    except TensorRtMissingError as error:
        tell('missing', why=error.why.value, text=str(error))
    except _RefusedError as error:
        tell('refused', text=str(error), findings=[astuple(each) for each in error.findings])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not through the destructors of a library that may be in a bad state.
    os._exit(0)


def _die_with_parent(connection: Connection) -> None:
    with suppress(EOFError, OSError):
        connection.recv_bytes()  # nothing more is ever sent
    os._exit(1)


def _build(
    graph: Path, options: EngineOptions, timing_cache: bytes, flavours: tuple[Flavour, ...],
    report: Callable[[Progress], None],
) -> tuple[BuildFacts, bytes, bytes]:
    started = time.monotonic()
    report(Progress('loading TensorRT'))
    api = load(flavours)
    log: list[LogLine] = []
    api.log_to(lambda line: log.append(line) if line.level != 'verbose' else None)
    builder = api.create_builder()
    _check_dla(builder, options, api)
    report(Progress('reading the graph'))
    network = api.create_network(builder, options)
    if problems := api.parse(network, graph):
        raise _RefusedError(f'{api.title} cannot read it', explain_parser(
            problems, log, api.newest_opset, api.title))
    inputs, outputs = tensors(network)
    if findings := check_contract(inputs, outputs, options.max_batch):
        raise _RefusedError('it does not fulfil the model contract', findings)
    config, notes = api.configure(builder, options, _profile(builder, inputs[0], options))
    api.use_timing_cache(config, timing_cache)
    report(Progress('building'))
    api.monitor(config, PhaseTree(), _sparingly(report))
    engine = api.build(builder, network, config)
    if engine is None:
        raise _RefusedError(f'{api.title} built no engine', explain_build(log))
    try:
        layers = _inspect(api, engine, options, inputs[0])
    except Exception as error:  # the engine is there, and may be no worse for it
        layers = LayerSummary()
        notes.append(f'its layers are not known, because it cannot be inspected: {error}')
    return BuildFacts(
        library=api.title, seconds=round(time.monotonic() - started, 2),
        network=layer_types(network), layers=layers, notes=tuple(notes),
    ), engine, api.timing_cache(config)


def _check_dla(builder: Builder, options: EngineOptions, api: Api) -> None:
    cores = builder.num_DLA_cores
    if options.dla_core is not None and options.dla_core >= cores:
        raise _RefusedError(
            f'dla_core is {options.dla_core}; {api.title} finds {cores} on this machine '
            f'(Xavier and Orin have them, not the Orin Nano): leave it out')


def _profile(builder: Builder, image: TensorInfo, options: EngineOptions) -> Profile | None:
    """Return the range of batches for a graph that leaves it open; a DLA takes only one size."""
    if image.shape[0] != -1:
        return None
    most = (options.max_batch, *image.shape[1:])
    least = (1, *image.shape[1:]) if options.dla_core is None else most
    profile = builder.create_optimization_profile()
    profile.set_shape(image.name, least, most, most)
    return profile


def _sparingly(report: Callable[[Progress], None]) -> Callable[[Progress], None]:
    """Pass on only what people can see: another phase, or another percent."""
    last: list[tuple[str, int]] = [('', -1)]

    def pass_on(progress: Progress) -> None:
        seen = (progress.phase, int(100 * (progress.fraction or 0.0)))
        if seen != last[0]:
            last[0] = seen
            report(progress)

    return pass_on


def _inspect(
    api: Api, engine: bytes, options: EngineOptions, image: TensorInfo
) -> LayerSummary:
    """Describe the engine, where this machine can load it."""
    loaded = api.deserialize(engine, options)
    if loaded is None:
        return LayerSummary()
    context = loaded.create_execution_context()
    if context is not None:
        context.set_input_shape(image.name, (options.max_batch, *image.shape[1:]))
    return summarize(api.inspect(loaded, context))


if __name__ == '__main__':
    main(int(sys.argv[1]))
