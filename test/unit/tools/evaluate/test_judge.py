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

"""Recordings are judged as the node would, on recorded time alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from helpers.evaluate_inputs import drive, image, PARAMETERS, road
from helpers.tiny_model import write_tiny_model
from seg_node.parameters.params_file import configure
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.segmenter import Segmenter
from seg_node.recordings.decoding import DecodedFrame
from seg_node.recordings.sources import RecordedFrame
from seg_node.scoring.ground_truth import UNKNOWN
from seg_node.stop_go.verdict import Decision, Reason, Verdict
from seg_node.tools.evaluate.judge import FrameJudge, Judgement

START_NS = 1_700_000_000 * 10**9
PERIOD_NS = 50_000_000
GO, STOP = Decision.GO, Decision.STOP


@pytest.fixture(scope='module')
def segmenter(tmp_path_factory):
    folder = write_tiny_model(tmp_path_factory.mktemp('model'))
    with Segmenter.open(folder, BackendOptions(name='onnxruntime', threads=1)) as opened:
        yield opened


@pytest.fixture
def run(segmenter):
    def judge(frames: Sequence[DecodedFrame], **changed: object) -> list[Judgement]:
        values = {name.replace('__', '.'): value for name, value in changed.items()}
        configuration = configure({**PARAMETERS, **values})
        judge = FrameJudge(configuration, 'camera', segmenter.model, START_NS)
        return [judge.fail(decoded, Reason.MALFORMED, decoded.problem) if decoded.bgr is None
                else judge.judge(decoded, segmenter.segment(decoded.bgr)) for decoded in frames]

    return judge


def frames(labels: Sequence[np.ndarray], *, masks: dict[int, np.ndarray] | None = None,
           times: Sequence[int] | None = None, stamps: Sequence[int] | None = None,
           damaged: Sequence[int] = ()) -> list[DecodedFrame]:
    found = []
    for index, seen in enumerate(labels):
        time_ns = times[index] if times else index * PERIOD_NS
        stamp = START_NS + (stamps[index] if stamps else time_ns - 3_000_000)
        sent = None if index in damaged else CameraImage.of(image(seen), 'bgr8')
        found.append(DecodedFrame(
            RecordedFrame(index, time_ns, stamp_ns=stamp), sent, None,
            'cut off' if sent is None else '', (masks or {}).get(index)))
    return found


def decisions(judged: Sequence[Judgement]) -> list[Decision]:
    return [one.verdict.decision for one in judged]


def reasons(judged: Sequence[Judgement]) -> list[Reason]:
    return [one.verdict.reason for one in judged]


def truth(judged: Sequence[Judgement]) -> list[Verdict | None]:
    return [one.true for one in judged]


def test_go_is_earned_lost_and_earned_again(run):
    judged = run(frames(drive(range(4, 6), 9)))
    assert decisions(judged) == [STOP, GO, GO, GO, STOP, STOP, STOP, GO, GO]
    assert judged[4].verdict.reason is Reason.BLOCKED
    assert judged[4].assessment.measure.free_distance < 0.9


def test_the_parameters_are_those_of_the_node(run):
    assert decisions(run(frames(drive(range(4, 5), 6)), stop_go__stop_after=2)) == [
        STOP, GO, GO, GO, GO, GO]
    assert GO not in decisions(run(frames(drive()), stop_go__min_coverage=1.0,
                                   trapezoid__far_row=0.4))


def test_how_long_the_network_takes_here_does_not_count(run):
    assert reasons(run(frames(drive()), stop_go__max_inference=0.001))[-1] is Reason.CLEAR


def test_a_gap_in_the_recording_takes_go_away(run):
    times = [0, 1, 2, 3, 20, 21, 22]
    judged = run(frames(drive(count=7), times=[t * PERIOD_NS for t in times]))
    assert decisions(judged) == [STOP, GO, GO, GO, STOP, GO, GO]
    assert reasons(judged)[4] in (Reason.CONFIRMING, Reason.STALE)


def test_stamps_are_held_against_the_time_of_recording(run):
    late = [k * PERIOD_NS for k in range(4)] + [4 * PERIOD_NS - 800_000_000]
    assert reasons(run(frames(drive(count=5), stamps=late)))[-1] in (
        Reason.STALE_STAMP, Reason.STAMP_BACKWARDS)
    early = [k * PERIOD_NS + 500_000_000 for k in range(5)]
    assert set(reasons(run(frames(drive(count=5), stamps=early)))) == {Reason.STAMP_IN_FUTURE}


def test_a_image_that_cannot_be_decoded_is_a_stop(run):
    judged = run(frames(drive(count=6), damaged=[3]))
    assert decisions(judged) == [STOP, GO, GO, STOP, STOP, GO]
    assert judged[3].verdict.reason is Reason.MALFORMED
    assert 'cut off' in judged[3].verdict.text


def test_the_health_of_the_camera_counts(run):
    judged = run(frames(drive(count=4)), camera_health__max_saturated=0.0,
                 camera_health__min_brightness=250.0)
    assert set(reasons(judged)) == {Reason.CAMERA_DARK}
    assert [finding.reason for finding in judged[0].health] == [Reason.CAMERA_DARK]


# --- the truth ----------------------------------------------------------------------------------

def test_the_truth_decides_by_the_same_rules(run):
    masks = dict(enumerate(drive(range(4, 6), 9)))
    judged = run(frames(drive(range(5, 7), 9), masks=masks))
    assert [one.decision for one in truth(judged)] == decisions(run(frames(drive(range(4, 6), 9))))
    assert decisions(judged)[4] is GO      # seen too late
    assert truth(judged)[4].decision is STOP


def test_where_nothing_is_known_the_network_is_neither_right_nor_wrong(run):
    seen = drive(range(4, 6), 9)
    unknown = {index: np.full_like(labels, UNKNOWN) for index, labels in enumerate(seen)}
    judged = run(frames(seen, masks=unknown))
    assert [one.decision for one in truth(judged)] == decisions(judged)


def test_the_truth_of_single_frames_says_no_more_than_it_can(run):
    # GO could not have been earned on them; an obstacle is a STOP in any case.
    masks = {3: road(), 6: road(True)}
    found = truth(run(frames(drive(count=8), masks=masks)))
    assert [index for index, one in enumerate(found) if one is not None] == [6]
    assert found[6].reason is Reason.BLOCKED


def test_the_truth_goes_on_where_a_image_is_damaged(run):
    masks = dict(enumerate(drive(count=6)))
    found = truth(run(frames(drive(count=6), masks=masks, damaged=[3])))
    assert [one.decision for one in found] == [STOP, GO, GO, GO, GO, GO]
