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

"""Two runs side by side."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from helpers.evaluated_runs import Drive, write_run
from helpers.report_page import check_self_contained
from seg_node.tools.evaluate.compare.changes import changed, Effect, loss
from seg_node.tools.evaluate.compare.comparison import compare
from seg_node.tools.evaluate.compare.decisions import change_of, DecisionChange
from seg_node.tools.evaluate.compare.noise import spreads
from seg_node.tools.evaluate.compare.page import write_comparison
from seg_node.tools.evaluate.compare.pictures import pictures
from seg_node.tools.evaluate.compare.text import comparison_text
from seg_node.tools.evaluate.mistakes import mistake_of
from seg_node.tools.evaluate.report.catalogue import score_of
from seg_node.tools.evaluate.report.results import read_run

STOPS = {'decision': 'stop', 'reason': 'blocked', 'truth_decision': 'stop',
         'truth_reason': 'blocked'}
DRIVES = {**STOPS, 'decision': 'go', 'reason': 'clear'}


@pytest.fixture
def runs(tmp_path):
    """Return what writes two runs of a drive, with frames changed in the second."""
    def make(new, old=None, **second):
        drive = Drive('one', 120, 5, changes=old or {})
        a = write_run(tmp_path / 'a', [drive])
        b = write_run(tmp_path / 'b', [Drive('one', 120, 5, changes=new)], **second)
        return compare(read_run(a), read_run(b))
    return make


def test_a_run_and_itself(runs):
    found = runs({})
    assert found.differences == () == found.doubts
    assert {one.effect for one in found.changes} == {Effect.EQUAL}
    assert found.decisions.stretches == ()
    assert found.decisions.common == 120


def test_new_false_gos_come_first(runs, tmp_path):
    frames = {k: {'decision': 'go', 'reason': 'clear', 'truth_decision': 'go',
                  'truth_reason': 'clear'} for k in range(40, 60)}
    old = {**frames, **dict.fromkeys((10, 11, 12, 30), STOPS), 70: DRIVES}
    false_stops = {'decision': 'stop', 'reason': 'no_path'}
    new = {**old, **{k: {**frames[k], **false_stops} for k in range(40, 55)},
           **dict.fromkeys((10, 11, 30), DRIVES), 70: STOPS}
    found = runs(new, old)
    assert [(one.kind, one.first, one.last) for one in found.decisions.stretches] == [
        (DecisionChange.NEW_FALSE_GO, 10, 11), (DecisionChange.NEW_FALSE_GO, 30, 30),
        (DecisionChange.NEW_FALSE_STOP, 40, 54), (DecisionChange.NO_FALSE_GO, 70, 70)]
    first = found.decisions.stretches[0]
    assert (first.reason_a, first.reason_b, first.truth) == ('blocked', 'clear', 'stop')
    page = check_self_contained(write_comparison(found, tmp_path / 'b'))
    assert page.shown.index('10 – 11') < page.shown.index('40 – 54') < page.shown.index('Scores')
    assert 'new false GO 3 frames; 1 are no more' in page.shown
    told = json.loads((tmp_path / 'b/compare.json').read_text('utf-8'))
    assert told['decisions']['new_false_go'] == 3
    assert told['differing'][0]['kind'] == 'new_false_go'
    assert told['scores']['decisions.false_go']['verdict'] == 'worse'
    assert '3 new false GO' in comparison_text(found)


def test_a_false_go_by_another_truth_is_a_new_one_too(runs):
    clear = {**DRIVES, 'truth_decision': 'go', 'truth_reason': 'clear'}
    found = runs({9: DRIVES}, {9: clear}).decisions
    assert [(one.kind, one.first) for one in found.stretches] == [(DecisionChange.NEW_FALSE_GO, 9)]
    assert found.other_truth == 1


@pytest.mark.parametrize(('old', 'new', 'truth', 'why', 'kind'), [
    ('stop', 'go', 'stop', 'blocked', 'NEW_FALSE_GO'),
    ('stop', 'slow', 'stop', 'no_path', 'NEW_FALSE_GO'),
    ('stop', 'go', 'stop', 'confirming', 'NEW_EARLY_GO'),
    ('go', 'stop', 'stop', 'confirming', 'NO_EARLY_GO'),
    ('go', 'slow', 'stop', 'blocked', 'OTHER_SPEED'),
    ('go', 'stop', 'stop', 'blocked', 'NO_FALSE_GO'),
    ('go', 'stop', 'slow', 'slow_class', 'NEW_FALSE_STOP'),
    ('stop', 'slow', 'go', 'clear', 'NO_FALSE_STOP'), ('stop', 'go', None, None, 'DRIVES_NOW'),
    ('go', 'stop', None, None, 'STOPS_NOW'), ('slow', 'go', None, None, 'OTHER_SPEED'),
    ('stop', 'stop', 'go', 'clear', None), ('go', 'go', None, None, None)])
def test_what_another_decision_means(old, new, truth, why, kind):
    wrong = (mistake_of(decision, truth, why) for decision in (old, new))
    assert change_of(old, new, *wrong) is (kind and DecisionChange[kind])


def test_false_gos_counted_in_the_old_way_are_not_compared(runs, tmp_path):
    runs({})
    path = tmp_path / 'a' / 'summary.json'
    told = json.loads(path.read_text('utf-8'))
    del told['decisions']['early_go']
    path.write_text(json.dumps(told))
    a, b = read_run(tmp_path / 'a'), read_run(tmp_path / 'b')
    assert compare(a, a).doubts == ()
    assert 'in A, of an older version, false GO' in compare(a, b).doubts[0]


@pytest.mark.parametrize(('name', 'a', 'b', 'verdict'), [
    ('path_iou', 0.9, 0.91, Effect.BETTER), ('path_iou', 0.9, 0.89, Effect.WORSE),
    ('ece', 0.02, 0.01, Effect.BETTER), ('decisions.false_go', 0.0, 1.0, Effect.WORSE),
    ('decisions.go', 5.0, 6.0, Effect.DIFFERENT), ('class_iou.path', 0.5, 0.4, Effect.WORSE),
    ('latency_ms.infer.p50', 10.0, 10.9, Effect.EQUAL), ('path_iou', None, 0.9, Effect.UNKNOWN),
    ('latency_ms.infer.p50', 10.0, 12.0, Effect.WORSE), ('path_iou', 0.9, 0.9, Effect.EQUAL)])
def test_the_direction_of_each_score_is_known(name, a, b, verdict):
    assert [one.effect for one in changed({name: a}, {name: b})] == [verdict]


def test_a_time_is_as_uncertain_as_the_parts_of_its_run_differ(tmp_path):
    rng = np.random.default_rng(0)

    def spread(name, *levels):
        times = np.concatenate([rng.normal(level, 0.1, 400 // len(levels)) for level in levels])
        return spreads(read_run(write_run(tmp_path / name, [Drive('one', 400, changes={
            k: {'infer_ms': float(time)} for k, time in enumerate(times)})])))

    quiet, busy = spread('quiet', 20), spread('busy', 10, 30)      # busy half of the time
    p50 = 'latency_ms.infer.p50'
    assert quiet[p50] < 0.1 < 10 < busy[p50]
    assert changed({p50: 20.0}, {p50: 23.0}, (quiet, quiet))[0].effect is Effect.WORSE
    assert changed({p50: 20.0}, {p50: 21.9}, (quiet, quiet))[0].effect is Effect.EQUAL
    assert changed({p50: 20.0}, {p50: 40.0}, (quiet, busy))[0].effect is Effect.EQUAL
    assert changed({p50: 20.0}, {p50: 60.0}, (quiet, busy))[0].effect is Effect.WORSE
    # What rests on a few frames is not judged: a percentile of a short run, a maximum of any.
    few = spreads(read_run(write_run(tmp_path / 'few', [Drive('one', 100)])))
    assert [math.isinf(few[f'latency_ms.infer.{name}']) for name in ('p50', 'p95', 'p99', 'max')] \
        == [False, True, True, True]
    largest = 'latency_ms.infer.max'
    assert changed({largest: 20.0}, {largest: 900.0}, (quiet, quiet))[0].effect is Effect.EQUAL


def test_pictures_of_both_sides_come_from_the_films(tmp_path):
    clear = {'decision': 'go', 'reason': 'clear', 'truth_decision': 'go', 'truth_reason': 'clear'}
    drives = [Drive('one', 60, 5, film=True, changes={**dict.fromkeys(range(60), clear), **more})
              for more in ({}, dict.fromkeys(range(20, 31), STOPS), {})]
    a, b = (read_run(write_run(tmp_path / name, [drive], thumbnails=0))
            for name, drive in zip('ab', drives, strict=False))
    found = pictures(compare(a, b), 12)
    assert [(one.stretch.first, one.stretch.last, one.index) for one in found] == [(20, 30, 25)]
    assert all(pane and pane.startswith(b'\xff\xd8') for pane in found[0].panes)
    page = check_self_contained(write_comparison(compare(a, b), tmp_path / 'b'))
    assert len(page.all('img')) == 2
    bare = read_run(write_run(tmp_path / 'c', [Drive('one', 60, 5, changes=drives[1].changes)]))
    panes = pictures(compare(a, bare), 12)[0].panes
    assert panes[0] is not None and panes[1] is None


def test_a_loss_follows_the_direction():
    assert loss(score_of('path_iou'), 0.9, 0.8) == pytest.approx(0.1)
    assert loss(score_of('ece'), 0.9, 0.8) == pytest.approx(-0.1)


def test_numbers_that_neither_run_knows_are_left_out():
    found = changed({'path_iou': None, 'decisions.reasons.blocked': 0.0, 'frames': 1.0},
                    {'path_iou': None, 'decisions.reasons.blocked': 0.0, 'frames': 1.0})
    assert [one.score.name for one in found] == ['frames']


def test_what_was_made_differently_is_told(runs):
    found = runs({}, parameters={'stop_go.go_after': 3}, version='0.2.0',
                 started='2027-01-01T00:00:00+00:00')
    assert {one.name: (one.a, one.b) for one in found.differences} == {
        'version': ('0.1.0', '0.2.0'), 'parameters.stop_go.go_after': ('5', '3'),
        'parameters.stop_go.min_confidence': ('0.6', None),
        'parameters.geometry': ('ground', None)}


def test_runs_of_other_frames_are_not_compared_by_their_scores(tmp_path):
    a = write_run(tmp_path / 'a', [Drive('one', 120), Drive('two', 60)])
    b = write_run(tmp_path / 'b', [Drive('one', 100), Drive('three', 60)])
    found = compare(read_run(a), read_run(b))
    assert [doubt.partition(' of ')[0] for doubt in found.doubts[:2]] == ['1', '1']
    assert 'one' in found.doubts[2]
    decisions = found.decisions
    assert (decisions.common, decisions.only_a, decisions.only_b) == (100, 80, 60)
    page = check_self_contained(write_comparison(found, b))
    assert 'they cannot be compared' in page.shown


def test_other_images_of_the_same_name_are_noticed(runs):
    found = runs({3: {'stamp_ns': 5}})
    assert found.decisions.other == ('one',)
    assert 'other images' in found.doubts[-1]
