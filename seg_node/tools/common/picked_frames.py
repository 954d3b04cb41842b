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

"""Frames that stand for a whole drive: where the decision changes, and evenly between."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.quiet_opencv import quiet_opencv

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)


def pick(changes: Sequence[int], count: int, limit: int) -> list[int]:
    """
    Choose up to `limit` of `count` places: changes, filled up with evenly spaced ones.

    :param changes: places of what must not be missed, increasing.
    """
    return _filled(_spread(changes, limit), count, limit) if count else []


def read_frames(video: Path, numbers: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
    """Decode these frames of a video (by reading through: seeking is not exact)."""
    if not video.is_file() or not numbers:
        return {}
    wanted, last = set(numbers), max(numbers)
    capture: Any = cv2.VideoCapture(str(video))
    images = {}
    try:
        for number in range(last + 1):
            if not capture.grab():
                break
            if number in wanted:
                readable, bgr = capture.retrieve()
                if readable:
                    images[number] = bgr
    finally:
        capture.release()
    return images


def _spread(items: Sequence[int], limit: int) -> list[int]:
    if len(items) <= limit:
        return list(items)
    return [items[round(i * (len(items) - 1) / (limit - 1))] for i in range(limit)]


def _filled(chosen: Sequence[int], count: int, limit: int) -> list[int]:
    """Fill up to limit with indices below count, as evenly as the chosen ones permit."""
    fixed = sorted(set(chosen) | ({0, count - 1} if len(chosen) + 2 <= limit else set()))
    inside = [0] * (len(fixed) - 1)
    for _ in range(min(limit, count) - len(fixed)):
        widths = [(b - a) / (inner + 1)
                  for a, b, inner in zip(fixed, fixed[1:], inside, strict=False)]
        if not widths:
            break
        inside[widths.index(max(widths))] += 1
    filled = set(fixed)
    for a, b, inner in zip(fixed, fixed[1:], inside, strict=False):
        filled.update(a + round((b - a) * place / (inner + 1)) for place in range(1, inner + 1))
    return sorted(filled)
