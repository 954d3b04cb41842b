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
YUV images whose luma and chroma lie in planes of their own.

Drivers disagree on what height and step of such an image are, and a wrong guess gives a picture
of another scene. So each meaning is held against the size of the data, to the byte, and an image
is decoded only where exactly one of them fits:

1. height counts the rows of luma, step is the bytes from one to the next: sensor_msgs/Image;
2. the planes are packed, and step tells the bytes of all planes: their mean for each row of the
   image, or two for each pixel, which is what image_encodings gives for nv21 and nv24;
3. height counts the rows of luma and of chroma (4:2:0): a cv::Mat of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels, twice_from_444
from seg_node.perception.images.raw_image import flat, RawImage, rows_at

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class _Planes:
    """
    Where the planes are: `height` rows of luma, `stride` bytes apart, then those of chroma.

    The chroma has `chroma_rows` rows of `chroma_bytes`, `chroma_stride` bytes apart.
    """

    width: int
    height: int
    stride: int
    chroma_rows: int
    chroma_bytes: int
    chroma_stride: int

    @property
    def size(self) -> int:
        """Bytes of data, those that pad the last row included."""
        return self.height * self.stride + self.chroma_rows * self.chroma_stride

    def fits(self, size: int) -> bool:
        """Say whether the data has this size; the last row may come without its padding."""
        return self.size - (self.chroma_stride - self.chroma_bytes) <= size <= self.size

    def luma(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the luma, uint8 [H, W]."""
        return rows_at(data, 0, self.height, self.width, self.stride)

    def chroma(self, data: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the rows of chroma, uint8 [chroma_rows, chroma_bytes]."""
        return rows_at(data, self.height * self.stride, self.chroma_rows, self.chroma_bytes,
                       self.chroma_stride)


def _nv12(width: int, height: int, stride: int) -> _Planes:
    """Half as many rows of pairs."""
    return _Planes(width, height, stride, height // 2, width, stride)


def _i420(width: int, height: int, stride: int) -> _Planes:
    """Two planes, each half as wide and half as high."""
    return _Planes(width, height, stride, height, width // 2, stride // 2)


def _nv24(width: int, height: int, stride: int) -> _Planes:
    """As many rows of pairs, each twice as long."""
    return _Planes(width, height, stride, height, 2 * width, 2 * stride)


@dataclass(frozen=True)
class _Format:
    """
    An encoding: how it lies, whether 2x2 pixels share their chroma.

    layout: None where it has no name, and OpenCV converts it by `code`.
    """

    planes: Callable[[int, int, int], _Planes]
    code: int = 0
    layout: Layout | None = None
    shared: bool = True


_I420 = _Format(_i420, cv2.COLOR_YUV2BGR_I420)
_YV12 = _Format(_i420, cv2.COLOR_YUV2BGR_YV12)
_FORMATS = {
    'nv12': _Format(_nv12, layout=Layout.NV12),
    'nv21': _Format(_nv12, layout=Layout.NV21),
    'nv24': _Format(_nv24, cv2.COLOR_YUV2BGR_YUY2, shared=False),
    'i420': _I420, 'I420': _I420, 'yuv420': _I420, 'YUV420': _I420,
    'yv12': _YV12, 'YV12': _YV12,
}

PLANAR: tuple[str, ...] = tuple(_FORMATS)
"""Names of the encodings that read_planar() takes."""


def read_planar(image: RawImage) -> Pixels:
    """
    Return the image, nv12 and nv21 as they were sent, the others as BGR8; the size is checked.

    :raises ImageError: where not exactly one meaning of height and step fits the data.
    """
    format, data = _FORMATS[image.encoding], flat(image.data)
    fitting = {planes for planes in _meanings(image, format) if planes.fits(data.size)}
    if len(fitting) != 1:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} with step {image.step} has '
            f'{data.size} bytes of data, {_needs(image, format)}'
        )
    planes = fitting.pop()
    luma, chroma = planes.luma(data), planes.chroma(data)
    if format.layout is not None:
        return Pixels(format.layout, (luma, chroma.reshape(len(chroma), -1, 2)))
    if not format.shared:
        return Pixels.of(np.ascontiguousarray(
            twice_from_444(luma, chroma.reshape(*luma.shape, 2), format.code)[:, ::2]))
    if planes.stride == planes.width:
        packed = rows_at(data, 0, planes.height // 2 * 3, planes.width, planes.width)
    else:
        packed = np.concatenate([luma, chroma.reshape(-1, planes.width)])
    return Pixels.of(cast('NDArray[np.uint8]', cv2.cvtColor(packed, format.code)))


def _meanings(image: RawImage, format: _Format) -> Iterator[_Planes]:
    """Return what height and step can mean, as numbered above, where the sides are possible."""
    width, height, step = image.width, image.height, image.step
    if not format.shared:
        if step >= width:
            yield format.planes(width, height, step)
        if step in (2 * width, 3 * width):
            yield format.planes(width, height, width)
        return
    if width % 2 or step < width or (step % 2 and format.planes is _i420):
        return
    if height % 2 == 0:
        yield format.planes(width, height, step)
        if step in (width * 3 // 2, 2 * width):
            yield format.planes(width, height, width)
    # Rows that were half as long again for padding alone are no camera's: that is meaning 2.
    if height % 3 == 0 and 2 * step < 3 * width:
        yield format.planes(width, height // 3 * 2, step)


def _needs(image: RawImage, format: _Format) -> str:
    if format.shared and (image.width % 2 or image.height % 2):
        return 'needs another size: chroma has half the size, so both must be even'
    planes = format.planes(image.width, image.height, image.width)
    return (f'needs {planes.size} with step {image.width}: what it shows is clear only where '
            f'height, step and size fit each other in exactly one way')
