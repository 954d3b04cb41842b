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

"""False GO, lead and lag, and flicker of decisions, from the frames of one recording."""

from __future__ import annotations

import pytest

from seg_node.stop_go.verdict import Decision, Reason
from seg_node.tools.evaluate.events import Events, FalseGo, find_events
from seg_node.tools.evaluate.mistakes import Mistake, mistake_of, mistakes_in
from seg_node.tools.evaluate.row import COLUMNS, Columns
from seg_node.tools.evaluate.scores import Counts
from seg_node.tools.evaluate.summary import summarize, Totals

WORDS = {'g': 'go', 's': 'stop', 'w': 'slow', 'c': 'stop', '-': None}
WHY = {'g': 'clear', 's': 'blocked', 'w': 'slow_class', 'c': 'confirming', '-': None}


def events(decided: str, true: str) -> Events:
    found = table(decided, true)
    return find_events('x', found['index'], found['decision'], found['truth_decision'],
                       mistakes_in(found))


@pytest.mark.parametrize(('decided', 'true', 'leads', 'lags', 'missed'), [
    ('gggsss', 'gggsss', [], [0], 0),
    ('gggggs', 'gggsss', [], [2], 0),
    ('gsssss', 'gggsss', [2], [], 0),
    ('gggggg', 'gggsss', [], [], 1),
    ('ggsggsg', 'ggsggsg', [], [0, 0], 0),
    ('sssggg', 'sssggg', [], [], 0),      # no STOP begins here
    ('gggsss', '---sss', [], [], 0),      # when it began is not known
    ('wwsg', 'wwsg', [], [0], 0),
])
def test_stops_of_the_truth_are_led_or_lagged(decided, true, leads, lags, missed):
    found = events(decided, true)
    assert (found.leads, found.lags, found.missed) == (leads, lags, missed)


def test_false_go_is_told_by_its_frames():
    assert events('ggwgsgg', 'gssssss').false_go == [FalseGo('x', 1, 3), FalseGo('x', 5, 6)]
    assert events('ggg', '-s-').false_go == [FalseGo('x', 1, 1)]
    assert events('ggggg', 'ccssg').false_go == [FalseGo('x', 2, 3)]


@pytest.mark.parametrize(('decision', 'truth', 'reason', 'mistake'), [
    ('go', 'stop', 'blocked', Mistake.FALSE_GO), ('slow', 'stop', 'no_path', Mistake.FALSE_GO),
    ('go', 'stop', 'blocked_remembered', Mistake.FALSE_GO),
    ('go', 'stop', 'confirming', Mistake.EARLY_GO), ('go', 'stop', 'mask_jump', Mistake.EARLY_GO),
    ('stop', 'slow', 'slow_class', Mistake.FALSE_STOP), ('stop', 'stop', 'confirming', None),
    ('go', 'slow', 'slow_class', None), ('go', None, None, None)])
def test_what_a_decision_is_beside_that_of_the_truth(decision, truth, reason, mistake):
    assert mistake_of(decision, truth, reason) is mistake


def test_only_what_is_known_to_be_waiting_is_no_false_go():
    others = {reason.value for reason in Reason
              if reason.decision is Decision.STOP} - {'confirming', 'mask_jump'}
    assert {mistake_of('go', 'stop', reason) for reason in (*others, 'of_the_future', None)} == {
        Mistake.FALSE_GO}


def test_changes_are_counted():
    assert events('gsgsww', '------').changes == 4


def table(decided: str, true: str) -> Columns:
    count = len(decided)
    values: Columns = {name: [None] * count for name in COLUMNS}
    values |= {'index': list(range(count)), 'time_s': [0.5 * k for k in range(count)],
               'decision': [WORDS[c] for c in decided], 'reason': ['clear'] * count,
               'truth_decision': [WORDS[c] for c in true],
               'truth_reason': [WHY[c] for c in true],
               'health': [['camera_dark']] + [[]] * (count - 1), 'infer_ms': [4.0] * count,
               'flicker': [None, *([0.25] * (count - 1))]}
    return values


def test_a_summary_counts_frames_and_never_averages_means():
    totals = Totals(Counts.empty(2))
    first = table('ggggg', 'gggss')
    first |= {'doubts': [0, 2, None, 1, 1], 'doubts_known': [0, 2, None, 0, 1],
              'doubts_right': [0, 1, None, 0, 1]}
    totals.add('a', first, Counts.empty(2), [])
    totals.add('b', table('gs', 'cg'), Counts.empty(2), [])
    told = summarize(totals, ('not_path', 'path'))
    decisions = told['decisions']
    assert (decisions['go'], decisions['stop'], decisions['judged']) == (6, 1, 7)
    assert (decisions['false_go'], decisions['early_go'], decisions['false_stop']) == (2, 1, 1)
    assert decisions['agreement'] == pytest.approx(3 / 7)
    assert decisions['missed_stops'] == 1
    assert decisions['false_go_events'] == [{'recording': 'a', 'first': 3, 'last': 4}]
    assert told['health'] == {'camera_dark': 2}
    assert told['second_opinion'] == {'places': 4, 'known': 3, 'right': 2}
    assert told['seconds'] == 2.5
    assert told['stability']['flicker_mean'] == 0.25
    assert told['latency_ms']['infer']['p99'] == 4
    assert told['latency_ms']['decode']['p50'] is None
    assert told['scores']['path_iou'] is None


def test_the_worst_frames_are_false_go_then_low_iou_then_low_confidence():
    def frame(why, iou, confidence, index):
        return {'why': why, 'path_iou': iou, 'confidence': confidence, 'recording': 'a',
                'index': index}

    frames = [frame('low_confidence', None, 0.9, 0), frame('low_path_iou', 0.2, 0.9, 1),
              frame('false_go', 0.8, 0.9, 2), frame('low_confidence', None, 0.3, 3)]
    totals = Totals(Counts.empty(2))
    totals.add('a', table('g', 'g'), Counts.empty(2), frames)
    assert [one['index'] for one in totals.worst] == [2, 1, 3, 0]
