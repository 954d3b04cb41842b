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

"""Images of 16 bits a value, of which a camera may use fewer."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_DEPTHS = (10, 12, 14, 16)


class BitDepth:
    """
    The bits that one camera uses of the 16: the fewest that have held all of its values.

    A sensor of 10 or 12 bits sends values that end at 1023 or 4095, and no message says so. The
    depth only grows, so that a camera that has shown a bright image is not lit up when it gets
    dark.
    """

    def __init__(self) -> None:
        """Begin with the least that cameras have."""
        self.bits = _DEPTHS[0]

    def told(self, encoding: str, bits: int) -> str:
        """Return the encoding of an image with so many bits a value, and how many are used."""
        return f'{encoding}, {self.bits} of 16 bits' if bits == 16 else encoding

    def scale(self, values: NDArray[np.uint16]) -> NDArray[np.uint8]:
        """Return values, uint16 of any shape, in 8 bits; they may raise the depth."""
        needed = int(values.max()).bit_length()
        self.bits = max(self.bits, next(bits for bits in _DEPTHS if bits >= needed))
        if not values.dtype.isnative or not values.flags.aligned:
            values = values.astype(np.uint16, order='C')
        scaled = cv2.convertScaleAbs(values, alpha=255 / (2**self.bits - 1))
        return cast('NDArray[np.uint8]', scaled.reshape(values.shape))
