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
"""Namespaces, remapping, and simulated time."""

from __future__ import annotations

import threading

from builtin_interfaces.msg import Time
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Image

from helpers.fake_camera import raw, road
from helpers.testbed import stamp_of


def test_all_names_follow_the_namespace(testbed):
    masks = testbed.subscribe(Image, '/robot/camera/segmentation/mask')
    testbed.start_seg_node('-r', '__ns:=/robot', name='/robot/seg_node', autostart=True)
    testbed.start_camera(raw(road()), '/robot/camera')
    testbed.wait_for_go()
    testbed.wait_for(lambda: masks, 'a mask')
    assert testbed.states[-1].name == '/robot/seg_node: stop_go'


def test_topics_and_the_node_can_be_renamed(testbed):
    testbed.start_seg_node('-r', '__node:=eyes', '-r', 'camera/image_raw:=/usb/image',
                       name='/eyes', autostart=True)
    testbed.start_camera(raw(road()), topic='/usb/image')
    testbed.wait_for_go()


class FakeClock:
    """Publish /clock a hundred times a second, in real time, from any moment on."""

    def __init__(self, testbed, begin=1000.0):
        self._publisher = testbed.node.create_publisher(Clock, '/clock', 10)
        self._changed = threading.Lock()
        self._nanoseconds = round(begin * 1e9)
        self.running = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def now(self):
        with self._changed:
            return Time(sec=self._nanoseconds // 10**9, nanosec=self._nanoseconds % 10**9)

    def jump(self, seconds):
        with self._changed:
            self._nanoseconds += round(seconds * 1e9)

    def end(self):
        self._ended.set()
        self._thread.join()

    def _run(self):
        while not self._ended.wait(0.01):
            if self.running:
                self.jump(0.01)
                self._publisher.publish(Clock(clock=self.now()))


@pytest.fixture
def simulated(testbed):
    clock = FakeClock(testbed)
    testbed.start_seg_node(autostart=True, use_sim_time=True)
    testbed.start_camera(raw(road()), stamps=clock.now)
    testbed.wait_for_go()
    yield clock
    clock.end()


def test_a_clock_that_stands_still_is_stop_and_the_heartbeat_goes_on(testbed, simulated):
    simulated.running = False
    testbed.wait_for(lambda: testbed.stops[-1], 'STOP')
    assert all(testbed.next_stops(20))
    simulated.running = True
    testbed.wait_for_go()


def test_a_clock_that_jumps_back_is_stop_until_go_is_earned_anew(testbed, simulated):
    begin = len(testbed.states)
    simulated.jump(-100.0)
    testbed.wait_for(lambda: testbed.stops[-1], 'STOP')
    testbed.wait_for_go()
    # GO rests on images from after the jump.
    assert stamp_of(simulated.now()) < (1000, 0)
    assert any('back' in state.text for state in testbed.states[begin:])


def test_simulated_time_without_a_clock_is_stop(testbed):
    testbed.start_seg_node(autostart=True, use_sim_time=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_stop('stamp_in_future')
    assert all(testbed.next_stops(20))
