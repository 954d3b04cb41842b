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

"""Segment images with a model: the one interface that the node and the tools use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from seg_node.perception.backends import Backend, Inference
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import (
    AUTO,
    BackendOptions,
    open_backend,
    own_model,
)
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.labels import drivable, resize_labels
from seg_node.perception.models.model import load_model, Model

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Segmentation:
    """
    Labels and confidence of one image.

    labels (class ids), confidence (255 = certain) and instances (0: none; None where the network
    tells none apart) are uint8 [h, w] at the network's size;
    width and height are the image's; prepare and network are the seconds that resizing and the
    network took. What is derived from them is computed when it is first asked for, and kept.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    width: int
    height: int
    model: Model
    prepare: float
    network: float
    instances: NDArray[np.uint8] | None = None

    def at(self, width: int, height: int) -> Segmentation:
        """Return the same for the size in pixels that the image had before it was reduced."""
        if (width, height) == (self.width, self.height):
            return self
        return replace(self, width=width, height=height)

    @cached_property
    def mask(self) -> NDArray[np.uint8]:
        """Class ids uint8 [H, W] at the image's size; 255 is unlabelled."""
        return resize_labels(self.labels, (self.width, self.height))

    @cached_property
    def path(self) -> NDArray[np.bool_]:
        """Drivable pixels, bool [H, W], at the image's size."""
        return drivable(self.mask, self.model.classes)

    @cached_property
    def confidence_full(self) -> NDArray[np.uint8]:
        """Confidence uint8 [H, W] at the image's size, each pixel that of its label."""
        return resize_labels(self.confidence, (self.width, self.height))

    @cached_property
    def drivable(self) -> NDArray[np.bool_]:
        """Drivable pixels, bool [h, w], at the network's size."""
        return drivable(self.labels, self.model.classes)


class Segmenter:
    """A model on a backend. Not thread-safe: one thread at a time may call segment()."""

    def __init__(self, backend: Backend) -> None:
        """Take an open backend; Segmenter.open makes one."""
        self.backend = backend
        self.model = backend.model

    @classmethod
    def open(
        cls, model: Model | str | Path | None = None, backend: BackendOptions | str = AUTO,
        monitor: ProgressMonitor | None = None,
    ) -> Segmenter:
        """
        Load a model (None: the bundled one) and open a backend for it, by its name or options.

        A backend that runs no graph has a model of its own, and none is read.
        Raises ModelError or BackendError.
        """
        options = BackendOptions(backend) if isinstance(backend, str) else backend
        loaded = own_model(options.name) or (
            model if isinstance(model, Model) else load_model(model))
        return cls(open_backend(loaded, options, monitor))

    def segment(self, bgr: NDArray[np.uint8]) -> Segmentation:
        """
        Segment a BGR image uint8 [H, W, 3] of any size.

        The result shares no memory with the image or with earlier results. Raises ValueError
        for another shape or dtype, BackendError if inference fails.
        """
        return self.segment_together([Pixels.of(bgr)])[0]

    def segment_together(self, images: Sequence[Pixels]) -> list[Segmentation]:
        """
        Segment as many images as the backend works on together, each as in segment().

        Those in a layout that the backend does not take are converted. Raises ValueError for more
        than backend.max_batch images, ImageError or BackendError.
        """
        if not 1 <= len(images) <= self.backend.max_batch:
            raise ValueError(
                f'{len(images)} images at once; {self.backend.name} takes 1 to '
                f'{self.backend.max_batch}')
        return [
            Segmentation(seen.labels, seen.confidence, image.width, image.height, self.model,
                         seen.prepare, seen.network, seen.instances)
            for image, seen in zip(images, self._infer(images), strict=True)]

    def _infer(self, images: Sequence[Pixels]) -> list[Inference]:
        layouts = self.backend.layouts
        return self.backend.infer([image.among(layouts) for image in images])

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
