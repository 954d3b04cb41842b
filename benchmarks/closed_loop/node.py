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

"""The node as a drive sees it, and its model on simulated time with the node's own judgement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import math
from typing import Protocol

import numpy as np

from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.perception import Exposure, PerceivedLabels, Perception
from benchmarks.closed_loop.vehicle_setup import VehicleSetup
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.memory.memory import Remembered
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Verdict

_HEARTBEAT = 0.05
_EPOCH = 1000.0
"""ROS time at the beginning of a drive, seconds."""


class NodeUnderTest(Protocol):
    """What a drive does with a node; times are seconds from its beginning."""

    @property
    def judged(self) -> int:
        """Frames that were judged so far."""

    @property
    def free_distance(self) -> float:
        """What was last seen as clear, metres from the bumper; NaN before."""

    def wants_image(self, now: float) -> bool:
        """Tell whether the camera takes an image now that reaches the node."""

    def take(self, now: float, exposure: Exposure) -> None:
        """Take an image."""

    def worst_case(self) -> None:
        """Let all come together that may go wrong, as far as that is in anybody's hands."""

    def step(self, now: float, motion: Callable[[], Motion | None], place: Place | None,
             ) -> Verdict | None:
        """Do what is due; return the verdict where the node publishes one now."""


@dataclass(frozen=True, eq=False)
class _Image:
    """An image under way: when it was taken and when it arrives."""

    taken: float
    arrival: float
    exposure: Exposure


@dataclass(frozen=True, eq=False)
class _Work:
    """An image being worked on, and when that will be done."""

    image: _Image
    perceived: PerceivedLabels
    seconds: float
    done: float


def instant(now: float) -> Instant:
    """Return both clocks at a time of the drive."""
    return Instant(now, now + _EPOCH)


class KnownView:
    """The view of a simulated camera, known without any camera_info."""

    def __init__(self, view: View) -> None:
        self._view = view

    def view(self, info: object, width: int, height: int) -> View:
        """Return the view, whatever arrives."""
        return self._view

    def apply(self, limits: Limits) -> None:
        """Do nothing: the view stays."""


class NodeModel:
    """
    What the node does with a camera, in simulated time.

    The judge is the node's own, the checks of the camera included where there are images; around
    it stand the camera's rate, the loss of images, their way, the newest-frame slot and a worker
    that takes its time.
    """

    def __init__(self, rng: np.random.Generator, setup: VehicleSetup, limits: StatedLimits,
                 perception: Perception, classes: Sequence[ClassInfo]) -> None:
        """Activate the node at time 0."""
        self._rng, self._setup, self._limits, self._perception = rng, setup, limits, perception
        self._judge = CameraJudge(setup.limits, Geometry.GROUND, KnownView(setup.view))
        self._judge.load(classes, setup.camera.width, setup.camera.height)
        self._judge.activate(instant(0.0))
        self._next_image = float(rng.uniform(0.0, 1.0 / setup.timing.rate))
        self._next_beat = 0.0
        self._lost, self._kept = 0, 0
        self._slow = False
        self._flying: list[_Image] = []
        self._newest: _Image | None = None
        self._work: _Work | None = None
        self._judged = 0

    @property
    def judged(self) -> int:
        """Frames that were judged so far."""
        return self._judged

    @property
    def free_distance(self) -> float:
        """What was last seen as clear, metres from the bumper; NaN before."""
        last = self._judge.last
        return last.measure.free_distance if last and last.measure else math.nan

    def wants_image(self, now: float) -> bool:
        """Tell whether the camera takes an image now that reaches the node."""
        if now < self._next_image:
            return False
        self._next_image += 1.0 / self._setup.timing.rate
        return not self._is_lost()

    def take(self, now: float, exposure: Exposure) -> None:
        """Take an image."""
        self._flying.append(_Image(now, now + self._share(0.1) * self._limits.transport, exposure))

    def worst_case(self) -> None:
        """Let everything be as slow as it may be from now on, and lose what may be lost."""
        self._slow = True
        if self._kept > 0:
            self._lost, self._kept = self._setup.timing.losable(self._limits), 0

    def step(self, now: float, motion: Callable[[], Motion | None], place: Place | None,
             ) -> Verdict | None:
        """Do what is due; return the verdict where the node publishes one now."""
        decided = self._finish(now, motion)
        for image in [image for image in self._flying if image.arrival <= now]:
            self._flying.remove(image)
            if self._newest is None or image.taken > self._newest.taken:
                self._newest = image
        if self._work is None and self._newest is not None:
            self._begin(self._newest, now)
            self._newest = None
        beats = now >= self._next_beat
        if beats:
            self._next_beat += _HEARTBEAT
        if not (decided or beats):
            return None
        self._judge.update(instant(now))
        return self._judge.verdict(instant(now))

    def _begin(self, image: _Image, now: float) -> None:
        perceived = self._perception.perceive(image.exposure)
        seconds = self._setup.timing.inference * (
            1.0 + self._share(-1.0) * self._limits.inference_jitter)
        self._work = _Work(image, perceived, seconds, now + seconds)

    def _finish(self, now: float, motion: Callable[[], Motion | None]) -> bool:
        work = self._work
        if work is None or work.done > now + 1e-9:
            return False
        self._work = None
        self._judged += 1
        perceived, limits = work.perceived, self._setup.limits
        inspection = None if perceived.bgr is None else self._judge.inspect(
            CameraImage.of(perceived.bgr, 'bgr8'), limits)
        height, width = perceived.labels.shape
        stamp = round((work.image.taken + _EPOCH) * 1e9)
        seen = SegmentedImage(
            width, height, perceived.labels, perceived.confidence, inspection, None, motion(),
            work.seconds, stamp_ns=stamp, place=work.image.exposure.place)
        assessment = self._judge.assess(seen)
        found = self._judge.observe(stamp, assessment, instant(work.image.arrival), work.seconds)
        self.remembered(work.image.exposure, self._judge.remember(seen, assessment, found))
        return True

    def remembered(self, exposure: Exposure, known: Remembered) -> None:
        """Take note of what the vehicle knows after a frame; for whoever wants to check it."""

    def _share(self, minimum: float) -> float:
        """Draw a share from `minimum` to 1; 1 where all is slow."""
        return 1.0 if self._slow else float(self._rng.uniform(minimum, 1.0))

    def _is_lost(self) -> bool:
        if self._lost > 0:
            self._lost -= 1
            return True
        maximum = self._setup.timing.losable(self._limits)
        # Between two losses an image arrives, or they would be one long loss.
        if maximum < 1 or self._kept < 1 or self._rng.random() >= self._limits.dropped:
            self._kept += 1
            return False
        self._lost = int(self._rng.integers(1, maximum + 1)) - 1
        self._kept = 0
        return True
