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
Labels and confidence to the camera's resolution on the GPU.

Each pixel takes its nearest label, as labels.resize_labels() does: cv2.INTER_NEAREST_EXACT. Its
rounding differs between versions of OpenCV (16-bit fixed point up to 5.0, float64 after it), but
never between rows and columns or types of pixels: the tables are made by asking the installed one.
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.perception.backends.cuda.kernels import Launch, RESIZE_MAPS, Tables
from seg_node.perception.images.errors import MAX_SIDE
from seg_node.perception.labels import nearest_index


@dataclass(frozen=True, eq=False)
class MapPlan:
    """How maps of one size come to another; made by plan_maps()."""

    width: int
    height: int
    full_width: int
    full_height: int
    tables: Tables

    def launch(self, labels: int, confidence: int, tables: int,
               full_labels: int, full_confidence: int) -> Launch:
        """
        Return the launch for a frame; all parameters are addresses on the device.

        :param labels: of uint8 [height, width]; confidence: alike, not read without a target.
        :param tables: of a copy of `tables.data`.
        :param full_labels: of uint8 [full_height, full_width], written.
        :param full_confidence: alike; 0: only the labels are wanted.
        """
        return RESIZE_MAPS.over(self.full_width, self.full_height, arguments=(
            labels, confidence, self.width, self.height, full_labels, full_confidence,
            self.full_width, self.full_height, *self.tables.addresses(tables)))


def plan_maps(width: int, height: int, full_width: int, full_height: int) -> MapPlan:
    """
    Make the tables from maps width x height to full_width x full_height.

    :raises ValueError: for a side that is not from 1 to MAX_SIDE.
    """
    if not all(1 <= side <= MAX_SIDE for side in (width, height, full_width, full_height)):
        raise ValueError(f'maps {width}x{height} to {full_width}x{full_height}: sides must be '
                         f'from 1 to {MAX_SIDE}')
    return MapPlan(width, height, full_width, full_height, Tables(
        nearest_index(width, full_width), nearest_index(height, full_height)))
