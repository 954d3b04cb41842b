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

"""index.html: the runs of a folder, each with its headline and its report."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from urllib.parse import quote

from seg_node.errors import UserError
from seg_node.tools.evaluate.report.catalogue import Better, numbers, score_of
from seg_node.tools.evaluate.report.markup import join, Markup, name, tag
from seg_node.tools.evaluate.report.page import is_ours, page, section
from seg_node.tools.evaluate.report.recordings import decision_bar
from seg_node.tools.evaluate.report.results import is_run, read_run, RunResults
from seg_node.tools.evaluate.report.trend import trends
from seg_node.tools.evaluate.report.words import count, NOTHING, number, plural
from seg_node.tools.evaluate.report.write import REPORT, write_page

INDEX = 'index.html'
_COLUMNS = ('decisions.false_go', 'decisions.false_stop', 'decisions.agreement', 'path_iou',
            'miou', 'latency_ms.infer.p50', 'failed')
_HEADS = {'decisions.false_go': 'false GO', 'decisions.false_stop': 'false STOP',
          'decisions.agreement': 'agree', 'miou': 'mIoU', 'latency_ms.infer.p50': 'infer, ms',
          'failed': 'failed'}


def write_index(folder: Path) -> Path | None:
    """
    Write index.html over the runs in a folder, the newest first; None where there are none.

    :raises UserError: when it cannot be written, or an index.html is there that is none of ours.
    """
    runs, broken = [], []
    for one in sorted(folder.iterdir()):
        if one.is_dir() and is_run(one):
            try:
                runs.append(read_run(one))
            except UserError as error:
                broken.append(str(error))
    if not runs:
        return None
    runs.sort(key=lambda run: str(run.run.get('started', '')), reverse=True)
    path = folder / INDEX
    if path.exists() and not is_ours(path):
        raise UserError(f'{path}: is there already, and no index of evaluations. Move it away')
    title = f'{folder.resolve().name}: {plural(len(runs), "evaluation")}'
    write_page(path, page(title, _body(title, runs, broken)))
    return path


def refresh_index(folder: Path) -> None:
    """Write the index of a folder anew, where it has one; runs leave other folders alone."""
    if is_ours(folder / INDEX):
        write_index(folder)


def _body(title: str, runs: Sequence[RunResults], broken: Sequence[str]) -> Markup:
    known = [numbers(run.summary) for run in runs]
    groups = [_extent(run) for run in runs]
    best = {(group, column): _best(column, [
        one[column] for one, own in zip(known, groups, strict=True) if own == group])
        for group in set(groups) for column in _COLUMNS}
    titles = ['run', *(_HEADS.get(column, score_of(column).label) for column in _COLUMNS),
              'GO · SLOW · STOP', 'frames', 'recordings', 'model']
    head = tag('tr', *(tag('th', words, scope='col', class_='text' if words == 'model' else None,
                           data_sort='text' if words in ('run', 'model') else 'number')
                       for words in titles))
    rows = [_row(run, one, {column: best[group, column] for column in _COLUMNS})
            for run, one, group in zip(runs, known, groups, strict=True)]
    table = tag('table', tag('thead', head), tag('tbody', *rows), class_='list sortable')
    warning = tag('div', *(tag('div', line) for line in broken), class_='warning') \
        if broken else None
    return join([
        tag('h1', title), warning,
        section('Runs', tag('div', table, class_='scroll'), hint=(
            'A click on a heading sorts. The best of a column is bold where the runs can be '
            'compared: those with the same recordings, frames and truth.')),
        trends([run.name for run in runs], known, groups)])


def _extent(run: RunResults) -> Hashable:
    """Return what runs have in common that can be compared."""
    return (tuple(sorted(one.name for one in run.recordings)), run.summary['frames'],
            run.summary['with_truth'])


def _best(column: str, values: Sequence[float | None]) -> float | None:
    found = [value for value in values if value is not None]
    if len(set(found)) < 2:
        return None
    return max(found) if score_of(column).better is Better.HIGHER else min(found)


def _row(run: RunResults, known: dict[str, float | None],
         best: dict[str, float | None]) -> Markup:
    model = run.run.get('model', {})
    started = str(run.run.get('started', ''))
    decisions = [int(run.summary['decisions'][part]) for part in ('go', 'slow', 'stop')]
    link = tag('a', name(run.name), href=quote(f'{run.folder.name}/{REPORT}')) \
        if (run.folder / REPORT).is_file() else name(run.name)
    frames = run.summary['frames']
    return tag(
        'tr', tag('th', link, tag('div', started.replace('T', ' ')[:16], class_='hint nowrap'),
                  scope='row'),
        *(_cell(column, known[column], best[column]) for column in _COLUMNS),
        tag('td', decision_bar(*decisions), data_v=f'{decisions[0] / max(1, frames):.4f}'),
        tag('td', count(frames), data_v=frames),
        tag('td', count(len(run.recordings)), data_v=len(run.recordings)),
        tag('td', ' '.join(str(model.get(part, NOTHING)) for part in
                           ('name', 'version', 'precision')),
            tag('div', f'seg_node {run.run.get("version", "?")}', class_='hint'),
            class_='text nowrap'))


def _cell(column: str, value: float | None, best: float | None) -> Markup:
    words = number(value, score_of(column).kind)
    bad = 'bad' if value and column in ('decisions.false_go', 'failed') else None
    if value is not None and value == best:
        return tag('td', tag('b', words, class_=bad or 'best'), data_v=value)
    return tag('td', words, data_v='' if value is None else value, class_=bad)
