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

from collections.abc import Callable, Sequence
from functools import cache
import hashlib
from pathlib import Path
import time
from typing import TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.classical.ensemble import decide, UNDECIDED
from seg_node.perception.backends.classical.seeded_image import SeededImage
from seg_node.perception.backends.classical.techniques import Technique, TECHNIQUES
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.models.manifest import Action, ClassInfo, Model, SelfTestFiles

if TYPE_CHECKING:
    from seg_node.perception.backends.classical.seeded_image import Plane

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


def together(because: str = '') -> ClassicalBackend:
    """Return the backend: all techniques, and what they say together."""
    def find(image: SeededImage) -> tuple[Plane, Plane]:
        return decide(image, [technique.find(image) for technique in TECHNIQUES])
    return ClassicalBackend('classical', find, f'{len(TECHNIQUES)} techniques', because)


def alone(technique: Technique) -> ClassicalBackend:
    """
    Return a technique by itself, to be compared and not to be driven with.

    It has no confidence: as much speaks for what it found as against it.
    """
    def find(image: SeededImage) -> tuple[Plane, Plane]:
        labels = technique.find(image)
        return labels, np.full_like(labels, UNDECIDED)
    return ClassicalBackend(technique.name, find, 'one technique', 'to compare')


class ClassicalBackend:
    """Segment on one core by a function of an image."""

    precision = 'fp32'
    layouts = frozenset({Layout.BGR8})
    max_batch = 1
    warnings: tuple[str, ...] = ()

    def __init__(self, name: str, find: Callable[[SeededImage], tuple[Plane, Plane]],
                 parts: str, chosen_because: str) -> None:
        """
        Warm up.

        :param find: returns labels and confidence of an image, uint8 [h, w] both.
        """
        self.name = name
        self.model = own_model()
        self.chosen_because = chosen_because
        self.detail = f'OpenCV {cv2.__version__}, CPU, {parts}'
        self._find = find
        self._scaler: InputScaler | None = InputScaler(WIDTH, HEIGHT)
        self.infer([Pixels.of(np.zeros((HEIGHT, WIDTH, 3), np.uint8))])

    def infer(self, images: Sequence[Pixels]) -> list[Inference]:
        """Return what Backend.infer() describes."""
        if self._scaler is None:
            raise BackendError(f'backend {self.name} is closed; open it again')
        found = []
        for image in images:
            begun = time.perf_counter()
            scaled = self._scaler.resize(image.bgr)
            ready = time.perf_counter()
            try:
                labels, confidence = self._find(SeededImage(scaled))
            except cv2.error as error:
                raise BackendError(f'backend {self.name}: OpenCV failed: {error}') from error
            found.append(Inference(labels, confidence, ready - begun, time.perf_counter() - ready))
        return found

    def close(self) -> None:
        """Release its buffers."""
        self._scaler = None
