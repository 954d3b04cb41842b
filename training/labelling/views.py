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
"""Parts of a picture that the labelling networks look at, so that small things become large."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.uint8]
Boxes = NDArray[np.float32]

EDGE = 0.02
"""A box that ends so near to an inner edge of a view, in shares of the view, may be cut there."""


@dataclass(frozen=True)
class View:
    """A rectangle in shares of the picture's sides, seen as it is or as in a mirror."""

    left: float
    top: float
    right: float
    bottom: float
    mirrored: bool = False

    def rectangle(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in pixels of a picture."""
        return (round(self.left * width), round(self.top * height),
                round(self.right * width), round(self.bottom * height))

    @property
    def area(self) -> float:
        """Share of the picture."""
        return (self.right - self.left) * (self.bottom - self.top)

    def cut(self, bgr: Array) -> Array:
        """Return what is seen of a picture [H, W, ...]."""
        left, top, right, bottom = self.rectangle(*bgr.shape[:2])
        part = bgr[top:bottom, left:right]
        return np.ascontiguousarray(part[:, ::-1] if self.mirrored else part)

    def whole(self, boxes: Boxes) -> NDArray[np.bool_]:
        """
        Tell which boxes, [n, 4] in shares of the view, are not cut by an edge of the view.

        An edge that is the picture's own cuts nothing off.
        """
        inner = np.array([self.left > 0, self.top > 0, self.right < 1, self.bottom < 1])
        distance = np.stack([boxes[:, 0], boxes[:, 1], 1 - boxes[:, 2], 1 - boxes[:, 3]], axis=1)
        return ~((distance < EDGE) & inner).any(axis=1)

    def to_picture(self, boxes: Boxes) -> Boxes:
        """Turn boxes, [n, 4] in shares of the view, into shares of the picture."""
        if self.mirrored:
            boxes = np.stack([1 - boxes[:, 2], boxes[:, 1], 1 - boxes[:, 0], boxes[:, 3]], axis=1)
        width, height = self.right - self.left, self.bottom - self.top
        return (boxes * (width, height, width, height)
                + (self.left, self.top, self.left, self.top)).astype(np.float32)

    def contains(self, box: NDArray[np.floating], margin: float) -> bool:
        """Tell whether a box in shares of the picture lies inside, but for the picture's edges."""
        left, top, right, bottom = box
        return bool((self.left == 0 or left - margin >= self.left)
                    and (self.top == 0 or top - margin >= self.top)
                    and (self.right == 1 or right + margin <= self.right)
                    and (self.bottom == 1 or bottom + margin <= self.bottom))


FULL, MIRROR = View(0, 0, 1, 1), View(0, 0, 1, 1, mirrored=True)
NEAR = (View(0, 0.2, 0.58, 0.82), View(0.42, 0.2, 1, 0.82))
FAR = (View(0, 0.28, 0.36, 0.62), View(0.32, 0.28, 0.68, 0.62), View(0.64, 0.28, 1, 0.62))
"""Around the horizon, where things are small."""
VIEWS = (FULL, MIRROR, *NEAR, *FAR)
