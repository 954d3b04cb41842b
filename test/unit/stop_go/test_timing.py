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

"""What can be wrong with the time of a frame: each limit at both sides."""

from __future__ import annotations

from dataclasses import replace
from math import nextafter

import pytest

from seg_node.stop_go import Instant, Reason, Thresholds
from seg_node.stop_go.thresholds import AgeLimits
from seg_node.stop_go.timing import (
    follow,
    FrameTime,
    judge_age,
    judge_arrival,
    judge_gap,
    judge_rate,
    RATE_FRAMES,
)

NAN, INF = float('nan'), float('inf')
LIMITS = Thresholds(max_image_age=0.5, max_future=0.125, min_rate=4.0)
AGE = LIMITS.image_age
NOW = Instant(10.0, 1000.0)
BEFORE = FrameTime(Instant(9.875, 999.875), 999.75)


def reasons(findings):
    return [finding.reason for finding in findings]


@pytest.mark.parametrize(('stamp', 'found'), [
    (999.9, []), (1000.125, []), (nextafter(1000.125, INF), [Reason.STAMP_IN_FUTURE]),
    (999.5, []), (nextafter(999.5, 0), [Reason.STALE_STAMP]), (NAN, [Reason.MALFORMED]),
    (INF, [Reason.MALFORMED]), (-INF, [Reason.MALFORMED])])
def test_stamps_against_the_clock(stamp, found):
    assert reasons(judge_arrival(stamp, NOW, None, AGE)) == found


@pytest.mark.parametrize(('stamp', 'found'), [
    (nextafter(999.75, INF), []), (999.75, [Reason.STAMP_BACKWARDS]),
    (999.625, [Reason.STAMP_BACKWARDS])])
def test_stamps_against_the_frame_before(stamp, found):
    assert reasons(judge_arrival(stamp, NOW, BEFORE, AGE)) == found


@pytest.mark.parametrize(('arrival', 'found'), [
    (Instant(9.875, 1000.0), []), (Instant(9.874, 1000.0), [Reason.CLOCK_JUMP]),
    (Instant(10.0, 999.875), []), (Instant(10.0, 999.874), [Reason.CLOCK_JUMP]),
    (Instant(NAN, 1000.0), [Reason.CLOCK_JUMP]), (Instant(INF, 1000.0), [Reason.CLOCK_JUMP])])
def test_arrivals_against_the_frame_before(arrival, found):
    assert reasons(judge_arrival(999.9, arrival, BEFORE, AGE)) == found


@pytest.mark.parametrize('before', [None, FrameTime(Instant(99.0, 9999.0), None)])
def test_a_frame_without_a_stamp_is_nothing_to_compare_with(before):
    assert judge_arrival(999.9, NOW, before, AGE) == ()
    assert reasons(judge_arrival(999.9, Instant(10.0, NAN), before, AGE)) == [
        Reason.CLOCK_JUMP, Reason.STAMP_IN_FUTURE, Reason.STALE_STAMP]


@pytest.mark.parametrize(('now', 'found'), [
    (Instant(10.5, 1000.0), []), (Instant(nextafter(10.5, INF), 1000.0), [Reason.STALE]),
    (Instant(10.0, 1000.375), []), (Instant(10.0, 1000.38), [Reason.STALE_STAMP]),
    (Instant(11.0, 1001.0), [Reason.STALE, Reason.STALE_STAMP]),
    (Instant(9.99, 1000.0), [Reason.CLOCK_JUMP]), (Instant(10.0, 999.99), [Reason.CLOCK_JUMP]),
    (Instant(NAN, 1000.0), [Reason.CLOCK_JUMP, Reason.STALE]),
    (Instant(10.0, NAN), [Reason.CLOCK_JUMP, Reason.STALE_STAMP]),
    (Instant(INF, 1000.0), [Reason.CLOCK_JUMP, Reason.STALE])])
def test_age_counts_on_both_clocks(now, found):
    assert reasons(judge_age(FrameTime(NOW, 999.875), now, AGE)) == found


def test_a_frame_that_failed_ages_by_its_arrival_only():
    assert judge_age(FrameTime(NOW, None), Instant(10.5, 5000.0), AGE) == ()


def test_a_stamp_that_is_far_off_is_explained_by_its_arrival():
    """Not by the present: a camera that fell silent has no wrong clock."""
    [finding] = judge_arrival(1000.0 - 7200.0, NOW, None, AGE)
    assert finding.reason is Reason.STALE_STAMP
    assert finding.text == (
        'newest image 7200.00 s old by its stamp, limit 0.50 s; its clock is 2.00 h (a time '
        'zone?) behind ROS time: synchronise the two computers')
    [finding] = judge_arrival(1000.0 + 7200.0, NOW, None, AGE)
    assert finding.reason is Reason.STAMP_IN_FUTURE
    assert 'its clock is 2.00 h (a time zone?) ahead of ROS time' in finding.text
    later = Instant(NOW.steady + 7200.0, NOW.ros + 7200.0)
    for finding in judge_age(FrameTime(NOW, 999.875), later, AGE):
        assert finding.text.endswith('limit 0.50 s')
    assert 'its clock is' in judge_age(FrameTime(NOW, 1000.0 - 7200.0), later, AGE)[1].text


@pytest.mark.parametrize(('period', 'low'), [(0.01, False), (0.25, False), (0.2501, True)])
def test_rate(period, low):
    findings = judge_rate([period * index for index in range(RATE_FRAMES)], LIMITS)
    assert reasons(findings) == [Reason.RATE_LOW] * low


@pytest.mark.parametrize('arrivals', [
    [0, 0.1, 0.2, 0.3, NAN], [NAN, 0.1, 0.2, 0.3, 0.4], [4, 3, 2, 1, 0], [0, 0, 0, 0, INF],
    [INF] * 5])
def test_arrivals_that_make_no_rate_are_too_slow(arrivals):
    [finding] = judge_rate(arrivals, LIMITS)
    assert (finding.reason, finding.measured, finding.limit) == (Reason.RATE_LOW, 0.0, 4.0)


def test_too_few_frames_make_no_rate():
    assert judge_rate([], LIMITS) == ()
    assert judge_rate([0.0, 1.0, 2.0, 3.0], LIMITS) == ()
    [finding] = judge_rate([0.0, 1.0, 2.0, 3.0, 4.0], LIMITS)
    assert (finding.measured, finding.limit) == (1.0, 4.0)


def test_the_rate_need_not_be_checked():
    assert judge_rate([0.0, 10.0, 20.0, 30.0, 40.0, 50.0], Thresholds(min_rate=0.0)) == ()


def test_some_late_frames_among_quick_ones_are_no_low_rate():
    assert judge_rate([0.0, 0.4, 0.45, 0.9, 1.0], LIMITS) == ()
    assert reasons(judge_rate([0.0, 0.4, 0.45, 0.9, 1.01], LIMITS)) == [Reason.RATE_LOW]


@pytest.mark.parametrize(('stamp', 'arrival', 'expected'), [
    (1000.0, 10.0, True), (1000.25, 10.375, True), (1000.26, 10.0, False),
    (1000.0, 10.376, False), (NAN, 10.0, False), (1000.0, NAN, False), (900.0, 9.0, True)])
def test_a_frame_follows_when_it_comes_soon_enough(stamp, arrival, expected):
    found = judge_gap(stamp, Instant(arrival, 0.0), BEFORE, LIMITS)
    assert reasons(found) == ([] if expected else [Reason.STALE])


def test_nothing_follows_a_frame_without_a_stamp():
    [finding] = judge_gap(999.8, NOW, FrameTime(BEFORE.arrival, None), LIMITS)
    assert (finding.reason, finding.measured) == (Reason.STALE, 0.125)


# --- what comes again and again: odometry, transforms -----------------------------------------

ODOMETRY = AgeLimits('odometry', 0.5, 0.125)


def told(stamps, period=0.125, trust=None, begin=10.0):
    """Return the trust after arrivals with stamps that lie `stamps` seconds off the clock."""
    for index, off in enumerate(stamps):
        arrival = Instant(begin + index * period, 1000.0 + begin + index * period)
        trust = follow(trust, arrival.ros + off, arrival, ODOMETRY)
    return trust


def doubts(trust, steady, ros=None):
    return reasons(trust.doubts(Instant(steady, 1000.0 + steady if ros is None else ros),
                                ODOMETRY))


def test_what_is_fresh_is_believed_until_it_is_old_on_either_clock():
    trust = told([-0.125])
    assert doubts(trust, 10.0) == doubts(trust, 10.375) == []
    assert doubts(trust, 10.376) == [Reason.STALE_STAMP]
    assert doubts(trust, 10.501) == [Reason.STALE, Reason.STALE_STAMP]
    assert doubts(trust, 10.501, 1010.0) == [Reason.STALE], 'ROS time stands still'
    assert doubts(trust, 10.0, 1009.0) == [Reason.CLOCK_JUMP], 'ROS time went back'


@pytest.mark.parametrize(('stamps', 'reason'), [
    ([-3600.0] * 20, Reason.STALE_STAMP), ([0.25] * 20, Reason.STAMP_IN_FUTURE),
    ([60.0] * 20, Reason.STAMP_IN_FUTURE),
    ([-0.125 * index for index in range(4)], Reason.STAMP_BACKWARDS),
    ([0.0, -0.25, 0.0, -0.25], Reason.STAMP_BACKWARDS), ([0.0, NAN], Reason.MALFORMED)],
    ids=['old', 'ahead', 'far ahead', 'frozen', 'two publishers', 'nan'])
def test_what_has_wrong_stamps_is_never_believed(stamps, reason):
    for count in range(len(stamps) - 1, len(stamps) + 1):
        trust = told(stamps[:count]) if count > 1 else told(stamps)
        now = 10.0 + 0.125 * (max(count, 2) - 1)
        assert reason in doubts(trust, now)


def test_trust_comes_back_when_nothing_was_wrong_for_as_long_as_it_may_be_old():
    trust = told([60.0] * 8)
    trust = told([0.0], trust=trust, begin=11.0)
    assert doubts(trust, 11.0) == [Reason.STAMP_BACKWARDS], 'from 60 s ahead'
    trust = told([0.0] * 4, trust=trust, begin=11.125)
    assert doubts(trust, 11.5) == [Reason.STAMP_BACKWARDS]
    assert doubts(trust, 11.501) == []


def test_it_says_what_it_speaks_of():
    [finding] = told([0.5]).doubts(Instant(10.0, 1010.0), ODOMETRY)
    assert finding.text == 'odometry stamp 0.500 s in the future, limit 0.125 s'
    other = replace(ODOMETRY, what='transform')
    [finding] = told([0.0]).doubts(Instant(10.75, 1010.0), other)
    assert finding.text == 'newest transform arrived 0.75 s ago, limit 0.50 s'
