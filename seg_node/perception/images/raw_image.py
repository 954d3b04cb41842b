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

"""Uncompressed images as they come: size, step and bytes, none of them trusted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TYPE_CHECKING

import numpy as np

from seg_node.perception.images.errors import ImageError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer


@dataclass(frozen=True)
class RawImage:
    """
    An uncompressed image as in sensor_msgs/Image; step is bytes per row.

    data is any C-contiguous buffer: bytes, bytearray, array.array('B'), memoryview, ndarray.
    """

    height: int
    width: int
    encoding: str
    is_bigendian: bool
    step: int
    data: Buffer


def rows_of(image: RawImage, values: int, dtype: str = 'u1') -> NDArray[Any]:
    """
    Return a read-only view [H, W * values] on the data, padding left out.

    :param values: of a pixel; dtype: of one of them.
    :raises ImageError: where the data does not hold the rows.
    """
    row = image.width * values
    row_bytes = row * np.dtype(dtype).itemsize
    if image.step < row_bytes:
        raise ImageError(
            f'{image.encoding} image of width {image.width} has step {image.step}; '
            f'a row takes at least {row_bytes} bytes'
        )
    data = flat(image.data)
    needed = (image.height - 1) * image.step + row_bytes
    if data.size < needed:
        raise ImageError(
            f'{image.encoding} image {image.width}x{image.height} with step {image.step} has '
            f'{data.size} bytes of data, needs {needed}'
        )
    # The step of a single row says nothing about the data, so it is not trusted as a stride.
    stride = image.step if image.height > 1 else row_bytes
    return _view(data, 0, (image.height, row), stride, dtype)


def rows_at(data: NDArray[np.uint8], start: int, rows: int, row_bytes: int, stride: int,
            ) -> NDArray[np.uint8]:
    """Return a read-only view [rows, row_bytes] on data, uint8 [N], from byte `start` on."""
    return _view(data, start, (rows, row_bytes), stride, 'u1')


def _view(data: NDArray[np.uint8], start: int, shape: tuple[int, int], stride: int, dtype: str,
          ) -> NDArray[Any]:
    view: NDArray[Any] = np.ndarray(
        shape, dtype, buffer=data, offset=start, strides=(stride, np.dtype(dtype).itemsize))
    view.flags.writeable = False
    return view


def flat(data: Buffer) -> NDArray[np.uint8]:
    """Return the bytes of a message's data, uint8 [N]; ImageError where there are none."""
    try:
        view = memoryview(data)
        flat = np.frombuffer(view, np.uint8) if view.nbytes else np.empty(0, np.uint8)
    except (TypeError, ValueError, BufferError) as error:
        raise ImageError(
            f'image data is {type(data).__name__}, not a contiguous buffer of bytes: {error}'
        ) from error
    if flat.size == 0:
        raise ImageError('image has no data')
    return flat
