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
What masks at the camera's size would cost or save on the GPU.

The node downloads two small maps and enlarges them on the CPU; these figures decide whether it
should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np

from benchmarks.gpu.on_device import Scratch
from benchmarks.gpu.outcome import Table
from benchmarks.gpu.timing import by_stage, p50_p99, recorded, wall
from seg_node.perception.backends.cuda.map_plan import plan_maps
from seg_node.perception.labels import resize_labels
from seg_node.scoring.percentiles import Percentiles

if TYPE_CHECKING:
    from seg_node.perception.backends.cuda.pycuda_device import Device
    from seg_node.perception.backends.tensorrt.opening import OpenedEngine
    from seg_node.perception.models.model import Model

_CELL = 8


@dataclass(frozen=True)
class FullMasks:
    """
    The same work on both sides, milliseconds.

    gpu: kernels and the download of what they give, by the GPU's clock; gpu_wall: with waiting for
    it, where the download of the small maps is no part of it; cpu: from the small maps.
    """

    what: str
    gpu: Percentiles
    gpu_wall: Percentiles
    cpu: Percentiles


def full_masks_table(name: str, works: Sequence[FullMasks]) -> Table:
    """Return them for people."""
    return Table(
        f'{name}, what is done on the CPU now, milliseconds, p50 (p99)',
        ('work', 'GPU and download', 'the same, with waiting', 'CPU', 'CPU - GPU'),
        tuple((one.what, p50_p99(one.gpu), p50_p99(one.gpu_wall), p50_p99(one.cpu),
               f'{one.cpu.p50 - one.gpu_wall.p50:+.3f}') for one in works))


def measure_full_masks(opened: OpenedEngine, sizes: Sequence[tuple[int, int]], count: int,
                       ) -> list[FullMasks]:
    """Measure them on maps of the network's size."""
    maps = _maps(opened.model)
    return [_masks(opened.device, maps, size, count) for size in sizes]


def _maps(model: Model) -> np.ndarray[Any, np.dtype[np.uint8]]:
    shape = 2, model.height // _CELL + 1, model.width // _CELL + 1
    coarse = np.random.default_rng(0).integers(0, len(model.classes), shape, np.uint8)
    whole = coarse.repeat(_CELL, 1).repeat(_CELL, 2)[:, :model.height, :model.width]
    return np.ascontiguousarray(whole)


def _masks(device: Device, maps: np.ndarray[Any, np.dtype[np.uint8]], size: tuple[int, int],
           count: int) -> FullMasks:
    plan = plan_maps(maps.shape[2], maps.shape[1], *size)
    scratch, pixels = Scratch(device), size[0] * size[1]
    labels, confidence = (scratch.put(plane) for plane in maps)
    into = scratch.room(pixels), scratch.room(pixels)
    launch = plan.launch(labels, confidence, scratch.put(plan.tables.data), *into)
    hosts = [device.allocate_host(pixels) for _ in into]

    def work() -> None:
        scratch.stream.launch(launch)
        for address, host in zip(into, hosts, strict=True):
            scratch.stream.download(address, host.array)

    def waited() -> None:
        graph()
        scratch.stream.synchronize()

    try:
        graph = recorded(scratch.stream, work)
        *_, gpu = by_stage(scratch.stream, [graph], graph, count)
        return FullMasks(
            f'mask and confidence at {size[0]}x{size[1]}', gpu, wall(waited, count),
            wall(lambda: [resize_labels(plane, size) for plane in maps], count))
    finally:
        scratch.clear()
        for host in hosts:
            host.free()
