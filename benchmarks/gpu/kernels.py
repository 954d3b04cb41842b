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

"""Every kernel on the GPU against the CPU path: the same bytes, and none outside of the target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
import platform
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gpu.gpu import open_gpu, progress
from benchmarks.gpu.on_device import Guarded, Scratch
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table
from seg_node.perception.backends.cuda.input_plan import plan_input
from seg_node.perception.backends.cuda.kernels import FRAME_TO_INPUT
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.raw import decode_raw
from seg_node.perception.images.raw_image import RawImage
from seg_node.perception.input_scaler import InputScaler

if TYPE_CHECKING:
    from seg_node.perception.backends.cuda.pycuda_device import Device

X86 = platform.machine() in ('x86_64', 'AMD64')
"""Where OpenCV's arithmetic is the one that input_plan.py defines."""
ELSEWHERE = 3
"""Levels by which OpenCV's builds for other processors may differ; see input_plan.py."""

TARGETS = ((352, 192), (512, 320), (150, 100))
FRAMES = ((320, 192), (640, 480), (640, 360), (1280, 720), (1920, 1080), (1920, 1200), (896, 512),
          (448, 256), (64, 48), (2, 2), (2048, 1536), (334, 222))


@dataclass(frozen=True)
class Found:
    """What one case gave: values that differ from the CPU's, of how many, and by how much."""

    kernel: str
    differing: int
    count: int
    maximum: int
    spilled: bool


def run(settings: Settings) -> Iterator[Outcome]:
    """Run all cases on the GPU."""
    with open_gpu() as device:
        yield check(device)


def check(device: Device) -> Outcome:
    """Run all cases on a device whose kernels are loaded."""
    scratch = Scratch(device)
    cases = list(_frames(scratch))
    return summarize([case() for case in progress(cases, len(cases), 'kernels')])


def summarize(found: list[Found], exact: bool = X86) -> Outcome:
    """Sum up the cases of each kernel."""
    kernels = defaultdict(list)
    for each in found:
        kernels[each.kernel].append(each)
    rows, checks, figures = [], [], {}
    for name, cases in kernels.items():
        differing, count = (sum(getattr(case, what) for case in cases)
                            for what in ('differing', 'count'))
        maximum = max(case.maximum for case in cases)
        spilled = sum(case.spilled for case in cases)
        strict = exact or not name.startswith('frame')
        passed = not spilled and (not differing if strict else maximum <= ELSEWHERE)
        text = f'{differing} of {count} values differ'
        if maximum:
            text += f', by up to {maximum}'
        rows.append((name, str(len(cases)), str(count), str(differing), str(maximum)))
        checks.append(Check(name, text + f', {spilled} wrote outside of it' * bool(spilled),
                            'none' if strict else f'by at maximum {ELSEWHERE}', passed))
        figures[name] = {'cases': len(cases), 'values': count, 'differing': differing,
                         'maximum': maximum, 'spilled': spilled}
    columns = ('kernel', 'cases', 'values', 'values that differ', 'by up to')
    return Outcome(tuple(checks), (Table('', columns, tuple(rows)),), figures=figures)


def _frames(scratch: Scratch) -> Iterator[Callable[[], Found]]:
    for number, size in enumerate(FRAMES):
        for layout in Layout:
            target = TARGETS[number % len(TARGETS)]
            padding = 16 * (number % 2)
            yield partial(_frame, scratch, layout, size, target, padding, number)
    for target in TARGETS:
        for size in FRAMES:
            yield partial(_frame, scratch, Layout.BGR8, size, target, 0, 1)


def _frame(scratch: Scratch, layout: Layout, size: tuple[int, int], target: tuple[int, int],
           padding: int, seed: int) -> Found:
    plan = plan_input(layout, *size, *target)
    step = size[0] * layout.pixel_bytes + padding
    data = np.random.default_rng(seed).integers(0, 256, plan.source_bytes(step), np.uint8)
    expected = InputScaler(*target).scale(
        decode_raw(RawImage(size[1], size[0], layout.name.lower(), False, step, data.data)))
    source, tables = scratch.put(data), scratch.put(plan.tables.data)
    into = scratch.guarded(expected.size)
    scratch.launch(plan.launch(source, step, tables, into.address))
    return _compare(FRAME_TO_INPUT.name, into, expected, scratch)


def _compare(name: str, into: Guarded, expected: np.ndarray, scratch: Scratch) -> Found:
    difference = np.abs(scratch.get(into).astype(np.int16) - expected.reshape(-1))
    spilled = scratch.spilled(into)
    scratch.clear()
    return Found(name, int(np.count_nonzero(difference)), difference.size, int(difference.max()),
                 spilled)
