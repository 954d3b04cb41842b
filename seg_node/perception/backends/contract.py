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

"""What every graph must keep to, whichever library runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_node.perception.backends import BackendError
from seg_node.perception.models.manifest import UNLABELLED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_node.perception.models.model import Model

INPUT = 'image'
OUTPUTS = ('labels', 'confidence')


def check_labels(labels: NDArray[np.uint8], model: Model) -> None:
    """Raise BackendError for a label, uint8 [h, w], that the model has no class for."""
    count = len(model.classes)
    highest = int(labels.max())
    if highest == UNLABELLED:
        highest = int(labels.max(where=labels != UNLABELLED, initial=0))
    if highest >= count:
        raise BackendError(
            f'{model.graph}: gives label {highest}, '
            f'the manifest has {count} classes; list all of them'
        )
