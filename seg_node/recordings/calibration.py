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

"""A camera's calibration: from a file as camera_calibration writes it, or a plain pinhole."""

from __future__ import annotations

from dataclasses import dataclass, field
import math
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.safe_yaml import read_yaml, YamlError
from seg_node.stop_go.camera_view import to_intrinsics, ViewError

_UNIT = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)
_FORM = 'give the YAML that camera_calibration writes (image_width, camera_matrix and so on)'
_MAX_SIDE = 65536
_MAX_COEFFICIENTS = 14


@dataclass(frozen=True)
class Header:
    """Of a calibration, which knows no frame."""

    frame_id: str = ''


@dataclass(frozen=True)
class Roi:
    """The whole image."""

    x_offset: int = 0
    y_offset: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True)
class Calibration:
    """What a sensor_msgs/CameraInfo says of a camera, under its names; sizes in pixels."""

    width: int
    height: int
    distortion_model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]
    binning_x: int = 0
    binning_y: int = 0
    roi: Roi = field(default_factory=Roi)
    header: Header = field(default_factory=Header)

    @classmethod
    def pinhole(cls, width: int, height: int, focal: float, cx: float, cy: float) -> Calibration:
        """Return a camera with square pixels and without distortion; all in pixels."""
        return cls(width, height, 'plumb_bob', (0.0,) * 5,
                   (focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0), _UNIT,
                   (focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0))

    @classmethod
    def centred(cls, width: int, height: int, degrees: float) -> Calibration:
        """Return a pinhole that looks along its middle and sees so many degrees of width."""
        return cls.pinhole(width, height, width / 2 / math.tan(math.radians(degrees) / 2),
                           (width - 1) / 2, (height - 1) / 2)


def read_calibration(path: Path) -> Calibration:
    """
    Read a calibration file.

    :raises UserError: names the file, what is wrong and the remedy.
    """
    try:
        content = read_yaml(path)
        if not isinstance(content, dict):
            raise YamlError(f'is no calibration; {_FORM}')
        found = Calibration(
            _side(content, 'image_width'), _side(content, 'image_height'),
            str(content.get('distortion_model', ''))[:60],
            _numbers(content, 'distortion_coefficients', range(_MAX_COEFFICIENTS + 1), ()),
            _numbers(content, 'camera_matrix', (9,)),
            _numbers(content, 'rectification_matrix', (9,), _UNIT),
            _numbers(content, 'projection_matrix', (12,), (0.0,) * 12))
        to_intrinsics(found, rectified=not any(found.k))
    except (YamlError, ViewError) as error:
        raise UserError(f'--camera-info {path}: {error}') from None
    return found


def _side(content: dict[Any, Any], name: str) -> int:
    value = content.get(name)
    if type(value) is not int or not 0 < value <= _MAX_SIDE:
        raise YamlError(f'{name}: is no number of pixels; {_FORM}')
    return value


def _numbers(content: dict[Any, Any], name: str, counts: Any,
             default: tuple[float, ...] | None = None) -> tuple[float, ...]:
    """Return the numbers of a matrix, which lie in its `data`."""
    matrix = content.get(name)
    if matrix is None and default is not None:
        return default
    data = matrix.get('data') if isinstance(matrix, dict) else None
    if not isinstance(data, list) or len(data) not in counts or not all(
            type(value) in (int, float) and math.isfinite(value) for value in data):
        raise YamlError(f'{name}: has no data with {counts[-1]} numbers; {_FORM}')
    return tuple(float(value) for value in data)
