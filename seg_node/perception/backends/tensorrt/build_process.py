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

It receives what build() was given, sends Progress, and at the end the BuiltEngine or the error to
raise.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
import os
from pathlib import Path
import sys
import threading
import time
from typing import TYPE_CHECKING

from seg_node.perception.backends.contract import check_tensors, TensorInfo
from seg_node.perception.backends.progress import Progress
from seg_node.perception.backends.tensorrt.api import Api, load
from seg_node.perception.backends.tensorrt.builder import BuildError, BuildFacts, BuiltEngine
from seg_node.perception.backends.tensorrt.callbacks import PhaseTree
from seg_node.perception.backends.tensorrt.diagnosis import explain_build, explain_parser
from seg_node.perception.backends.tensorrt.layers import LayerSummary, summarize
from seg_node.perception.backends.tensorrt.library import Flavour, TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import EngineOptions
from seg_node.perception.backends.tensorrt.reports import layer_types, LogLine, tensors

if TYPE_CHECKING:
    from seg_node.perception.backends.tensorrt.bindings import Builder, OptimizationProfile

FIRST_VICTIM = 1000
"""Of all processes, this one is to die first when memory runs out (proc(5), oom_score_adj)."""


def main(descriptor: int) -> None:
    """Serve one request on a pipe."""
    with suppress(OSError):
        Path('/proc/self/oom_score_adj').write_text(str(FIRST_VICTIM), encoding='utf-8')
    connection = Connection(descriptor)
    content, graph, options, timing_cache, flavours = connection.recv()
    threading.Thread(target=_die_with_parent, args=(connection,), daemon=True).start()
    lock = threading.Lock()

    def send(message: Progress | BuiltEngine | Exception) -> None:
        with lock:
            connection.send(message)

    try:
        send(_build(content, graph, options, timing_cache, flavours, send))
    except (BuildError, TensorRtMissingError) as error:
        send(error)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not through the destructors of a library that may be in a bad state.
    os._exit(0)


def _die_with_parent(connection: Connection) -> None:
    with suppress(EOFError, OSError):
        connection.recv_bytes()  # nothing more is ever sent
    os._exit(1)


def _build(
    content: bytes, graph: Path, options: EngineOptions, timing_cache: bytes,
    flavours: tuple[Flavour, ...], report: Callable[[Progress], None],
) -> BuiltEngine:
    started = time.monotonic()
    report(Progress('loading TensorRT'))
    api = load(flavours)
    log: list[LogLine] = []
    api.log_to(lambda line: log.append(line) if line.level != 'verbose' else None)
    builder = api.create_builder()
    if options.dla_core is not None and options.dla_core >= builder.num_DLA_cores:
        raise BuildError(
            f'{graph}: dla_core is {options.dla_core}; {api.title} finds {builder.num_DLA_cores} '
            f'on this machine (Xavier and Orin have them, not the Orin Nano): leave it out')
    report(Progress('reading the graph'))
    network = api.create_network(builder, options)
    if problems := api.parse(network, content):
        raise BuildError(f'{graph}: {api.title} cannot read it', explain_parser(
            problems, log, api.newest_opset, api.title))
    inputs, outputs = tensors(network)
    if findings := check_tensors(inputs, outputs, options.max_batch):
        raise BuildError(f'{graph}: it does not fulfil the model contract', findings)
    config, notes = api.configure(builder, options, _profile(builder, inputs[0], options))
    api.use_timing_cache(config, timing_cache)
    report(Progress('building'))
    api.monitor(config, PhaseTree(), _sparingly(report))
    engine = api.build(builder, network, config)
    if engine is None:
        raise BuildError(f'{graph}: {api.title} built no engine', explain_build(log))
    try:
        layers = _inspect(api, engine, options, inputs[0])
    except Exception as error:  # the engine is there, and may be no worse for it
        layers = LayerSummary()
        notes.append(f'its layers are not known, because it cannot be inspected: {error}')
    facts = BuildFacts(
        library=api.title, seconds=round(time.monotonic() - started, 2),
        network=layer_types(network), layers=layers, notes=tuple(notes),
        tactics=api.tactics(config))
    return BuiltEngine(engine, facts, api.timing_cache(config))


def _profile(builder: Builder, image: TensorInfo, options: EngineOptions,
             ) -> OptimizationProfile | None:
    """Return the range of batches for a graph that leaves it open; a DLA takes only one size."""
    if image.shape[0] != -1:
        return None
    largest = (options.max_batch, *image.shape[1:])
    smallest = (1, *image.shape[1:]) if options.dla_core is None else largest
    profile = builder.create_optimization_profile()
    profile.set_shape(image.name, smallest, largest, largest)
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
