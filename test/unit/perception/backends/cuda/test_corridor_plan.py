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

"""What the kernels count in a corridor gives the measure that the CPU takes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.on_cpu import address, load, needs_compiler
from seg_node.perception.backends.cuda.corridor_plan import (
    CorridorAddresses,
    MAX_SETS,
    plan_corridor,
    TALLY,
)
from seg_node.perception.models.manifest import Action
from seg_node.stop_go import build_image_corridor, CorridorMeter, Trapezoid
from seg_node.stop_go.actions import blocking_table, ClassRule
from seg_node.stop_go.corridor.measure import (
    CorridorMeasure,
    LOW_QUANTILE,
    MeasureLimits,
    Sighting,
)

pytestmark = needs_compiler


class GpuMeter:
    """Takes the measure of frames from what the kernels count; as CorridorMeter does."""

    def __init__(self, rules, backwards=False):
        self._rules = rules
        self._told = [label for label, rule in enumerate(rules) if rule.action is Action.SLOW
                      or rule.action is Action.STOP and rule.distance > 0]
        self._sets = np.stack([blocking_table(rules),
                               *(np.arange(256) == label for label in self._told)])
        self._before = None
        self._backwards = backwards

    def measure(self, corridor, labels, confidence, required, sizes):
        wide = np.full_like(corridor.run, max(1, round(sizes.slow_share * corridor.rows.shape[1])))
        runs = np.stack([corridor.run, *(
            wide if self._rules[label].action is Action.SLOW else corridor.run
            for label in self._told)])
        plan = plan_corridor(corridor.rows, corridor.cols, self._sets, runs, corridor.width,
                             corridor.height, sizes.rows)
        near = corridor.rows_within(required)
        tally = np.zeros(TALLY, np.int32)
        upright = np.empty(plan.samples, np.uint32)
        load().run(*plan.launches(CorridorAddresses(
            address(labels), address(confidence), address(self._before),
            address(plan.tables.data), address(upright), address(tally)), near),
            backwards=self._backwards)
        self._before = labels
        return self._divide(plan.read(tally), corridor, required, near, labels.size)

    def _divide(self, tally, corridor, required, near, pixels):
        count = near * corridor.rows.shape[1]
        clear, *told = (None if row is None else float(corridor.distance[row]) if row else 0.0
                        for row in tally.nearest)
        return CorridorMeasure(
            free_distance=corridor.length if clear is None else clear, required=required,
            coverage=1.0 - float(tally.blocked) / count,
            confidence=float(tally.confidence @ np.arange(256)) / count / 255,
            confidence_low=int(np.searchsorted(
                np.cumsum(tally.confidence), LOW_QUANTILE * count)) / 255,
            blocked=clear is not None, unit=corridor.unit,
            change=float(tally.changed) / count, path_share=float(tally.path) / pixels,
            sightings=tuple(Sighting(self._rules[label], distance) for label, distance in
                            zip(self._told, told, strict=True) if distance is not None))


@st.composite
def corridors(draw, width, height):
    """Return a trapezoid, or samples anywhere, as a bent way in a distorted image has them."""
    if draw(st.booleans()):
        far = draw(st.floats(0.0, 0.5))
        corridor = build_image_corridor(Trapezoid(
            near_width=draw(st.floats(0.05, 1)), far_width=draw(st.floats(0.05, 1)),
            far_row=far, near_row=draw(st.floats(far + 0.4, 1.0))), width, height)
        return replace(corridor, run=np.full_like(corridor.run, draw(st.integers(1, 8))))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 30)), draw(st.integers(1, 40))
    template = build_image_corridor(Trapezoid(), 64, 64)
    return replace(
        template, width=width, height=height,
        rows=rng.integers(0, height, shape, np.int32),
        cols=rng.integers(0, width, shape, np.int32),
        distance=np.sort(rng.random(shape[0])).astype(np.float32),
        run=rng.integers(1, 2 + shape[1] // 4, shape[0], np.int32))


@st.composite
def images(draw, width, height):
    """Return labels and confidence: blobs of classes, some of none, mostly sure."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    cell = draw(st.integers(1, 9))
    small = rng.choice([0, 1, 2, 3, 4, 255], (height // cell + 1, width // cell + 1),
                       p=draw(st.sampled_from([[.2, .5, .1, .1, .05, .05], [0, .9, 0, 0, .1, 0],
                                               [.01, .98, .01, 0, 0, 0], [0, 1, 0, 0, 0, 0]])))
    labels = small.astype(np.uint8).repeat(cell, 0).repeat(cell, 1)[:height, :width]
    sure = np.minimum(255, rng.exponential(draw(st.floats(1, 900)), labels.shape)).astype(np.uint8)
    return np.ascontiguousarray(labels), sure


@st.composite
def drives(draw):
    """Return rules, sizes, and a few frames with the corridor and the distance asked for."""
    width, height = draw(st.integers(3, 90)), draw(st.integers(8, 60))
    actions = st.sampled_from([(Action.STOP, 0.0), (Action.STOP, 0.4), (Action.GO, 0.0),
                               (Action.SLOW, 0.0), (Action.SLOW, 0.7)])
    rules = [ClassRule(f'class {label}', *draw(actions)) for label in range(5)]
    sizes = MeasureLimits(draw(st.integers(1, 6)), draw(st.floats(0.01, 1.0)))
    frames = [(draw(corridors(width, height)), *draw(images(width, height)),
               draw(st.floats(0.0, 1.2))) for _ in range(draw(st.integers(1, 3)))]
    return rules, sizes, frames


@settings(max_examples=250)
@given(drives(), st.booleans())
def test_same_measure(drive, backwards):
    rules, sizes, frames = drive
    cpu, gpu = CorridorMeter(rules), GpuMeter(rules, backwards)
    for corridor, labels, confidence, required in frames:
        expected = cpu.measure(corridor, labels, confidence, required, sizes)
        assert gpu.measure(corridor, labels, confidence, required, sizes) == expected


def plan(**wrong):
    fitting = {'rows': np.zeros((2, 3), np.int32), 'cols': np.zeros((2, 3), np.int32),
               'sets': np.zeros((1, 256), np.bool_), 'runs': np.ones((1, 2), np.int32),
               'width': 8, 'height': 8, 'obstacle_rows': 2}
    return plan_corridor(**{**fitting, **wrong})


@pytest.mark.parametrize(('wrong', 'said'), [
    ({'sets': np.zeros((MAX_SETS + 1, 256), np.bool_)}, f'sets: .*{MAX_SETS}'),
    ({'sets': np.zeros((1, 255), np.bool_)}, 'sets: .*256'),
    ({'rows': np.zeros((2, 4), np.int32)}, 'rows: .*cols'),
    ({'runs': np.zeros((1, 2), np.int32)}, 'runs: .* 0'),
    ({'runs': np.ones((1, 3), np.int32)}, r'runs: .*\[1, 2\]'),
    ({'rows': np.full((2, 3), 8, np.int32)}, 'not in a map of 8x8'),
    ({'cols': np.full((2, 3), -1, np.int32)}, 'not in a map of 8x8'),
    ({'obstacle_rows': 0}, 'obstacle_rows: 0')])
def test_tables_that_do_not_fit(wrong, said):
    with pytest.raises(ValueError, match=said):
        plan(**wrong)


@pytest.mark.parametrize('near', [0, 3])
def test_near_rows_that_there_are_not(near):
    with pytest.raises(ValueError, match=f'near_rows: {near}'):
        plan().launches(CorridorAddresses(0, 0, 0, 0, 0, 0), near)


def test_as_many_sets_as_there_are_bits():
    labels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    sets = np.arange(256) == np.arange(MAX_SETS)[:, None]
    rows, cols = np.indices((8, 8), np.int32)
    most = plan_corridor(rows, cols, sets, np.ones((MAX_SETS, 8), np.int32), 8, 8, 1)
    tally, upright = np.zeros(TALLY, np.int32), np.empty(64, np.uint32)
    load().run(*most.launches(CorridorAddresses(
        address(labels), address(labels), 0, address(most.tables.data), address(upright),
        address(tally)), 8))
    assert most.read(tally).nearest == tuple(label // 8 for label in range(MAX_SETS))
    assert upright.tolist() == [1 << label for label in range(MAX_SETS)] + [0] * 32
