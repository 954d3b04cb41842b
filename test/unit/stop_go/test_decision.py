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

"""STOP, SLOW and GO of one camera: earned, lost, latched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.stop_go import Decision, Finding, Instant, Reason, StopGo, Thresholds, Verdict
from seg_node.stop_go.decision import Confirming, Going, Inactive, Latched

NAN, INF = float('nan'), float('inf')
EPOCH = 1000.0
"""How far ROS time is ahead of the steady clock in these tests."""
PERIOD = 0.125
"""Between frames; like the others a binary fraction, so that sums are exact."""
LATENCY = 0.0625
"""From stamp to arrival."""
BLOCKED = Finding(Reason.BLOCKED, 'path blocked', 0.3, 0.6)
DARK = Finding(Reason.CAMERA_DARK, 'image dark', 2, 5)
BUMP = Finding(Reason.SLOW_CLASS, 'speed_bump at 3.00 m', 3.0, 5.0)
ROAD = [reason for reason in Reason if reason.is_road]
HARD = [reason for reason in Reason if reason.is_fault]


def at(steady: float) -> Instant:
    return Instant(steady, steady + EPOCH)


def decide(stop_go: StopGo, now: Instant) -> Verdict:
    stop_go.update(now)
    return stop_go.verdict(now)


class Drive:
    """A camera at 8 frames a second, and what is decided about it."""

    def __init__(self, going: bool = False, **limits) -> None:
        self.now = 10.0
        self.stop_go = StopGo(Thresholds(**limits))
        self.stop_go.activate(at(self.now))
        if going:
            self.frames(12)
            assert self.verdict.decision is Decision.GO

    def frame(self, *findings: Finding, after: float = PERIOD,
              stamp: float | None = None) -> Verdict:
        self.now += after
        stamp = self.now + EPOCH - LATENCY if stamp is None else stamp
        self.stop_go.observe(stamp, findings, at(self.now))
        return self.verdict

    def frames(self, count: int) -> Verdict:
        for _ in range(count):
            self.frame()
        return self.verdict

    @property
    def verdict(self) -> Verdict:
        return decide(self.stop_go, at(self.now))

    def must_earn_anew(self) -> None:
        """Check that GO has gone, and comes back only after five good frames."""
        for _ in range(4):
            assert self.frame().reason is Reason.CONFIRMING
        assert self.frame().decision is Decision.GO

    def stays_latched(self, text: str) -> None:
        """Check that good frames do not bring GO back until the fault is reset."""
        for _ in range(12):
            verdict = self.frame()
            assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.LATCHED)
            assert verdict.text == f'latched until ~/reset: {text}'
        self.stop_go.reset()
        assert self.verdict.reason is Reason.CONFIRMING
        self.must_earn_anew()


# --- earning GO -----------------------------------------------------------------------------

def test_stop_from_the_start():
    stop_go = StopGo()
    assert decide(stop_go, at(0)).reason is Reason.NOT_ACTIVE
    for index in range(50):
        stop_go.observe(EPOCH + index / 10, (), at(index / 10))
    assert decide(stop_go, at(5)).decision is Decision.STOP


def test_no_image_after_activation():
    drive = Drive()
    drive.now += 3.2
    verdict = drive.verdict
    assert verdict.reason is Reason.NO_IMAGE
    assert verdict.text == 'no image in the 3.20 s since activation, limit 0.50 s'
    assert verdict.measured == pytest.approx(3.2)


@pytest.mark.parametrize('go_after', [1, 2, 5, 9])
def test_go_takes_its_frames(go_after):
    drive = Drive(go_after=go_after, go_hold=0.0)
    for count in range(1, go_after):
        verdict = drive.frame()
        assert verdict.reason is Reason.CONFIRMING
        assert (verdict.measured, verdict.limit) == (count, go_after)
        assert f'{count} of {go_after} good frames' in verdict.text
    verdict = drive.frame()
    assert (verdict.decision, verdict.reason) == (Decision.GO, Reason.CLEAR)
    assert verdict.text == 'path clear, image 0.00 s old, limit 0.50 s'


def test_go_takes_its_time():
    drive = Drive(go_after=1, go_hold=0.75)
    verdict = drive.frames(6)
    assert verdict.reason is Reason.CONFIRMING
    assert (verdict.measured, verdict.limit) == (0.625, 0.75)
    assert verdict.text == 'confirming: 6 of 1 good frames, 0.62 of 0.75 s'
    assert drive.frame().decision is Decision.GO


def test_time_alone_does_not_earn_go():
    drive = Drive(go_after=3, go_hold=0.0)
    drive.frames(2)
    drive.now += 0.4
    assert drive.verdict.reason is Reason.CONFIRMING


@pytest.mark.parametrize('finding', [BLOCKED, DARK])
def test_a_bad_frame_on_the_way_to_go_starts_over(finding):
    drive = Drive(go_hold=0.0)
    drive.frames(4)
    assert drive.frame(finding).reason is finding.reason
    for _ in range(4):
        assert drive.frame().reason is Reason.CONFIRMING
    assert drive.frame().decision is Decision.GO


# --- losing GO ------------------------------------------------------------------------------

@pytest.mark.parametrize('reason', ROAD)
def test_road_findings_stop_after_stop_after_frames(reason):
    finding = Finding(reason, 'seen', 0.3, 0.6)
    drive = Drive(going=True, stop_after=2)
    verdict = drive.frame(finding)
    assert verdict.decision is Decision.GO
    assert verdict.text.endswith('; not yet counted: seen')
    assert drive.frame(finding) == Verdict(Decision.STOP, reason, 'seen', 0.3, 0.6)
    drive.must_earn_anew()


def test_stop_after_one_stops_at_once():
    assert Drive(going=True, stop_after=1).frame(BLOCKED).reason is Reason.BLOCKED


def test_a_post_seen_in_every_other_frame_stops():
    drive = Drive(going=True)
    assert drive.frame(BLOCKED).decision is Decision.GO
    assert drive.frame().decision is Decision.GO
    assert drive.frame(BLOCKED).reason is Reason.BLOCKED
    drive.must_earn_anew()


def test_single_bad_frames_far_apart_are_tolerated():
    drive = Drive(going=True, go_after=5)
    for _ in range(5):
        assert drive.frame(BLOCKED).decision is Decision.GO
        for _ in range(5):
            assert drive.frame().decision is Decision.GO


def test_fewer_good_frames_than_earn_go_forgive_nothing():
    drive = Drive(going=True, go_after=5)
    drive.frame(BLOCKED)
    drive.frames(4)
    assert drive.frame(BLOCKED).reason is Reason.BLOCKED


@pytest.mark.parametrize('reason', HARD)
def test_faults_stop_at_once(reason):
    drive = Drive(going=True)
    assert drive.frame(Finding(reason, 'fault')).reason is reason
    drive.must_earn_anew()


def test_a_fault_beside_a_road_finding_stops_at_once():
    assert Drive(going=True).frame(BLOCKED, DARK).reason is Reason.CAMERA_DARK


@pytest.mark.parametrize('reason', [*HARD, *ROAD])
def test_a_failed_frame_stops_at_once(reason):
    drive = Drive(going=True)
    drive.stop_go.fail(Finding(reason, 'failed', 1, 2), at(drive.now))
    assert drive.verdict == Verdict(Decision.STOP, reason, 'failed', 1, 2)
    drive.must_earn_anew()


def test_failed_frames_are_the_reason_as_long_as_they_come():
    drive = Drive()
    failure = Finding(Reason.MALFORMED, 'step 3 is too small')
    for _ in range(20):
        drive.now += 0.1
        drive.stop_go.fail(failure, at(drive.now))
        assert drive.verdict.reason is Reason.MALFORMED
    drive.now += 0.6
    assert drive.verdict.reason is Reason.STALE


def test_deactivation_tells_its_cause():
    drive = Drive(going=True)
    cause = Finding(Reason.SELF_TEST_FAILED, 'label 9 came out', 9, 5)
    drive.stop_go.deactivate(cause)
    drive.frames(20)
    assert drive.verdict == Verdict(
        Decision.STOP, Reason.SELF_TEST_FAILED, 'label 9 came out', 9, 5)
    drive.stop_go.deactivate()
    assert (drive.verdict.reason, drive.verdict.text) == (Reason.NOT_ACTIVE, 'not active')


@pytest.mark.parametrize('end', ['deactivate', 'activate'])
def test_lifecycle_takes_go_away(end):
    drive = Drive(going=True)
    if end == 'deactivate':
        drive.stop_go.deactivate()
        assert drive.verdict.reason is Reason.NOT_ACTIVE
        drive.frames(20)
        drive.stop_go.fail(DARK, at(drive.now))
        assert drive.verdict.reason is Reason.NOT_ACTIVE
    drive.stop_go.activate(at(drive.now))
    assert drive.verdict.reason is Reason.NO_IMAGE
    drive.must_earn_anew()


def test_frames_from_before_the_activation_do_not_count():
    drive = Drive()
    drive.stop_go.observe(EPOCH + 9.9, (), at(9.95))
    drive.stop_go.fail(DARK, at(9.99))
    assert drive.verdict.reason is Reason.NO_IMAGE


def test_new_thresholds_take_go_away():
    drive = Drive(going=True)
    drive.stop_go.apply(Thresholds())
    assert drive.verdict.decision is Decision.GO, 'nothing has changed'
    drive.stop_go.apply(Thresholds(min_coverage=0.7))
    assert drive.verdict.reason is Reason.CONFIRMING
    drive.must_earn_anew()


def test_revoking_takes_go_away():
    drive = Drive(going=True)
    drive.stop_go.revoke()
    assert drive.verdict.reason is Reason.CONFIRMING
    drive.must_earn_anew()


# --- SLOW -----------------------------------------------------------------------------------

def test_a_class_that_slows_turns_go_into_slow():
    verdict = Drive(going=True).frame(BUMP)
    assert verdict == Verdict(
        Decision.SLOW, Reason.SLOW_CLASS, 'speed_bump at 3.00 m', 3.0, 5.0)


def test_slow_lasts_for_its_time_after_the_last_frame_that_asked():
    drive = Drive(going=True, slow_hold=0.5)
    drive.frame(BUMP)
    assert drive.frame(BUMP).decision is Decision.SLOW
    for _ in range(4):
        assert drive.frame().decision is Decision.SLOW, 'not longer than 0.5 s ago'
    assert drive.frame().decision is Decision.GO


def test_slow_is_no_shortcut_to_driving():
    drive = Drive(go_hold=0.0)
    for _ in range(4):
        assert drive.frame(BUMP).reason is Reason.CONFIRMING
    assert drive.frame(BUMP).decision is Decision.SLOW


@pytest.mark.parametrize('finding', [BLOCKED, DARK])
def test_what_stops_outweighs_what_slows(finding):
    drive = Drive(going=True, stop_after=1)
    assert drive.frame(BUMP, finding) == Verdict(
        Decision.STOP, finding.reason, finding.text, finding.measured, finding.limit)


def test_slow_is_heard_from_a_tolerated_bad_frame_as_well():
    verdict = Drive(going=True).frame(BUMP, BLOCKED)
    assert verdict.decision is Decision.SLOW
    assert verdict.text == 'speed_bump at 3.00 m; not yet counted: path blocked'


def test_slow_outlives_a_stop_but_not_a_new_start():
    drive = Drive(going=True, go_after=1, go_hold=0.0)
    drive.frame(BUMP)
    assert drive.frame(DARK).decision is Decision.STOP
    assert drive.frame().decision is Decision.SLOW
    drive.stop_go.activate(at(drive.now))
    assert drive.frame().decision is Decision.GO


@pytest.mark.parametrize('numbers', [(NAN, 5.0), (3.0, INF), (INF, NAN)])
def test_a_class_that_slows_at_no_distance_never_raises_nor_gives_go(numbers):
    verdict = Drive(going=True).frame(Finding(Reason.SLOW_CLASS, 'bump', *numbers))
    assert verdict == Verdict(Decision.SLOW, Reason.SLOW_CLASS, 'bump')


def test_a_failed_frame_stops_even_with_a_reason_that_slows():
    drive = Drive(going=True)
    drive.stop_go.fail(BUMP, at(drive.now))
    assert drive.verdict.decision is Decision.STOP


# --- latched faults -------------------------------------------------------------------------

@pytest.mark.parametrize('reason', HARD)
def test_faults_latch_where_wanted(reason):
    drive = Drive(going=True, latch_faults=True)
    assert drive.frame(Finding(reason, 'fault', 1, 2)) == Verdict(
        Decision.STOP, Reason.LATCHED, 'latched until ~/reset: fault', 1, 2)
    drive.stays_latched('fault')


def test_a_failed_frame_latches():
    drive = Drive(going=True, latch_faults=True)
    drive.stop_go.fail(DARK, at(drive.now))
    drive.stays_latched('image dark')


def test_silence_latches():
    drive = Drive(going=True, latch_faults=True)
    drive.now += 0.75
    assert drive.verdict.reason is Reason.LATCHED
    drive.stays_latched('newest image arrived 0.75 s ago, limit 0.50 s')


@pytest.mark.parametrize('findings', [(), (DARK,)])
def test_a_fault_after_a_gap_that_nobody_asked_in_latches_too(findings):
    drive = Drive(going=True, latch_faults=True)
    assert drive.frame(*findings, after=0.75).reason is Reason.LATCHED
    drive.stays_latched('0.75 s between images, limit 0.50 s')


@pytest.mark.parametrize('finding', [
    *(Finding(reason, 'road') for reason in ROAD), Finding(Reason.CONFIRMING, 'limits changed')])
def test_the_road_does_not_latch(finding):
    drive = Drive(going=True, latch_faults=True)
    drive.frame(finding)
    assert drive.frame(finding).reason is finding.reason
    drive.must_earn_anew()


def test_faults_before_go_was_earned_do_not_latch():
    drive = Drive(latch_faults=True)
    drive.frames(2)
    assert drive.frame(DARK).reason is Reason.CAMERA_DARK
    drive.must_earn_anew()


def test_a_latched_fault_outlives_new_limits():
    drive = Drive(going=True, latch_faults=True)
    drive.frame(DARK)
    drive.stop_go.apply(Thresholds(latch_faults=False))
    drive.stop_go.revoke()
    drive.stays_latched('image dark')


def test_a_fault_that_lasts_still_stops_after_the_reset():
    drive = Drive(going=True, latch_faults=True)
    drive.frame(DARK)
    drive.stop_go.reset()
    assert drive.verdict.reason is Reason.CAMERA_DARK
    assert drive.frame(DARK).reason is Reason.CAMERA_DARK


def test_a_reset_without_a_latched_fault_takes_go_away_too():
    drive = Drive(going=True)
    drive.stop_go.reset()
    drive.must_earn_anew()


# --- time -----------------------------------------------------------------------------------

@pytest.mark.parametrize('age', [0.51, 5, INF])
def test_stale_by_arrival_while_ros_time_stands(age):
    drive = Drive(going=True)
    verdict = decide(drive.stop_go, Instant(drive.now + age, drive.now + EPOCH))
    expected = Reason.CLOCK_JUMP if age == INF else Reason.STALE
    assert verdict.reason is expected
    if expected is Reason.STALE:
        assert verdict.text == f'newest image arrived {age:.2f} s ago, limit 0.50 s'
        assert (verdict.measured, verdict.limit) == (pytest.approx(age), 0.5)
    assert drive.verdict.reason is Reason.CONFIRMING
    drive.must_earn_anew()


def test_stale_by_stamp_while_the_steady_clock_stands():
    drive = Drive(going=True)
    verdict = decide(drive.stop_go, Instant(drive.now, drive.now + EPOCH + 0.45))
    assert verdict.reason is Reason.STALE_STAMP
    assert verdict.text == 'newest image 0.51 s old by its stamp, limit 0.50 s'
    drive.must_earn_anew()


def test_an_image_as_old_as_the_limit_still_counts():
    drive = Drive(going=True, max_image_age=0.5)
    newest = drive.now
    assert decide(drive.stop_go, Instant(newest + 0.5, newest + EPOCH)).decision is Decision.GO
    stamp = newest + EPOCH - LATENCY
    assert decide(drive.stop_go, Instant(newest, stamp + 0.5)).decision is Decision.GO


@pytest.mark.parametrize('asked', [True, False])
def test_a_gap_takes_go_away_whether_or_not_anyone_asked_meanwhile(asked):
    drive = Drive(going=True)
    if asked:
        drive.now += 0.6
        assert drive.verdict.reason is Reason.STALE
    drive.frame(after=PERIOD if asked else 0.6)
    assert drive.verdict.reason is Reason.CONFIRMING
    assert drive.verdict.measured == 1


def test_a_gap_in_the_stamps_takes_go_away():
    drive = Drive(going=True)
    stamp = drive.now + EPOCH - LATENCY + 0.6
    drive.now += 0.1
    drive.stop_go.observe(stamp, (), Instant(drive.now, stamp))
    assert decide(drive.stop_go, Instant(drive.now, stamp)).reason is Reason.CONFIRMING


def test_a_gap_between_arrivals_takes_go_away_while_ros_time_crawls():
    drive = Drive(going=True)
    stamp = drive.now + EPOCH
    drive.now += 0.6
    drive.stop_go.observe(stamp, (), Instant(drive.now, stamp))
    verdict = decide(drive.stop_go, Instant(drive.now, stamp))
    assert (verdict.reason, verdict.measured) == (Reason.CONFIRMING, 1)


def test_frames_that_arrive_stale_earn_nothing():
    drive = Drive(go_after=2, go_hold=0.0)
    for _ in range(5):
        drive.now += PERIOD
        drive.stop_go.observe(drive.now + EPOCH - 0.52, (), at(drive.now))
    verdict = drive.frame(stamp=drive.now + PERIOD + EPOCH - 0.4)
    assert (verdict.reason, verdict.measured) == (Reason.CONFIRMING, 1)


def test_a_gap_on_the_way_to_go_starts_over():
    drive = Drive(go_after=3, go_hold=0.0)
    drive.frames(2)
    drive.frame(after=0.6)
    assert drive.verdict.measured == 1


def test_slow_camera_never_earns_go():
    drive = Drive(go_after=2, go_hold=0.0)
    for _ in range(20):
        assert drive.frame(after=0.51).decision is Decision.STOP


@pytest.mark.parametrize(('offset', 'reason', 'text'), [
    (0.11, Reason.STAMP_IN_FUTURE, 'image stamp 0.110 s in the future, limit 0.100 s'),
    (-0.25, Reason.STAMP_BACKWARDS,
     'image stamp 0.062 s behind the image before, it must be later'),
    (-PERIOD - LATENCY, Reason.STAMP_BACKWARDS,
     'image stamp 0.000 s behind the image before, it must be later'),
    (-0.625, Reason.STALE_STAMP, 'newest image 0.62 s old by its stamp, limit 0.50 s'),
    (NAN, Reason.MALFORMED, 'image stamp is nan, not a time'),
    (INF, Reason.MALFORMED, 'image stamp is inf, not a time'),
    (-INF, Reason.MALFORMED, 'image stamp is -inf, not a time')])
def test_bad_stamps_stop_at_once(offset, reason, text):
    drive = Drive(going=True)
    verdict = drive.frame(stamp=drive.now + PERIOD + EPOCH + offset)
    assert (verdict.decision, verdict.reason, verdict.text) == (Decision.STOP, reason, text)
    drive.frame()
    assert drive.verdict.decision is Decision.STOP


def test_a_stamp_slightly_ahead_is_fine():
    drive = Drive(going=True)
    assert drive.frame(stamp=drive.now + PERIOD + EPOCH + 0.09).decision is Decision.GO


def test_replay_loop_recovers():
    drive = Drive(going=True)
    for index in range(20):
        drive.now += 0.1
        ros = 500 + index / 10
        drive.stop_go.observe(ros, (), Instant(drive.now, ros))
        verdict = decide(drive.stop_go, Instant(drive.now, ros))
        if index == 0:
            assert verdict.reason is Reason.CLOCK_JUMP
    assert verdict.decision is Decision.GO


@pytest.mark.parametrize('now', [
    Instant(9, 9 + EPOCH + 100), Instant(100, 9), Instant(11.5 - 0.01, EPOCH + 11.5),
    Instant(11.5, EPOCH + 11.5 - 0.01), Instant(NAN, EPOCH + 11.5), Instant(11.5, NAN),
    Instant(NAN, NAN), Instant(INF, INF), Instant(-INF, 0), Instant(11.5, -INF)])
def test_clocks_out_of_order_stop_and_take_go_away(now):
    drive = Drive(going=True)
    assert drive.now == 11.5
    verdict = decide(drive.stop_go, now)
    assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.CLOCK_JUMP)
    drive.must_earn_anew()


@pytest.mark.parametrize('arrival', [
    Instant(11.4, EPOCH + 11.6), Instant(11.6, EPOCH + 11.4), Instant(NAN, EPOCH + 11.6),
    Instant(11.6, NAN), Instant(INF, EPOCH + 11.6)])
def test_frames_on_clocks_out_of_order_stop_at_once(arrival):
    drive = Drive(going=True)
    drive.stop_go.observe(EPOCH + 11.58, (), arrival)
    verdict = decide(drive.stop_go, Instant(11.6, EPOCH + 11.6))
    assert (verdict.decision, verdict.reason) == (Decision.STOP, Reason.CLOCK_JUMP)


numbers = st.floats(allow_nan=True, allow_infinity=True)
instants = st.builds(Instant, numbers, numbers)


@given(instants, numbers, instants, instants)
def test_no_number_raises_or_gives_go_unearned(activation, stamp, arrival, now):
    stop_go = StopGo(Thresholds(go_after=2, go_hold=0.0))
    stop_go.activate(activation)
    assert decide(stop_go, now).decision is Decision.STOP
    stop_go.observe(stamp, (), arrival)
    assert decide(stop_go, now).decision is Decision.STOP
    stop_go.fail(BLOCKED, arrival)
    assert decide(stop_go, now).decision is Decision.STOP


# --- several causes -------------------------------------------------------------------------

@given(st.lists(st.sampled_from([*HARD, *ROAD]), min_size=1))
def test_the_most_serious_finding_is_the_reason(reasons):
    drive = Drive()
    verdict = drive.frame(*(Finding(reason, reason.value) for reason in reasons))
    assert verdict.reason is min(reasons, key=list(Reason).index)
    assert verdict.text == verdict.reason.value


def test_staleness_outweighs_the_findings_of_the_stale_frame():
    drive = Drive()
    drive.frame(DARK)
    drive.now += 1
    assert drive.verdict.reason is Reason.STALE


# --- rate -----------------------------------------------------------------------------------

def test_frames_that_come_too_slowly_take_go_away():
    drive = Drive(going=True, min_rate=4.0)
    for _ in range(2):
        assert drive.frame(after=0.375).decision is Decision.GO
    verdict = drive.frame(after=0.375)
    assert (verdict.reason, verdict.limit) == (Reason.RATE_LOW, 4.0)
    assert verdict.text == '3.2 images per second, limit 4.0'


def test_a_slow_camera_keeps_the_reason():
    drive = Drive(min_rate=4.0)
    verdicts = [drive.frame(after=0.375) for _ in range(30)]
    assert {verdict.reason for verdict in verdicts[5:]} == {Reason.RATE_LOW}


def test_the_rate_recovers():
    drive = Drive(min_rate=4.0)
    for _ in range(8):
        drive.frame(after=0.375)
    verdicts = [drive.frame() for _ in range(12)]
    assert verdicts[0].reason is Reason.RATE_LOW
    assert verdicts[-1].decision is Decision.GO


def test_lost_go_does_not_forget_the_rate():
    drive = Drive(going=True, min_rate=4.0, go_after=1, go_hold=0.0)
    for _ in range(3):
        drive.frame(after=0.375)
    drive.stop_go.revoke()
    assert drive.verdict.decision is Decision.STOP
    assert drive.frame(after=0.375).reason is Reason.RATE_LOW
    drive.stop_go.reset()
    assert drive.frame(after=0.375).reason is Reason.RATE_LOW
    drive.frame(DARK, after=0.375)
    assert drive.frame(after=0.375).reason is Reason.RATE_LOW


def test_the_rate_is_taken_anew_after_a_gap_and_after_an_activation():
    drive = Drive(min_rate=4.0, go_after=3, go_hold=0.0)
    for _ in range(10):
        drive.frame(after=0.375)
    assert drive.frame(after=0.75).reason is Reason.CONFIRMING
    for _ in range(10):
        drive.frame(after=0.375)
    drive.stop_go.activate(at(drive.now))
    assert drive.frame(after=0.375).reason is Reason.CONFIRMING


def test_a_camera_that_is_slow_and_stops_for_a_gap_now_and_then_never_earns_go_for_long():
    """The frames after a gap earn GO only until there are enough of them to make a rate."""
    drive = Drive(min_rate=4.0)
    for _ in range(10):
        drive.frame(after=0.6)
        assert [drive.frame(after=0.375).decision for _ in range(8)] == [Decision.STOP] * 8


def test_the_rate_need_not_be_checked():
    drive = Drive(min_rate=0.0)
    assert [drive.frame(after=0.48) for _ in range(30)][-1].decision is Decision.GO


def test_a_look_at_the_verdict_changes_nothing() -> None:
    drive = Drive(going=True)
    stale = at(drive.now + 5.0)
    assert drive.stop_go.verdict(stale).reason is Reason.STALE
    assert drive.stop_go.verdict(at(drive.now)).decision is Decision.GO
    drive.stop_go.update(stale)
    assert drive.stop_go.verdict(at(drive.now)).reason is Reason.CONFIRMING


def test_the_states_are_named() -> None:
    drive = Drive(latch_faults=True)
    assert isinstance(drive.stop_go.state, Confirming)
    drive.frames(12)
    assert isinstance(drive.stop_go.state, Going)
    drive.frame(DARK)
    assert drive.stop_go.state == Latched(Finding(
        Reason.LATCHED, 'latched until ~/reset: image dark', 2, 5))
    drive.stop_go.reset()
    assert isinstance(drive.stop_go.state, Confirming)
    drive.stop_go.deactivate(DARK)
    assert drive.stop_go.state == Inactive(DARK)


def test_the_first_fault_stays_the_latched_one() -> None:
    drive = Drive(going=True, latch_faults=True)
    drive.frame(DARK)
    drive.frames(12)
    verdict = drive.frame(Finding(Reason.CAMERA_TORN, 'image torn', 9, 8))
    assert (verdict.reason, verdict.text) == (
        Reason.LATCHED, 'latched until ~/reset: image dark')
