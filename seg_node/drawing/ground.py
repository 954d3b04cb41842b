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

"""Draw what a mounting says of the ground: horizon, the vehicle's way, and a line every metre."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.drawing.lines import draw_line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.stop_go.corridor.ground_corridor import SweptPath
    from seg_node.stop_go.geometry import View

_HORIZON, _WAY, _METRE, _TEXT = (255, 200, 60), (80, 220, 80), (60, 210, 255), (255, 255, 255)
_FAR = 20
"""Metres ahead up to which lines are drawn."""
_NAMED = (1, 2, 3, 4, 5, 7, 10, 15, 20)
_SAMPLES = 41
_WIDEST = 1.2
"""Radians to each side of the way up to which the horizon is drawn."""
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_ground(bgr: NDArray[np.uint8], view: View, path: SweptPath | None,
                words: Sequence[str]) -> NDArray[np.uint8]:
    """
    Return a copy of an upright image, uint8 [H, W, 3] BGR, with the ground drawn in.

    :param path: the way ahead, from the bumper on; None where the height is unknown: only the
        horizon, with a mark where the vehicle's front points.
    :param words: lines of text in the corner.
    """
    image = np.array(bgr, order='C')
    scale = image.shape[0] / 540
    turns = np.linspace(-_WIDEST, _WIDEST, _SAMPLES)
    horizon = view.intrinsics.project(
        np.stack([np.cos(turns), np.sin(turns), 0 * turns], -1) @ view.pose.rotation.T)
    _draw_parts(image, horizon, _HORIZON, 2 * scale)
    front = view.intrinsics.project(view.pose.rotation[:, 0])
    if np.isfinite(front).all():
        mark = np.array([(0.0, -9.0), (0.0, 9.0)]) * scale
        draw_line(image, front + mark, False, _HORIZON, 2 * scale)
    if path is not None:
        _draw_way(image, view, path, scale)
    for row, text in enumerate(words):
        _write(image, text, (8 * scale, (22 + 22 * row) * scale), 0.6 * scale)
    return image


def _draw_way(image: NDArray[np.uint8], view: View, path: SweptPath, scale: float) -> None:
    """Draw both edges of the way, and a line across it at each metre ahead of the bumper."""
    half = path.width / 2
    along = np.linspace(path.bumper, path.bumper + _FAR, 20 * _SAMPLES, dtype=np.float64)
    for side in (half, -half):
        edge = view.project(path.points(along, np.array([side])))[:, 0]
        _draw_parts(image, edge, _WAY, 2.5 * scale)
    across = np.linspace(half, -half, _SAMPLES, dtype=np.float64)
    size, lowest = (image.shape[1], image.shape[0]), math.inf
    for metre in range(1, _FAR + 1):
        line = view.project(path.points(np.array([path.bumper + metre]), across))[0]
        named = metre in _NAMED
        _draw_parts(image, line, _METRE, (1.8 if named else 0.9) * scale)
        ends = line[np.isfinite(line).all(axis=1)]
        ends = ends[((ends >= 0) & (ends < size)).all(axis=1)]
        # Far lines lie close together: no number where it would lie on the one before.
        if named and len(ends) and lowest - ends[-1, 1] > 14 * scale:
            lowest = float(ends[-1, 1])
            _write(image, f'{metre} m', (ends[-1, 0] + 6 * scale, lowest + 4 * scale), 0.5 * scale)


def _draw_parts(image: NDArray[np.uint8], line: NDArray[np.float64],
                color: tuple[int, int, int], thickness: float) -> None:
    """Draw a line [K, 2] as far as it is in front of the camera: NaN breaks it."""
    seen = np.asarray(np.isfinite(line).all(axis=1), np.bool_)
    for part in np.split(np.arange(len(line)), np.flatnonzero(np.diff(seen)) + 1):
        if seen[part[0]]:
            draw_line(image, line[part], False, color, thickness)


def _write(image: NDArray[np.uint8], text: str, at: tuple[float, float], size: float) -> None:
    place = (round(at[0]), round(at[1]))
    thin = max(1, round(size * 1.8))
    cv2.putText(image, text, place, _FONT, size, (24, 24, 24), thin + 2, cv2.LINE_AA)
    cv2.putText(image, text, place, _FONT, size, _TEXT, thin, cv2.LINE_AA)
