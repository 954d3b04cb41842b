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

"""What a compressed file says of itself, read before a decoder sees it."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.perception.images.errors import ImageError


@dataclass(frozen=True)
class ImageHeader:
    """
    What a file promises: kind ('jpeg', 'png', 'webp'), size in pixels, values of a pixel.

    channels is 1 for grey; bits are those of a value. pixel_bytes is the memory that decoding
    takes for each pixel, the result in BGR included.
    """

    kind: str
    width: int
    height: int
    channels: int
    bits: int
    pixel_bytes: float


def cut_off(kind: str, data: bytes) -> ImageError:
    """Return the error for a file that ends too early."""
    return ImageError(
        f'{kind} of {len(data)} bytes is cut off: it was not sent or stored whole; '
        f'check the camera driver and the network'
    )
