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

"""Images go to the GPU as the camera sent them: the node decides and draws as of BGR."""

from __future__ import annotations

import time

import numpy as np
import pytest
from sensor_msgs.msg import Image

from benchmarks.sent_as import sent_as
from helpers.fake_camera import blocked_road, HEIGHT, raw, road, WIDTH
from helpers.on_cpu import needs_compiler
from seg_node.perception.images.layout import Layout

pytestmark = needs_compiler


def sent(bgr, layout, padding=0, **fields):
    """Return a picture as a message in a layout."""
    rows = np.pad(sent_as(bgr, layout), ((0, 0), (0, padding)))
    return raw(rows, layout.name.lower(), **{'width': WIDTH, 'height': HEIGHT, **fields})


@pytest.fixture(scope='module')
def robot(shared_testbed):
    shared_testbed.start_seg_node(
        module='helpers.node_on_cpu_device', backend='tensorrt', autostart=True)
    shared_testbed.front = shared_testbed.start_camera(sent(road(), Layout.NV12))
    return shared_testbed


@pytest.mark.parametrize('layout', [Layout.NV12, Layout.YUYV, Layout.RGBA8], ids=str)
def test_a_drive_in_any_layout(robot, layout):
    robot.front.message = sent(road(), layout, padding=16)
    robot.wait_for_go()
    for bad, reason in (
            (sent(blocked_road(), layout), 'blocked'),
            (sent(np.zeros_like(road()), layout), 'camera_dark'),
            (sent(np.full_like(road(), 128), layout), 'camera_covered'),
            (sent(road(), layout, step=WIDTH - 1), 'malformed'),
            (sent(road(), layout, height=HEIGHT + 2), 'malformed')):
        robot.front.message = bad
        robot.wait_for_stop(reason)
        robot.front.message = sent(road(), layout)
        robot.wait_for_go()


@pytest.mark.parametrize('layout', [Layout.UYVY, Layout.NV21, Layout.RGB8, Layout.BGRA8], ids=str)
def test_another_layout_is_another_camera_until_go_is_earned_again(robot, layout):
    begin = time.monotonic()
    robot.front.message = sent(road(), layout)
    robot.wait_for_stop('camera_changed', since=begin)
    robot.wait_for_go()


def test_what_has_no_layout_of_its_own_is_converted(robot):
    begin = time.monotonic()
    robot.front.message = raw((road().astype(np.uint16) * 257), 'bgr16')
    robot.wait_for_stop('camera_changed', since=begin)
    robot.wait_for_go()


def test_people_get_colours(robot):
    robot.front.message = sent(road(), Layout.NV12)
    robot.wait_for_go()
    drawn = robot.subscribe(Image, '/camera/segmentation/overlay')
    robot.wait_for(lambda: drawn, 'an overlay')
    image = np.asarray(drawn[-1].data, np.uint8).reshape(HEIGHT, WIDTH, 3)
    blue, green, red = image[2:HEIGHT // 2 - 8, -8:].reshape(-1, 3).mean(0)
    assert blue > 100 > max(green, red)
