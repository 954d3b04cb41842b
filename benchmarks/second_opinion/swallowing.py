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

"""A network that swallows what stands in the way: exact labels, but for that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from benchmarks.closed_loop.drive import Draw
from benchmarks.closed_loop.label_noise import certainty
from benchmarks.closed_loop.label_renderer import ground_labels
from benchmarks.closed_loop.perception import DriveRenderer, Exposure, Image, PerceivedLabels
from seg_node.simulation.billboards import label_things

MIN_SWALLOWED = 0.3
"""Width in metres from which on things are swallowed; what is narrower is labelled as it is."""

Paint = Callable[[Image, Exposure], Image]


class SwallowedLabels:
    """The labels of the ground: whatever wide stands on it is called path; without images."""

    def __init__(self, draw: Draw) -> None:
        self._setup, self._scene = draw.setup, draw.course.scene

    def perceive(self, exposure: Exposure) -> PerceivedLabels:
        """Return the labels of a moment."""
        camera = self._setup.pitched(exposure.pitch_error)
        foot = self._setup.camera_foot(exposure.pose)
        labels = ground_labels(self._scene, camera, foot)
        label_things(labels, tuple(
            thing for thing in exposure.things if thing.sprite.width_m < MIN_SWALLOWED), foot,
            camera)
        return PerceivedLabels(labels, certainty(labels))


class SwallowingPerception(SwallowedLabels):
    """The same with the images rendered, for the witnesses to look at."""

    def __init__(self, draw: Draw, paint: Paint | None = None) -> None:
        """
        Take the drive.

        :param paint: changes each image, None: nothing does.
        """
        super().__init__(draw)
        self._paint = paint
        self._drive = DriveRenderer(draw.course, draw.setup, draw.seed)

    def perceive(self, exposure: Exposure) -> PerceivedLabels:
        """Render the image of a moment and its labels."""
        bgr = self._drive.image(exposure)
        if self._paint is not None:
            bgr = self._paint(bgr, exposure)
        return replace(super().perceive(exposure), bgr=bgr)
