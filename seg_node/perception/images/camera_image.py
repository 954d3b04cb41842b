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
"""An image as a camera sent it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.images.rotation import Rotation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class CameraImage:
    """
    An image of a camera.

    width and height are the camera's, in pixels: those of `pixels` are less where the image was
    decoded at reduced size. encoding is what it came in. note is what its user should know:
    colours that are lost, or damage that the decoder has seen. rotation is how far it has been
    turned to be upright.
    """

    pixels: Pixels
    encoding: str
    width: int
    height: int
    note: str = ''
    rotation: Rotation = Rotation.NONE

    @staticmethod
    def of(bgr: NDArray[np.uint8], encoding: str = '', note: str = '') -> CameraImage:
        """Return a BGR image, uint8 [h, w, 3], that has the camera's size."""
        return CameraImage.as_sent(Pixels.of(bgr), encoding, note)

    @staticmethod
    def as_sent(pixels: Pixels, encoding: str = '', note: str = '') -> CameraImage:
        """Return an image that has the camera's size."""
        return CameraImage(pixels, encoding, pixels.width, pixels.height, note)

    @property
    def bgr(self) -> NDArray[np.uint8]:
        """The image in BGR, uint8 [h, w, 3]; see Pixels.bgr."""
        return self.pixels.bgr

    @property
    def sent(self) -> Pixels:
        """The pixels in the place in which the camera sent them."""
        if self.rotation is Rotation.NONE:
            return self.pixels
        return Pixels.of(self.rotation.as_sent(self.bgr))

    def turned(self, rotation: Rotation) -> CameraImage:
        """Return the image upright, as a camera mounted like that has sent it."""
        if rotation is Rotation.NONE:
            return self
        width, height = rotation.size(self.width, self.height)
        return replace(self, pixels=Pixels.of(rotation.upright(self.bgr)), width=width,
                       height=height, rotation=rotation)

    def among(self, layouts: Container[Layout]) -> CameraImage:
        """Return the image with pixels in one of these layouts, or in BGR8."""
        return replace(self, pixels=self.pixels.among(layouts))
