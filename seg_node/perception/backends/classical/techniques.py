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

"""The techniques there are, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_node.perception.backends.classical.clustering import k_means, mean_shift
from seg_node.perception.backends.classical.edges import canny, laplacian_of_gaussian, sobel
from seg_node.perception.backends.classical.region_growing import region_growing
from seg_node.perception.backends.classical.splitting import split_and_merge
from seg_node.perception.backends.classical.thresholding import adaptive, otsu
from seg_node.perception.backends.classical.watershed import watershed

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane, SeededImage


@dataclass(frozen=True)
class Technique:
    """
    One way to find the ground.

    find: returns uint8 [h, w] of 1 where a SeededImage shows ground, else 0.
    """

    name: str
    find: Callable[[SeededImage], Plane]


TECHNIQUES = tuple(Technique(*each) for each in (
    ('otsu', otsu),
    ('adaptive', adaptive),
    ('k_means', k_means),
    ('mean_shift', mean_shift),
    ('sobel', sobel),
    ('canny', canny),
    ('laplacian_of_gaussian', laplacian_of_gaussian),
    ('region_growing', region_growing),
    ('split_and_merge', split_and_merge),
    ('watershed', watershed),
))
