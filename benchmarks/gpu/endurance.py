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

"""Thousands of frames, and the engine opened again and again: nothing may grow or slow down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
import time
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gpu.engines import open_tensorrt
from benchmarks.gpu.gpu import MemoryProbe, models_of, need_tensorrt, progress
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table
from benchmarks.gpu.timing import image, p50_p99, WARM_UP
from seg_node.perception.backends.tensorrt.options import graph_for
from seg_node.scoring.percentiles import Percentiles

if TYPE_CHECKING:
    from seg_node.perception.backends import Backend

MAX_GROWTH_MIB = 8
"""Growth that is no leak: allocators take memory in pieces; in 9000 frames 1 KiB each is more."""
MAX_SHARED_MIB = 64
"""The same where the GPU's memory is the whole machine's, other programs and all."""
MAX_DRIFT = 1.1
"""Median time of the last tenth of the frames, in times of that of the first."""
SIZE = (1280, 720)
_SAMPLES = 100
_MIB = 1 << 20


@dataclass(frozen=True)
class Memory:
    """Bytes in use at a moment."""

    gpu: int
    process: int

    @staticmethod
    def of(probe: MemoryProbe) -> Memory:
        """Ask for it."""
        return Memory(probe.gpu(), probe.process())


@dataclass(frozen=True)
class Growth:
    """Memory from one moment to a later one."""

    before: Memory
    after: Memory
    shared: bool

    def checks(self, what: str) -> list[Check]:
        """Hold it against the limits."""
        def check(label: str, grown: float, limit: int) -> Check:
            return Check(f'{what}: growth of the memory of the {label}', f'{grown:+.1f} MiB',
                         f'at most {limit} MiB', grown <= limit)

        return [check('GPU', (self.after.gpu - self.before.gpu) / _MIB,
                      MAX_SHARED_MIB if self.shared else MAX_GROWTH_MIB),
                check('process', (self.after.process - self.before.process) / _MIB,
                      MAX_GROWTH_MIB)]


@dataclass(frozen=True)
class Run:
    """
    What many frames gave.

    growth: after the first tenth, to the end. first, last: times of the tenths, milliseconds.
    """

    frames: int
    growth: Growth
    all: Percentiles
    first: Percentiles
    last: Percentiles

    @property
    def drift(self) -> float:
        """Return the median of the last tenth in times of that of the first."""
        return self.last.p50 / self.first.p50

    def checks(self, name: str) -> list[Check]:
        """Hold it against the limits."""
        what = f'{name}: {self.frames} frames'
        return [*self.growth.checks(what),
                Check(f'{what}: last tenth to first, median', f'{self.drift:.3f}',
                      f'at most {MAX_DRIFT:g}', self.drift <= MAX_DRIFT)]


def endure(backend: Backend, probe: MemoryProbe, frames: int, name: str = '') -> Run:
    """Run frames, at least 10, and look at times and memory."""
    images = [image(*SIZE, seed=seed) for seed in range(4)]
    times = np.empty(frames)
    memory: list[Memory] = []
    for number in range(WARM_UP):
        backend.infer([images[number % len(images)]])
    every = max(1, frames // _SAMPLES)
    for number in progress(range(frames), frames, name):
        begun = time.perf_counter()
        backend.infer([images[number % len(images)]])
        times[number] = 1e3 * (time.perf_counter() - begun)
        if number % every == every - 1:
            memory.append(Memory.of(probe))
    tenth = max(1, frames // 10)
    settled = memory[max(0, len(memory) // 10 - 1)]
    return Run(frames, Growth(settled, memory[-1], probe.shared), Percentiles.of(times.tolist()),
               Percentiles.of(times[:tenth].tolist()), Percentiles.of(times[-tenth:].tolist()))


def reopen(open_backend: Callable[[], Backend], probe: MemoryProbe, times: int) -> Growth:
    """Open, use and close a backend; what the first three times take may stay taken."""
    frame = image(*SIZE)
    memory = []
    for _ in progress(range(times), times, 'opened and closed'):
        with closing(open_backend()) as backend:
            backend.infer([frame])
        memory.append(Memory.of(probe))
    return Growth(memory[min(2, len(memory) - 1)], memory[-1], probe.shared)


def run(settings: Settings) -> Iterator[Outcome]:
    """Endure the first of the models that were asked for."""
    need_tensorrt()
    model = graph_for(models_of(settings)[0], 'auto')
    name = f'{model.name} {model.precision.value}'
    with closing(MemoryProbe()) as probe:
        with closing(open_tensorrt(model)) as backend:
            found = endure(backend, probe, settings.frames, name)
        again = reopen(lambda: open_tensorrt(model), probe, settings.reopened)
    yield report(name, found, again, settings.reopened)


def report(name: str, found: Run, again: Growth, reopened: int) -> Outcome:
    """Return it all as an outcome."""
    what = f'{name}: {reopened} times opened and closed'
    title = f'{name}, infer() of {SIZE[0]}x{SIZE[1]}, milliseconds, p50 (p99)'
    columns = ('frames', 'first tenth', 'all', 'last tenth')
    row = (str(found.frames), p50_p99(found.first), p50_p99(found.all), p50_p99(found.last))
    memory = (('after a tenth of the frames', found.growth.before),
              ('after the last frame', found.growth.after),
              ('closed for the third time', again.before),
              ('closed for the last time', again.after))
    return Outcome(
        (*found.checks(name), *again.checks(what)),
        (Table(title, columns, (row,)),
         Table('Memory in use, MiB', ('when', 'GPU, all programs', 'process'), tuple(
             (when, f'{each.gpu / _MIB:.1f}', f'{each.process / _MIB:.1f}')
             for when, each in memory))),
        figures={name: {'frames': asdict(found), 'reopened': asdict(again)}})
