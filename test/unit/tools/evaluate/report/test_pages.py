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

"""report.html and index.html: whole, self-contained, and true to the results."""

from __future__ import annotations

import json

import pytest

from helpers.evaluated_runs import Drive, HOSTILE, write_run
from helpers.places import ROOT
from helpers.report_page import check_self_contained, Page
from seg_node.errors import UserError
from seg_node.tools.evaluate.report import write
from seg_node.tools.evaluate.report.catalogue import numbers
from seg_node.tools.evaluate.report.glossary import anchor, meaning
from seg_node.tools.evaluate.report.index import refresh_index, write_index
from seg_node.tools.evaluate.report.pages import TEMPLATES
from seg_node.tools.evaluate.report.results import read_run
from seg_node.tools.evaluate.report.write import write_report

NAME = '<img src=x onerror=alert(1)>"\'& \u202etxt'


def report_of(folder):
    return write_report(read_run(folder))


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / 'run', [Drive('one', 300), Drive('two', 200, 2)], ['broken'])


def test_templates_style_and_script_are_installed():
    assert {path.name for path in TEMPLATES.iterdir()} >= {'page.css', 'report.html.j2'}
    assert f"'{TEMPLATES.name}/*'" in (ROOT / 'setup.py').read_text('utf-8')


def test_a_report_holds_what_it_has_to(run):
    page = check_self_contained(report_of(run))
    summary = json.loads((run / 'summary.json').read_text('utf-8'))
    assert summary['decisions']['false_go'] > 0
    for heading in ('Timeline', 'Worst frames', 'Confusion', 'Reliability', 'Latency by stage',
                    'Failures by reason', 'Recordings'):
        assert heading in page.shown
    assert f'false GO {summary["decisions"]["false_go"]} ' in page.shown
    assert f'{summary["scores"]["path_iou"]:.3f}' in page.shown
    assert 'broken: /data/broken: is no bag' in page.shown
    images = page.all('img')
    assert len(images) == len(summary['worst'])
    assert all(one['src'].startswith('data:image/jpeg;base64,/9j/') for one in images)
    assert set(map(json.dumps, (page.timeline(name)['name'] for name in ('one', 'two'))))
    assert page.timeline('one')['frames'] == 300


def test_without_truth_the_page_says_so(tmp_path):
    run = write_run(tmp_path / 'run', [Drive('one', 200, truth=False)])
    page = check_self_contained(report_of(run))
    assert page.shown.count('No frame had ground truth (--truth)') == 2
    assert 'Without truth there are no errors to show' in page.shown
    assert 'false GO' not in page.shown.partition('Timeline')[0]
    assert page.timeline('one')['truth'] is None


def test_a_run_of_which_nothing_could_be_read(tmp_path):
    page = check_self_contained(report_of(write_run(tmp_path / 'run', [], ['a', 'b'])))
    assert 'No recording could be evaluated' in page.shown
    assert '/data/b: is no bag' in page.shown


def test_hostile_names_and_texts_stay_text(tmp_path):
    run = write_run(tmp_path / 'run <b>', [Drive(NAME, 60, changes={
        k: {'text': HOSTILE, 'truth_decision': 'stop', 'truth_reason': 'blocked',
            'decision': 'go', 'reason': 'clear'} for k in range(60)})],
        ['<script>alert(1)<'], camera=HOSTILE,
        model={'name': HOSTILE, 'version': HOSTILE, 'precision': '<i>', 'sha256': ''})
    page = check_self_contained(report_of(run))
    assert HOSTILE in ''.join(page.text)
    assert page.timeline(NAME)['texts']['0'] == HOSTILE
    assert NAME in page.shown
    assert len(page.all('img')) == 2      # those of the gallery
    check_self_contained(write_index(tmp_path))


def test_images_outside_of_the_run_are_not_taken_in(run):
    (run.parent / 'secret.jpg').write_bytes(b'\xff\xd8secret')
    summary = json.loads((run / 'summary.json').read_text('utf-8'))
    for frame in summary['worst']:
        frame['thumbnail'] = '../secret.jpg'
    (run / 'summary.json').write_text(json.dumps(summary))
    page = Page(report_of(run))
    assert page.all('img') == []
    assert 'no image' in page.shown


def test_a_recording_whose_frames_cannot_be_read_is_told(run):
    (run / 'recordings/two/frames.csv').write_text('index\n1\n')
    page = check_self_contained(report_of(run))
    assert 'two: its frames cannot be read' in page.shown
    assert page.timeline('one')['frames'] == 300


def test_of_many_recordings_the_worst_have_timelines(tmp_path, monkeypatch):
    monkeypatch.setattr(write, 'TIMELINES', 5)
    wrong = {k: {'decision': 'go', 'reason': 'clear', 'truth_decision': 'stop',
                 'truth_reason': 'blocked'} for k in range(30)}
    drives = [Drive(f'drive_{k}', 30, k, changes=wrong if k == 17 else {}) for k in range(20)]
    page = check_self_contained(report_of(write_run(tmp_path / 'run', drives)))
    assert '15 others only in the tables' in page.shown
    assert len([key for key in page.blocks if (key or '').startswith('recording-')]) == 5
    settings = json.loads(page.blocks['timeline-settings'])
    assert json.loads(page.blocks[f'recording-{settings["first"]}'])['name'] == 'drive_17'
    assert page.all('input')[-1]['data-filter'] == 'recordings'
    for drive in drives:
        assert drive.name in page.shown


def test_an_index_links_the_reports(run):
    other = write_run(run.parent / 'other', [Drive('one', 300, quality=1.0), Drive('two', 200, 2)],
                      ['broken'], started='2026-11-22T00:00:00+00:00')
    report_of(other)
    page = check_self_contained(write_index(run.parent))
    links = [one['href'] for one in page.all('a') if not one['href'].startswith('#')]
    assert links == ['other/report.html']      # run has none yet
    assert page.shown.index('other') < page.shown.index('2026-11-21 19:00')
    assert 'Trend over 2 comparable runs' in page.shown
    assert 'one, two and broken: 2 evaluations' in page.shown
    # The axis tells the values and the days.
    assert page.shown.count('2026-11-21 2026-11-22') == 6


def test_every_number_is_explained(run):
    page = Page(report_of(run))
    anchors = {one['id'] for _, one in page.elements if 'id' in one}
    links = {one['href'] for one in page.all('a') if one['href'].startswith('#')}
    assert links and {link[1:] for link in links} <= anchors
    summary = json.loads((run / 'summary.json').read_text('utf-8'))
    for name in numbers(summary):
        assert meaning(name)
        if not name.startswith(('class_iou.', 'decisions.reasons.', 'health.')):
            assert anchor(name) in anchors


@pytest.mark.parametrize(('names', 'title'), [
    (['a'], 'a'), (['a', 'b'], 'a and b'), (['a', 'b', 'c'], 'a, b and c'),
    (['a', 'b', 'c', 'd'], 'a, b and 2 more recordings')])
def test_a_title_tells_what_was_evaluated(tmp_path, names, title):
    folder = write_run(tmp_path / 'run', [Drive(name, 5) for name in names])
    assert read_run(folder).title == title


def test_a_film_elsewhere_is_not_shown(tmp_path):
    run = write_run(tmp_path / 'run', [Drive('one', 5, film=True)])
    assert read_run(run).recordings[0].film is not None
    path = run / 'recordings/one/summary.json'
    (run / 'recordings/secret.webm').touch()
    path.write_text(path.read_text('utf-8').replace('overlay.webm', '../secret.webm')
                    .replace('overlay.mp4', '../secret.webm'))
    assert read_run(run).recordings[0].film is None


def test_an_index_is_only_refreshed_where_there_is_one(run):
    refresh_index(run.parent)
    assert not (run.parent / 'index.html').exists()
    write_index(run.parent)
    (run.parent / 'index.html').write_text(
        (run.parent / 'index.html').read_text('utf-8').replace('1 evaluation', '0 evaluations'),
        'utf-8')
    refresh_index(run.parent)
    assert '1 evaluation' in (run.parent / 'index.html').read_text('utf-8')


def test_a_foreign_index_is_left_alone(run):
    foreign = run.parent / 'index.html'
    foreign.write_text('mine')
    refresh_index(run.parent)
    with pytest.raises(UserError, match='Move it away'):
        write_index(run.parent)
    assert foreign.read_text('utf-8') == 'mine'


@pytest.mark.parametrize(('name', 'content', 'words'), [
    ('summary.json', None, 'holds no run.json with summary.json'),
    ('summary.json', '{', 'is no JSON'),
    ('run.json', '{}', "'recordings' is missing")])
def test_what_is_no_run_is_told(run, name, content, words):
    if content is None:
        (run / name).unlink()
    else:
        (run / name).write_text(content)
    with pytest.raises(UserError, match=words):
        report_of(run)
