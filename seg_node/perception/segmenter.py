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

"""Segment pictures with a model: the one interface that the node and the tools use."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import cast, TYPE_CHECKING

import cv2
import numpy as np

from seg_node.perception.backends import Backend, open_backend
from seg_node.perception.labels import drivable, resize_labels
from seg_node.perception.model import load_model, Model

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Segmentation:
    """
    Labels and confidence of one picture.

    labels (class ids) and confidence (255 = certain) are uint8 [h, w] at the network's size;
    width and height are the picture's. What is derived from them is computed when it is first
    asked for, and kept.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    width: int
    height: int
    model: Model

    @cached_property
    def mask(self) -> NDArray[np.uint8]:
        """Class ids uint8 [H, W] at the picture's size; 255 is unlabelled."""
        return resize_labels(self.labels, (self.width, self.height))

    @cached_property
    def path(self) -> NDArray[np.bool_]:
        """Drivable pixels, bool [H, W], at the picture's size."""
        return drivable(self.mask, self.model.classes)

    @cached_property
    def confidence_full(self) -> NDArray[np.uint8]:
        """Confidence uint8 [H, W] at the picture's size, each pixel that of its label."""
        return resize_labels(self.confidence, (self.width, self.height))

    @cached_property
    def drivable(self) -> NDArray[np.bool_]:
        """Drivable pixels, bool [h, w], at the network's size."""
        return drivable(self.labels, self.model.classes)


class Segmenter:
    """A model on a backend. Not thread-safe: one thread at a time may call segment()."""

    def __init__(self, model: Model, backend: Backend) -> None:
        """Take a loaded model and a backend opened with it; Segmenter.open makes both."""
        self.model = model
        self.backend = backend
        self._scaled: NDArray[np.uint8] = np.empty((model.height, model.width, 3), np.uint8)
        self._rgb: NDArray[np.uint8] = np.empty_like(self._scaled)

    @classmethod
    def open(
        cls, model: Model | str | Path | None = None, backend: str = 'auto', threads: int = 2
    ) -> Segmenter:
        """
        Load a model (None: the bundled one) and open a backend ('auto', 'onnxruntime') for it.

        threads is the number of CPU threads for inference. Raises ModelError or BackendError.
        """
        loaded = model if isinstance(model, Model) else load_model(model)
        return cls(loaded, open_backend(backend, loaded, threads))

    def segment(self, bgr: NDArray[np.uint8]) -> Segmentation:
        """
        Segment a BGR picture uint8 [H, W, 3] of any size.

        The result shares no memory with the picture or with earlier results. Raises ValueError
        for another shape or dtype, BackendError if inference fails.
        """
        height, width = _checked_size(bgr)
        labels, confidence = self.backend.infer(self._network_input(bgr))
        return Segmentation(labels, confidence, width, height, self.model)

    def close(self) -> None:
        """Release the backend; segment() raises BackendError afterwards."""
        self.backend.close()

    def __enter__(self) -> Segmenter:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the backend."""
        self.close()

    def _network_input(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the picture as RGB at the network's size, in a buffer that is used again."""
        height, width = bgr.shape[:2]
        size = (self.model.width, self.model.height)
        scaled = bgr
        if (width, height) != size:
            resized = cv2.resize(
                bgr, size, dst=self._scaled, interpolation=resampling((width, height), size))
            scaled = cast('NDArray[np.uint8]', resized)
        rgb = cv2.cvtColor(scaled, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return cast('NDArray[np.uint8]', rgb)


def resampling(size: tuple[int, int], target: tuple[int, int]) -> int:
    """
    Return how cv2.resize takes a picture to the network's size, both (width, height).

    Averaging from factor 2 on, where linear interpolation skips pixels; below, the interpolation
    that OpenCV defines bit by bit, so that the GPU's kernels can give the same.
    """
    shrinking = size[0] >= 2 * target[0] and size[1] >= 2 * target[1]
    return cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR_EXACT


def _checked_size(bgr: NDArray[np.uint8]) -> tuple[int, int]:
    if not isinstance(bgr, np.ndarray):
        raise ValueError(f'picture is {type(bgr).__name__}, must be a numpy array')
    if bgr.dtype != np.uint8 or bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.size == 0:
        raise ValueError(
            f'picture is {bgr.dtype} {list(bgr.shape)}, must be BGR uint8 [H, W, 3] and not empty'
        )
    return bgr.shape[0], bgr.shape[1]
