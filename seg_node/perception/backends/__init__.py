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

"""
The libraries that can run a model, behind one interface.

A backend imports its library only when it is chosen, so that none has to be installed for the
others to work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_node.perception.images.layout import Layout
    from seg_node.perception.images.pixels import Pixels
    from seg_node.perception.models.model import Model


class BackendError(RuntimeError):
    """A backend that cannot be opened, failed, or broke the model contract."""


class BackendAbsentError(BackendError):
    """The machine has not what a backend is made for: its library, or a GPU."""


class BackendCancelledError(BackendError):
    """Opening a backend was cancelled."""


@dataclass(frozen=True, eq=False)
class Inference:
    """
    What the network says of one image, and how long that took.

    labels (class ids), confidence (255 = certain) and instances (0: none; None where the network
    tells none apart) are uint8 [h, w] at the network's size, and belong to the caller: they share
    no memory with the image or with later results. prepare is the time until the image was the
    network's input or on its way to the GPU, network that from there to the maps, both in seconds;
    of images that are worked on together each takes a share.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    prepare: float
    network: float
    instances: NDArray[np.uint8] | None = None


class Backend(Protocol):
    """A model loaded and ready to run; used by one thread at a time, whichever it is."""

    @property
    def name(self) -> str:
        """Name of the backend, e.g. 'onnxruntime'."""

    @property
    def model(self) -> Model:
        """The model, with the graph that runs."""

    @property
    def precision(self) -> str:
        """Arithmetic of the network, e.g. 'fp32'."""

    @property
    def detail(self) -> str:
        """Library version, device and threads, for people."""

    @property
    def chosen_because(self) -> str:
        """Why this backend runs, for the log."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is not as it was asked for, or not as good as it could be."""

    @property
    def max_batch(self) -> int:
        """How many images it works on together."""

    @property
    def layouts(self) -> frozenset[Layout]:
        """The layouts of pixels that it takes, BGR8 among them."""

    def infer(self, images: Sequence[Pixels]) -> list[Inference]:
        """
        Segment 1 to max_batch images of any sizes, each in one of its layouts.

        Raises BackendError.
        """

    def close(self) -> None:
        """Release the library's memory; infer raises BackendError afterwards."""
