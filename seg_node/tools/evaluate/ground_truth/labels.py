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

"""The truth as labels, so that it can be judged as what the network sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.labels import resize_labels
from seg_node.perception.models.manifest import Action, UNLABELLED
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN
from seg_node.stop_go.actions import ClassRule


class TruthLabels:
    """
    Turn codes into labels.

    What is path of a class unknown becomes the first class that may be driven on, what is not path
    blocks. Where nothing is known the network's own label stands: there it is neither right nor
    wrong.

    :param rules: of the model's classes.
    """

    def __init__(self, rules: Sequence[ClassRule]) -> None:
        drivable = [index for action in (Action.GO, Action.SLOW)
                    for index, rule in enumerate(rules) if rule.action is action]
        self._table = np.arange(256, dtype=np.uint8)
        self._table[SOME_PATH] = drivable[0] if drivable else UNLABELLED
        self._table[NOT_PATH] = UNLABELLED

    def of(self, codes: NDArray[np.uint8], seen: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return labels, uint8 [h, w].

        :param codes: uint8 [H, W] of scoring.truth.
        :param seen: uint8 [h, w], the network's labels.
        """
        small = resize_labels(codes, (seen.shape[1], seen.shape[0]))
        labels: NDArray[np.uint8] = np.where(small == UNKNOWN, seen, self._table[small])
        return labels
