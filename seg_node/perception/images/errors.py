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

"""The error and the limits that the image decoders share."""

from __future__ import annotations

MAX_SIDE = 16384
"""Largest accepted height or width in pixels; a larger one is a damaged header."""


class ImageError(ValueError):
    """An image that cannot be decoded; the message says what is wrong and what to do."""


class UnknownEncodingError(ImageError):
    """An image in an encoding that is not known here; others may know it."""


def check_size(width: int, height: int) -> None:
    """Raise ImageError for a size that no image has."""
    if width <= 0 or height <= 0:
        raise ImageError(f'image is {width}x{height}; width and height must be at least 1')
    if width > MAX_SIDE or height > MAX_SIDE:
        raise ImageError(f'image is {width}x{height}; the largest side accepted is {MAX_SIDE}')
