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

"""Lines that stay visible on any picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DARK = (24, 24, 24)
# Sub-pixel bits of OpenCV's drawing coordinates; without them thin lines jitter in videos.
_SHIFT = 4
# Beyond this, shifted coordinates would leave OpenCV's safe range.
_FAR = 1 << 17


def draw_line(
    image: NDArray[np.uint8], line: NDArray[np.floating], closed: bool,
    color: tuple[int, int, int], thickness: float,
) -> None:
    """
    Draw a line [K, 2] of pixels (x, y) into an image, uint8 [H, W, 3] BGR, with a dark rim.

    One with coordinates that are not finite is left out.
    """
    if len(line) < 2 or not np.isfinite(line).all():
        return
    scaled = np.rint(np.clip(line, -_FAR, _FAR) * (1 << _SHIFT))
    points = scaled.astype(np.int32).reshape(-1, 1, 2)
    width = max(1, round(thickness))
    if width > 1:
        # A dark rim keeps the line visible on any ground; it would swallow a hairline.
        rim = width + max(2, round(thickness * 0.6))
        cv2.polylines(image, [points], closed, _DARK, rim, cv2.LINE_AA, _SHIFT)
    cv2.polylines(image, [points], closed, color, width, cv2.LINE_AA, _SHIFT)
