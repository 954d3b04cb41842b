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

"""Several frames at a time in the network, and their order."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from helpers.tiny_model import write_tiny_model
from seg_node.errors import UserError
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.segmenter import Segmenter
from seg_node.recordings.decoding import DecodedFrame
from seg_node.recordings.sources import RecordedFrame
from seg_node.tools.evaluate.segmenting import SegmenterPool


class WaitsForTheSecond:
    """A segmenter that is done with the image of zeros only after one that is not."""

    def __init__(self, own, second):
        self._own, self._second = own, second
        self.model, self.backend = own.model, own.backend

    def segment(self, bgr):
        if bgr.any():
            self._second.set()
        else:
            assert self._second.wait(30.0)
        return self._own.segment(bgr)


def decoded(index, value):
    image = None if value is None else CameraImage.of(np.full((32, 64, 3), value, np.uint8))
    return DecodedFrame(RecordedFrame(index, index * 10**8), image)


@pytest.fixture
def pool(tmp_path):
    second = threading.Event()
    options = BackendOptions(name='onnxruntime', threads=1)
    own = [Segmenter.open(write_tiny_model(tmp_path), options) for _ in range(2)]
    yield SegmenterPool([WaitsForTheSecond(segmenter, second) for segmenter in own])
    for segmenter in own:
        segmenter.close()


def test_two_frames_at_a_time_come_in_their_order(pool):
    frames = [decoded(0, 0), decoded(1, 200), decoded(2, None), decoded(3, 7)]
    seen = list(pool.segmented(frames))
    assert [one.decoded for one in seen] == frames
    assert [one.segmentation is None for one in seen] == [False, False, True, False]


def test_what_was_read_before_an_error_comes_first(pool):
    def damaged():
        yield decoded(0, 5)
        yield decoded(1, 6)
        raise UserError('damaged here')

    seen = []
    with pytest.raises(UserError, match='damaged here'):
        for one in pool.segmented(damaged()):
            seen.append(one.decoded.frame.index)
    assert seen == [0, 1]


def test_a_frame_that_fails_says_why(pool):
    damaged = CameraImage.as_sent(Pixels(Layout.BGR8, (np.ones((3, 3), np.uint8),)))
    wrong = DecodedFrame(RecordedFrame(0, 0), damaged)
    seen, = pool.segmented([wrong])
    assert seen.segmentation is None and 'must be BGR' in seen.problem
