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

"""The decision of one camera, put together once: health, view, corridor, STOP or GO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.models.manifest import ClassInfo
from seg_node.stop_go.assessor import Assessment, Assessor, NO_INFO, Observation
from seg_node.stop_go.camera_health.camera_health import CameraHealth
from seg_node.stop_go.camera_view import EarnedView, ViewError, ViewSource
from seg_node.stop_go.corridor.measure import CorridorMeasure
from seg_node.stop_go.decision import StopGo
from seg_node.stop_go.depth.depth_judge import DepthJudge
from seg_node.stop_go.frozen_mask import FrozenMask
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.memory.camera_memory import CameraMemory
from seg_node.stop_go.memory.memory import Memory, Remembered
from seg_node.stop_go.mounting_check import MountingWatch
from seg_node.stop_go.resumption import Resumption
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.level_camera import small_image
from seg_node.stop_go.second_opinion.opinion import Opinion
from seg_node.stop_go.second_opinion.second_opinion import SecondOpinion
from seg_node.stop_go.second_opinion.witness_frame import WitnessFrame
from seg_node.stop_go.segmented_image import Inspection, SegmentedImage
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import Finding, Reason, Verdict

_LONGEST_GAP = 1.0
"""Seconds between two frames that count as driven, at most."""


@dataclass(frozen=True)
class DecidedFrame:
    """The newest frame that was decided on; None where it was not assessed, or nobody asked."""

    stamp_ns: int
    measure: CorridorMeasure | None = None
    inference: float = 0.0
    opinion: Opinion | None = None


class CameraJudge:
    """
    Judge the frames of one camera: the node, `evaluate` and the simulation all do it with this.

    A frame goes through inspect(), assess(), observe() and then, when the decision is out,
    consult() and remember(), in the order of arrival.
    inspect() may run on another thread than the others, which take one, each one call at a time.
    What changes or tells the decision (observe(), activate() to verdict()) is called under a lock.

    :param view: None where the corridor lies in the image and needs none.
    :param direction: the way the vehicle drives when this camera counts; None: forward.
    :param memory: of the vehicle, shared by its cameras; None: of this camera alone.
    """

    def __init__(self, limits: Limits, geometry: Geometry, view: ViewSource | None = None,
                 direction: Direction | None = None, memory: Memory | None = None) -> None:
        self._limits = limits
        self._memory = memory or Memory(limits)
        self._geometry, self._view = geometry, view
        self._direction = direction or Direction.FORWARD
        self._labels: tuple[Sequence[ClassInfo], int, int] | None = None
        self._stop_go = StopGo(limits.stop_go)
        self._last: DecidedFrame | None = None
        self._reported: Opinion | None = None
        self._resumption = Resumption()
        self._mounting = MountingWatch()

    @property
    def last(self) -> DecidedFrame | None:
        """The newest decided frame, if any; an opinion asked for later may be of one before."""
        if self._last is None or self._last.opinion is not None:
            return self._last
        return replace(self._last, opinion=self._reported)

    # --- the way of a frame -------------------------------------------------------------------

    def inspect(self, image: CameraImage, limits: Limits) -> Inspection:
        """
        Tell whether the camera gives images that can be used; needs no segmentation.

        :param limits: those under which it was decoded, see image_size.py; where others count
            by the time of assess(), the frame earns no GO.
        """
        self._health.thresholds = limits.camera_health
        findings = self._health.check(image)
        asks = self._view is not None and limits.second_opinion.asks
        return Inspection(findings, limits, small_image(image.bgr) if asks else None,
                          self._health.repeated)

    def assess(self, image: SegmentedImage) -> Assessment:
        """
        Find what speaks against GO in one image: all there is, the camera's health first.

        :raises ValueError: for maps of another shape or type.
        """
        assessor = self._assessor
        health: Sequence[Finding] = ()
        if image.inspection is not None:
            health = (*image.inspection.findings,
                      *_changed(image.inspection.limits, assessor.limits))
        view, problem, changed = self._view_of(image)
        found = assessor.assess(Observation(
            image.labels, image.confidence, view, image.motion, image.inference, problem,
            self._resumption.doubt))
        health = (*health, *self._frozen.judge(image, assessor.limits.stop_go.max_same_answers))
        found = self._depth.judge(image.depth, found, self._resumption.doubt)
        opinion = self._ask(image, found) if assessor.limits.second_opinion.stops else None
        doubts = opinion.findings if opinion else ()
        return replace(found, findings=(*health, *found.findings, *doubts, *changed),
                       opinion=opinion, place=image.place if self._view is not None else None)

    def observe(self, stamp_ns: int, assessment: Assessment, arrival: Instant,
                inference: float = 0.0) -> tuple[Finding, ...]:
        """
        Decide on an assessed frame.

        :param stamp_ns: of the image, ROS time in nanoseconds.
        :param arrival: when the image arrived, before it was worked on.
        :param inference: what the network took, seconds; kept for :attr:`last`.
        :returns: all that was found in it.
        """
        driven, drove = self._driven(stamp_ns, assessment), self._stop_go.may_drive
        self._last = DecidedFrame(
            stamp_ns, assessment.measure, inference, assessment.opinion)
        stamp, limits = stamp_ns * 1e-9, assessment.limits
        found = self._stop_go.observe(
            stamp, (*assessment.findings,
                    *self._mounting.judge(limits, self._earned.view, assessment.sight, driven),
                    *self._remembered.recall(stamp, assessment, drove),
                    *_changed(limits, self._limits)), arrival)
        self._resumption.observe(
            drove, self._stop_go.may_drive, assessment.findings, assessment.doubt, driven)
        return found

    def consult(self, image: SegmentedImage, assessment: Assessment) -> Assessment:
        """
        Ask witnesses that only report what they think of an image, after observe().

        Those that may stop were asked by assess(): the decision waits for no others.
        """
        if assessment.limits.second_opinion.stops:
            return assessment
        self._reported = self._ask(image, assessment)
        return replace(assessment, opinion=self._reported)

    def remember(self, image: SegmentedImage, assessment: Assessment,
                 findings: Sequence[Finding]) -> Remembered:
        """Remember what an image shows, after observe(), which returned the findings."""
        self._remembered.remember(image.labels, image.confidence, assessment, findings)
        return self._memory.now

    def fail(self, stamp_ns: int, finding: Finding, arrival: Instant) -> None:
        """Decide on a frame that could not be assessed: malformed, or the inference failed."""
        self._last = DecidedFrame(stamp_ns)
        self._stop_go.fail(finding, arrival)

    # --- the decision -------------------------------------------------------------------------

    def unload(self) -> None:
        """Forget the labels, so that limits for other ones can be taken over."""
        self._labels = None

    def load(self, classes: Sequence[ClassInfo], width: int, height: int) -> None:
        """
        Take the labels that are judged from the next activation on.

        :param classes: of the model, in the order of its label ids; width and height are those of
            its maps, in pixels.
        :raises ValueError: when the limits do not fit the classes or the geometry.
        """
        paths = self._build_assessor((classes, width, height), self._limits).paths
        self._labels = classes, width, height
        self._remembered = CameraMemory(self._memory, paths, (width, height))

    def check(self, limits: Limits) -> None:
        """
        Tell whether limits could be taken over.

        :raises ValueError: when they do not fit the classes or the geometry.
        """
        if self._labels is not None:
            self._build_assessor(self._labels, limits)

    def apply(self, limits: Limits) -> None:
        """
        Take over limits; where any of them changed, GO has to be earned under the new ones.

        :raises ValueError: as check(), which several cameras are asked first.
        """
        if limits == self._limits:
            return
        # First: a frame that is held against the new limits is then seen with the new mounting.
        if self._view is not None:
            self._view.apply(limits)
        if self._labels is not None:
            self._assessor = self._build_assessor(self._labels, limits)
            self._remembered.paths = self._assessor.paths
        self._memory.apply(limits)
        self._depth = DepthJudge(limits, self._direction)
        self._opinion = SecondOpinion(limits, self._direction)
        self._limits = limits
        self._stop_go.apply(limits.stop_go)
        self._stop_go.revoke()

    def activate(self, now: Instant) -> None:
        """Begin to judge, from nothing; frames that arrived before `now` do not count."""
        assert self._labels is not None, 'load() comes first'
        self._assessor = self._build_assessor(self._labels, self._limits)
        self._health = CameraHealth(self._limits.camera_health)
        self._earned, self._frozen = EarnedView(), FrozenMask()
        self._depth = DepthJudge(self._limits, self._direction)
        self._opinion = SecondOpinion(self._limits, self._direction)
        self._last = self._reported = None
        self._resumption.forget()
        self._mounting = MountingWatch()
        self._stop_go.activate(now)

    def deactivate(self, cause: Finding | None = None) -> None:
        """Stop judging; the verdict is STOP from here on, for this cause."""
        self._last = None
        if cause is None:
            self._stop_go.deactivate()
        else:
            self._stop_go.deactivate(cause)

    def reset(self) -> None:
        """Forget a latched fault, and what it was stopped for; GO has to be earned."""
        self._resumption.forget()
        self._opinion = SecondOpinion(self._limits, self._direction)
        self._memory.forget()
        self._stop_go.reset()

    def update(self, now: Instant) -> None:
        """Let time pass: an image that has become too old ends GO."""
        self._stop_go.update(now)

    def verdict(self, now: Instant) -> Verdict:
        """Return the decision for this moment; changes nothing."""
        return self._stop_go.verdict(now)

    def _build_assessor(self, labels: tuple[Sequence[ClassInfo], int, int], limits: Limits,
                        ) -> Assessor:
        return Assessor(*labels, limits, self._geometry, self._direction)

    def _ask(self, image: SegmentedImage, found: Assessment) -> Opinion | None:
        """Ask the witnesses; an image that failed a check of the camera shows them nothing."""
        seen = image.inspection
        if seen is None or seen.findings or seen.small is None or image.stamp_ns is None:
            return None
        look = WitnessFrame.of(seen.small, image.stamp_ns, found, self._direction)
        return None if look is None else self._opinion.ask(look)

    def _driven(self, stamp_ns: int, assessment: Assessment) -> float:
        """Return the metres driven since the frame before; without odometry, if it was let."""
        if self._last is None:
            return 0.0
        if assessment.motion is None and not self._stop_go.may_drive:
            return 0.0
        gap = (stamp_ns - self._last.stamp_ns) * 1e-9
        return self._limits.vehicle.speed_of(assessment.motion) * min(max(gap, 0.0), _LONGEST_GAP)

    def _view_of(self, image: SegmentedImage,
                 ) -> tuple[View | None, Finding, tuple[Finding, ...]]:
        """Return the view, else why there is none; and whether the camera is another since."""
        if self._view is None:
            return None, NO_INFO, ()
        try:
            view = self._view.view(image.info, image.width, image.height)
        except ViewError as error:
            return None, error.finding, ()
        changed = self._earned.judge(view, image.info_changes, self._limits.ground.pitch_error)
        return view, NO_INFO, changed


def _changed(used: Limits, present: Limits) -> tuple[Finding, ...]:
    """Find that a frame was held against limits that are no longer those that count."""
    if used == present:
        return ()
    return (Finding(Reason.CONFIRMING, 'limits changed while the newest image was worked on'),)
