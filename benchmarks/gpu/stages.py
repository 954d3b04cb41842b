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

"""How long each part of a frame takes, and how near the whole is to what is needed at least."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.gpu.engines import open_tensorrt
from benchmarks.gpu.gpu import models_of, need_tensorrt, progress
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table
from benchmarks.gpu.timing import (
    back_to_back,
    Bandwidth,
    by_stage,
    image,
    p50_p99,
    recorded,
    wall,
    WARM_UP,
)
from seg_node.perception.backends import Backend, BackendError
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.backends.tensorrt.opening import open_engine, OpenedEngine
from seg_node.perception.backends.tensorrt.options import graph_for
from seg_node.perception.backends.tensorrt.runner import ImageForm
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.model import Model
from seg_node.scoring.percentiles import Percentiles

FORMS = (ImageForm(Layout.BGR8, 640, 480), ImageForm(Layout.BGR8, 1280, 720),
         ImageForm(Layout.YUYV, 1280, 720), ImageForm(Layout.NV12, 1280, 720),
         ImageForm(Layout.BGR8, 1920, 1080))
MAX_RATIO = 1.3
"""Maximum that a frame may take, in times of the network alone and the copies' limit together."""
_MAPS = 2


@dataclass(frozen=True)
class FrameTimes:
    """
    Milliseconds of a frame of one form.

    stages: of the GPU's clock, with their sum. fill: the copy into page-locked memory, by the CPU.
    run: EngineRunner.run(), infer: TensorRtBackend.infer(), both by the clock on the wall.
    network: the engine alone, frame after frame with one wait at the end, as a CUDA graph and
    without. copies: bytes of a frame by the measured speed of large page-locked copies.
    """

    form: ImageForm
    stages: dict[str, Percentiles]
    sum: Percentiles
    fill: Percentiles
    run: Percentiles
    infer: Percentiles
    network_graph: float
    network_plain: float
    copies: float

    @property
    def ratio(self) -> float:
        """Return run() in times of what is needed at least."""
        return self.run.p50 / (min(self.network_graph, self.network_plain) + self.copies)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        form = self.form.layout.name, self.form.width, self.form.height
        return {**asdict(self), 'form': form, 'ratio': self.ratio}


def run(settings: Settings) -> Iterator[Outcome]:
    """Measure the models that were asked for, in the precision that the node chooses."""
    need_tensorrt()
    total = Outcome()
    for model in models_of(settings):
        found = measure_model(graph_for(model, 'auto'), settings.timed, _open, open_tensorrt)
        total = replace(
            total, checks=total.checks + found.checks, tables=total.tables + found.tables,
            notes=(*total.notes, *found.notes), figures={**total.figures, **found.figures})
        yield total


def _open(model: Model) -> OpenedEngine:
    return open_engine(
        model, BackendOptions(name='tensorrt', precision=model.precision.value), ProgressMonitor())


def measure_model(model: Model, count: int, open_runner: Callable[[Model], OpenedEngine],
                  open_backend: Callable[[Model], Backend]) -> Outcome:
    """Measure a model with frames of all sizes; what goes wrong is a check that failed."""
    name = f'{model.name} {model.precision.value}'
    try:
        with closing(open_backend(model)) as backend:
            infer = {form: _infer(backend, image_of(form), count) for form in FORMS}
    except BackendError as error:
        return Outcome((Check(f'{name}: backend', str(error), 'runs', False),))
    with closing(open_runner(model)) as opened:
        speed = Bandwidth.of(opened.device)
        times = [measure(opened, form, count, speed, infer[form])
                 for form in progress(FORMS, len(FORMS), name)]
    tables = (_stages_table(name, times), _whole_table(name, times))
    return Outcome(
        tuple(_check(name, one) for one in times), tables,
        (_copies(name, speed), *(f'{name}: {text}' for text in opened.warnings)),
        {name: {'frames': [one.to_json() for one in times],
                'bandwidth': asdict(speed), 'detail': opened.detail,
                'precision': opened.precision}})


def measure(opened: OpenedEngine, form: ImageForm, count: int, speed: Bandwidth,
            infer: Percentiles) -> FrameTimes:
    """Measure frames of one form."""
    runner, frame = opened.runner, image_of(form)
    fills: list[float] = []

    def run() -> None:
        seen, = runner.run([frame])
        fills.append(1e3 * seen.prepare)

    whole = wall(run, count)
    stages, stream = runner.stages([form]), runner.stream
    network = recorded(stream, stages['network'])
    parts = {**stages, 'network': network}
    *each, total = by_stage(stream, list(parts.values()), network, count)
    up = sum(plane.nbytes for plane in frame.planes)
    down = opened.model.width * opened.model.height * _MAPS
    return FrameTimes(
        form, dict(zip(parts, each, strict=True)), total, Percentiles.of(fills[WARM_UP:]), whole,
        infer, back_to_back(stream, network, count),
        back_to_back(stream, stages['network'], count), speed.limit_ms(up, down))


def image_of(form: ImageForm) -> Pixels:
    """Return an image of that form; in YUV the colours are other ones."""
    width = form.width * form.layout.pixel_bytes
    memory = image(width, form.height * 3 // 2).bgr[..., 0].copy().reshape(-1)
    return Pixels.within(memory, *form)


def _infer(backend: Backend, frame: Pixels, count: int) -> Percentiles:
    return wall(lambda: backend.infer([frame]), count)


def _check(name: str, times: FrameTimes) -> Check:
    return Check(
        f'{name}: {_form(times)}, run() in times of network alone and copies',
        f'{times.ratio:.2f}', f'at most {MAX_RATIO:g}', times.ratio <= MAX_RATIO)


def _copies(name: str, speed: Bandwidth) -> str:
    if not speed.up:
        return f'{name}: nothing is copied, the GPU works in the memory of the CPU'
    return (f'{name}: page-locked copies reach {speed.up / 1e6:.1f} GB/s up, '
            f'{speed.down / 1e6:.1f} GB/s down')


def _stages_table(name: str, times: list[FrameTimes]) -> Table:
    stages = tuple(times[0].stages)
    return Table(
        f'{name}, on the GPU, milliseconds, p50 (p99)', ('frame', *stages, 'sum'),
        tuple((_form(one), *(p50_p99(one.stages[stage]) for stage in stages), p50_p99(one.sum))
              for one in times))


def _whole_table(name: str, times: list[FrameTimes]) -> Table:
    return Table(
        f'{name}, whole frames, milliseconds, p50 (p99); the last but one is what is needed at '
        'least: network alone and copies',
        ('frame', 'copy to page-locked', 'run()', 'infer()', 'network alone, graph',
         'network alone, no graph', 'copies', 'at least', 'run() / at least'),
        tuple((_form(one), p50_p99(one.fill), p50_p99(one.run), p50_p99(one.infer),
               f'{one.network_graph:.3f}', f'{one.network_plain:.3f}', f'{one.copies:.3f}',
               f'{one.run.p50 / one.ratio:.3f}', f'{one.ratio:.2f}') for one in times))


def _form(times: FrameTimes) -> str:
    form = times.form
    return f'{form.width}x{form.height} {form.layout.name}'
