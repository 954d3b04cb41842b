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

"""From the images of a recording to where its camera sits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.checkerboard import Board, board_pose, from_board
from seg_node.calibration.drive import DriveCalibration
from seg_node.calibration.estimate import CalibrationError, Estimate
from seg_node.calibration.floor_points import FloorPoint, from_points
from seg_node.recordings.decoding import DecodedFrame
from seg_node.stop_go.geometry import Intrinsics, Mounting

_ENOUGH = 120
"""Straight pairs of images after which more tell nothing new."""
_MOST_BOARDS = 40
"""Images that are searched for a checkerboard."""
_LONGEST_GAP = 1.0
"""Seconds between two images over which their speeds tell the way between them."""


@dataclass(frozen=True, eq=False)
class Measurement:
    """What was found, how, in words, and an upright image [H, W, 3] that shows it."""

    estimate: Estimate
    how: str
    bgr: NDArray[np.uint8]


def measure_points(frames: Iterator[tuple[DecodedFrame, Intrinsics]],
                   points: Sequence[FloorPoint], known: Mounting) -> Measurement:
    """Measure by points on the floor, in the first image."""
    decoded, intrinsics = next(frames)
    for point in points:
        if not (0 <= point.u < intrinsics.width and 0 <= point.v < intrinsics.height):
            raise CalibrationError(
                f'--points {point.u:g},{point.v:g}: lies outside of the image, which has '
                f'{intrinsics.width}x{intrinsics.height} pixels; give u,v,x,y with u to the right '
                'and v down')
    assert decoded.bgr is not None
    return Measurement(from_points(points, intrinsics, known),
                       f'{len(points)} points on the floor', decoded.bgr)


def measure_board(frames: Iterator[tuple[DecodedFrame, Intrinsics]], board: Board) -> Measurement:
    """Measure by a checkerboard on the floor."""
    seen, bgr, images = [], None, 0
    for decoded, intrinsics in frames:
        images += 1
        assert decoded.bgr is not None
        found = board_pose(cv2.cvtColor(decoded.bgr, cv2.COLOR_BGR2GRAY), board, intrinsics)
        if found is not None:
            seen.append(found)
        if bgr is None or (found is not None and len(seen) == 1):
            bgr = decoded.bgr
        if images == _MOST_BOARDS:
            break
    estimate = from_board(seen, board)
    assert bgr is not None
    return Measurement(estimate, f'a checkerboard in {len(seen)} of {images} images', bgr)


def measure_drive(frames: Iterator[tuple[DecodedFrame, Intrinsics]], speed: float | None,
                  ) -> Measurement:
    """
    Measure by a drive straight ahead.

    :param speed: of the whole drive, m/s; None: as odometry says, where there is any.
    """
    drive: DriveCalibration | None = None
    before: tuple[float, float | None] | None = None
    first: NDArray[np.uint8] | None = None
    for decoded, intrinsics in frames:
        assert decoded.bgr is not None
        if drive is None:
            drive, first = DriveCalibration(intrinsics), decoded.bgr
        motion = decoded.frame.motion
        now = (decoded.frame.time_ns * 1e-9,
               speed if speed is not None else motion.forward if motion else None)
        drive.look(decoded.bgr, _driven(before, now))
        before = now
        if sum(sight.straight for sight in drive.sights) >= _ENOUGH:
            break
    assert drive is not None and first is not None
    estimate = drive.estimate()
    return Measurement(estimate, f'a drive straight ahead, {estimate.pitch.count} pairs of images',
                       first)


def _driven(before: tuple[float, float | None] | None, now: tuple[float, float | None],
            ) -> float | None:
    """Return the metres from one time and speed to the next; None: unknown."""
    if before is None:
        return 0.0
    gap = now[0] - before[0]
    if before[1] is None or now[1] is None or not 0 < gap < _LONGEST_GAP:
        return None
    return (before[1] + now[1]) / 2 * gap
