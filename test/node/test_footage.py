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
"""Real footage at its real rate."""

from __future__ import annotations

import math
import threading
import time

import cv2
import pytest
from sensor_msgs.msg import Image

from helpers.fake_camera import raw
from helpers.places import DATA
from helpers.testbed import stamp_of
from helpers.tiny_model import write_tiny_model

FRAMES, RATE = 300, 25.0


@pytest.fixture(scope='module')
def footage() -> list[Image]:
    """Read the frames of a drive; it starts over where it is too short."""
    video = DATA / 'videos' / 'solidWhiteRight.mp4'
    if not video.exists():
        pytest.skip(f'no footage: {video} does not exist; set SEG_NODE_DATA')
    capture = cv2.VideoCapture(str(video))
    frames = []
    while (read := capture.read())[0]:
        frames.append(raw(read[1]))
    capture.release()
    return (frames * math.ceil(FRAMES / len(frames)))[:FRAMES]


@pytest.fixture(scope='module')
def middle_model(tmp_path_factory):
    """Return a tiny model with an input as large as that of the bundled one."""
    return write_tiny_model(tmp_path_factory.mktemp('middle'), width=512, height=288)


@pytest.fixture
def going(footage, testbed, middle_model):
    """Return a testbed whose node gives masks, its camera, and the masks."""
    masks = testbed.subscribe(Image, 'camera/segmentation/mask')
    testbed.start_seg_node(autostart=True, model=str(middle_model))
    # One image again and again, until the way from camera to mask is open.
    camera = testbed.start_camera(footage[0])
    testbed.wait_for(lambda: masks, 'a first mask')
    camera.stop()
    await_account(testbed)
    camera.sent.clear()
    masks.clear()
    return testbed, camera, masks


def await_account(testbed):
    """Return the node's counts once it has done with every image that it has received."""
    begin = len(testbed.diagnostics)
    return testbed.wait_for_diagnostics('camera', lambda values: (
        len(testbed.diagnostics) > begin + 1
        and int(values['received']) == int(values['processed']) + int(values['dropped'])),
        'an account of every image')


@pytest.mark.data
def test_every_frame_has_its_mask_where_the_node_has_time_for_it(footage, going):
    testbed, camera, masks = going
    before = await_account(testbed)
    for index, frame in enumerate(footage):
        camera.publish(frame)
        testbed.wait_for(lambda count=index + 1: len(masks) >= count, f'mask {index}')
    assert [stamp_of(mask.header.stamp) for mask in masks] == [
        stamp_of(stamp) for stamp in camera.sent]
    after = await_account(testbed)
    assert [after[name] for name in ('dropped', 'lost')] == [
        before[name] for name in ('dropped', 'lost')]


@pytest.mark.data
def test_at_25_per_second_no_frame_is_lost_in_silence(footage, going):
    testbed, camera, masks = going
    before = await_account(testbed)
    start, pace = time.monotonic(), threading.Event()
    for index, frame in enumerate(footage):
        pace.wait(max(0.0, start + index / RATE - time.monotonic()))
        camera.publish(frame)
    # How many are dropped depends on the machine; each has its mask, or is counted.
    counted = ('processed', 'dropped', 'lost')
    goal = sum(int(before[name]) for name in counted) + FRAMES
    after = testbed.wait_for_diagnostics(
        'camera', lambda values: sum(int(values[name]) for name in counted) >= goal,
        f'an account of {FRAMES} images')
    processed = int(after['processed']) - int(before['processed'])
    assert processed > 0
    testbed.wait_for(lambda: len(masks) >= processed, f'{processed} masks')
    sent = [stamp_of(stamp) for stamp in camera.sent]
    stamps = [stamp_of(mask.header.stamp) for mask in masks]
    assert stamps == [stamp for stamp in sent if stamp in set(stamps)]
    assert len(stamps) == processed
