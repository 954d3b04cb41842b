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

"""Enlarge maps to the network's size, inside the graph."""

from __future__ import annotations

import numpy as np

from seg_node.tools.import_model.graph_writer import GraphWriter

Size = tuple[int, int]


def enlarge(writer: GraphWriter, x: str, size: Size, wanted: Size, mode: str) -> str:
    """
    Return maps [N, C, h, w] at another size; both are (width, height).

    :param mode: 'linear', or 'nearest' for values that must not be mixed.
    """
    if size == wanted:
        return x
    scales = np.array([1, 1, _scale(size[1], wanted[1]), _scale(size[0], wanted[0])])
    if mode == 'nearest':
        return writer.add('Resize', x, '', writer.constant(scales), mode='nearest',
                          coordinate_transformation_mode='asymmetric', nearest_mode='floor')
    return writer.add('Resize', x, '', writer.constant(scales), mode='linear',
                      coordinate_transformation_mode='half_pixel')


def _scale(size: int, wanted: int) -> np.float32:
    """Return the scale whose product, rounded down in float32, is the size that is wanted."""
    scale: np.float32 = np.float32(wanted / size)
    while np.floor(np.float32(size) * scale) < wanted:
        scale = np.float32(np.nextafter(scale, np.float32(np.inf)))
    return scale
