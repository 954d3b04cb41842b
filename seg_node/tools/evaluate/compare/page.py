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

"""compare.html: two runs side by side on one page."""

from __future__ import annotations

from seg_node.tools.evaluate.compare.changes import Verdict
from seg_node.tools.evaluate.compare.comparison import Comparison
from seg_node.tools.evaluate.compare.decisions import Kind, Stretch
from seg_node.tools.evaluate.compare.tables import (
    difference,
    recordings_table,
    scores_table,
    settings_table,
)
from seg_node.tools.evaluate.report.images import image
from seg_node.tools.evaluate.report.markup import join, Markup, name, tag
from seg_node.tools.evaluate.report.page import page, section
from seg_node.tools.evaluate.report.recordings import FILTER_FROM, TALL_FROM
from seg_node.tools.evaluate.report.results import RunResults
from seg_node.tools.evaluate.report.words import count, NOTHING, number, plural, spoken
from seg_node.tools.evaluate.report.write import names_of

STRETCHES, IMAGES = 400, 12
"""Stretches of differing frames, and of those with images, that the page shows."""
_BAD = (Kind.NEW_FALSE_GO, Kind.NEW_FALSE_STOP)
_GOOD = (Kind.NO_FALSE_GO, Kind.NO_FALSE_STOP)


def comparison_page(comparison: Comparison, extra: Markup | None = None) -> str:
    """Return the page; extra: more sections, put behind the headline."""
    name_a, name_b = names_of([comparison.a, comparison.b])
    body = join([
        tag('header', tag('h1', f'{name_a} → {name_b}'),
            tag('p', tag('b', 'A '), name(name_a), '  ', tag('b', 'B '), name(name_b),
                '. Better and worse are said of B.', class_='lead')),
        _doubts(comparison), _cards(comparison), extra, _different_frames(comparison),
        _images(comparison), scores_table(comparison), recordings_table(comparison),
        settings_table(comparison)])
    return page(f'{name_a} and {name_b} compared', body,
                'The same for programs: compare.json.')


def _doubts(comparison: Comparison) -> Markup | None:
    if not comparison.doubts:
        return None
    return tag('div', tag('b', 'The scores are not of the same frames, so they cannot be '
                               'compared; the decisions below are, on the frames in both.'),
               *(tag('div', one) for one in comparison.doubts), class_='warning')


def _cards(comparison: Comparison) -> Markup:
    decisions = comparison.decisions
    worse = sum(one.verdict is Verdict.WORSE for one in comparison.changes)
    better = sum(one.verdict is Verdict.BETTER for one in comparison.changes)
    differing = sum(one.frames for one in decisions.stretches
                    if one.decision_a != one.decision_b)
    judged = any(run.has_true_decisions for run in (comparison.a, comparison.b))
    new, gone = decisions.frames(Kind.NEW_FALSE_GO), decisions.frames(Kind.NO_FALSE_GO)
    cards = [('new false GO', count(new) if judged else NOTHING,
              f'frames; {count(gone)} are no more' if judged else 'not known without truth',
              '' if not judged else 'bad' if new else 'good'),
             ('decided differently', count(differing),
              f'of {plural(decisions.common, "frame")} in both', ''),
             ('scores worse', count(worse), f'{count(better)} better', 'bad' if worse else 'good')]
    for wanted in ('path_iou', 'decisions.agreement', 'latency_ms.infer.p50'):
        change = next((one for one in comparison.changes if one.score.name == wanted), None)
        if change is not None and change.difference is not None:
            state = {Verdict.BETTER: 'good', Verdict.WORSE: 'bad'}.get(change.verdict, '')
            cards.append((change.score.label, number(change.b, change.score.kind),
                          f'{difference(change)} from {number(change.a, change.score.kind)}',
                          state))
    return tag('div', *(tag('div', tag('span', title, class_='title'), tag('b', value),
                            tag('span', line, class_='hint'), class_=f'card {state}'.strip())
                        for title, value, line, state in cards), class_='cards')


def _different_frames(comparison: Comparison) -> Markup:
    decisions = comparison.decisions
    told = [plural(frames, 'frame') + f' only in {run}' for frames, run in
            ((decisions.only_a, 'A'), (decisions.only_b, 'B')) if frames]
    if decisions.other_truth:
        told.append(f'of {plural(decisions.other_truth, "frame")} the truth decides differently, '
                    'judged at the size of the network and with the limits of each run')
    if not decisions.stretches:
        words = f'None of the {plural(decisions.common, "frame")} in both.'
        return section('Decisions that differ', tag('p', words), hint=', '.join(told))
    shown = decisions.stretches[:STRETCHES]
    head = tag('tr', tag('th', 'recording'), tag('th', 'frames'),
               *(tag('th', title, class_='text') for title in ('what it means', 'A', 'B',
                                                               'truth')))
    rows = [tag('tr', tag('th', name(one.recording), scope='row'), tag('td', _range(one)),
                tag('td', _kind(one.kind), class_='text'),
                _decided('A', one.decision_a, one.reason_a, one.text_a),
                _decided('B', one.decision_b, one.reason_b, one.text_b),
                _decided('truth', one.truth, one.truth_reason, None))
            for one in shown]
    left = len(decisions.stretches) - len(shown)
    if left:
        told.append(f'{count(left)} more stretches are in compare.json')
    found = tag('table', tag('thead', head), tag('tbody', *rows), id='differing',
                class_='list stack')
    search = tag('input', type='search', placeholder='find a recording',
                 aria_label='find a recording', data_filter='differing') \
        if len(shown) >= FILTER_FROM else None
    summary = ', '.join(f'{count(decisions.frames(kind))} {kind.value}' for kind in Kind
                        if decisions.frames(kind))
    tall = 'scroll tall' if len(shown) > TALL_FROM else 'scroll'
    return section('Decisions that differ', search, tag('div', found, class_=tall),
                   hint='; '.join([f'Frames: {summary}', *told]))


def _range(one: Stretch) -> str:
    return str(one.first) if one.frames == 1 else f'{one.first} – {one.last}'


def _kind(kind: Kind) -> Markup:
    if kind is Kind.NEW_FALSE_GO:
        return tag('span', kind.value, class_='chip bad')
    if kind in _BAD:
        return tag('span', kind.value, class_='chip worse')
    return tag('span', kind.value, class_='chip better' if kind in _GOOD else 'chip')


def _decided(label: str, decision: str | None, reason: str | None, text: str | None) -> Markup:
    if decision is None:
        return tag('td', NOTHING, class_='text', data_label=label)
    return tag('td', tag('b', decision.upper()), f' {spoken(reason or "")} ',
               tag('div', text, class_='hint') if text else None,
               class_='text wide' if text else 'text', data_label=label)


def _images(comparison: Comparison) -> Markup | None:
    """Show differing frames of which a run kept an image."""
    figures: list[Markup] = []
    for one in comparison.decisions.stretches:
        if len(figures) == IMAGES:
            break
        index = next((index for index in range(one.first, one.last + 1)
                      if _kept(comparison.a, one, index) or _kept(comparison.b, one, index)), None)
        if index is not None:
            figures.append(_figure(comparison, one, index))
    if not figures:
        return None
    return section('Frames that differ', tag('div', *figures, class_='gallery'),
                   hint='Those of which a run kept an image: upper A, lower B.')


def _place(one: Stretch, index: int) -> str:
    return f'recordings/{one.recording}/thumbnails/{index:06d}.jpg'


def _kept(run: RunResults, one: Stretch, index: int) -> bool:
    return (run.folder / _place(one, index)).is_file()


def _figure(comparison: Comparison, one: Stretch, index: int) -> Markup:
    words = (('A', one.decision_a, one.reason_a), ('B', one.decision_b, one.reason_b))
    panes = [image(run.folder, _place(one, index), f'{run.name}: {one.recording}, {index}')
             for run in (comparison.a, comparison.b) if _kept(run, one, index)]
    lines = [f'{run}: {decision.upper()}, {spoken(reason)}' for run, decision, reason in words]
    return tag('figure', *panes, tag(
        'figcaption', _kind(one.kind), ' ', name(one.recording), f', frame {index}',
        *(tag('span', line, class_='story') for line in lines)))
