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
from seg_node.recordings.decoding import DecodedFrame
from seg_node.stop_go.actions import class_rules
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.camera_view import CameraView, FixedPose
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.segmented_image import SegmentedImage
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import Finding, Reason, Verdict
from seg_node.tools.evaluate.ground_truth.labels import TruthLabels

_NO_DEPTH = Finding(
    Reason.NO_DEPTH, 'recordings are judged without depth: set depth: false to judge the rest')


@dataclass(frozen=True, eq=False)
class Judgement:
    """
    What follows from one frame.

    health are the findings of the camera's images among those of the assessment, findings all
    that was found. true is the verdict that the truth would have given; None where that is not
    known.
    """

    verdict: Verdict
    assessment: Assessment
    health: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    true: Verdict | None

    @property
    def believed(self) -> bool:
        """Whether the frame passed every check, so that what it shows of the world may be told."""
        return not any(finding.reason.doubts_frame for finding in self.findings)


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
        structure, self._limits = configuration.structure, configuration.limits
        self._start_ns = start_ns
        self._judge, self._truth_judge = (
            CameraJudge(self._limits, structure.geometry,
                        view_of(configuration, camera)
                        if structure.geometry is Geometry.GROUND else None,
                        structure.roles[camera].direction)
            for _ in range(2))
        for judge in (self._judge, self._truth_judge):
            judge.load(model.classes, model.width, model.height)
        self._labels = TruthLabels(class_rules(model.classes, self._limits.class_actions))
        self._blank = np.full((model.height, model.width), 255, np.uint8)
        self._depth = _NO_DEPTH if structure.depth else None
        self._begun = False
        self._gap = False

    def judge(self, decoded: DecodedFrame, segmentation: Segmentation) -> Judgement:
        """Judge a frame and decide."""
        assert decoded.image is not None
        arrival = self._arrive(decoded)
        inspection = self._judge.inspect(decoded.image, self._limits)
        seen = SegmentedImage(
            segmentation.width, segmentation.height, segmentation.labels,
            segmentation.confidence, inspection, decoded.info, decoded.frame.motion,
            depth=self._depth, stamp_ns=self._stamp_ns(decoded), place=decoded.frame.place)
        assessment = self._judge.assess(seen)
        found = self._judge.observe(self._stamp_ns(decoded), assessment, arrival)
        assessment = self._judge.consult(seen, assessment)
        self._judge.remember(seen, assessment, found)
        true = self._judge_truth(
            decoded, (segmentation.width, segmentation.height), segmentation.labels, arrival)
        return Judgement(
            _decide(self._judge, arrival), assessment, inspection.findings, found, true)

    def fail(self, decoded: DecodedFrame, reason: Reason, problem: str) -> Judgement:
        """Decide on a frame that could not be decoded, or not be segmented."""
        arrival = self._arrive(decoded)
        if decoded.image is not None:      # as in the node, where this goes on beside the network
            self._judge.inspect(decoded.image, self._limits)
        finding = Finding(reason, f'{reason.value.replace("_", " ")}: {problem}')
        self._judge.fail(self._stamp_ns(decoded), finding, arrival)
        true = None
        if decoded.truth is not None:
            height, width = decoded.truth.shape
            true = self._judge_truth(decoded, (width, height), self._blank, arrival)
        return Judgement(_decide(self._judge, arrival), Assessment((finding,), self._limits), (),
                         (finding,), true)

    def true_labels(self, codes: NDArray[np.uint8], seen: Segmentation) -> NDArray[np.uint8]:
        """Return the truth as it is judged, uint8 [h, w]; the network's labels where unknown."""
        return self._labels.of(codes, seen.labels)

    def _arrive(self, decoded: DecodedFrame) -> Instant:
        """Return the moment of a frame, on both clocks: seconds since the first."""
        now = decoded.frame.time_ns * 1e-9
        arrival = Instant(now, now)
        if not self._begun:
            self._judge.activate(arrival)
            self._truth_judge.activate(arrival)
            self._begun = True
        return arrival

    def _stamp_ns(self, decoded: DecodedFrame) -> int:
        # Relative to the clock at the first frame: seconds since 1970 as floats lose microseconds.
        if decoded.frame.stamp_ns is None or self._start_ns is None:
            return decoded.frame.time_ns
        return decoded.frame.stamp_ns - self._start_ns

    def _judge_truth(self, decoded: DecodedFrame, size: tuple[int, int], seen: NDArray[np.uint8],
                     arrival: Instant) -> Verdict | None:
        """
        Decide as the node would that sees the truth.

        Where masks are missing between frames GO could not have been earned or kept on them: until
        it has been, nothing is known.
        """
        if decoded.truth is None:
            self._gap = True
            return None
        if self._gap:
            self._truth_judge.activate(arrival)
        labels = self._labels.of(decoded.truth, seen)
        true = SegmentedImage(
            *size, labels, self._blank, None, decoded.info, decoded.frame.motion,
            depth=self._depth, place=decoded.frame.place)
        assessment = self._truth_judge.assess(true)
        found = self._truth_judge.observe(self._stamp_ns(decoded), assessment, arrival)
        self._truth_judge.remember(true, assessment, found)
        verdict = _decide(self._truth_judge, arrival)
        if self._gap and verdict.reason is Reason.CONFIRMING:
            return None
        self._gap = False
        return verdict


def view_of(configuration: Configuration, camera: str) -> CameraView | None:
    """Return the view of a camera; None where the parameters give it no mounting."""
    structure, limits = configuration.structure, configuration.limits
    if not limits.mountings[camera].height > 0:
        return None
    rotation = structure.setups[camera].rotation
    return CameraView(FixedPose(camera, limits, rotation), structure.rectified, rotation)


def _decide(judge: CameraJudge, now: Instant) -> Verdict:
    judge.update(now)
    return judge.verdict(now)
