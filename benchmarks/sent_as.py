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

"""Pictures as cameras send them: the bytes of an uncompressed message, in any layout."""

from __future__ import annotations

from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.layout import Layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_FROM_BGR = {
    Layout.RGB8: cv2.COLOR_BGR2RGB, Layout.BGRA8: cv2.COLOR_BGR2BGRA,
    Layout.RGBA8: cv2.COLOR_BGR2RGBA, Layout.MONO8: cv2.COLOR_BGR2GRAY,
}


def sent_as(bgr: Bytes, layout: Layout) -> Bytes:
    """
    Return a picture, BGR uint8 [H, W, 3], as rows of bytes without padding.

    Width and height are even where the layout shares chroma. That of nv12 and nv21 is the mean of
    2x2 pixels, in the rows below the luma; those of 4:2:2 have the same, each twice.
    """
    height, width = bgr.shape[:2]
    if layout in _FROM_BGR:
        return cast('Bytes', cv2.cvtColor(bgr, _FROM_BGR[layout])).reshape(height, -1)
    if layout is Layout.BGR8:
        return bgr.reshape(height, -1)
    i420 = cast('Bytes', cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420))
    luma = i420[:height]
    u, v = i420[height:].reshape(2, height // 2, width // 2)
    chroma = np.stack((v, u) if layout is Layout.NV21 else (u, v), -1).reshape(-1, width)
    if layout.is_planar:
        return np.concatenate((luma, chroma))
    pair = luma, chroma.repeat(2, axis=0)
    return np.stack(pair if layout is Layout.YUYV else pair[::-1], -1).reshape(height, -1)
