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

"""Bayer mosaics: each pixel has one colour, in a pattern of 2x2 pixels."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2

from seg_node.perception.images.errors import ImageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# ROS names the top-left 2x2 pixels row by row, OpenCV the second row's second and third pixel.
_CODES = {
    'bayer_rggb': cv2.COLOR_BayerBG2BGR,
    'bayer_bggr': cv2.COLOR_BayerRG2BGR,
    'bayer_gbrg': cv2.COLOR_BayerGR2BGR,
    'bayer_grbg': cv2.COLOR_BayerGB2BGR,
}

BAYER8 = tuple(f'{pattern}8' for pattern in _CODES)
BAYER16 = tuple(f'{pattern}16' for pattern in _CODES)


def demosaic(mosaic: NDArray[np.uint8], encoding: str) -> NDArray[np.uint8]:
    """
    Return the colours of a mosaic, uint8 [H, W], as BGR uint8 [H, W, 3].

    :param encoding: of BAYER8 or BAYER16; a mosaic of 16 bits is scaled to 8 before.
    :raises ImageError: for an image that is too small to have colours.
    """
    height, width = mosaic.shape
    if min(width, height) < 3:
        raise ImageError(f'{encoding} image is {width}x{height}; colours need at least 3x3')
    code = _CODES[encoding.removesuffix('16').removesuffix('8')]
    return cast('NDArray[np.uint8]', cv2.cvtColor(mosaic, code))
