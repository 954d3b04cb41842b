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

"""Cameras that are mounted upside down or on their side: the one place where pictures turn."""

from __future__ import annotations

from enum import Enum
from typing import Any, cast, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Value = TypeVar('Value', bound=np.generic)

_CODES = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Rotation(Enum):
    """How far a camera's picture is turned clockwise to be upright, degrees."""

    NONE = 0
    RIGHT = 90
    HALF = 180
    LEFT = 270

    @property
    def on_side(self) -> bool:
        """Whether width and height change places."""
        return self in (Rotation.RIGHT, Rotation.LEFT)

    @property
    def axes(self) -> NDArray[np.float64]:
        """The matrix [2, 2] from directions (right, down) of the camera to those upright."""
        return np.array({
            Rotation.NONE: [[1.0, 0.0], [0.0, 1.0]], Rotation.RIGHT: [[0.0, -1.0], [1.0, 0.0]],
            Rotation.HALF: [[-1.0, 0.0], [0.0, -1.0]], Rotation.LEFT: [[0.0, 1.0], [-1.0, 0.0]],
        }[self])

    @property
    def back(self) -> Rotation:
        """The rotation that undoes this one."""
        return Rotation(-self.value % 360)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Return width and height of the other picture: upright, or the camera's."""
        return (height, width) if self.on_side else (width, height)

    def upright(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Return a picture or a map [H, W] or [H, W, 3] of the camera upright."""
        if self is Rotation.NONE:
            return pixels
        turned: Any = cv2.rotate(cast('Any', pixels), _CODES[self.value])
        return np.asarray(turned, pixels.dtype)

    def as_sent(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Return an upright picture, or a map of it, as the camera's own; shares its memory."""
        return np.rot90(pixels, self.value // 90)
