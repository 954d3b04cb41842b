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

"""Where the vehicle was at the stamp of an image, and when odometry's poses are not believed."""

from __future__ import annotations

import math
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go import Motion
from seg_node.stop_go.memory.place import Place, PlaceTrack

NAN = float('nan')


AHEAD = Motion(1.0)


def driven(motion=AHEAD, seconds=2.0, step=0.1, place=None):
    """Return a track of poses that follow a motion, and the last place."""
    track, place = PlaceTrack(), place or Place(3.0, -2.0, 0.5)
    for index in range(round(seconds / step)):
        track.add(index * step, place, motion)
        last, place = place, place.after(motion, step)
    return track, last


@given(st.floats(0.0, 1.9), st.floats(-3.0, 3.0), st.floats(-1.0, 1.0))
def test_places_between_poses_lie_on_the_way(stamp, speed, yaw_rate):
    motion = Motion(speed, yaw_rate)
    track, _ = driven(motion)
    true = Place(3.0, -2.0, 0.5).after(motion, stamp)
    moved, turned = track.at(stamp).distance(true)
    assert moved < 0.01 and turned < 1e-6


def test_the_newest_pose_is_carried_on_by_its_twist_for_a_while():
    track, last = driven()
    assert track.at(2.3).distance(last)[0] == pytest.approx(0.4)
    assert track.at(2.5) is None
    assert track.at(-0.1) is None
    assert track.at(NAN) is None


@pytest.mark.parametrize('place', [
    Place(13.0, -2.0, 0.5), Place(4.6, -1.0, 2.0), Place(4.7, -1.1, 0.5, 'map')])
def test_a_jump_begins_another_leg(place):
    track, last = driven()
    track.add(2.0, place, Motion(1.0))
    assert track.jumps == 1
    assert track.at(2.0).leg != last.leg
    assert track.at(1.5) is None


@pytest.mark.parametrize('stamp', [1.9, 0.5])
def test_stamps_that_stand_or_go_back_begin_another_leg(stamp):
    track, last = driven()
    track.add(stamp, last, Motion(1.0))
    assert track.jumps == 1


@pytest.mark.parametrize('motion', [Motion(1.0), Motion(0.0, 0.8)])
def test_poses_that_stay_at_the_origin_are_not_believed(motion):
    track = PlaceTrack()
    for index in range(30):
        track.add(index * 0.1, Place(0.0, 0.0, 0.0), motion)
    assert not track.follows
    assert track.at(2.9) is None


def test_a_message_is_read():
    pose = SimpleNamespace(
        position=SimpleNamespace(x=1.0, y=2.0),
        orientation=SimpleNamespace(x=0.0, y=0.0, z=math.sin(0.3), w=math.cos(0.3)))
    place = Place.from_pose(pose, 'world')
    assert (place.x, place.y, place.frame) == (1.0, 2.0, 'world')
    assert place.yaw == pytest.approx(0.6)


@pytest.mark.parametrize(('name', 'value'), [('x', NAN), ('w', math.inf)])
def test_what_is_no_pose_is_refused(name, value):
    at, turn = SimpleNamespace(x=0.0, y=0.0), SimpleNamespace(x=0.0, y=0.0, z=0.0, w=1.0)
    setattr(at if name == 'x' else turn, name, value)
    with pytest.raises(ValueError, match='no number'):
        Place.from_pose(SimpleNamespace(position=at, orientation=turn), 'odom')


def test_a_quaternion_without_length_is_refused():
    zero = SimpleNamespace(x=0.0, y=0.0, z=0.0, w=0.0)
    with pytest.raises(ValueError, match='no length'):
        Place.from_pose(SimpleNamespace(position=zero, orientation=zero), 'odom')


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-4, 4))
def test_points_go_to_the_vehicle_and_back(x, y, yaw):
    place, points = Place(x, y, yaw), np.array([[1.0, 0.0], [0.0, 2.0], [-3.0, 1.0]])
    assert np.allclose(place.from_vehicle(place.to_vehicle(points)), points)
    assert np.allclose(place.to_vehicle(np.array([[x + math.cos(yaw), y + math.sin(yaw)]])),
                       [[1.0, 0.0]])
