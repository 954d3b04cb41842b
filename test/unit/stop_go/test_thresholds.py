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

"""What a measured frame says against GO: each limit at both sides."""

from __future__ import annotations

from dataclasses import replace
from math import nextafter

import pytest

from seg_node.perception.models.manifest import Action
from seg_node.stop_go import assess, bounds_of, CorridorMeasure, Reason, Thresholds
from seg_node.stop_go.actions import ClassRule
from seg_node.stop_go.corridor.measure import Sighting

NAN, INF = float('nan'), float('inf')
GOOD = CorridorMeasure(
    free_distance=12.0, required=6.0, coverage=1.0, confidence=0.9, confidence_low=0.5,
    blocked=False, unit='m', change=0.0, path_share=0.4)
BUMP = ClassRule('speed_bump', Action.SLOW)


def found(**change):
    return [finding.reason for finding in assess(replace(GOOD, **change), Thresholds())]


def test_a_good_frame():
    assert assess(GOOD, Thresholds()) == ()


@pytest.mark.parametrize(('name', 'limit', 'worse', 'reason'), [
    ('free_distance', 6.0, -INF, Reason.BEYOND_RANGE),
    ('coverage', 0.85, -INF, Reason.LOW_COVERAGE),
    ('confidence', 0.6, -INF, Reason.LOW_CONFIDENCE),
    ('confidence_low', 0.3, -INF, Reason.LOW_CONFIDENCE),
    ('change', 0.3, INF, Reason.MASK_JUMP),
    ('path_share', 0.9, INF, Reason.ALL_PATH),
    ('path_share', 0.02, -INF, Reason.NO_PATH)])
def test_the_limit_passes_and_beyond_it_does_not(name, limit, worse, reason):
    assert found(**{name: limit}) == []
    assert found(**{name: nextafter(limit, worse)}) == [reason]
    assert reason in found(**{name: NAN})


@pytest.mark.parametrize(('change', 'reason', 'text', 'numbers'), [
    ({'free_distance': 3.1, 'blocked': True}, Reason.BLOCKED,
     'path blocked at 3.10 m, needed 6.00', (3.1, 6.0)),
    ({'free_distance': 5.0}, Reason.BEYOND_RANGE,
     'the camera sees only to 5.00 m, needed 6.00', (5.0, 6.0)),
    ({'free_distance': 0.5, 'required': 0.9, 'blocked': True, 'unit': 'of the corridor'},
     Reason.BLOCKED, 'path blocked at 0.50 of the corridor, needed 0.90', (0.5, 0.9)),
    ({'required': NAN}, Reason.BEYOND_RANGE,
     'the camera sees only to 12.00 m, needed nan', None),
    ({'required': INF}, Reason.BEYOND_RANGE,
     'the camera sees only to 12.00 m, needed inf', (12.0, INF)),
    ({'coverage': 0.8}, Reason.LOW_COVERAGE,
     'path covers 0.80 of the corridor, limit 0.85', (0.8, 0.85)),
    ({'confidence': 0.4}, Reason.LOW_CONFIDENCE,
     'confidence 0.40 in the corridor, limit 0.60', (0.4, 0.6)),
    ({'confidence_low': 0.1}, Reason.LOW_CONFIDENCE,
     'confidence of the least certain 5 % of the corridor 0.10, limit 0.30', (0.1, 0.3)),
    ({'change': 0.5}, Reason.MASK_JUMP,
     '50% of the corridor changed within one frame, limit 30%', (0.5, 0.3)),
    ({'path_share': 0.99}, Reason.ALL_PATH,
     '99.0% of the image is path, which is no road; limit 90.0%', (0.99, 0.9)),
    ({'path_share': 0.0}, Reason.NO_PATH,
     '0.0% of the image is path, limit 2.0%', (0.0, 0.02))])
def test_findings_tell_value_and_limit(change, reason, text, numbers):
    [finding] = assess(replace(GOOD, **change), Thresholds())
    assert (finding.reason, finding.text) == (reason, text)
    assert numbers is None or (finding.measured, finding.limit) == numbers


def test_each_cause_is_told():
    worst = replace(GOOD, free_distance=0.0, coverage=0.0, confidence=0.0, confidence_low=0.0,
                    change=1.0, path_share=0.0, blocked=True)
    assert [finding.reason for finding in assess(worst, Thresholds())] == [
        Reason.NO_PATH, Reason.LOW_CONFIDENCE, Reason.LOW_CONFIDENCE, Reason.BLOCKED,
        Reason.LOW_COVERAGE, Reason.MASK_JUMP]


@pytest.mark.parametrize(('rule', 'distance', 'reason'), [
    (BUMP, 6.0, None), (BUMP, 5.99, Reason.SLOW_CLASS), (BUMP, 0.0, Reason.SLOW_CLASS),
    (BUMP, NAN, Reason.SLOW_CLASS),
    (replace(BUMP, distance=3.0), 3.0, None),
    (replace(BUMP, distance=3.0), 2.99, Reason.SLOW_CLASS),
    (replace(BUMP, distance=9.0), 8.9, Reason.SLOW_CLASS),
    (ClassRule('obstacle', Action.STOP, 8.0), 8.0, None),
    (ClassRule('obstacle', Action.STOP, 8.0), 7.99, Reason.BLOCKED)])
def test_classes_act_within_their_distance(rule, distance, reason):
    assert found(sightings=(Sighting(rule, distance),)) == ([reason] if reason else [])


def test_a_class_finding_tells_class_distance_and_action():
    rules = BUMP, ClassRule('obstacle', Action.STOP, 8.0)
    slow, stop = assess(
        replace(GOOD, sightings=tuple(Sighting(rule, 4.5) for rule in rules)), Thresholds())
    assert slow.text == 'speed_bump at 4.50 m, slow within 6.00'
    assert stop.text == 'obstacle at 4.50 m, stop within 8.00'
    assert (stop.measured, stop.limit) == (4.5, 8.0)


@pytest.mark.parametrize('name', bounds_of(Thresholds))
def test_every_field_is_checked(name):
    bound = bounds_of(Thresholds)[name]
    for value in (bound.low - 1, bound.high + 1, NAN, INF, -INF, '1', None):
        with pytest.raises(ValueError, match=f'^{name}: '):
            Thresholds(**{name: value})
    kind = type(getattr(Thresholds(), name))
    for value in (bound.low, bound.high):
        assert getattr(Thresholds(**{name: kind(value)}), name) == value
