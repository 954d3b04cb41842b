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

"""Where a camera sits, from a checkerboard that lies on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.estimate import (
    angles_of,
    CalibrationError,
    Estimate,
    Measured,
    upright_pose,
)
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting

_MOST_OFF = 2.0
"""Pixels by which corners may miss, root mean square."""
_AMBIGUOUS, _APART = 1.5, 0.02
"""How much worse the mirrored plane must fit, where it lies so many radians apart."""
_STEEPEST = 0.35
"""Radians of roll beyond which the board does not lie on the floor."""


@dataclass(frozen=True)
class Board:
    """
    A checkerboard: inner corners in its columns and rows, and the side of a square in metres.

    squared: it lies with its edges along the vehicle's axes, so that it tells the yaw.

    :raises CalibrationError: for a board that cannot be.
    """

    columns: int
    rows: int
    square: float
    squared: bool = False

    def __post_init__(self) -> None:
        if min(self.columns, self.rows) < 3:
            raise CalibrationError(f'--board {self.columns}x{self.rows}: has too few corners; '
                                   'count the inner ones, such as 9x6')
        if not 0.001 <= self.square <= 2.0:
            raise CalibrationError(f'--square {self.square:g}: is no side of a square; measure it '
                                   'in metres, such as 0.025')


def board_pose(grey: NDArray[np.uint8], board: Board, intrinsics: Intrinsics) -> Mounting | None:
    """
    Return how a camera sits over the board in an upright image, uint8 [H, W]; None without one.

    Its yaw is 0 where the board is not squared.

    :raises CalibrationError: for a board that does not lie on the floor, or is seen too flat.
    """
    found, corners = cv2.findChessboardCornersSB(
        grey, (board.columns, board.rows), flags=cv2.CALIB_CB_NORMALIZE_IMAGE)
    if not found:
        return None
    plane = intrinsics.unproject(corners[:, 0].astype(np.float64))
    if not np.isfinite(plane).all():
        return None
    places = np.zeros((board.columns * board.rows, 3))
    places[:, :2] = np.mgrid[:board.columns, :board.rows].T.reshape(-1, 2) * board.square
    _, turns, moves, errors = cv2.solvePnPGeneric(
        places, plane[:, None], np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    # The place of the lens in the frame of the board, and its axes.
    poses = [CameraPose(cv2.Rodrigues(turn)[0], (-cv2.Rodrigues(turn)[0].T @ move)[:, 0])
             for turn, move in zip(turns, moves, strict=True)]
    off = [float(error) * intrinsics.fx for error in np.ravel(errors)]
    if off[0] > _MOST_OFF:
        raise CalibrationError(f'--board: its corners miss by {off[0]:.1f} pixels, limit '
                               f'{_MOST_OFF:g}; it must be flat, and camera_info right')
    if len(poses) > 1 and off[1] < _AMBIGUOUS * off[0] and _between(*poses) > _APART:
        raise CalibrationError('--board: is seen too small to tell how it lies; lay it nearer to '
                               'the camera, or take a larger one')
    return _over(poses[0], board)


def from_board(seen: Sequence[Mounting], board: Board) -> Estimate:
    """
    Return what one image or several say of where the camera sits.

    :raises CalibrationError: where the board was in none.
    """
    if not seen:
        raise CalibrationError(
            f'--board {board.columns}x{board.rows}: is seen in no image; count its inner corners '
            'along both sides, and see that all of it is in view, sharp and without glare')
    values = {name: Measured.of([getattr(one, name) for one in seen])
              for name in ('pitch', 'roll', 'yaw', 'height')}
    return Estimate(values['pitch'], values['roll'], values['yaw'] if board.squared else None,
                    values['height'])


def _between(one: CameraPose, other: CameraPose) -> float:
    """Return the angle between the floors of two poses, radians."""
    return math.acos(float(np.clip(one.rotation[:, 2] @ other.rotation[:, 2], -1.0, 1.0)))


def _over(pose: CameraPose, board: Board) -> Mounting:
    """Return the mounting of a camera whose pose is known in the frame of the board."""
    # The board's own z axis may point into the floor.
    up = pose.rotation[:, 2] * math.copysign(1.0, float(pose.position[2]))
    look = np.array([0.0, 0.0, 1.0])
    ahead = look - (look @ up) * up
    if not float(np.linalg.norm(ahead)) > 1e-3:
        raise CalibrationError('--board: the camera looks straight down on it; lay it ahead')
    ahead /= np.linalg.norm(ahead)
    if board.squared:
        sides = np.concatenate([pose.rotation[:, :2].T, -pose.rotation[:, :2].T])
        ahead = sides[int((sides @ ahead).argmax())]
    try:
        mounting = angles_of(upright_pose(ahead, -up, abs(float(pose.position[2]))))
    except CalibrationError:
        mounting = None
    if mounting is None or abs(mounting.roll) > _STEEPEST:
        raise CalibrationError('--board: does not lie on the floor before the camera; lay it flat '
                               'on the floor')
    return mounting
