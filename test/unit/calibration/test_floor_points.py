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

"""Where a camera sits, from points on the floor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
import numpy as np
import pytest

from helpers.views import make_view, views
from seg_node.calibration.estimate import CalibrationError
from seg_node.calibration.floor_points import FloorPoint, from_points
from seg_node.stop_go import Mounting

PLACES = ((1.5, 0.3), (3.5, -0.5), (2.0, -0.4))


def points_of(view, places):
    pixels = view.project(np.array([(x, y, 0.0) for x, y in places]))
    return [FloorPoint(u, v, x, y) for (u, v), (x, y) in zip(pixels, places, strict=True)]


@settings(deadline=None, max_examples=25)
@given(view=views())
def test_four_points_tell_everything(view):
    position = view.pose.position
    places = [(x, y) for x in (1.5, 4.0) for y in (-0.5, 0.5)]
    points = points_of(view, places)
    if not np.isfinite([(point.u, point.v) for point in points]).all():
        return
    try:
        found = from_points(points, view.intrinsics, Mounting(
            forward=float(position[0]), left=float(position[1])))
    except CalibrationError as error:
        assert 'lie too near' in str(error)
        return
    assert found.height.value == pytest.approx(float(position[2]), abs=1e-3)
    for point, (u, v) in zip(points, view.project(np.array(
            [(point.x, point.y, 0.0) for point in points])), strict=True):
        assert (point.u, point.v) == pytest.approx((u, v))


def test_two_points_tell_height_pitch_and_yaw_of_an_upright_camera():
    view = make_view(height=0.8, pitch=0.35, yaw=-0.05, forward=0.2)
    found = from_points(points_of(view, [(1.5, 0.0), (3.5, 0.0)]), view.intrinsics,
                        Mounting(forward=0.2))
    assert found.height.value == pytest.approx(0.8, abs=1e-4)
    assert found.pitch.value == pytest.approx(0.35, abs=1e-4)
    assert found.yaw.value == pytest.approx(-0.05, abs=1e-4)
    assert found.roll is None and 0 < found.pitch.spread < 0.02


def test_a_height_that_is_known_counts():
    view = make_view(height=0.8, pitch=0.35)
    found = from_points(points_of(view, PLACES), view.intrinsics, Mounting(0.8))
    assert found.height.value == 0.8 and found.roll.value == pytest.approx(0.0, abs=1e-4)


@pytest.mark.parametrize(('change', 'words'), [
    (lambda point: replace(point, y=-point.y), 'mirrored they fit: y counts to the left'),
    (lambda point: replace(point, x=point.y, y=point.x), 'with x and y exchanged they fit'),
    (lambda point: replace(point, u=point.v, v=point.u), r'check u,v \(pixels'),
], ids=['mirrored', 'exchanged', 'pixels exchanged'])
def test_points_that_cannot_be_are_refused_with_what_was_meant(change, words):
    view = make_view((640, 360), height=0.8, pitch=0.35, roll=0.03, yaw=-0.05)
    points = [change(point) for point in points_of(view, PLACES)]
    with pytest.raises(CalibrationError, match=words):
        from_points(points, view.intrinsics, Mounting())


@pytest.mark.parametrize(('places', 'words'), [
    ([(1.5, 0.0)], '1 is too few'),
    ([(1.5, 0.0), (1.6, 0.0)], 'lie too near to each other to tell the pitch')])
def test_too_few_or_too_near_points_are_refused(places, words):
    view = make_view(height=0.8, pitch=0.35)
    with pytest.raises(CalibrationError, match=words):
        from_points(points_of(view, places), view.intrinsics, Mounting())
