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

"""Find out whether a network tells objects apart, from what it gives for an image."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seg_node.errors import UserError
from seg_node.perception.models.manifest import BACKGROUND
from seg_node.tools.import_model import boxes_and_masks, yolo_seg
from seg_node.tools.import_model.boxes_and_masks import BoxesAndMasks
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.runtime import Array
from seg_node.tools.import_model.yolo_seg import YoloSeg

InstanceOutputs = YoloSeg | BoxesAndMasks


def recognise_instances(raw: Mapping[str, Array], network: Network, classes: ClassList,
                        ) -> InstanceOutputs | None:
    """
    Return what all outputs together hold, None where they are not those of such a network.

    :param raw: the outputs for one image, by their names in the graph.
    :raises UserError: when it is one, and does not fit the classes.
    """
    prototypes = yolo_seg.prototypes_of(raw)
    found = (boxes_and_masks.recognise(raw, network) if prototypes is None
             else yolo_seg.recognise(raw, classes))
    names = [info.name for info in classes.classes if info.name != BACKGROUND]
    if found is None and prototypes is None:
        return None
    if found is None:
        told = '; '.join(f'{name!r} {list(array.shape)}' for name, array in raw.items())
        raise UserError(f'{classes.source}: {len(names)} classes besides {BACKGROUND} do not fit '
                        f'detections and prototypes of masks: {told}; correct them, or choose one '
                        'with --output')
    if len(names) == len(classes):
        raise UserError(f'{classes.source}: the network tells objects apart; add the class '
                        f'{BACKGROUND!r} for what none of them covers')
    if not all(np.isfinite(array).all() for array in raw.values()
               if np.issubdtype(array.dtype, np.floating)):
        raise UserError('the outputs are NaN or infinite for an image; check --scale, --mean and '
                        '--std, else the network is broken')
    return found
