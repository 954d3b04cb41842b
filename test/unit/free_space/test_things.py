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

"""Things: where they stand, how large they are, and that they keep their numbers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import BARREL, ground_seen, make_view, rays, views
from seg_node.free_space.things import ThingMeter
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go.assessor import Assessment, Assessor, Observation
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.vehicle import Motion, Vehicle

CLASSES = (
    ClassInfo('background', (0, 0, 0), False, Action.STOP),
    ClassInfo('path', (0, 1, 0), True, Action.GO),
    ClassInfo('person', (1, 0, 0), False, Action.STOP),
    ClassInfo('car', (1, 0, 1), False, Action.STOP))
BACKGROUND, PATH, PERSON, CAR = range(4)
LIMITS = Limits(vehicle=Vehicle(width=0.8, front=0.3, max_speed=1.0))
TALL = {PERSON: 1.7, CAR: 1.4}


def empty(view):
    """Return the labels of a plain with nothing on it."""
    return np.where(np.isfinite(ground_seen(view)[..., 0]), PATH, BACKGROUND).astype(np.uint8)


def stand(view, labels, label, x, y, width, height=None):
    """Paint a board that stands on the ground and faces the vehicle."""
    looks, (at_x, at_y, at_z) = rays(view), view.pose.position
    with np.errstate(divide='ignore', invalid='ignore'):
        reach = np.where(looks[..., 0] > 1e-6, (x - at_x) / looks[..., 0], np.nan)
        across, up = at_y + reach * looks[..., 1] - y, at_z + reach * looks[..., 2]
        hit = (np.abs(across) <= width / 2) & (up >= 0) & (up <= (height or TALL[label]))
    labels[hit] = label


def measure(meter, view, labels, stamp=0.0, motion=None, instances=None, limits=LIMITS):
    assessment = Assessment((), limits, view, motion=motion)
    return meter.measure(labels, np.full_like(labels, 204), instances, assessment, stamp)


@pytest.mark.parametrize('lens', [('plumb_bob', ()), ('plumb_bob', BARREL)])
@pytest.mark.parametrize('x', [2.5, 4.0, 7.0, 10.0])
def test_a_thing_is_measured_where_it_stands(lens, x):
    view = make_view((640, 384), lens=lens)
    labels = empty(view)
    stand(view, labels, PERSON, x, 0.6, 0.5)
    (thing,) = measure(ThingMeter(CLASSES), view, labels).things
    assert (thing.name, thing.label) == ('person', PERSON)
    assert thing.foot == pytest.approx((x, 0.6), abs=max(0.05, 0.012 * x))
    assert thing.distance == pytest.approx(np.hypot(x - 0.3, 0.35), abs=max(0.05, 0.012 * x))
    assert thing.width == pytest.approx(0.5, abs=0.04 + 0.01 * x)
    if x > 5:      # its head is in the picture
        assert thing.height == pytest.approx(1.7, abs=0.12)
    assert thing.confidence == pytest.approx(0.8)
    assert not thing.cut


@settings(max_examples=40, deadline=None)
@given(views(), st.floats(3.0, 9.0), st.floats(-0.5, 0.5))
def test_any_camera_finds_the_foot(view, x, y):
    labels = empty(view)
    half = 0.3
    ends = view.project(np.array([[x, y + half, 0], [x, y - half, 0], [x, y - half, 0.6],
                                  [x, y + half, 0.6]]))
    width, height = view.intrinsics.width, view.intrinsics.height
    if not (np.isfinite(ends).all() and (ends > 3).all()
            and (ends < (width - 4, height - 4)).all()):
        return
    stand(view, labels, CAR, x, y, 2 * half, 0.6)
    (thing,) = measure(ThingMeter(CLASSES), view, labels).things
    # A pixel spans so much ground there.
    pixel = np.linalg.norm(np.diff(ground_seen(view)[
        round(ends[0, 1]) - 2:round(ends[0, 1]) + 2, round(ends[0, 0])], axis=0), axis=-1).max()
    assert np.hypot(*(np.array(thing.foot) - (x, y))) < 2.5 * pixel + 0.06


def test_the_nearest_comes_first_and_those_far_away_or_too_small_are_counted():
    view = make_view((640, 384), pitch=0.15)
    labels = empty(view)
    stand(view, labels, CAR, 12.0, -2.0, 1.6)
    stand(view, labels, PERSON, 5.0, 1.0, 0.5)
    labels[:4, :30] = CAR
    labels[300, 5:9] = PERSON
    seen = measure(ThingMeter(CLASSES), view, labels)
    assert [thing.name for thing in seen.things] == ['person', 'car']
    assert (seen.small, seen.footless) == (1, 1)
    assert set(np.unique(seen.instances).tolist()) == {0, 1, 2}
    assert (labels[seen.instances == seen.things[0].id] == PERSON).all()
    assert seen.instances.dtype == np.uint16


def test_one_that_leaves_the_picture_below_may_be_nearer():
    view = make_view((320, 192))
    labels = empty(view)
    stand(view, labels, PERSON, 1.1, 0.0, 0.5)
    (thing,) = measure(ThingMeter(CLASSES), view, labels).things
    assert thing.cut


def test_numbers_stay_while_the_vehicle_drives_past():
    view = make_view((640, 384), pitch=0.3)
    meter = ThingMeter(CLASSES)
    numbers = set()
    for frame in range(30):
        labels = empty(view)
        for x, y, kind in ((9.0, 1.6, CAR), (9.0, -1.2, PERSON), (11.0, 0.0, PERSON)):
            stand(view, labels, kind, x - 0.15 * frame, y, 0.6)
        seen = measure(meter, view, labels, frame / 10, Motion(1.5))
        numbers.add(tuple(sorted((thing.id, thing.name) for thing in seen.things)))
    assert len(numbers) == 1


def test_two_that_touch_are_two_where_the_network_tells_them_apart():
    view = make_view((640, 384))
    labels, instances = empty(view), np.zeros((384, 640), np.uint8)
    for number, y in ((5, 0.3), (2, -0.25)):
        stand(view, labels, PERSON, 5.0, y, 0.6)
        stand(view, instances, number, 5.0, y, 0.6, 1.7)
    assert len(measure(ThingMeter(CLASSES), view, labels).things) == 1
    assert len(measure(ThingMeter(CLASSES), view, labels, instances=instances).things) == 2


def test_what_lies_in_the_corridor_is_marked():
    view = make_view((640, 384), pitch=0.3)
    labels = empty(view)
    stand(view, labels, PERSON, 2.4, 0.0, 0.4)
    stand(view, labels, PERSON, 4.0, 1.9, 0.4)
    assessor = Assessor(CLASSES, 640, 384, LIMITS)
    confidence = np.full_like(labels, 255)
    assessment = assessor.assess(Observation(labels, confidence, view))
    assert assessment.measure.blocked_by == 'person'
    seen = ThingMeter(CLASSES).measure(labels, confidence, None, assessment, 0.0)
    assert [thing.in_way for thing in seen.things] == [True, False]


def test_a_changed_mounting_and_changed_actions_count_at_once():
    view = make_view((640, 384))
    labels = empty(view)
    stand(view, labels, PERSON, 5.0, 0.0, 0.5)
    meter = ThingMeter(CLASSES)
    near, = measure(meter, view, labels).things
    far, = measure(meter, make_view((640, 384), height=2.0), labels, 0.1).things
    assert far.distance > 1.5 * near.distance
    tame = replace(LIMITS, class_actions=('person=slow',))
    assert measure(meter, view, labels, 0.2, limits=tame).things == ()
