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

from __future__ import annotations

import pytest

pytest.importorskip('sensor_msgs')

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
from sensor_msgs.msg import CameraInfo, RegionOfInterest

from seg_node.ros.outputs.camera_info import scaled_info
from seg_node.stop_go.camera_view import to_intrinsics

INFO = CameraInfo(
    width=640, height=480, distortion_model='plumb_bob', d=[-0.2, 0.05, 0.001, 0.002, 0.0],
    k=[500.0, 0.0, 322.0, 0.0, 510.0, 238.0, 0.0, 0.0, 1.0],
    r=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
    p=[480.0, 0.0, 320.0, -48.0, 0.0, 480.0, 240.0, 0.0, 0.0, 0.0, 1.0, 0.0])
VIEWS = st.builds(
    lambda x, y, width, height, binning: RegionOfInterest(
        x_offset=x, y_offset=y, width=width, height=height) if binning else RegionOfInterest(),
    st.integers(0, 100), st.integers(0, 100), st.integers(400, 540), st.integers(300, 380),
    st.booleans())


@settings(deadline=None)
@given(VIEWS, st.sampled_from([0, 1, 2]), st.integers(8, 800), st.integers(8, 800),
       st.booleans())
def test_it_is_the_projection_of_the_resized_picture(roi, binning, width, height, rectified):
    info = CameraInfo(**{name[1:]: getattr(INFO, name) for name in INFO.__slots__
                         if name[1:] in INFO.get_fields_and_field_types()})
    info.roi, info.binning_x, info.binning_y = roi, binning, binning
    scaled = scaled_info(info, width, height)
    assert (scaled.width, scaled.height) == (width, height)
    wanted = to_intrinsics(info, rectified).scaled(width, height)
    found = to_intrinsics(scaled, rectified)
    assert found.lens == wanted.lens
    # Half a pixel of binning that does not divide the picture is rounded away by to_intrinsics.
    np.testing.assert_allclose((found.fx, found.fy, found.cx, found.cy),
                               (wanted.fx, wanted.fy, wanted.cx, wanted.cy), rtol=0.02, atol=0.5)


def test_the_same_size_says_the_same():
    same = scaled_info(INFO, 640, 480)
    for name in ('k', 'p', 'r', 'd', 'distortion_model'):
        np.testing.assert_array_equal(getattr(same, name), getattr(INFO, name))


def test_a_baseline_is_scaled_with_the_focal_length():
    half = scaled_info(INFO, 320, 240)
    assert half.p[3] == -24.0 and half.p[3] / half.p[0] == INFO.p[3] / INFO.p[0]


def test_an_empty_camera_info_stays_empty():
    empty = scaled_info(CameraInfo(), 320, 240)
    assert (empty.width, empty.height) == (320, 240) and not any(empty.k[:2])
