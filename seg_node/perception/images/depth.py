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

"""Depth images (REP 118): uncompressed messages to metres."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seg_node.outside_text import quoted
from seg_node.perception.images.errors import check_size, UnknownEncodingError
from seg_node.perception.images.raw_image import RawImage, rows_of

_MILLIMETRES = ('16UC1', 'mono16')
ENCODINGS = (*_MILLIMETRES, '32FC1')
"""Names of the encodings of depth."""


def decode_depth(image: RawImage) -> NDArray[np.float32]:
    """
    Return depth in metres along the optical axis, float32 [H, W]; NaN for none.

    16UC1, or mono16, is in millimetres, 0 for none. 32FC1 is in metres; what is no number,
    infinite (too near, or nothing within range) or not positive is none.

    :raises ImageError: for a message that is malformed, or has another encoding.
    """
    check_size(image.width, image.height)
    order = '>' if image.is_bigendian else '<'
    if image.encoding in _MILLIMETRES:
        metres = rows_of(image, 1, f'{order}u2') * np.float32(1e-3)
    elif image.encoding == '32FC1':
        metres = rows_of(image, 1, f'{order}f4').astype(np.float32)
        metres[np.isinf(metres)] = np.nan
    else:
        raise UnknownEncodingError(
            f'depth in encoding {quoted(image.encoding)}; what is read are '
            f'{", ".join(ENCODINGS)}')
    metres[~(metres > 0)] = np.nan
    return np.asarray(metres, np.float32)
