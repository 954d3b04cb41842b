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

import numpy as np
from sensor_msgs.msg import PointField
from std_msgs.msg import Header

from seg_node.ros.clouds import at_height, POINT, to_cloud

HEADER = Header(frame_id='base_link')
LABELLED = np.dtype([*[(name, np.float32) for name in 'xyz'], ('label', np.uint32)])


def test_a_row_of_points():
    cloud = to_cloud(at_height(np.array([[1.0, 2.0], [3.0, -4.0]]), 0.1), HEADER)
    assert (cloud.height, cloud.width, cloud.point_step, cloud.row_step) == (1, 2, 12, 24)
    assert cloud.is_dense and cloud.header is HEADER
    assert [(field.name, field.offset, field.datatype, field.count) for field in cloud.fields] == [
        ('x', 0, PointField.FLOAT32, 1), ('y', 4, PointField.FLOAT32, 1),
        ('z', 8, PointField.FLOAT32, 1)]
    points = np.frombuffer(cloud.data, np.float32).reshape(2, 3)
    np.testing.assert_allclose(points, [[1.0, 2.0, 0.1], [3.0, -4.0, 0.1]], rtol=1e-6)


def test_an_empty_cloud_has_its_fields():
    cloud = to_cloud(np.empty(0, POINT), HEADER)
    assert (cloud.height, cloud.width, len(cloud.data)) == (1, 0, 0)
    assert [field.name for field in cloud.fields] == ['x', 'y', 'z']


def test_an_organised_cloud_keeps_its_rows():
    points = np.zeros((2, 3), LABELLED)
    points['label'] = [[1, 2, 3], [4, 5, 6]]
    points['x'][1, 0] = np.nan
    cloud = to_cloud(np.asfortranarray(points), HEADER)
    assert (cloud.height, cloud.width, cloud.row_step, cloud.is_dense) == (2, 3, 48, False)
    assert cloud.fields[3].datatype == PointField.UINT32
    found = np.frombuffer(cloud.data, LABELLED)
    assert found['label'].tolist() == [1, 2, 3, 4, 5, 6] and np.isnan(found['x'][3])
