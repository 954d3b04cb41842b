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

"""What was found of where a camera sits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.geometry import CameraPose, Mounting


class CalibrationError(ValueError):
    """What was given does not tell where the camera sits; the message says why, and the remedy."""


@dataclass(frozen=True)
class Measured:
    """A value with the spread (robust standard deviation) of what it was found from."""

    value: float
    spread: float = 0.0
    count: int = 1

    @property
    def error(self) -> float:
        """Standard error of the value, for measurements that are independent."""
        return self.spread / math.sqrt(self.count)

    @classmethod
    def of(cls, values: Sequence[float]) -> Measured:
        """Return the median of measurements (one at least)."""
        middle = float(np.median(values))
        # 1.4826 times it is the standard deviation of a normal distribution.
        spread = 1.4826 * float(np.median(np.abs(np.asarray(values) - middle)))
        return cls(middle, spread, len(values))


@dataclass(frozen=True)
class Estimate:
    """
    Where a camera sits, as far as it was found: radians and metres, None for what was not.

    The names and signs are those of :class:`Mounting`.
    """

    pitch: Measured
    roll: Measured | None = None
    yaw: Measured | None = None
    height: Measured | None = None

    @property
    def found(self) -> dict[str, Measured]:
        """What was found, by the names of the fields of Mounting."""
        named = {'height': self.height, 'pitch': self.pitch, 'roll': self.roll, 'yaw': self.yaw}
        return {name: value for name, value in named.items() if value is not None}


def upright_pose(ahead: NDArray[np.float64], down: NDArray[np.float64], height: float = 0.0,
                 ) -> CameraPose:
    """Return the pose from two directions [3] in the optical frame, upright to each other."""
    return CameraPose(np.stack([ahead, np.cross(ahead, down), -down], axis=1),
                      np.array([0.0, 0.0, height]))


def angles_of(pose: CameraPose) -> Mounting:
    """
    Return the mounting whose pose it is; the inverse of CameraPose.from_mounting().

    :raises CalibrationError: for a camera that is mounted as none can be.
    """
    body = pose.rotation.T @ CameraPose.from_mounting(Mounting()).rotation
    forward, left, height = pose.position.tolist()
    try:
        return Mounting(
            height, pitch=math.asin(float(np.clip(-body[2, 0], -1.0, 1.0))),
            roll=math.atan2(body[2, 1], body[2, 2]), yaw=math.atan2(body[1, 0], body[0, 0]),
            forward=forward, left=left)
    except ValueError as error:
        raise CalibrationError(f'{error}: a camera does not sit like that') from None
