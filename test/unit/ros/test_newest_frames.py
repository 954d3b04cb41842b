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
"""The newest frame counts; none is lost in silence, and no camera starves another."""

from __future__ import annotations

import threading
import time

from hypothesis import given
from hypothesis import strategies as st

from seg_node.ros.newest_frames import CameraFrame, NewestFrames
from seg_node.stop_go.timing import Instant

NOW = Instant(0.0, 0.0)
WAIT = 30.0


def frame(camera, message):
    return CameraFrame(camera, message, NOW)


def test_a_newer_frame_replaces_the_waiting_one_and_is_counted():
    frames = NewestFrames(['front'])
    for number in range(3):
        frames.put(frame('front', number))
    assert [taken.message for taken in frames.take(1)] == [2]
    assert frames.dropped('front') == 2


def test_the_camera_that_waits_longest_is_served_first():
    frames = NewestFrames(['front', 'rear'])
    frames.put(frame('front', 1))
    frames.put(frame('rear', 1))
    frames.put(frame('front', 2))
    assert [frames.take(1)[0].camera for _ in range(2)] == ['front', 'rear']
    assert (frames.dropped('front'), frames.dropped('rear')) == (1, 0)


def test_frames_of_several_cameras_are_taken_together():
    frames = NewestFrames(['front', 'rear', 'left'])
    for camera in ('rear', 'front', 'left', 'rear'):
        frames.put(frame(camera, 1))
    assert [taken.camera for taken in frames.take(2)] == ['rear', 'front']
    assert [taken.camera for taken in frames.take(2)] == ['left']


@given(st.lists(st.one_of(st.sampled_from(['front', 'rear']), st.none())), st.integers(1, 3))
def test_every_frame_is_taken_dropped_or_waiting(steps, most):
    frames = NewestFrames(['front', 'rear'])
    put, waiting, taken = 0, {}, 0
    for camera in steps:
        if camera is not None:
            frames.put(frame(camera, put))
            waiting[camera] = put
            put += 1
        elif waiting:
            for got in frames.take(most):
                assert waiting.pop(got.camera) == got.message
                taken += 1
    dropped = frames.dropped('front') + frames.dropped('rear')
    assert put == taken + dropped + len(waiting)


def in_thread(frames):
    """Take a frame in another thread; return the thread and where its result will be."""
    results = []
    thread = threading.Thread(target=lambda: results.append(frames.take(2)), daemon=True)
    thread.start()
    return thread, results


def test_a_waiting_worker_gets_the_frame_that_comes():
    frames = NewestFrames(['front'])
    thread, results = in_thread(frames)
    frames.put(frame('front', 7))
    thread.join(WAIT)
    assert [taken.message for taken in results[0]] == [7]


def test_closing_wakes_the_worker_and_forgets_what_waits():
    frames = NewestFrames(['front'])
    thread, results = in_thread(frames)
    frames.close()
    thread.join(WAIT)
    assert results == [[]]
    frames.put(frame('front', 1))
    assert frames.take(1) == []
    assert frames.dropped('front') == 0


def test_a_frame_that_waits_when_the_slots_close_is_not_handed_out():
    frames = NewestFrames(['front'])
    frames.put(frame('front', 1))
    frames.close()
    assert frames.take(1) == []


def test_put_tells_whether_the_worker_has_waited():
    frames = NewestFrames(['front'])
    assert not frames.put(frame('front', 0))      # nobody is there

    def work():
        while frames.take(1):
            pass

    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    deadline = time.monotonic() + WAIT
    while not frames.put(frame('front', 1)):
        assert time.monotonic() < deadline
    frames.close()
    worker.join(WAIT)
    assert not frames.put(frame('front', 2))
