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

"""Segment without a network: the techniques of introductions to segmentation, together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
import hashlib
from pathlib import Path
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.classical.ensemble import decide
from seg_node.perception.backends.classical.seeded_image import SeededImage
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.models.manifest import Action, ClassInfo, Model, SelfTestFiles

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH, HEIGHT = 320, 192
_FOLDER = Path(__file__).parent


@cache
def own_model() -> Model:
    """Return what stands for a model: no graph, but classes, size and self-test of its own."""
    digest = hashlib.sha256()
    for source in sorted(_FOLDER.glob('*.py')):
        digest.update(source.read_bytes())
    return Model(
        name='classical', version='1.0.0', license='Apache-2.0', sha256=digest.hexdigest(),
        graph=_FOLDER, width=WIDTH, height=HEIGHT,
        classes=(ClassInfo('background', (0, 0, 0), False, Action.STOP),
                 ClassInfo('path', (0, 190, 90), True, Action.GO)),
        description='Path by thresholds, clusters, edges and regions; nothing of it is a network',
        self_test=SelfTestFiles(_FOLDER / 'self_test.jpg', _FOLDER / 'self_test_labels.png'))


class ClassicalBackend:
    """All techniques on one core, and what they say together."""

    name = 'classical'
    precision = 'fp32'
    max_batch = 1
    warnings: tuple[str, ...] = ()

    def __init__(self, chosen_because: str) -> None:
        """Warm up."""
        self.model = own_model()
        self.chosen_because = chosen_because
        self.detail = f'OpenCV {cv2.__version__}, CPU, {len(TECHNIQUES)} techniques'
        self._scaler: InputScaler | None = InputScaler(WIDTH, HEIGHT)
        self.infer([np.zeros((HEIGHT, WIDTH, 3), np.uint8)])

    def infer(self, images: Sequence[NDArray[np.uint8]]) -> list[Inference]:
        """Return what Backend.infer() describes."""
        if self._scaler is None:
            raise BackendError('backend classical is closed; open it again')
        found = []
        for bgr in images:
            begun = time.perf_counter()
            scaled = self._scaler.resize(bgr)
            ready = time.perf_counter()
            try:
                image = SeededImage(scaled)
                labels, confidence = decide(image, [each.find(image) for each in TECHNIQUES])
            except cv2.error as error:
                raise BackendError(f'backend classical: OpenCV failed: {error}') from error
            found.append(Inference(labels, confidence, ready - begun, time.perf_counter() - ready))
        return found

    def close(self) -> None:
        """Release its buffers."""
        self._scaler = None
