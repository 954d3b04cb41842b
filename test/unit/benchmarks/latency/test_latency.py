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

"""The latency benchmark's sums: what counts as lost, the highest rate, the tables."""

from __future__ import annotations

import json
from math import isnan, nan

from hypothesis import given
from hypothesis import strategies as st
import pytest

from benchmarks.latency.case import Case, cases, latencies, Measured
from benchmarks.latency.main import main, parse
from benchmarks.latency.peak import highest_rate, MIN_RATIO
from benchmarks.latency.soak import Growth, Part
from benchmarks.latency.tables import Results, to_json, to_markdown
from benchmarks.latency.usage import usage_of
from helpers.markdown import narrow
from seg_node.scoring.percentiles import Percentiles

MS = 10**6


def test_the_first_arrival_of_each_frame_counts():
    sent = {'a': {100 * MS, 200 * MS, 300 * MS}, 'b': {100 * MS}}
    heard = [('a', 100 * MS, 107 * MS), ('a', 100 * MS, 109 * MS), ('a', 200 * MS, 230 * MS),
             ('a', 999 * MS, 1000 * MS), ('b', 300 * MS, 301 * MS), ('c', 100 * MS, 101 * MS)]
    times, lost = latencies(sent, heard)
    assert times == {('a', 100 * MS): 7.0, ('a', 200 * MS): 30.0}
    assert lost == 0.5


@given(st.sets(st.integers(0, 10**6)), st.sets(st.integers(0, 10**6)))
def test_what_is_lost_and_what_is_heard_is_all_that_was_sent(sent, heard):
    times, lost = latencies({'a': sent}, [('a', stamp, stamp + MS) for stamp in heard])
    if not sent:
        assert isnan(lost)
        return
    assert len(times) == len(sent & heard)
    assert lost == pytest.approx(1 - len(times) / len(sent))
    assert set(times.values()) <= {1.0}


def test_a_spread_of_nothing_is_no_number():
    assert all(isnan(value) for value in vars(Percentiles.of([])).values())
    assert Percentiles.of(range(101)) == Percentiles(50.0, 95.0, 99.0, 100.0)


@given(st.floats(1.0, 300.0))
def test_the_highest_rate_is_found(truth):
    tried = []

    def carries(rate):
        tried.append(rate)
        return rate <= truth

    found = highest_rate(carries, 5.0, 240.0)
    if truth < 5.0:
        assert found == 0.0
    elif truth >= 240.0:
        assert found == 240.0
    else:
        assert found <= truth <= found * MIN_RATIO
    assert len(tried) < 12


def test_rates_make_sense():
    with pytest.raises(ValueError, match='must be positive and increasing'):
        highest_rate(lambda rate: True, 10.0, 10.0)


def measured(subject, case, base):
    spread = Percentiles(base, base + 1, base + 2, base + 3)
    none = Percentiles(*[nan] * 4)
    overhead, stages = (Percentiles(4.0, 5.0, 5.5, 7.0), {'decode': 0.25, 'inference': 6.0}) \
        if subject == 'seg_node' else (none, {})
    return Measured(subject, case, 300, spread, none, overhead, 0.0, nan, {subject: 0.5}, stages)


def test_the_tables_begin_with_ratios():
    case = next(cases([(640, 480)], ['jpeg'], [2], [15.0]))
    assert case.name == '640x480 jpeg, 2 x 15 Hz'
    assert case.camera_names == ('camera_0', 'camera_1')
    results = Results('a machine', 'road', 10.0, True, 1, {case.name: Percentiles(8, 9, 10, 11)},
                      [measured('seg_node', case, 10.0), measured('simple node', case, 20.0),
                       measured('relay', case, 3.0)],
                      {('seg_node', '640x480 jpeg'): 61.7})
    lines = narrow(to_markdown(results)).splitlines()
    row = next(line for line in lines if line.startswith('| 640x480 jpeg, 2 x 15 Hz'))
    assert row == '| 640x480 jpeg, 2 x 15 Hz | 0.50 | 4.0 | 5.5 | 3.0 | 8.0 |'
    assert '| 640x480 jpeg | seg_node | 62 Hz |' in lines
    assert 'masks subscribed, beside 1 busy processes.' in lines[0]
    content = json.loads(to_json(results))
    assert content['measured'][0]['mask']['p50'] is None
    assert content['peak'] == [{'subject': 'seg_node', 'case': '640x480 jpeg', 'rate': 61.7}]


def test_a_process_tells_what_it_uses():
    import os
    before = usage_of(os.getpid())
    with open(os.devnull, encoding='utf-8') as file:
        after = usage_of(os.getpid())
        assert after.files == before.files + 1, file
    assert after.cpu >= before.cpu > 0
    assert after.memory > 1 << 20
    assert after.threads >= 1


@pytest.mark.parametrize(('arguments', 'said'), [
    (['--sizes', '1280'], 'is no size such as 1280x720'), (['--rates', '-3'], '--rates'),
    (['--cameras', '0'], '--cameras'), (['--encodings', 'h264'], '--encodings'),
])
def test_unusable_input_is_explained(capsys, arguments, said):
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_a_model_that_is_not_there_ends_it(tmp_path, capsys):
    assert main(['--model', 'nowhere', '--out', str(tmp_path), '--sizes', '64x48']) == 2
    assert "model 'nowhere'" in capsys.readouterr().err


def test_cases_are_made_of_all_combinations():
    assert Case(1280, 720).name == '1280x720 bgr8, 1 x 30 Hz'
    assert len(list(cases([(1, 1), (2, 2)], ['nv12', 'jpeg'], [1, 2, 4], [15, 30]))) == 24


def part(memory=100.0, files=20, threads=12, p50=15.0):
    return Part(memory, files, threads, Percentiles(p50, p50, p50, p50), 0.0)


@pytest.mark.parametrize(('last', 'found'), [
    (part(), ''), (part(memory=103.9, p50=18.0), ''),
    (part(memory=104.1), 'memory: 100.0 to 104.1'),
    (part(files=21), 'files: 20 to 21'), (part(threads=13), 'threads: 12 to 13'),
    (part(p50=19.0), 'latency: median 15.0 to 19.0 ms'), (part(p50=nan), 'latency'),
])
def test_growth_is_told(last, found):
    findings = Growth.of([part(), part(memory=500.0), last]).findings
    assert len(findings) == bool(found)
    assert all(one.startswith(found) for one in findings)
