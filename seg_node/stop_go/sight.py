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

"""How the frames of one camera become findings: its images, its view, its corridor."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.manifest import Model
from seg_node.stop_go.assessor import Assessment, Assessor, Observation
from seg_node.stop_go.camera_health.camera_health import CameraHealth
from seg_node.stop_go.camera_health.statistics import LUMA_SIZE
from seg_node.stop_go.camera_view import CameraInfo, CameraView, ViewError
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import Direction, Role
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Finding, Reason


@dataclass(frozen=True, eq=False)
class SegmentedImage:
    """
    One segmented image.

    width and height are the camera's, in pixels; labels (class ids) and confidence (255 = 1.0)
    are uint8 [h, w] at the network's size. `health` is what Sight.inspect() says of it. `info` is
    the newest camera_info, None before the first; `motion` is None without fresh odometry.
    `inference` in seconds.
    """

    width: int
    height: int
    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    health: tuple[Finding, ...]
    info: CameraInfo | None = None
    motion: Motion | None = None
    inference: float = 0.0


@dataclass(frozen=True)
class Look:
    """What a camera's view is for one image: None with the reason why, and what is wrong."""

    view: View | None = None
    no_view: str = ''
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, eq=False)
class Judged:
    """
    What one image says.

    The findings of `assessment` are all there are, those of the camera's health first.
    """

    assessment: Assessment
    look: Look


class Sight:
    """
    Inspect and judge the images of one camera, each once and in order.

    One thread may inspect an image while another one judges; neither is thread-safe in itself.

    :param view: None where the corridor needs none.
    """

    def __init__(self, view: CameraView | None, health: CameraHealth) -> None:
        self._view = view
        self._health = health
        self._before: View | None = None

    def inspect(self, image: CameraImage, limits: Limits) -> tuple[Finding, ...]:
        """
        Say whether the camera gives images that can be used; needs no segmentation.

        :raises ValueError: for an image of another shape or type.
        """
        self._health.thresholds = limits.camera_health
        return self._health.check(
            image.bgr, image.encoding, (image.width, image.height))

    def judge(self, image: SegmentedImage, assessor: Assessor) -> Judged:
        """
        Judge one image.

        :raises ValueError: for maps of another shape or type.
        """
        look = self.look(image.info, image.width, image.height)
        seen = assessor.assess(Observation(
            image.labels, image.confidence, look.view, image.motion, image.inference,
            look.no_view))
        return Judged(
            replace(seen, findings=(*image.health, *seen.findings, *look.findings)), look)

    def look(self, info: CameraInfo | None, width: int, height: int) -> Look:
        """Return the view for an image of a size, and whether the camera is another since."""
        if self._view is None:
            return Look()
        try:
            view = self._view.view(info, width, height)
        except ViewError as error:
            return Look(no_view=str(error))
        before, self._before = self._before or view, view
        if view.intrinsics == before.intrinsics:
            return Look(view)
        return Look(view, '', (Finding(Reason.CAMERA_CHANGED, 'camera_info has changed'),))


def enough_pixels(model: Model, limits: Limits) -> tuple[int, int] | None:
    """
    Return the width and height with which an image is judged as well as in full.

    None: there is a check that looks at every row.
    """
    if limits.camera_health.needs_every_row:
        return None
    width, height = LUMA_SIZE
    return max(width, model.width), max(height, model.height)


def make_assessor(model: Model, role: Role, limits: Limits, geometry: Geometry) -> Assessor:
    """
    Make the assessor of one camera.

    :raises ValueError: when the limits do not fit the model or the geometry.
    """
    return Assessor(model.classes, model.width, model.height, limits, geometry,
                    role.direction or Direction.FORWARD)
