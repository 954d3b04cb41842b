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

"""Build the engines of models, and hold their labels against ONNX Runtime's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
import math
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

import numpy as np

from benchmarks.gpu.gpu import models_of, need_tensorrt, progress
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table, UnavailableError
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
from seg_node.perception.backends.progress import Progress, ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.backends.tensorrt.api import Api
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
from seg_node.perception.backends.tensorrt.builder import BuildError
from seg_node.perception.backends.tensorrt.cache import CachedEngine, EngineCache, EngineSource
from seg_node.perception.backends.tensorrt.engines import get_engine, gpu_for
from seg_node.perception.backends.tensorrt.library import TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import EngineOptions, graph_for
from seg_node.perception.models.model import Model, ModelError, Precision
from seg_node.perception.segmenter import Segmenter
from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore

if TYPE_CHECKING:
    from benchmarks.model.images import Item
    from seg_node.perception.backends import Backend

MIN_EQUAL = {Precision.FP32: 0.995, Precision.FP16: 0.995, Precision.INT8: 0.98}
"""Share of pixels that must have the label of ONNX Runtime's fp32; int8's as for its export."""
MAX_POINTS = 0.3
"""Points of path IoU by which fp32 and fp16 may differ from ONNX Runtime's fp32."""
THREADS = 4
SEED = 0


@dataclass(frozen=True)
class Agreement:
    """Pixels of the network's size that have the same label, of all; path as each sees it."""

    equal: int = 0
    pixels: int = 0
    ours: PathScore = PathScore()
    reference: PathScore = PathScore()

    @property
    def share(self) -> float:
        """Share of the pixels with the same label."""
        return self.equal / self.pixels if self.pixels else math.nan

    @property
    def points(self) -> float:
        """Path IoU of ours less that of the reference, in points of 100."""
        return 100 * (self.ours.iou - self.reference.iou)

    def checks(self, name: str, precision: Precision) -> list[Check]:
        """Hold it against the limits."""
        minimum = MIN_EQUAL[precision]
        found = [Check(f'{name}: equal labels', f'{100 * self.share:.3f} %',
                       f'at least {100 * minimum:g} %', self.share >= minimum)]
        if precision is not Precision.INT8:
            found.append(Check(f'{name}: path IoU', f'{self.points:+.3f} points',
                               f'within {MAX_POINTS:g}', abs(self.points) <= MAX_POINTS))
        return found


class Referee:
    """Keeps what ONNX Runtime's fp32 says of the images, for all precisions of a model."""

    def __init__(self, model: Model, items: Sequence[Item]) -> None:
        self._items = items
        backend = OnnxRuntimeBackend(model, THREADS, 'the reference')
        with Segmenter(backend) as segmenter:
            self._seen = [self._look(segmenter, item) for item in progress(
                items, len(items), f'{model.name} ONNX Runtime')]

    def compare(self, backend: Backend, name: str) -> Agreement:
        """Hold a backend against it on all images; BackendError where that fails."""
        total = Agreement()
        segmenter = Segmenter(backend)
        for item, (labels, reference) in zip(
                progress(self._items, len(self._items), name), self._seen, strict=True):
            ours, score = self._look(segmenter, item)
            total = Agreement(
                total.equal + int(np.count_nonzero(ours == labels)), total.pixels + labels.size,
                total.ours + score, total.reference + reference)
        return total

    def _look(self, segmenter: Segmenter, item: Item) -> tuple[Any, PathScore]:
        bgr, ids = item.read()
        seen = segmenter.segment(bgr)
        return seen.labels, PathScore.of(seen.path, path_truth(item.format.path_codes[ids], ()))


@dataclass
class Engines:
    """Collects what was found of engine after engine."""

    make: Callable[[Model], CachedEngine]
    open: Callable[[Model], Backend]

    def __post_init__(self) -> None:
        self.rows: list[tuple[str, ...]] = []
        self.checks: list[Check] = []
        self.figures: dict[str, Any] = {}

    def add(self, model: Model, referee: Referee) -> None:
        """Build, run and compare the engine of a model's graph; what goes wrong is a check."""
        name = f'{model.name} {model.precision.value}'
        try:
            engine = self.make(model)
            with closing(self.open(model)) as backend:
                agreement = referee.compare(backend, name)
        except (BuildError, BackendError, ModelError, TensorRtMissingError) as error:
            self.checks.append(Check(f'{name}: engine', str(error), 'runs', False))
            return
        self._note(name, model.precision, engine, agreement)

    def outcome(self) -> Outcome:
        """Return all of it."""
        columns = ('engine', 'built in', 'size', 'computes in', 'tactics', 'equal labels',
                   'path IoU TensorRT', 'path IoU ONNX Runtime fp32', 'points')
        return Outcome(tuple(self.checks), (Table('', columns, tuple(self.rows)),),
                       figures=self.figures)

    def _note(self, name: str, precision: Precision, engine: CachedEngine,
              agreement: Agreement) -> None:
        facts = engine.facts
        counts = ', '.join(f'{count} {kind}' for kind, count in facts.layers.precisions.items())
        cached = ' (from the cache)' if engine.source is EngineSource.CACHE else ''
        self.rows.append((
            name, f'{facts.seconds:.1f} s{cached}', f'{len(engine.data) / 1e6:.1f} MB',
            f'{facts.layers.precision} ({counts})' if counts else 'not known',
            facts.tactics_text,
            f'{100 * agreement.share:.3f} %', f'{100 * agreement.ours.iou:.2f}',
            f'{100 * agreement.reference.iou:.2f}', f'{agreement.points:+.3f}'))
        self.checks += agreement.checks(name, precision)
        self.figures[name] = {
            'seconds': facts.seconds, 'bytes': len(engine.data), 'source': engine.source.value,
            'library': facts.library, 'precision': facts.layers.precision,
            'layers': dict(facts.layers.precisions), 'notes': list(facts.notes),
            'tactics': list(facts.tactics),
            'equal': agreement.share, 'pixels': agreement.pixels,
            'path_iou': agreement.ours.iou, 'path_iou_onnxruntime': agreement.reference.iou}


def run(settings: Settings) -> Iterator[Outcome]:
    """Check the engines that the node uses, of all models that were asked for."""
    return check(settings, lambda model: [graph_for(model, 'auto')])


def check(settings: Settings, graphs: Callable[[Model], Sequence[Model]]) -> Iterator[Outcome]:
    """Check the engines of some graphs of all models that were asked for."""
    api = need_tensorrt()
    items, told = images(settings)
    engines = Engines(lambda model: make_engine(model, api), open_tensorrt)
    for model in models_of(settings):
        referee = Referee(model, items)
        for graph in graphs(model):
            engines.add(graph, referee)
            yield replace(engines.outcome(), notes=(told,))


def images(settings: Settings) -> tuple[list[Item], str]:
    """Return the images to compare on, and say what they are."""
    from benchmarks.model.images import find, rendered_scenes
    from seg_node.errors import UserError
    if settings.data is None:
        return list(rendered_scenes(settings.images)), (
            f'{settings.images} rendered scenes; with --data real images are used')
    try:
        found = find(Path(settings.data), 'test', settings.images, SEED)
    except UserError as error:
        raise UnavailableError(str(error)) from error
    told = ', '.join(f'{len(items)} of {name}/test' for name, items in found.items())
    return [item for items in found.values() for item in items], f'images: {told}'


def make_engine(model: Model, api: Api) -> CachedEngine:
    """Get the engine that the backend will use, from the cache or built."""
    return get_engine(model, EngineOptions(precision=model.precision), api, gpu_for(api),
                      EngineCache(), ProgressMonitor(_show))


def _show(progress: Progress) -> None:
    """Tell on a terminal what a build does."""
    if sys.stderr.isatty():
        print(f'  {progress.phase:<70.70} {100 * (progress.fraction or 0):3.0f} %', end='\r',
              file=sys.stderr)


def open_tensorrt(model: Model) -> TensorRtBackend:
    """Open the backend as the node does, in the precision of the model's graph."""
    options = BackendOptions(name='tensorrt', precision=model.precision.value)
    return TensorRtBackend(model, options, ProgressMonitor(), 'gpu_check')
