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

"""Limits on the numbers of a run, as an exit code."""

from __future__ import annotations

import json
from pathlib import Path
import signal

from hypothesis import given
from hypothesis import strategies as st
import pytest

from helpers.evaluated_runs import Drive, write_run
from seg_node.errors import UserError
from seg_node.tools.evaluate.__main__ import main
from seg_node.tools.evaluate.conclusion import check, finish
from seg_node.tools.evaluate.gate.checking import check_limits, gate_text, OtherRun
from seg_node.tools.evaluate.gate.limits import GateRule, Limit, read_limits
from seg_node.tools.evaluate.report.catalogue import CLASSES, numbers

KNOWN = ('path_iou', 'path_f1', 'ece', 'frames', 'decisions.false_go', 'latency_ms.infer.p95',
         'class_iou.path')


@pytest.fixture
def limits(tmp_path):
    def read(content, **more):
        path = tmp_path / 'gate.yaml'
        path.write_text(content)
        return read_limits(path, KNOWN, **more)
    return read


def test_names_dotted_nested_and_as_people_write_them(limits):
    assert limits('path_iou: {min: 0.93, max_loss: 0.01}\n'
                  'decisions: {false_go: {max: 0}}\n'
                  'latency_ms.infer_ms.p95: {max: 30}\n'
                  'scores.class_iou.path: {min: 0.5}\n') == (
        Limit('path_iou', GateRule.MIN, 0.93), Limit('path_iou', GateRule.MAX_LOSS, 0.01),
        Limit('decisions.false_go', GateRule.MAX, 0),
        Limit('latency_ms.infer.p95', GateRule.MAX, 30),
        Limit('class_iou.path', GateRule.MIN, 0.5))


@pytest.mark.parametrize(('content', 'words'), [
    ('path_uio: {min: 0.9}', ['path_uio', 'Did you mean path_iou']),
    ('false_go: {max: 0}', ['false_go', 'decisions.false_go']),
    ('decisions: {false_goo: {max: 0}}', ['decisions.false_goo', 'decisions.false_go']),
    ('class_iou.kerb: {min: 0.5}', ['class_iou.kerb']),
    ('qqqq: {min: 0.5}', ['There are path_iou, path_f1']),
    ('path_iou: {minimum: 0.9}', ['minimum', 'Did you mean min']),
    ('path_iou: {min: 0.9, minn: 1}', ['minn']),
    ('path_iou: 0.9', ['path_iou', 'min, max, max_loss']),
    ('path_iou: {}', ['path_iou']),
    ('path_iou: {min: .nan}', ['nan']), ('path_iou: {min: yes}', ['True']),
    ('path_iou: {min: high}', ['high']), ('path_iou: {max_loss: -1}', ['below 0']),
    ('frames: {max_loss: 1}', ['frames', 'no loss']),
    ('path_iou: {min: 0.9}\npath_iou: {min: 0.1}', ["'path_iou' is there twice"]),
    ('path_iou: {min: 0.9}\nscores.path_iou: {min: 0.1}', ['path_iou', 'same limit twice']),
    ('', ['no limits']), ('- a', ['no limits']), ('{', ['no YAML']), ('? [a]\n: b', ['YAML'])])
def test_errors_name_the_limit_and_the_remedy(limits, content, words):
    with pytest.raises(UserError) as raised:
        limits(content)
    assert all(word in str(raised.value) for word in words), str(raised.value)


def test_classes_are_known_only_after_the_run(limits):
    assert limits('class_iou.kerb: {min: 0.5}', unsure=CLASSES)[0].name == 'class_iou.kerb'


@given(st.sampled_from(list(GateRule)), st.floats(0, 1), st.none() | st.floats(0, 1))
def test_what_is_not_known_fails(rule, value, before):
    other = OtherRun({'path_iou': before})
    (judged,) = check_limits([Limit('path_iou', rule, value)], {'path_iou': None}, other)
    assert not judged.passed
    (judged,) = check_limits([Limit('no_such', rule, value)], {'path_iou': value}, other)
    assert not judged.passed


@pytest.mark.parametrize(('name', 'rule', 'value', 'before', 'found', 'passed'), [
    ('path_iou', GateRule.MIN, 0.9, None, 0.9, True),
    ('path_iou', GateRule.MIN, 0.9, None, 0.89, False),
    ('ece', GateRule.MAX, 0.1, None, 0.1, True), ('ece', GateRule.MAX, 0.1, None, 0.11, False),
    ('path_iou', GateRule.MAX_LOSS, 0.01, 0.95, 0.94, True),
    ('path_iou', GateRule.MAX_LOSS, 0.01, 0.95, 0.93, False),
    ('path_iou', GateRule.MAX_LOSS, 0.0, 0.95, 0.99, True),
    ('ece', GateRule.MAX_LOSS, 0.01, 0.05, 0.07, False),
    ('ece', GateRule.MAX_LOSS, 0.01, 0.05, 0.01, True),
    ('path_iou', GateRule.MAX_LOSS, 0.01, None, 0.99, False),
    ('latency_ms.infer.p95', GateRule.MAX_LOSS_PERCENT, 10, 20.0, 22.0, True),
    ('latency_ms.infer.p95', GateRule.MAX_LOSS_PERCENT, 10, 20.0, 22.1, False)])
def test_limits(name, rule, value, before, found, passed):
    (judged,) = check_limits([Limit(name, rule, value)], {name: found}, OtherRun({name: before}))
    assert judged.passed is passed
    assert ('passed' if passed else 'FAILED') in gate_text([judged])


def test_a_loss_between_other_frames_or_without_another_run_fails():
    limit = Limit('path_iou', GateRule.MAX_LOSS, 1.0)
    other = OtherRun({'path_iou': 0.9}, ['2 recordings miss'])
    (judged,) = check_limits([limit], {'path_iou': 0.9}, other)
    assert '2 recordings miss' in judged.problem
    (judged,) = check_limits([limit], {'path_iou': 0.9})
    assert '--compare' in judged.problem


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path / 'a', [Drive('one', 120, 5)])
    write_run(tmp_path / 'b', [Drive('one', 120, 5, quality=0.8)])
    return tmp_path


def evaluate(*arguments):
    return main([str(one) for one in arguments])


@pytest.mark.parametrize(('content', 'code'), [
    ('path_iou: {min: 0.5, max_loss: 0.5}', 0), ('path_iou: {max_loss: 0.001}', 1),
    ('path_maxf_bev: {min: 0.1}', 1), ('decisions.reasons.no_path: {max: 0}', 0)])
def test_the_exit_code(runs, capsys, content, code):
    gate = runs / 'gate.yaml'
    gate.write_text(content)
    assert evaluate('compare', runs / 'a', runs / 'b', '--gate', gate) == code
    assert json.loads((runs / 'b/gate.json').read_text('utf-8'))['passed'] is (code == 0)
    page = (runs / 'b/compare.html').read_text('utf-8')
    assert ('Gate: passed' in page) is (code == 0)
    assert 'gate: ' in capsys.readouterr().out


def test_after_an_evaluation(runs):
    gate = runs / 'gate.yaml'
    gate.write_text('path_iou: {min: 0.99}\nclass_iou.path: {min: 0.1}')
    check(None, gate)
    assert finish(runs / 'b', None, gate) == 1
    assert 'Gate: 1 of 2 limits not kept' in (runs / 'b/report.html').read_text('utf-8')
    assert not (runs / 'b/compare.html').exists()
    check(runs / 'a', None)
    assert finish(runs / 'b', runs / 'a', None) == 0
    assert (runs / 'b/compare.html').is_file()
    assert not (runs / 'b/gate.json').exists()


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--gate', 'loss.yaml'], '--compare'), (['--gate', 'wrong.yaml'], 'path_iou'),
    (['--gate', 'none.yaml'], 'cannot be read'), (['--compare', 'nothing'], 'holds no run.json')])
def test_what_is_wrong_is_found_before_the_work(runs, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(runs)
    monkeypatch.setattr(signal, 'signal', lambda number, handler: None)
    Path('loss.yaml').write_text('path_iou: {max_loss: 0.1}', encoding='utf-8')
    Path('wrong.yaml').write_text('path_ious: {min: 0.1}', encoding='utf-8')
    assert evaluate('recordings', '--out', 'new', *arguments) == 2
    assert words in capsys.readouterr().err
    assert not Path('new').exists()


@pytest.mark.parametrize('arguments', [
    ['compare', 'a'], ['report'], ['gate', 'limits.yaml'], ['run', 'a'], ['a'],
    ['run', '--out', 'a']])
def test_what_is_missing_on_the_command_line_is_told(arguments, capsys):
    with pytest.raises(SystemExit) as raised:
        evaluate(*arguments)
    assert raised.value.code == 2
    assert 'required' in capsys.readouterr().err


@pytest.mark.parametrize('arguments', [['report', 'nothing'], ['compare', 'a', 'nothing'],
                                       ['gate', 'none.yaml', 'a']])
def test_what_cannot_be_read_is_told(runs, monkeypatch, capsys, arguments):
    monkeypatch.chdir(runs)
    assert evaluate(*arguments) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_runs_that_are_there_already_are_gated(runs):
    gate = runs / 'gate.yaml'
    gate.write_text('frames: {min: 120}')
    assert evaluate('gate', gate, runs / 'a', runs / 'b') == 0
    gate.write_text('frames: {min: 121}')
    assert evaluate('gate', gate, runs) == 1
    assert 'Gate: 1 of 1 limit not kept' in (runs / 'a/report.html').read_text('utf-8')


def test_reports_of_a_folder(runs):
    assert evaluate('report', runs) == 0
    for made in ('a/report.html', 'b/report.html', 'index.html'):
        assert (runs / made).is_file()


def test_no_frame_is_no_evidence(tmp_path):
    run = write_run(tmp_path / 'run', [], ['broken'])
    known = numbers(json.loads((run / 'summary.json').read_text('utf-8')))
    assert known['decisions.reasons.blocked'] is None
    assert known['decisions.stop'] is None
    assert (known['frames'], known['failed']) == (0, 1)
