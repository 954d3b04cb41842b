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

"""Times of many frames, and of parts of a frame by the GPU's own clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time
from typing import TYPE_CHECKING

import numpy as np

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.images.pixels import Pixels
from seg_node.scoring.percentiles import Percentiles

if TYPE_CHECKING:
    from seg_node.perception.backends.cuda.pycuda_device import Device
    from seg_node.perception.backends.cuda.pycuda_parts import Stream

WARM_UP = 50
"""Frames before those that count."""

_BANDWIDTH_BYTES = 64 << 20
_BANDWIDTH_TRIES = 5
_CELL = 16


def p50_p99(times: Percentiles) -> str:
    """Write times as tables do: the median, and the 99 % percentile in brackets."""
    return f'{times.p50:.3f} ({times.p99:.3f})'


def wall(work: Callable[[], object], count: int, warm_up: int = WARM_UP) -> Percentiles:
    """Time calls by the clock on the wall."""
    times = []
    for number in range(warm_up + count):
        begun = time.perf_counter()
        work()
        if number >= warm_up:
            times.append(1e3 * (time.perf_counter() - begun))
    return Percentiles.of(times)


def by_stage(stream: Stream, stages: Sequence[Callable[[], None]], plug: Callable[[], None],
             count: int, warm_up: int = WARM_UP) -> list[Percentiles]:
    """
    Time stages that follow each other on a stream by events; the last one is of their sum.

    :param plug: work for the GPU that goes ahead of the first mark. While it runs, the stages are
        put on the stream, so that the time this takes the CPU is not counted as theirs.
    """
    marks = [stream.event() for _ in range(len(stages) + 1)]
    rows = []
    for number in range(warm_up + count):
        plug()
        marks[0].record()
        for stage, mark in zip(stages, marks[1:], strict=True):
            stage()
            mark.record()
        total = marks[-1].milliseconds_since(marks[0])
        if number >= warm_up:
            rows.append([*(mark.milliseconds_since(earlier) for earlier, mark in
                           zip(marks, marks[1:], strict=False)), total])
    stream.synchronize()
    return [Percentiles.of(column) for column in zip(*rows, strict=True)]


def back_to_back(stream: Stream, work: Callable[[], None], count: int) -> float:
    """Return the milliseconds that work takes when it follows itself, with one wait at the end."""
    begin, end = stream.event(), stream.event()
    for _ in range(min(count, WARM_UP)):
        work()
    stream.synchronize()
    begin.record()
    for _ in range(count):
        work()
    end.record()
    return end.milliseconds_since(begin) / count


def recorded(stream: Stream, work: Callable[[], None]) -> Callable[[], None]:
    """Return the same work as a CUDA graph, the work itself where that cannot be recorded."""
    try:
        return stream.capture(work).run
    except DeviceError:
        return work


@dataclass(frozen=True)
class Bandwidth:
    """Bytes per millisecond of copies from and to page-locked memory; 0: nothing is copied."""

    up: float
    down: float

    @staticmethod
    def of(device: Device, size: int = _BANDWIDTH_BYTES) -> Bandwidth:
        """Measure the best of a few large copies; a GPU that shares memory needs none."""
        if device.facts.integrated:
            return Bandwidth(0.0, 0.0)
        stream, host, buffer = device.stream(), device.allocate_host(size), device.allocate(size)
        begin, end = stream.event(), stream.event()

        def rate(copy: Callable[[], None]) -> float:
            times = []
            for _ in range(_BANDWIDTH_TRIES):
                begin.record()
                copy()
                end.record()
                times.append(end.milliseconds_since(begin))
            return size / max(min(times), 1e-6)

        try:
            return Bandwidth(rate(lambda: stream.upload(host.array, buffer.address)),
                             rate(lambda: stream.download(buffer.address, host.array)))
        finally:
            stream.synchronize()
            host.free()
            buffer.free()

    def limit_ms(self, up: int, down: int) -> float:
        """Return the shortest time in which so many bytes cross, milliseconds."""
        return sum(size / rate for size, rate in ((up, self.up), (down, self.down)) if rate)


def image(width: int, height: int, seed: int = 7) -> Pixels:
    """Return an image of coloured squares, BGR8."""
    shape = height // _CELL + 1, width // _CELL + 1, 3
    coarse = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    return Pixels.of(np.ascontiguousarray(
        coarse.repeat(_CELL, 0).repeat(_CELL, 1)[:height, :width]))
