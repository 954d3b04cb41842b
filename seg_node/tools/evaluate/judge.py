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

"""The node's judgement of one camera's frames, and that of the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_node.parameters.params_file import Configuration
from seg_node.perception.models.manifest import Model
from seg_node.perception.segmenter import Segmentation
from seg_node.stop_go.actions import class_rules
from seg_node.stop_go.assessor import Assessment, Observation
from seg_node.stop_go.camera_health.camera_health import CameraHealth
from seg_node.stop_go.camera_view import CameraView, FixedPose
from seg_node.stop_go.decision import StopGo
from seg_node.stop_go.geometry import View
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.sight import Look, make_assessor, SegmentedImage, Sight
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import Finding, Reason, Verdict
from seg_node.tools.evaluate.decoding import Shot
from seg_node.tools.evaluate.ground_truth.labels import TruthLabels


@dataclass(frozen=True, eq=False)
class Judgement:
    """
    What follows from one frame.

    health are the findings of the camera's images among those of the assessment. true is the
    verdict that the truth would have given; None where that is not known.
    """

    verdict: Verdict
    assessment: Assessment
    health: tuple[Finding, ...]
    true: Verdict | None
    view: View | None


class FrameJudge:
    """
    Judge the frames of one recording in their order, on the recorded clocks alone.

    A frame arrives when it was recorded, and is decided at that moment: how long inference takes
    here says nothing about the vehicle.

    :param camera: name among the cameras of the configuration.
    :param start_ns: what the recorded clock shows at the first frame; None: there is none.
    :raises ValueError: when the limits do not fit the model or the geometry.
    """

    def __init__(self, configuration: Configuration, camera: str, model: Model,
                 start_ns: int | None) -> None:
        structure, limits = configuration.structure, configuration.limits
        setup = structure.setups[camera]
        view = CameraView(FixedPose(setup.mounting), structure.rectified) \
            if structure.geometry is Geometry.GROUND else None
        self._start_ns = start_ns
        self._limits = limits
        self._sight = Sight(view, CameraHealth(limits.camera_health))
        self._assessor, self._true_assessor = (
            make_assessor(model, setup.role, limits, structure.geometry) for _ in range(2))
        self._stop_go, self._true_stop_go = (StopGo(limits.stop_go) for _ in range(2))
        self._labels = TruthLabels(class_rules(model.classes, limits.class_actions))
        self._blank = np.full((model.height, model.width), 255, np.uint8)
        self._begun = False
        self._gap = False

    def judge(self, shot: Shot, segmentation: Segmentation) -> Judgement:
        """Judge a frame and decide."""
        assert shot.image is not None
        arrival = self._arrive(shot)
        health = self._sight.inspect(shot.image, self._limits)
        seen = self._sight.judge(SegmentedImage(
            segmentation.width, segmentation.height, segmentation.labels,
            segmentation.confidence, health, shot.info, shot.frame.motion), self._assessor)
        self._stop_go.observe(self._stamp(shot), seen.assessment.findings, arrival)
        true = self._judge_truth(shot, seen.look, segmentation.labels, arrival)
        return Judgement(
            self._stop_go.verdict(arrival), seen.assessment, health, true, seen.look.view)

    def fail(self, shot: Shot, reason: Reason, problem: str) -> Judgement:
        """Decide on a frame that could not be decoded, or not be segmented."""
        arrival = self._arrive(shot)
        if shot.image is not None:      # as in the node, where this goes on beside the network
            self._sight.inspect(shot.image, self._limits)
        finding = Finding(reason, f'{reason.value.replace("_", " ")}: {problem}')
        self._stop_go.fail(finding, arrival)
        true = None
        if shot.truth is not None:
            height, width = shot.truth.shape
            look = self._sight.look(shot.info, width, height)
            true = self._judge_truth(shot, look, self._blank, arrival)
        return Judgement(self._stop_go.verdict(arrival), Assessment((finding,)), (), true, None)

    def true_labels(self, codes: NDArray[np.uint8], seen: Segmentation) -> NDArray[np.uint8]:
        """Return the truth as it is judged, uint8 [h, w]; the network's labels where unknown."""
        return self._labels.of(codes, seen.labels)

    def _arrive(self, shot: Shot) -> Instant:
        """Return the moment of a frame, on both clocks: seconds since the first."""
        now = shot.frame.time_ns * 1e-9
        arrival = Instant(now, now)
        if not self._begun:
            self._stop_go.activate(arrival)
            self._true_stop_go.activate(arrival)
            self._begun = True
        return arrival

    def _stamp(self, shot: Shot) -> float:
        # Relative to the clock at the first frame: seconds since 1970 as floats lose microseconds.
        if shot.frame.stamp_ns is None or self._start_ns is None:
            return shot.frame.time_ns * 1e-9
        return (shot.frame.stamp_ns - self._start_ns) * 1e-9

    def _judge_truth(self, shot: Shot, look: Look, seen: NDArray[np.uint8],
                     arrival: Instant) -> Verdict | None:
        """
        Decide as the node would that sees the truth.

        Where masks are missing between frames GO could not have been earned or kept on them: until
        it has been, nothing is known.
        """
        if shot.truth is None:
            self._gap = True
            return None
        if self._gap:
            self._true_assessor.restart()
            self._true_stop_go.activate(arrival)
        labels = self._labels.of(shot.truth, seen)
        findings = self._true_assessor.assess(Observation(
            labels, self._blank, look.view, shot.frame.motion, 0.0, look.no_view)).findings
        self._true_stop_go.observe(
            self._stamp(shot), (*findings, *look.findings), arrival)
        verdict = self._true_stop_go.verdict(arrival)
        if self._gap and verdict.reason is Reason.CONFIRMING:
            return None
        self._gap = False
        return verdict
