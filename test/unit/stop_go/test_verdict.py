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

"""The words of the decision."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import Decision, Finding, Reason, Verdict
from seg_node.stop_go.verdict import most_serious, stop

NAN, INF = float('nan'), float('inf')
DRIVES = {Reason.CLEAR: Decision.GO, Reason.SLOW_CLASS: Decision.SLOW}
ROAD = {'all_path', 'no_path', 'low_confidence', 'beyond_range', 'blocked', 'blocked_by_depth',
        'blocked_remembered', 'stands_up', 'looks_different', 'low_coverage', 'mask_jump'}


def test_reasons_have_stable_codes_in_order_of_weight():
    assert [reason.value for reason in Reason] == [
        'not_active', 'not_configured', 'loading', 'loading_failed', 'self_test_failed',
        'bond_broken', 'bond_missing', 'latched_fault', 'inference_failed', 'clock_jump',
        'no_image', 'stale', 'stale_stamp', 'stamp_in_future',
        'stamp_backwards', 'over_budget', 'rate_low', 'malformed', 'camera_changed',
        'no_camera_info', 'no_transform', 'no_depth', 'mounting_doubtful', 'unwatched_way',
        'camera_dark',
        'camera_overexposed', 'camera_covered', 'camera_frozen', 'camera_torn', 'camera_noisy',
        'camera_blocked', 'camera_blurred', 'mask_frozen', 'all_path', 'no_path', 'low_confidence',
        'beyond_range', 'blocked', 'blocked_by_depth', 'blocked_remembered', 'stands_up',
        'looks_different', 'low_coverage', 'mask_jump', 'confirming', 'slow_class', 'clear']
    assert [reason.priority for reason in Reason] == list(range(len(Reason)))


@pytest.mark.parametrize('reason', Reason)
def test_only_two_reasons_let_drive(reason):
    assert reason.decision is DRIVES.get(reason, Decision.STOP)


def test_faults_are_told_from_the_road():
    assert {reason.value for reason in Reason if reason.is_road} == ROAD
    assert {reason for reason in Reason if not reason.is_road and not reason.is_fault} == {
        Reason.NOT_ACTIVE, Reason.LOADING, Reason.BOND_MISSING, Reason.CONFIRMING,
        Reason.SLOW_CLASS, Reason.CLEAR}
    assert not any(reason.is_road and reason.is_fault for reason in Reason)


@pytest.mark.parametrize('decision', [Decision.GO, Decision.SLOW])
@pytest.mark.parametrize('reason', Reason)
def test_a_drive_is_made_only_with_its_own_reason(decision, reason):
    if DRIVES.get(reason) is decision:
        assert Verdict(decision, reason, 'text').reason is reason
    else:
        with pytest.raises(ValueError, match=f'^decision: {decision.name} needs a reason'):
            Verdict(decision, reason, 'text')


@pytest.mark.parametrize(('reason', 'decision'), DRIVES.items())
@pytest.mark.parametrize('numbers', [(NAN, 0.0), (0.0, NAN), (INF, 0.0), (0.0, -INF)])
def test_a_drive_is_made_only_with_numbers(reason, decision, numbers):
    with pytest.raises(ValueError, match='finite'):
        Verdict(decision, reason, '', *numbers)
    assert Verdict(Decision.STOP, reason, '', *numbers).decision is Decision.STOP


def test_a_frame_is_believed_in_spite_of_what_it_finds_of_the_way_only():
    """From any other nothing is told of the world; a reason that is added doubts until chosen."""
    assert {reason.value for reason in Reason if not reason.doubts_frame} == {
        'unwatched_way', 'beyond_range', 'blocked', 'blocked_remembered', 'low_coverage',
        'slow_class'}


def test_nothing_found_speaks_for_go():
    with pytest.raises(ValueError, match='cannot be CLEAR'):
        Finding(Reason.CLEAR, '')


@given(st.lists(st.sampled_from(sorted(set(Reason) - {Reason.CLEAR}, key=str)), min_size=1))
def test_the_most_serious_and_earliest_finding_speaks(reasons):
    findings = tuple(Finding(reason, str(index), index, 1.0)
                     for index, reason in enumerate(reasons))
    index = reasons.index(min(reasons, key=list(Reason).index))
    assert most_serious(findings) is findings[index]
    assert stop(findings[index]) == Verdict(
        Decision.STOP, reasons[index], str(index), index, 1.0)


@pytest.mark.parametrize(('decision', 'reason', 'level'), [
    (Decision.GO, Reason.CLEAR, 0),
    (Decision.STOP, Reason.BLOCKED, 1),
    (Decision.STOP, Reason.NOT_ACTIVE, 1),
    (Decision.STOP, Reason.STALE, 2),
    (Decision.STOP, Reason.INFERENCE_FAILED, 2),
])
def test_faults_are_errors_and_other_stops_are_warnings(decision, reason, level):
    assert Verdict(decision, reason, '').level == level
