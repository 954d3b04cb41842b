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

"""What an output is, and what it is given to publish."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.model import Model
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.camera_judge import DecidedFrame
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.memory import Remembered
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import Decision, Finding, Verdict

Value = TypeVar('Value', bound=np.generic)


@dataclass(frozen=True, eq=False)
class CameraResult:
    """
    What became of one frame.

    header is that of the camera's message, camera_info the newest one that came before it, if
    any; output is the segmentation at the size of mask, confidence and points; findings is all
    that was found in the frame; inference in seconds; count adds to the camera's statistics;
    remembered is what the vehicle knows of the ground around it after this frame. All pictures
    and maps are upright; what goes out is the camera's own picture, see as_sent().
    """

    header: Any
    camera_info: Any
    image: CameraImage
    segmentation: Segmentation
    output: Segmentation
    assessment: Assessment
    findings: Sequence[Finding]
    verdict: Verdict
    inference: float
    count: Callable[[str, int], None]
    remembered: Remembered

    @property
    def believed(self) -> bool:
        """Whether the frame passed every check, so that what it shows of the world may be told."""
        return not any(finding.reason.doubts_frame for finding in self.findings)

    def as_sent(self, pixels: NDArray[Value]) -> NDArray[Value]:
        """Return an upright picture or map [H, W, ...] in the place of the camera's own."""
        return self.image.rotation.as_sent(pixels)


class CameraOutput(ABC):
    """The topics of one kind for one camera, from configuring to cleanup."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        self._node = node
        self._publishers: list[Any] = []

    def _publisher(self, *args: Any) -> Any:
        """Make a publisher that close() withdraws; arguments as of Node.create_publisher."""
        publisher = self._node.create_publisher(*args)
        self._publishers.append(publisher)
        return publisher

    @abstractmethod
    def publish(self, result: CameraResult) -> None:
        """Publish what became of a frame, as far as anybody subscribes."""

    def close(self) -> None:
        """Withdraw the topics."""
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)


@dataclass(frozen=True)
class VehicleDecision:
    """The decision of a moment, with the verdicts and the newest frames of the cameras."""

    now: Instant
    verdict: Verdict
    verdicts: Mapping[str, Verdict]
    frames: Mapping[str, DecidedFrame | None]
    limits: Limits

    @property
    def speed_fraction(self) -> float:
        """The fraction of full speed that is allowed, 0 at STOP."""
        return {Decision.GO: 1.0, Decision.SLOW: self.limits.stop_go.slow_fraction}.get(
            self.verdict.decision, 0.0)


class VehicleOutput(ABC):
    """One topic about the vehicle's decision, from the start of the process to its end."""

    @abstractmethod
    def __init__(self, node: Node, structure: Structure) -> None:
        """Make a plain publisher: those of the lifecycle are silent outside of active."""

    @abstractmethod
    def publish(self, decision: VehicleDecision) -> None:
        """Publish the decision of a moment; never blocking, never logging."""

    def close(self) -> None:  # noqa: B027  (most have nothing to wait for)
        """Let the last word arrive before the process ends, for a short time."""
