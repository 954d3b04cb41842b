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

"""PointCloud2 messages from arrays."""

from __future__ import annotations

from functools import lru_cache
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import PointCloud2, PointField

_TYPES = {np.dtype(np.float32): PointField.FLOAT32, np.dtype(np.uint32): PointField.UINT32}
POINT = np.dtype([('x', np.float32), ('y', np.float32), ('z', np.float32)])


def to_cloud(points: NDArray[np.void], header: Any) -> PointCloud2:
    """
    Make a cloud with a field for each of the points'.

    :param points: structured [N], or organised [H, W]; float32 and uint32 fields.
    """
    cloud = _empty(points.dtype, points.shape)
    cloud.header = header
    cloud.data.frombytes(memoryview(np.ascontiguousarray(points).view(np.uint8).reshape(-1)))
    return cloud


def blank_cloud(point: np.dtype[np.void], shape: tuple[int, int],
                ) -> tuple[PointCloud2, NDArray[np.void]]:
    """Make an organised cloud to be filled again and again, with its points [H, W], all zero."""
    cloud = _empty(point, shape)
    cloud.data.frombytes(bytes(point.itemsize * shape[0] * shape[1]))
    return cloud, np.frombuffer(cloud.data, point).reshape(shape)


def _empty(point: np.dtype[np.void], shape: tuple[int, ...]) -> PointCloud2:
    """Make a cloud of points [N] or [H, W] that has not got its bytes and header yet."""
    height, width = shape if len(shape) == 2 else (1, *shape)
    return PointCloud2(
        height=height, width=width, point_step=point.itemsize,
        row_step=point.itemsize * width, is_bigendian=sys.byteorder == 'big',
        is_dense=len(shape) == 1, fields=_fields(point))


@lru_cache(maxsize=8)
def _fields(point: np.dtype[np.void]) -> list[PointField]:
    assert point.names is not None and point.fields is not None
    return [PointField(name=name, offset=point.fields[name][1],
                       datatype=_TYPES[point.fields[name][0]], count=1) for name in point.names]


def at_height(points: NDArray[np.float64], height: float) -> NDArray[np.void]:
    """Return points [N, 2] of the ground as POINT [N] at a height, metres."""
    found = np.empty(len(points), POINT)
    found['x'], found['y'] = points.T
    found['z'] = height
    return found
