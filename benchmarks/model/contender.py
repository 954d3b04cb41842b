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

"""What takes part in the benchmark, and the bundled models as the node runs them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.classical.backend import alone, together
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.graph_size import count_parameters
from seg_node.perception.models.manifest import ClassInfo
from seg_node.perception.models.model import (
    bundled_models,
    find_manifest,
    load_model,
    ModelError,
)
from seg_node.perception.segmenter import Segmentation, Segmenter

Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Facts:
    """
    What a contender is.

    parameters: learned numbers in the graph, None where they cannot be counted. baseline: whether
    it is compared with, rather than offered.
    """

    name: str
    version: str
    runtime: str
    precision: str
    parameters: int | None
    width: int
    height: int
    baseline: bool


class Answer(Protocol):
    """
    Labels of an image; what is not asked for costs no time.

    labels and confidence are uint8 [h, w] at the network's size, mask and confidence_full
    uint8 [H, W] and path bool [H, W] at the image's.
    """

    @property
    def labels(self) -> Array:
        """Class ids at the network's size."""

    @property
    def confidence(self) -> Array:
        """Probability that the label is right, 255 = 1.0, at the network's size."""

    @property
    def mask(self) -> Array:
        """Class ids at the image's size."""

    @property
    def path(self) -> NDArray[np.bool_]:
        """Drivable pixels at the image's size."""

    @property
    def confidence_full(self) -> Array:
        """Confidence at the image's size."""


class Contender(Protocol):
    """A network on its runtime."""

    facts: Facts

    @property
    def classes(self) -> Sequence[ClassInfo]:
        """Classes in the order of the label ids."""

    @property
    def inference_s(self) -> float:
        """Seconds that the network alone took in the last segment()."""

    def segment(self, bgr: Array) -> Answer:
        """Segment a BGR image uint8 [H, W, 3] of any size."""

    def close(self) -> None:
        """Release the runtime."""


class Segmenting:
    """What keeps to the model contract, through the same Segmenter as in the node."""

    def __init__(self, segmenter: Segmenter, name: str, parameters: int | None,
                 baseline: bool) -> None:
        """Take an open segmenter, which is closed with it."""
        self._segmenter = segmenter
        self.inference_s = 0.0
        model, backend = segmenter.model, segmenter.backend
        self.classes: Sequence[ClassInfo] = model.classes
        # What follows the library's name and version is the same for all: device and threads.
        runtime = backend.detail.partition(',')[0]
        self.facts = Facts(name, model.version, runtime, backend.precision, parameters,
                           model.width, model.height, baseline)

    def segment(self, bgr: Array) -> Segmentation:
        """Segment an image."""
        result = self._segmenter.segment(bgr)
        self.inference_s = result.network
        return result

    def close(self) -> None:
        """Release the backend."""
        self._segmenter.close()


def open_bundled(wanted: Sequence[str], threads: int) -> list[Contender]:
    """
    Open models by name or folder; all that came with the package if none are wanted.

    Each takes the name of its folder, for the manifest's may be the same in several precisions.

    :raises UserError: when one cannot be opened, or is given twice.
    """
    opened: list[Contender] = []
    for text in wanted or bundled_models():
        try:
            name = find_manifest(text).resolve().parent.name
            if name in [one.facts.name for one in opened]:
                raise UserError(f'--models {text}: a folder named {name} is already among them; '
                                'rename it or leave one out')
            model = load_model(text)
            opened.append(Segmenting(
                Segmenter.open(model, BackendOptions('onnxruntime', threads=threads)), name,
                count_parameters(model.graph), baseline=False))
        except (ModelError, BackendError) as error:
            raise UserError(f'--models {text}: {error}') from None
    if not opened:
        raise UserError('no bundled model found; give --models with the folder of one')
    return opened


def open_classical() -> Contender:
    """Open backend classical."""
    return Segmenting(Segmenter(together()), 'classical', None, baseline=False)


def open_techniques() -> list[Contender]:
    """Open each technique of backend classical by itself."""
    return [Segmenting(Segmenter(alone(each)), each.name, None, baseline=True)
            for each in TECHNIQUES]
