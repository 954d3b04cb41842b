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

"""Kernels against the CPU path: what agrees passes, and whatever is wrong is found."""

from __future__ import annotations

import ctypes
from functools import partial

import numpy as np
import pytest

from benchmarks.gpu import kernels
from benchmarks.gpu.kernels import Found
from benchmarks.gpu.on_device import Scratch
from benchmarks.gpu.outcome import Status
from helpers.on_cpu import CpuDevice, needs_compiler


@pytest.fixture
def few(monkeypatch):
    """Leave a few small cases of each kind."""
    for name, value in (
            ('FRAMES', ((64, 48), (300, 200), (320, 240))), ('TARGETS', ((150, 100),))):
        monkeypatch.setattr(kernels, name, value)


class WrongDevice(CpuDevice):
    """After every launch of a kernel, changes a byte of what it was given."""

    def __init__(self, kernel, argument, offset):
        super().__init__()
        self._wrong = kernel, argument, offset

    def stream(self):
        stream = super().stream()
        kernel, argument, offset = self._wrong

        def spoil(address):
            byte = ctypes.c_uint8.from_address(address)
            byte.value ^= 9

        def launch(*launches, usual=stream.launch):
            usual(*launches)
            for each in launches:
                if each.kernel.name == kernel:
                    stream.work.append(partial(spoil, each.arguments[argument] + offset))
        stream.launch = launch
        return stream


@needs_compiler
def test_all_kernels_agree_with_the_cpu(few):
    device = CpuDevice()
    outcome = kernels.check(device)
    assert outcome.status is Status.PASSED, outcome.checks
    assert set(outcome.figures) == {'frame_to_input'}
    assert all(figure['cases'] for figure in outcome.figures.values())
    assert device.held == []


@needs_compiler
@pytest.mark.parametrize(('kernel', 'argument', 'offset'), [
    ('frame_to_input', 6, 77), ('frame_to_input', 6, -1), ('frame_to_input', 6, 150 * 100 * 3)])
def test_a_wrong_byte_is_found(few, kernel, argument, offset):
    outcome = kernels.check(WrongDevice(kernel, argument, offset))
    failed = [check.what for check in outcome.checks if not check.passed]
    assert len(failed) == 1
    assert kernel in failed[0]


@pytest.mark.parametrize(('found', 'exact', 'passed'), [
    (Found('frame_to_input', 4, 100, 1, False), True, False),
    (Found('frame_to_input', 4, 100, 3, False), False, True),
    (Found('frame_to_input', 4, 100, 4, False), False, False),
    (Found('frame_to_input', 0, 100, 0, True), False, False),
    (Found('another_kernel', 1, 100, 1, False), False, False),
])
def test_limits(found, exact, passed):
    (check,) = kernels.summarize([found], exact).checks
    assert check.passed is passed


def test_guards_see_what_is_written_beside():
    scratch = Scratch(CpuDevice())
    target = scratch.guarded(10, fill=7)
    assert (scratch.get(target) == 7).all()
    assert not scratch.spilled(target)
    for place in (-1, 10):
        scratch.stream.clear(target.address + place, 1)
        assert scratch.spilled(target)
        scratch.stream.upload(np.full(1, 0xA5, np.uint8), target.address + place)
