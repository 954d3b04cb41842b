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

"""Encodings that the codec of this package does not know, by cv_bridge where it is installed."""

from __future__ import annotations

from functools import lru_cache
import importlib
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from seg_node.perception.images.errors import ImageError, UnknownEncodingError
from seg_node.perception.images.raw_image import flat

_LONGEST_NAME = 32      # of an encoding; a longer one is damage


def decode_by_cv_bridge(message: Image, unknown: UnknownEncodingError) -> NDArray[np.uint8]:
    """
    Return what cv_bridge makes of an image, BGR uint8 [H, W, 3].

    :param unknown: what the codec says of it; raised where cv_bridge is not installed.
    :raises ImageError: when cv_bridge cannot, or its result is no such image.
    """
    bridge = _cv_bridge()
    if bridge is None or len(message.encoding) > _LONGEST_NAME:
        raise unknown
    size = flat(message.data).size
    if size < message.step * message.height:      # it counts on that
        raise ImageError(f'{message.encoding} image of {message.height} rows with step '
                         f'{message.step} has {size} bytes of data')
    try:
        bgr = bridge.imgmsg_to_cv2(message, 'bgr8')
    except Exception as error:      # its own, and whatever an encoding provokes
        raise ImageError(f'{unknown}; nor does cv_bridge convert it: {error}') from error
    if not isinstance(bgr, np.ndarray) or bgr.dtype != np.uint8 \
            or bgr.shape != (message.height, message.width, 3):
        raise ImageError(f'{message.encoding}: cv_bridge gives no image of the size')
    return cast('NDArray[np.uint8]', bgr)


@lru_cache(maxsize=1)
def _cv_bridge() -> Any:
    """Return a CvBridge, or None: not installed, or built for another NumPy."""
    try:
        return importlib.import_module('cv_bridge').CvBridge()
    except Exception:      # an extension module raises almost anything
        return None
