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

"""What must happen: read from YAML, held against frames, told in summary, page and junit.xml."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
import pytest

from helpers.evaluated_runs import Drive, HOSTILE, write_run
from helpers.report_page import check_self_contained
from seg_node.errors import UserError
from seg_node.recordings.find import Recording
from seg_node.stop_go.verdict import Reason
from seg_node.tools.evaluate.conclusion import conclude
from seg_node.tools.evaluate.report.catalogue import numbers
from seg_node.tools.evaluate.report.results import read_run
from seg_node.tools.evaluate.row import columns_of, Row
from seg_node.tools.evaluate.scenario.expectation import Expectation, judge, Quantifier, REASONS
from seg_node.tools.evaluate.scenario.reading import read_scenario, read_scenarios

WORDS = {'g': ('go', 'clear'), 's': ('stop', 'blocked'), 'c': ('stop', 'confirming'),
         'w': ('slow', 'slow_class'), 'n': ('stop', 'no_path'), 'd': ('stop', 'camera_dark')}


def table(letters, **more):
    """Return a drive with two frames a second, each told by a letter."""
    return columns_of(
        Row('a', k, k / 2, None, *WORDS[letter], f'text {k}',
            **{name: values.get(k, ()) for name, values in more.items()})
        for k, letter in enumerate(letters))


@pytest.mark.parametrize(('expected', 'letters', 'problem'), [
    (Expectation(Quantifier.ALWAYS, 'stop', 1, 2), 'ggsssgg', ''),
    (Expectation(Quantifier.ALWAYS, 'stop', 1, 2.4), 'ggsssgg', ''),
    (Expectation(Quantifier.ALWAYS, 'stop', 1, 2.5), 'ggsssgg', 'GO, text 5 at 2.50 s (frame 5)'),
    (Expectation(Quantifier.ALWAYS, 'stop', 0, 1), 'ggsssgg',
     'GO, text 0 at 0.00 s (frame 0), and in 1 more of 3 frames'),
    (Expectation(Quantifier.ALWAYS, 'go', 1.5), 'sscgggg', ''),
    (Expectation(Quantifier.ALWAYS, 'go', 1.5), 'sscggwg', 'SLOW, text 5 at 2.50 s (frame 5)'),
    (Expectation(Quantifier.ALWAYS, 'drive', 1.5), 'sscggwg', ''),
    (Expectation(Quantifier.ALWAYS, 'stop', 0, 1, ('obstacle',)), 'sss', ''),
    (Expectation(Quantifier.ALWAYS, 'stop', 0, 1, ('obstacle',)), 'ssc',
     'STOP, text 2 at 1.00 s (frame 2)'),
    (Expectation(Quantifier.ALWAYS, 'stop', 0, 1, ('obstacle', 'confirming')), 'ssc', ''),
    (Expectation(Quantifier.ONCE, 'stop', 0, 2, ('no_road',)), 'ggngg', ''),
    (Expectation(Quantifier.ONCE, 'stop', 0, 2, ('no_road',)), 'ggsgg',
     'not once; GO, text 0 at 0.00 s (frame 0)'),
    (Expectation(Quantifier.NEVER, 'camera_dark'), 'ggsgg', ''),
    (Expectation(Quantifier.NEVER, 'camera'), 'ggdgg', 'STOP, text 2 at 1.00 s (frame 2)'),
    (Expectation(Quantifier.NEVER, 'stop', 0, 1), 'gggss', ''),
    # Nothing is known of what was not recorded.
    (Expectation(Quantifier.ALWAYS, 'go', 5), 'ggg',
     'no frame lies there: the recording ends at 1.00'),
    (Expectation(Quantifier.ALWAYS, 'go', 0, 5), 'ggg',
     'kept as far as it goes, but the recording'),
    (Expectation(Quantifier.NEVER, 'stop', 0, 5), 'ggg',
     'kept as far as it goes, but the recording'),
    # The last frame lasts until 1.5.
    (Expectation(Quantifier.ALWAYS, 'go', 0, 1.4), 'ggg', ''),
    (Expectation(Quantifier.ONCE, 'go', 0, 5), 'ggg', ''),
    (Expectation(Quantifier.NEVER, 'stop'), '', 'no frame lies there: there is no frame'),
])
def test_an_expectation_is_held_against_frames(expected, letters, problem):
    outcome = judge(expected, table(letters))
    assert outcome.problem == problem or problem and outcome.problem.startswith(problem)
    assert outcome.kept is (not problem)


def test_what_must_never_be_found_may_not_hide_behind_another_reason():
    never = Expectation(Quantifier.NEVER, 'camera_blurred')
    hidden = table('gds', findings={1: ('camera_dark', 'camera_blurred')})
    assert judge(never, hidden).at_s == 0.5
    assert judge(never, table('gds', health={2: ('camera_blurred',)})).at_s == 1
    assert judge(never, table('gds')).kept


@given(st.text('gscwnd', min_size=1, max_size=30),
       st.sampled_from(['stop', 'go', 'drive', 'slow']), st.integers(0, 20),
       st.none() | st.integers(0, 20))
def test_always_and_never_are_opposites_of_once(letters, what, since, until):
    if until is not None and until < since:
        since, until = until, since
    frames = table(letters)
    always, once, never = (judge(Expectation(rule, what, since, until), frames).kept
                           for rule in Quantifier)
    assert not (once and never)
    assert not always or once


def write(path, text):
    path.write_text(text)
    return path


def test_a_scenario_is_read(tmp_path):
    path = write(tmp_path / 'a.scenario.yaml', """
expect:
  - {always: stop, from: 12.0, until: 14.5, because: obstacle}
  - {always: go, from: 15.5}
  - {once: slow, until: 3, because: [slow_class]}
  - never: camera_blocked
""")
    scenario = read_scenario(path)
    assert [one.words for one in scenario] == [
        'STOP for obstacle from 12 to 14.5 s', 'GO from 15.5 s on',
        'at least once SLOW for slow class until 3 s', 'never camera blocked']
    assert scenario[0] == Expectation(Quantifier.ALWAYS, 'stop', 12.0, 14.5, ('obstacle',))


def test_every_reason_can_be_expected():
    assert {reason.value for reason in Reason} <= set(REASONS)


@pytest.mark.parametrize(('text', 'words'), [
    ('', ['is no scenario', 'expect:']), ('expect: []', ['is no scenario']),
    ('expect: 3', ['is no scenario']), ('expects: [{never: go}]', ['is no scenario']),
    ('expect: [go]', ['entry 1', "'go'", 'always']),
    ('expect: [{never: go}, {alway: stop}]', ['entry 2', "'alway'", 'Did you mean always']),
    ('expect: [{from: 3}]', ['0 of always, once, never']),
    ('expect: [{always: go, never: stop}]', ['2 of always, once, never']),
    ('expect: [{never: camera_blockd}]', ["'camera_blockd'", 'camera_blocked']),
    ('expect: [{never: [go]}]', ["['go']", 'neither a decision']),
    ('expect: [{always: go, from: -1}]', ['from: -1', '0 or more']),
    ('expect: [{always: go, until: .nan}]', ['until: nan']),
    ('expect: [{always: go, from: yes}]', ['from: True']),
    ('expect: [{always: go, from: "3 s"}]', ["from: '3 s'"]),
    ('expect: [{always: go, from: 9, until: 3}]', ['until: 3 s lies before from: 9 s']),
    ('expect: [{always: stop, because: obstacel}]', ["'obstacel'", 'obstacle']),
    ('expect: [{always: stop, because: [[a]]}]', ["['a']", 'is no reason']),
    ('expect: [{always: stop, because: []}]', ['because: []']),
    ('expect: [{never: blocked, because: blocked}]', ['because', 'Leave because out']),
    ('expect: [{never: go, never: stop}]', ["'never' is there twice"]),
    ('expect: [', ['is no YAML'])])
def test_a_bad_scenario_is_told_with_its_remedy(tmp_path, text, words):
    path = write(tmp_path / 'a.scenario.yaml', text)
    with pytest.raises(UserError) as error:
        read_scenario(path)
    told = str(error.value)
    assert told.startswith(str(path)) and '\n' not in told
    assert all(word in told for word in words), told


@given(st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from([
        'always', 'never', 'once', 'stop', 'from', 'until', 'because', 'obstacle']),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(['always', 'never', 'from', 'until', 'because', 'x']), inner, max_size=3),
    max_leaves=8))
def test_whatever_is_written_is_read_or_refused_in_a_line(content):
    from pathlib import Path
    import tempfile

    import yaml
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / 'a.scenario.yaml', yaml.safe_dump({'expect': [content]}))
        try:
            assert read_scenario(path)
        except UserError as error:
            assert '\n' not in str(error)


def test_scenarios_lie_beside_their_recordings(tmp_path):
    (tmp_path / 'bag').mkdir()
    video = write(tmp_path / 'drive.mp4', '')
    never_go = 'expect: [{never: go}]'
    write(tmp_path / 'bag.scenario.yaml', never_go)
    write(tmp_path / 'drive.scenario.yaml', 'expect: [{never: stop}]')
    both = [Recording('bag', tmp_path / 'bag'), Recording('other/drive', video)]
    found = read_scenarios(both, [tmp_path])
    assert {name: one[0].what for name, one in found.items()} == {
        'bag': 'go', 'other/drive': 'stop'}
    # One that belongs to nothing is not left out in silence; but other recordings have their own.
    assert list(read_scenarios(both[:1], [tmp_path / 'bag'])) == ['bag']
    write(tmp_path / 'drvie.scenario.yaml', never_go)
    with pytest.raises(UserError, match='drvie.scenario.yaml: belongs to no recording'):
        read_scenarios(both, [tmp_path])


@pytest.fixture
def run(tmp_path):
    expect = (Expectation(Quantifier.ALWAYS, 'stop', 1.0, 1.45),
              Expectation(Quantifier.NEVER, 'camera'))
    stops = {k: {'decision': 'stop', 'reason': 'blocked', 'text': HOSTILE} for k in range(20, 28)}
    clear = {k: {'decision': 'go', 'reason': 'clear', 'health': (), 'findings': ()}
             for k in range(60)}
    return write_run(tmp_path / 'run', [Drive('one', 60, changes={**clear, **stops})], ['two'],
                     scenarios={'one': expect, 'two': expect[1:]})


def test_a_run_tells_what_did_not_happen(run, tmp_path, capsys):
    told = json.loads((run / 'summary.json').read_text('utf-8'))
    assert (told['scenario']['expected'], told['scenario']['broken']) == (3, 2)
    assert numbers(told)['scenario.broken'] == 2
    limits = write(tmp_path / 'limits.yaml', 'scenario.broken: {max: 0}\nframes: {min: 1}')
    assert conclude(read_run(run), limits=limits) == 1
    assert 'scenario.broken' in capsys.readouterr().out
    page = check_self_contained(run / 'report.html')
    assert 'Scenarios: 2 of 3 expectations not kept' in page.shown
    assert page.timeline('one')['expected'] == [
        {'from': 1000, 'kept': False, 'words': 'STOP from 1 to 1.45 s', 'until': 1450},
        {'from': 0, 'kept': True, 'words': 'never camera', 'until': None}]
    suites = ElementTree.parse(run / 'junit.xml').getroot()
    assert [(suite.get('name'), suite.get('tests'), suite.get('failures')) for suite in suites] \
        == [('one', '2', '1'), ('two', '1', '1'), ('gate', '2', '1')]
    failures = [one.get('message') for one in suites.iter('failure')]
    assert failures[0].startswith('GO, ') and 'at 1.40 s (frame 28)' in failures[0]
    assert failures[1] == 'the recording could not be evaluated'
    assert failures[2] == 'too high: found 2'


def test_without_scenario_and_gate_there_is_no_junit_file(tmp_path):
    run = write_run(tmp_path / 'run', [Drive('one', 30)])
    assert conclude(read_run(run)) == 0
    assert not (run / 'junit.xml').exists()
    assert numbers(read_run(run).summary)['scenario.broken'] is None
