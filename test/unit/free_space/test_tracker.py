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

"""Numbers of things stay with them, and are never given twice."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
import numpy as np

from seg_node.free_space.tracker import MAX_ID, ThingTracker
from seg_node.stop_go.vehicle import Motion


def follow(tracker, stamp, places, labels=None, motion=None, max_speed=1.0):
    places = np.array(places, float).reshape(-1, 2)
    return tracker.update(
        stamp, places, np.array([3] * len(places) if labels is None else labels, np.uint8),
        motion, max_speed)


def test_those_that_stand_keep_their_numbers_while_the_vehicle_drives_and_turns():
    tracker = ThingTracker()
    world = np.array([[8.0, 1.0], [8.0, 2.2], [15.0, -3.0]])
    motion = Motion(3.0, 0.6, 0.5)
    at, heading, numbers = np.zeros(2), 0.0, set()
    for frame in range(25):
        cos, sin = math.cos(heading), math.sin(heading)
        seen = (world - at) @ np.array([[cos, -sin], [sin, cos]])
        numbers.add(tuple(follow(tracker, 0.1 * frame, seen, motion=motion)))
        at = at + np.array([cos * 3.0 - sin * 0.5, sin * 3.0 + cos * 0.5]) * 0.1
        heading += 0.06
    assert numbers == {(1, 2, 3)}


def test_one_that_walks_and_one_whose_class_flickers_keep_theirs():
    tracker = ThingTracker()
    for frame in range(20):
        ids = follow(tracker, frame / 10, [[6.0, 1.5 - 0.15 * frame], [9.0, 4.0]],
                     [3, 3 + frame % 2], Motion(0.0))
        assert ids == [1, 2]


def test_a_short_absence_is_forgiven_and_a_long_one_is_not():
    tracker = ThingTracker()
    assert follow(tracker, 0.0, [[5, 0]]) == [1]
    for stamp in (0.3, 0.6):
        assert follow(tracker, stamp, []) == []
    assert follow(tracker, 0.8, [[5, 0]]) == [1]
    for stamp in (1.2, 1.6, 2.0):
        follow(tracker, stamp, [])
    assert follow(tracker, 2.2, [[5, 0]]) == [2]


def test_a_new_one_elsewhere_gets_a_new_number():
    tracker = ThingTracker()
    assert follow(tracker, 0.0, [[5, 0]], motion=Motion(0.0)) == [1]
    assert follow(tracker, 0.1, [[5, 3], [5, 0]], motion=Motion(0.0)) == [2, 1]


def test_time_that_goes_back_or_leaps_begins_anew():
    for stamp in (0.5, 9.0):
        tracker = ThingTracker()
        assert follow(tracker, 1.0, [[5, 0]]) == [1]
        assert follow(tracker, stamp, [[5, 0]]) == [2]


def test_numbers_begin_anew_without_those_in_use():
    tracker = ThingTracker()
    assert follow(tracker, 0.0, [[5, 0]]) == [1]
    tracker._newest = MAX_ID - 1
    assert follow(tracker, 0.1, [[5, 0], [5, 5], [9, 9]]) == [1, MAX_ID, 2]


@given(st.lists(st.tuples(
    st.floats(0, 1.2), st.lists(st.tuples(st.floats(-20, 20), st.floats(-20, 20)), max_size=6)),
    max_size=8))
def test_numbers_of_a_frame_differ(frames):
    tracker, stamp = ThingTracker(), 0.0
    for passed, places in frames:
        stamp += passed
        ids = follow(tracker, stamp, places)
        assert len(set(ids)) == len(ids) == len(places)
        assert all(1 <= each <= MAX_ID for each in ids)
