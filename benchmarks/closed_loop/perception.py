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

"""What a camera with its network makes of the world: exact labels with errors, or the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.course import Course, with_scenery
from benchmarks.closed_loop.label_noise import (
    blot,
    certainty,
    Grain,
    grow_path,
    roughen,
    shrink_path,
    uncover,
)
from benchmarks.closed_loop.label_renderer import ground_labels
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.vehicle_setup import VehicleSetup
from seg_node.perception.segmenter import Segmenter
from seg_node.simulation.billboards import Billboard, label_things
from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import Pose
from seg_node.stop_go.memory.place import Place

Labels = Image = NDArray[np.uint8]
_Bad = Callable[[Labels, Labels], None]


@dataclass(frozen=True, eq=False)
class Exposure:
    """
    The moment at which an image is taken.

    pose: of the vehicle; place: what odometry says of it, None without. pitch_error: rad.
    things: what stands or walks. ahead: metres from the camera to the end of what must be clear.
    critical: whether bad frames are to begin now, for the way is no longer clear as far as it
    must be.
    """

    pose: Pose
    pitch_error: float
    things: tuple[Billboard, ...]
    ahead: float
    critical: bool
    number: int
    place: Place | None = None


@dataclass(frozen=True, eq=False)
class PerceivedLabels:
    """
    Labels and confidence, uint8 [h, w].

    bgr is the image, uint8 [h, w, 3]; None where labels are made without one.
    """

    labels: Labels
    confidence: Labels
    bgr: Image | None = None


class Perception(Protocol):
    """Turn a moment into what the node is told."""

    def perceive(self, exposure: Exposure) -> PerceivedLabels:
        """Return labels and confidence at the network's size."""


class ModelledPerception:
    """
    Exact labels with the modelled errors of perception.

    Bad frames come in runs of `bad_frames` at most, with `good_frames` at least between them.
    """

    def __init__(self, rng: np.random.Generator, scene: Scene, setup: VehicleSetup,
                 limits: StatedLimits) -> None:
        """Draw what stays the same for the drive."""
        self._rng, self._scene, self._setup, self._limits = rng, scene, setup, limits
        camera = setup.camera
        self._grain = Grain(limits.rough, rng, camera.width, camera.height)
        self._lurking = True
        self._left, self._good = 0, limits.good_frames
        self._bad: _Bad = self._nothing

    def perceive(self, exposure: Exposure) -> PerceivedLabels:
        """Render the labels and get some of them wrong."""
        camera = self._setup.pitched(exposure.pitch_error)
        foot = self._setup.camera_foot(exposure.pose)
        labels = ground_labels(self._scene, camera, foot)
        if self._is_bad(exposure):
            ground = labels.copy()
            label_things(labels, exposure.things, foot, camera)
            self._bad(labels, ground)
        else:
            label_things(labels, exposure.things, foot, camera)
        if self._rng.random() < self._limits.shrunk_path:
            shrink_path(labels, BACKGROUND)
        if self._rng.random() < self._limits.false_obstacle:
            self._imagine(labels)
        roughen(labels, self._grain)
        return PerceivedLabels(labels, certainty(labels))

    def _is_bad(self, exposure: Exposure) -> bool:
        if self._left > 0:
            self._left -= 1
            return True
        self._good += 1
        if self._good <= self._limits.good_frames or self._limits.bad_frames < 1:
            return False
        lurked = self._lurking and exposure.critical
        if not lurked and self._rng.random() >= self._limits.bad:
            return False
        self._lurking = self._lurking and not lurked
        self._left = self._limits.bad_frames if lurked else int(
            self._rng.integers(1, self._limits.bad_frames + 1))
        self._left -= 1
        self._good = 0
        self._bad = self._way_to_be_bad(exposure)
        return True

    def _way_to_be_bad(self, exposure: Exposure) -> _Bad:
        rng = self._rng
        kind = int(rng.integers(4))
        share = float(rng.uniform(0.2, 0.9))
        if kind == 0:
            return _forget
        if kind == 1:
            return lambda labels, ground: uncover(labels, ground, rng, share)
        if kind == 2:
            return lambda labels, ground: grow_path(labels)
        u, v = self._setup.camera.project(
            exposure.ahead * float(rng.uniform(0.3, 1.5)), float(rng.uniform(-1.0, 1.0)))
        radii = (float(rng.uniform(5.0, 120.0)), float(rng.uniform(3.0, 60.0)))
        centre = (float(np.nan_to_num(u)), float(np.nan_to_num(v)))
        return lambda labels, ground: blot(labels, centre, radii, PATH)

    def _imagine(self, labels: Labels) -> None:
        rng, (height, width) = self._rng, labels.shape
        centre = (float(rng.uniform(0.0, width)), float(rng.uniform(0.3, 1.0)) * height)
        radii = (float(rng.uniform(2.0, 30.0)), float(rng.uniform(2.0, 30.0)))
        blot(labels, centre, radii, OBSTACLE)

    @staticmethod
    def _nothing(labels: Labels, ground: Labels) -> None:
        pass


class NetworkPerception:
    """Rendered images, judged by the network; its errors are its own."""

    def __init__(self, segmenter: Segmenter, course: Course, setup: VehicleSetup, seed: int,
                 ) -> None:
        """Take a segmenter whose input has the size of the setup's camera."""
        self._segmenter = segmenter
        self._drive = DriveRenderer(course, setup, seed)

    def perceive(self, exposure: Exposure) -> PerceivedLabels:
        """Render the image and segment it."""
        bgr = self._drive.image(exposure)
        found = self._segmenter.segment(bgr)
        return PerceivedLabels(found.labels, found.confidence, bgr)


class DriveRenderer:
    """The images of a drive, as the camera takes them."""

    def __init__(self, course: Course, setup: VehicleSetup, seed: int) -> None:
        """Add to the course what stands beside a road."""
        self._setup = setup
        self._renderer = Renderer(with_scenery(course, seed).scene, setup.camera)

    def image(self, exposure: Exposure) -> Image:
        """Render the image of a moment, BGR uint8 [H, W, 3]."""
        return self._renderer.render(
            self._setup.camera_foot(exposure.pose), exposure.things, exposure.number,
            exposure.pitch_error).bgr


def _forget(labels: Labels, ground: Labels) -> None:
    """Leave out everything that stands on the ground."""
    labels[:] = ground
