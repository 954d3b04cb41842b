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
Build the TensorRT engine of a model for this machine, and keep it for the node.

The node does the same when it starts and finds no engine; built beforehand, it starts in seconds.
Exit codes: 0 the engine is there, 1 it cannot be built (it says why, and what the ONNX file needs
changed), 2 unusable input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
import sys

from seg_node.perception.backends.progress import Progress, ProgressMonitor
from seg_node.perception.backends.registry import MAX_BATCH
from seg_node.perception.backends.tensorrt.api import Api, load
from seg_node.perception.backends.tensorrt.builder import BuildCancelledError, BuildError
from seg_node.perception.backends.tensorrt.cache import (
    CachedEngine,
    default_folder,
    EngineCache,
    EngineSource,
)
from seg_node.perception.backends.tensorrt.engines import get_engine, gpu_for, key_of
from seg_node.perception.backends.tensorrt.gpu import Gpu
from seg_node.perception.backends.tensorrt.library import TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import (
    DLA_CORE,
    EngineOptions,
    graph_for,
    LIBRARY_TACTICS,
    OPTIMIZATION_LEVEL,
    OptionsError,
    PRECISIONS,
    WORKSPACE_MIB,
)
from seg_node.perception.backends.tensorrt.private_folder import FolderError
from seg_node.perception.models.model import load_model, Model, ModelError
from seg_node.tools.common.command_line import fail, OneLineParser, StopFlag, whole
from seg_node.tools.common.text_table import aligned

NAME_WIDTH = 60


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='build_engine', description=__doc__.split('\n')[1])
    parser.add_argument('--model', default='road',
                        help='bundled model, or path of a model folder (default: road)')
    parser.add_argument('--precision', choices=PRECISIONS, default=PRECISIONS[0],
                        help='auto: fp16 where the model has such a graph, else fp32')
    parser.add_argument('--batch', type=whole(1, MAX_BATCH), default=1, metavar='N',
                        help='maximum of images at once, the number of cameras (default: 1)')
    parser.add_argument('--workspace', type=whole(WORKSPACE_MIB.low, WORKSPACE_MIB.high),
                        metavar='MIB', help="maximum of memory for a layer (default: TensorRT's)")
    level = OPTIMIZATION_LEVEL
    parser.add_argument('--optimization-level', type=whole(level.low, level.high), metavar='L',
                        help=f"how long to search, {level.low} to {level.high} "
                        f"(default: TensorRT's)")
    parser.add_argument('--dla', type=whole(DLA_CORE.low, DLA_CORE.high),
                        metavar='CORE',
                        help='deep learning accelerator of a Jetson; the GPU does the rest')
    parser.add_argument('--library-tactics', action='store_const', const=LIBRARY_TACTICS.high,
                        help=LIBRARY_TACTICS.meaning.partition(';')[0])
    parser.add_argument('--version-compatible', action='store_true',
                        help='for later versions of TensorRT too; may be slower')
    parser.add_argument('--hardware-compatible', action='store_true',
                        help='for other GPUs too, Ampere and later; may be slower')
    parser.add_argument('--force', action='store_true', help='build it even if it is there')
    parser.add_argument('--inspect', action='store_true', help='list the layers of the engine')
    parser.add_argument('--cache', type=Path, default=default_folder(), metavar='DIR',
                        help='folder of the engines (default: %(default)s)')
    return parser.parse_args(argv)


def options_of(given: argparse.Namespace, model: Model) -> EngineOptions:
    """Return the options of the engine; OptionsError where they contradict each other."""
    return EngineOptions(
        precision=model.precision, workspace_mib=given.workspace,
        optimization_level=given.optimization_level, dla_core=given.dla,
        library_tactics=given.library_tactics, max_batch=given.batch,
        version_compatible=given.version_compatible, hardware_compatible=given.hardware_compatible)


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """Show progress on a terminal."""
    def show(progress: Progress) -> None:
        if sys.stderr.isatty():
            print(f'\r{progress.phase:<40.40} {100 * (progress.fraction or 0):3.0f} %', end='',
                  file=sys.stderr, flush=True)

    yield show
    if sys.stderr.isatty():
        print('\r\033[K', end='', file=sys.stderr, flush=True)


def summary(engine: CachedEngine, model: Model, asked: str) -> str:
    """Return what the engine is as lines of text."""
    facts, layers = engine.facts, engine.facts.layers
    came = f'built in {facts.seconds:.1f} s'
    if engine.source is EngineSource.CACHE:
        came = f'already there, {came}'
    rows = {
        'engine': f'{engine.path or "not kept"} ({came}, {facts.library})',
        'size': f'{_megabytes(len(engine.data))} (graph: {_megabytes(_size(model.graph))})',
        'graph': f'{sum(facts.network.values())} layers: {_counts(facts.network)}',
        'tactics': facts.tactics_text,
        'layers': 'this machine cannot load the engine, so they are not known',
        'precision': f'{model.precision.value} graph',
    }
    if layers.layers:
        rows['layers'] = str(len(layers.layers)) + (
            f', {layers.on_dla} on the DLA' if layers.on_dla else '')
        rows['precision'] = f'{layers.precision} ({_counts(layers.precisions)})'
    rows['precision'] += f'; asked for: {asked}'
    return aligned(rows.items())


def layer_table(engine: CachedEngine) -> str:
    """Return the layers of the engine as lines of text."""
    rows = [(layer.name if len(layer.name) <= NAME_WIDTH else f'{layer.name[:NAME_WIDTH - 3]}...',
             layer.kind, layer.precision, layer.weights) for layer in engine.facts.layers.layers]
    return aligned([('layer', 'kind', 'precision', 'weights'), *rows], right=(3,))


def _counts(counts: Mapping[str, int]) -> str:
    return ', '.join(f'{count} {name}' for name, count in counts.items()) or 'none'


def _megabytes(size: int) -> str:
    return f'{size / 1e6:.1f} MB'


def _size(path: Path) -> int:
    return path.stat().st_size


def make(
    given: argparse.Namespace, model: Model, options: EngineOptions, api: Api, gpu: Gpu,
    stop: StopFlag,
) -> CachedEngine:
    """Get the engine, showing the progress."""
    cache = EngineCache(given.cache)
    if given.force:
        cache.discard(key_of(model, options, api, gpu), cancelled=lambda: bool(stop))
    with progress_bar() as show:
        return get_engine(model, options, api, gpu, cache,
                          ProgressMonitor(show, lambda: bool(stop)))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    stop = StopFlag()
    given = parse(sys.argv[1:] if argv is None else argv)
    try:
        model = graph_for(load_model(given.model), given.precision)
        options = options_of(given, model)
        api = load()
        gpu = gpu_for(api)
        print(f'build_engine: {model.name} {model.precision.value}, batch {options.max_batch}, '
              f'{api.title}, GPU {gpu.name} ({gpu.compute_capability})', flush=True)
        engine = make(given, model, options, api, gpu, stop)
    except (ModelError, OptionsError, FolderError) as error:
        return fail('build_engine', error)
    except (BuildError, TensorRtMissingError) as error:
        print(f'build_engine: {error}', file=sys.stderr)
        return 1
    except BuildCancelledError:
        print('build_engine: stopped; nothing was kept', file=sys.stderr)
        return 130
    print(summary(engine, model, given.precision))
    if given.inspect and engine.facts.layers.layers:
        print(layer_table(engine))
    for warning in (*api.library.notes, *engine.facts.notes, *engine.warnings):
        print(f'build_engine: {warning}', file=sys.stderr)
    return 0


if __name__ == '__main__':
    sys.exit(main())
