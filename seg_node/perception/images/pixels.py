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

"""
Pixels as a camera sent them, and the colours of all or of some of them.

Whoever needs the whole picture in BGR has it converted once. Samples are converted alone, and are
the very bytes of the whole: YUV is converted pixel by pixel, with the chroma of its pair (4:2:2)
or of its 2x2 block (4:2:0), not interpolated.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.layout import Layout

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]

_GREEN = 1
"""Its place among the bytes of a pixel, in BGR and RGB alike."""
_TO_BGR = {
    Layout.RGB8: cv2.COLOR_RGB2BGR,
    Layout.BGRA8: cv2.COLOR_BGRA2BGR,
    Layout.RGBA8: cv2.COLOR_RGBA2BGR,
    Layout.MONO8: cv2.COLOR_GRAY2BGR,
    Layout.YUYV: cv2.COLOR_YUV2BGR_YUY2,
    Layout.UYVY: cv2.COLOR_YUV2BGR_UYVY,
    Layout.NV12: cv2.COLOR_YUV2BGR_NV12,
    Layout.NV21: cv2.COLOR_YUV2BGR_NV21,
}
_AS_PAIRS = {Layout.NV12: cv2.COLOR_YUV2BGR_YUY2, Layout.NV21: cv2.COLOR_YUV2BGR_YVYU}
"""What converts the bytes of both planes in turn."""
_LUMA = {Layout.YUYV: 0, Layout.UYVY: 1}
"""Its place among the bytes of a pixel."""


@dataclass(frozen=True, eq=False)
class Pixels:
    """
    A picture in the layout in which it came.

    planes are uint8 [H, W], or [H, W, n] of n bytes a pixel; of NV12 and NV21 a second one holds
    the chroma, [H / 2, W / 2, 2]. They may be views, with padded rows, of memory of others.
    """

    layout: Layout
    planes: tuple[Bytes, ...]

    @staticmethod
    def of(bgr: Bytes) -> Pixels:
        """Return a BGR image, uint8 [H, W, 3]; ValueError for another array, or an empty one."""
        if not isinstance(bgr, np.ndarray):
            raise ValueError(f'image is {type(bgr).__name__}, must be a numpy array')
        if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.size == 0:
            raise ValueError(f'image is {bgr.dtype} {list(bgr.shape)}, '
                             f'must be BGR uint8 [H, W, 3] and not empty')
        return Pixels(Layout.BGR8, (bgr,))

    @staticmethod
    def within(memory: Bytes, layout: Layout, width: int, height: int) -> Pixels:
        """Return the pixels that lie in memory, uint8 [N], without padding."""
        luma = memory[:width * height * layout.pixel_bytes]
        if not layout.is_planar:
            shape = (height, width, layout.pixel_bytes)
            return Pixels(layout, (luma.reshape(shape[:2] if layout is Layout.MONO8 else shape),))
        chroma = memory[luma.size:luma.size * 3 // 2]
        return Pixels(layout, (luma.reshape(height, width),
                               chroma.reshape(height // 2, width // 2, 2)))

    @property
    def width(self) -> int:
        """Columns of pixels."""
        return self.planes[0].shape[1]

    @property
    def height(self) -> int:
        """Rows of pixels."""
        return self.planes[0].shape[0]

    def among(self, layouts: Container[Layout]) -> Pixels:
        """Return them as they are where the layout is one of these, else as BGR8."""
        return self if self.layout in layouts else Pixels.of(self.bgr)

    @cached_property
    def bgr(self) -> Bytes:
        """
        The whole picture, BGR uint8 [H, W, 3]: converted when it is first asked for, and kept.

        :raises ImageError: where there is no memory for it.
        """
        try:
            if self.layout.is_planar:
                luma, chroma = self.planes
                return _bytes(cv2.cvtColorTwoPlane(luma, chroma, _TO_BGR[self.layout]))
            return self._converted(self.planes[0])
        except (cv2.error, MemoryError) as error:
            raise ImageError(f'{self.layout.name} image {self.width}x{self.height} cannot be '
                             f'converted: {error}') from error

    def grey(self, size: tuple[int, int]) -> Bytes:
        """
        Take single pixels, grey uint8 [height, width], as cv2.INTER_NEAREST does.

        :param size: width and height, neither larger than the picture's.
        """
        if self.layout.shared == (1, 1):
            return _grey(self._converted(_nearest(self.planes[0], size)))
        pixels, shared = self._bytes_of
        return np.ascontiguousarray(_grey(
            self._twice(_nearest(pixels, size), _nearest(shared, size)))[:, ::2])

    def grey_rows(self, rows: NDArray[np.intp]) -> Bytes:
        """Take whole rows, grey uint8 [len(rows), W]."""
        if not self.layout.is_planar:
            return _grey(self._converted(self.planes[0][rows]))
        luma, chroma = self.planes
        pairs = cv2.merge((luma[rows], chroma[rows // 2].reshape(-1, self.width)))
        return _grey(_bytes(cv2.cvtColor(pairs, _AS_PAIRS[self.layout])))

    def green_columns(self, first: int, step: int, count: int) -> Bytes:
        """Take the green of columns, uint8 [H, count]: all rows, `step` from one to the next."""
        taken = slice(first, first + step * count, step)
        if self.layout.shared == (1, 1):
            plane = self.planes[0]
            return np.ascontiguousarray(
                plane[:, taken] if self.layout is Layout.MONO8 else plane[:, taken, _GREEN])
        pixels, shared = self._bytes_of
        # One number is copied quicker than its bytes. Of every second column the pairs lie `step`
        # apart.
        pairs = np.ascontiguousarray(shared).view(f'u{shared.shape[2]}')[..., 0]
        found = np.empty((len(pairs), count), pairs.dtype)
        for second in range(min(2, count)):
            place = found[:, second::2]
            place[...] = pairs[:, (first + second * step) // 2::step][:, :place.shape[1]]
        chroma = found.repeat(self.layout.shared[1], axis=0).view(np.uint8)
        twice = self._twice(pixels[:, taken], chroma.reshape(self.height, count, -1))
        return np.ascontiguousarray(twice[:, ::2, _GREEN])

    @property
    def _bytes_of(self) -> tuple[Bytes, Bytes]:
        """Return the bytes of each pixel, luma among them, and those of each pair or block."""
        if self.layout.is_planar:
            return self.planes[0], self.planes[1]
        pixels = self.planes[0]
        return pixels, pixels.reshape(self.height, self.width // 2, 4)

    def _twice(self, pixels: Bytes, shared: Bytes) -> Bytes:
        """Convert pixels, each with its pair's bytes [H, W, n], which are overwritten."""
        if self.layout.is_planar:
            return twice_from_444(pixels, shared, _AS_PAIRS[self.layout])
        luma = _LUMA[self.layout]
        shared[..., luma] = shared[..., luma + 2] = pixels[..., luma]
        return _bytes(cv2.cvtColor(shared.reshape(len(shared), -1, 2), _TO_BGR[self.layout]))

    def _converted(self, pixels: Bytes) -> Bytes:
        """Convert pixels, [H, W] or [H, W, n], of a layout of one plane."""
        code = _TO_BGR.get(self.layout)
        return pixels if code is None else _bytes(cv2.cvtColor(pixels, code))


def twice_from_444(luma: Bytes, chroma: Bytes, code: int) -> Bytes:
    """
    Return pixels that have a chroma each as BGR uint8 [H, 2 W, 3]: each of them twice.

    :param luma: uint8 [H, W]; chroma: uint8 [H, W, 2], in the order that `code` takes.
    :param code: OpenCV's conversion of pairs, bytes in the order Y, C, Y, C.
    """
    alike = np.empty((*luma.shape, 4), np.uint8)
    alike[..., 0] = alike[..., 2] = luma
    alike[..., 1::2] = chroma
    return _bytes(cv2.cvtColor(alike.reshape(luma.shape[0], -1, 2), code))


def _grey(bgr: Bytes) -> Bytes:
    return _bytes(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY))


def _nearest(plane: Bytes, size: tuple[int, int]) -> Bytes:
    return _bytes(cv2.resize(plane, size, interpolation=cv2.INTER_NEAREST))


def _bytes(pixels: object) -> Bytes:
    return cast('NDArray[np.uint8]', pixels)
