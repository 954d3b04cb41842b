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

"""How large an image must be for its judgement."""

from __future__ import annotations

from seg_node.perception.images.rotation import Rotation
from seg_node.perception.models.manifest import Model
from seg_node.stop_go.camera_health.statistics import LUMA_SIZE
from seg_node.stop_go.limits import Limits


def min_image_size(model: Model, limits: Limits, rotation: Rotation = Rotation.NONE,
                   ) -> tuple[int, int] | None:
    """
    Return the width and height with which an image is judged as well as in full, as it is sent.

    None: there is a check that looks at every row.
    """
    if limits.camera_health.needs_every_row:
        return None
    width, height = LUMA_SIZE
    return rotation.size(max(width, model.width), max(height, model.height))
