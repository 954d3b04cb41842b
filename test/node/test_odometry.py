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

"""What odometry is worth, and the way that it tells, over DDS."""

from __future__ import annotations

import time

import pytest

from helpers.fake_camera import raw, road
from helpers.on_ground import camera_info, GROUND, odometry, road_with_block


def last_repeated():
    """Return the age of a stamp that stands still."""
    begin = time.time()
    return lambda: time.time() - begin


@pytest.mark.parametrize('age', [
    lambda: 3600.0, lambda: -60.0, last_repeated(), time.time],
    ids=['an hour old', 'a minute ahead', 'frozen', 'none'])
def test_wrong_stamps_are_not_believed(testbed, age):
    """The block is far enough away for 0.2 m/s, but not for 5."""
    testbed.start_seg_node(**{**GROUND, 'vehicle__max_speed': 5.0})
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.keep_publishing('odom', odometry(0.2, age=age))
    testbed.start_camera(raw(road_with_block(6.5)))
    testbed.wait_for_stop('blocked')
    testbed.wait_for_diagnostics('odometry', lambda values: int(values['refused']) > 20, 'refused')
    assert all(testbed.next_stops(20)) and all(testbed.stops)
    testbed.wait_for(lambda: 'the speed counts as unknown' in testbed.process.output, 'the log')


def test_a_way_that_no_camera_looks_at_is_stop(testbed):
    testbed.start_seg_node(**GROUND)
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road()))
    straight = testbed.keep_publishing('odom', odometry(0.4))
    testbed.wait_for_go()
    straight.cancel()
    sideways = testbed.keep_publishing('odom', odometry(0.0, left=0.4))
    testbed.wait_for_stop('unwatched_way', 'driving 90 degrees to the left')
    sideways.cancel()
    testbed.keep_publishing('odom', odometry(0.4))
    testbed.wait_for_go()


def test_sideways_speed_counts(testbed):
    testbed.start_seg_node(**GROUND)
    testbed.keep_publishing('camera/camera_info', camera_info())
    testbed.start_camera(raw(road_with_block(6.5)))
    testbed.wait_for_go()
    testbed.keep_publishing('odom', odometry(1.0, left=2.8))
    testbed.wait_for_stop('unwatched_way')
