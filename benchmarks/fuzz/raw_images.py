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

"""Raw images of any encoding: sound ones, and such whose fields do not fit."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace

import numpy as np

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.decoding import decode_image
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.raw import ENCODINGS

_BYTES = memoryview(np.random.default_rng(1).integers(0, 256, 2**21, np.uint8).tobytes())
_ODD = ('', 'rgb', 'BGR8', '32FC1', 'bayer_rggb12', 'nv16', 'x' * 10**6, '\x1b[2J', 'mono8\0')
_SIDES = (0, -1, 2**31, 2**32 - 1, 16384, 16385, 2**70)
_PIXEL_BYTES = (1, 1.5, 2, 3, 4, 6, 8)


def raw_image(rng: Random) -> SimpleNamespace:
    """Return a message with the fields of sensor_msgs/Image."""
    width, height = (rng.randint(1, 80) if rng.random() < 0.97 else rng.choice(_SIDES)
                     for _ in range(2))
    if rng.random() < 0.5:
        width, height = width & ~1, height // 6 * 6
    pixel_bytes = rng.choice(_PIXEL_BYTES)
    step = int(width * pixel_bytes)
    if rng.random() < 0.3:
        step += rng.choice((-1, 1, 2, 8, 64, width, 2**32, 2**63, -2**40))
    rows = rng.choice((1, 1, 1, 1.5, 2, 3)) * height
    size = int(step * rows)
    if rng.random() < 0.3:
        size += rng.choice((-1, 1, -step, step, -size, 4096))
    start = rng.randrange(1024)
    return SimpleNamespace(
        height=height, width=width, step=step, is_bigendian=rng.random() < 0.3,
        encoding=rng.choice(ENCODINGS if rng.random() < 0.95 else _ODD),
        data=_BYTES[start:start + min(max(size, 0), 2**20)])


def judge_raw(message: SimpleNamespace) -> bool:
    """Decode; say whether it was decoded. Raises AssertionError for what no decoder may return."""
    try:
        image = decode_image(message, compressed=False)
    except ImageError:
        return False
    check_image(image)
    assert image.width == message.width
    # Height may count the rows of chroma too.
    assert image.height in (message.height, message.height * 2 // 3)
    return True


def check_image(image: CameraImage) -> None:
    """Raise AssertionError for an image that no decoder may return."""
    assert image.bgr.dtype == np.uint8
    height, width, channels = image.bgr.shape
    assert channels == 3
    assert 1 <= width <= image.width
    assert 1 <= height <= image.height
