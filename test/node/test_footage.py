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
from pathlib import Path
import threading
import time

import cv2
import pytest
from sensor_msgs.msg import Image

from helpers.fake_camera import raw
from helpers.places import DATA
from helpers.testbed import stamp_of
from helpers.tiny_model import write_tiny_model
from seg_node.tools.common.testbed.participant import DeadlineError

FRAMES, RATE = 300, 25.0
PLAYS = 3
ENOUGH_IDLE = 0.25      # share of the CPU time that says the machine kept up


def footage() -> list[Image]:
    """Read the frames of a drive; it starts over where it is too short."""
    data = DATA
    video = data / 'videos' / 'solidWhiteRight.mp4'
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


@pytest.mark.data
def test_no_frame_is_lost_at_25_per_second(testbed, middle_model):
    frames = footage()
    masks = testbed.subscribe(Image, 'camera/segmentation/mask')
    testbed.start_seg_node(autostart=True, model=str(middle_model))
    # One image again and again, until the way from camera to mask is open.
    camera = testbed.start_camera(frames[0])
    testbed.wait_for(lambda: masks, 'a first mask')
    camera.stop()
    # A busy machine may hold up any process for longer than a frame. One play without loss shows
    # that neither the node nor the transport loses any; a machine without time to spare in any
    # play shows nothing.
    idle = []
    for _ in range(PLAYS):
        before = cpu_times()
        missing = play(testbed, camera, frames, masks)
        if not missing:
            return
        idle.append(idle_share(before, cpu_times()))
    # What is lost is at least never lost in silence.
    counts = testbed.wait_for_diagnostics('camera', lambda values: (
        int(values['received']) == int(values['processed']) + int(values['dropped'])),
        'an account of every image')
    assert int(counts['lost']) + int(counts['dropped']) > 0
    said = (f'{len(missing)} of {FRAMES} frames without a mask in the last of {PLAYS} plays; '
            f'{counts["dropped"]} dropped and {counts["lost"]} lost in all')
    if max(idle) < ENOUGH_IDLE:
        pytest.skip(f'machine too busy, at most {max(idle):.0%} idle: {said}')
    pytest.fail(said)


def cpu_times():
    """Return (idle, all) of the machine's CPU time so far."""
    times = [int(field) for field in Path('/proc/stat').read_text().splitlines()[0].split()[1:9]]
    return times[3] + times[4], sum(times)


def idle_share(before, after):
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def play(testbed, camera, frames, masks):
    """Send the frames at their rate; return the stamps that no mask came for."""
    camera.sent.clear()
    begin, start = len(masks), time.monotonic()
    pace = threading.Event()
    for index, frame in enumerate(frames):
        pace.wait(max(0.0, start + index / RATE - time.monotonic()))
        camera.publish(frame)
    sent = [stamp_of(stamp) for stamp in camera.sent]
    received = []

    def all_arrived():
        # Without the last masks of what was sent before.
        stamps = [stamp_of(mask.header.stamp) for mask in masks[begin:]]
        received[:] = [stamp for stamp in stamps if stamp in sent]
        return len(received) >= len(sent)

    try:
        testbed.wait_for(all_arrived, 'the last mask', seconds=5.0)
    except DeadlineError:
        return set(sent) - set(received)
    assert received == sent
    return set()
