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

"""The view of a camera from camera_info as drivers publish it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from helpers.views import FISHEYE
from seg_node.stop_go import Limits, Mounting
from seg_node.stop_go.camera_view import CameraView, FixedPose, to_intrinsics, ViewError
from seg_node.stop_go.lens import Lens

K = [525.0, 0.0, 320.0, 0.0, 530.0, 240.0, 0.0, 0.0, 1.0]
P = [500.0, 0.0, 310.0, 0.0, 0.0, 505.0, 230.0, 0.0, 0.0, 0.0, 1.0, 0.0]


def info(**change):
    roi = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    return SimpleNamespace(**{
        'header': SimpleNamespace(frame_id='lens'), 'width': 640, 'height': 480,
        'distortion_model': 'plumb_bob', 'd': [0.0] * 5, 'k': K, 'p': P, 'binning_x': 0,
        'binning_y': 0, 'roi': roi, **change})


@pytest.mark.parametrize(('model', 'd', 'lens'), [
    ('equidistant', [0.1, -0.05, 0.01, 0.0, 0.0], ('equidistant', (0.1, -0.05, 0.01, 0.0))),
    ('fisheye', list(FISHEYE), ('equidistant', FISHEYE)),
    ('plumb_bob', [-0.3, 0.1, 0.0, 0.0, -0.01, 0.0, 0.0, 0.0],
     ('plumb_bob', (-0.3, 0.1, 0.0, 0.0, -0.01))),
    ('rational_polynomial', [-0.3, 0.1, 0.0, 0.0, -0.01, 0.02, 0.01, *[0.0] * 7],
     ('plumb_bob', (-0.3, 0.1, 0.0, 0.0, -0.01, 0.02, 0.01, 0.0))),
    ('rational_polynomial', [-0.3, 0.1, 0.0, 0.0, -0.01],
     ('plumb_bob', (-0.3, 0.1, 0.0, 0.0, -0.01))),
    ('', [], ('plumb_bob', ())), ('pinhole', [], ('plumb_bob', ()))])
def test_what_drivers_publish_gives_a_view(model, d, lens):
    found = to_intrinsics(info(distortion_model=model, d=d), rectified=False)
    assert (found.fx, found.fy, found.cx, found.cy) == (525.0, 530.0, 320.0, 240.0)
    assert found.lens == Lens(*lens)


def test_rectified_counts_by_p_whatever_the_distortion_was():
    found = to_intrinsics(info(distortion_model='mei', d=[0.1], k=[0.0] * 9), rectified=True)
    assert (found.fx, found.fy, found.cx, found.cy) == (500.0, 505.0, 310.0, 230.0)
    assert found.lens == Lens()


@pytest.mark.parametrize(('change', 'rectified', 'message'), [
    ({'k': [0.0] * 9}, False, 'K is all zeros, P is not; .* set rectified: true'),
    ({'k': [*[0.0] * 8, 1.0]}, False, 'K is all .* set rectified: true'),
    ({'p': [0.0] * 12}, True, 'P is all zeros, K is not; set rectified: false'),
    ({'k': [0.0] * 9, 'p': [0.0] * 12}, False, 'fx: 0.0 is no focal length; calibrate'),
    ({'k': [0.0] * 9, 'p': [0.0] * 12}, True, 'fx: 0.0 is no focal length; calibrate'),
    ({'distortion_model': 'mei'}, False, "distortion_model: 'mei' is none of"),
    ({'d': [0.1] * 6}, False, 'd: .* does not fit plumb_bob')])
def test_what_cannot_be_used_says_what_to_do(change, rectified, message):
    with pytest.raises(ViewError, match=f'^camera_info cannot be used: {message}'):
        to_intrinsics(info(**change), rectified)


def test_the_view_is_kept_until_something_changes():
    limits = Limits(mountings={'camera': Mounting(height=1.0)})
    camera = CameraView(FixedPose('camera', limits), rectified=False)
    first = camera.view(info(), 640, 480)
    assert camera.view(info(d=np.zeros(5), k=np.array(K)), 640, 480) is first
    changed = camera.view(info(d=[0.1, 0.0, 0.0, 0.0, 0.0]), 640, 480)
    assert changed is not first and changed.intrinsics != first.intrinsics
