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

"""The headline of a report: what was evaluated, and the scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seg_node.tools.evaluate.report.catalogue import Kind, numbers
from seg_node.tools.evaluate.report.markup import join, Markup, tag
from seg_node.tools.evaluate.report.recordings import decision_bar
from seg_node.tools.evaluate.report.results import RunResults
from seg_node.tools.evaluate.report.words import (
    count,
    milliseconds,
    NOTHING,
    number,
    plural,
    seconds,
    share,
)


def described(run: RunResults) -> Markup:
    """Say in two lines what was evaluated, with the details folded away."""
    told = run.run
    model, backend = told.get('model', {}), told.get('backend', {})
    words = ' · '.join(filter(None, [
        plural(len(run.recordings), 'recording'), plural(run.summary['frames'], 'frame'),
        seconds(run.summary['seconds']),
        f'{count(run.summary["with_truth"])} with truth' if run.has_truth else 'without truth']))
    by = ' · '.join(filter(None, [
        f'model {model.get("name", "?")} {model.get("version", "")} '
        f'({model.get("precision", "")})',
        str(backend.get('name', '')), f'seg_node {told.get("version", "?")}',
        str(told.get('started', '')).replace('T', ' ').replace('+00:00', ' UTC')]))
    rows = [tag('tr', tag('th', key, scope='row'), tag('td', value)) for key, value in flat(told)]
    return join([tag('p', words, class_='lead'), tag('p', by, class_='hint'), tag(
        'details', tag('summary', 'command, machine and parameters'),
        tag('div', tag('table', tag('tbody', *rows), class_='plain'), class_='scroll'))])


def flat(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what a run was made with as lines, without its recordings."""
    lines: list[tuple[str, str]] = []
    for key, value in told.items():
        if key == 'recordings':
            continue
        if isinstance(value, Mapping):
            lines += [(f'{key}.{name}', text) for name, text in flat(value)]
        elif isinstance(value, list):
            lines.append((key, ' '.join(str(one) for one in value)))
        else:
            lines.append((key, NOTHING if value is None else str(value)))
    return lines


def cards(run: RunResults) -> Markup:
    """Return the headline scores: first what is dangerous, then what is costly, then the rest."""
    known = numbers(run.summary)
    decisions = run.summary['decisions']
    frames = run.summary['frames']
    found = []
    if run.has_true_decisions:
        wrong = int(known['decisions.false_go'] or 0)
        events = plural(int(known['decisions.false_go_events'] or 0), 'event')
        judged = known['decisions.judged']
        found += [
            _card('false GO', count(wrong), f'frames in {events}' if wrong else
                  'no frame drives where the truth stops', 'bad' if wrong else 'good'),
            _card('false STOP', count(known['decisions.false_stop'] or 0),
                  f'of {count(judged)} frames judged' if judged is not None else 'frames'),
            _card('decisions agree', share(known['decisions.agreement']), _lag(known))]
    if run.has_truth:
        above = known['path_maxf_bev']
        found += [
            _card('path IoU', _score(known['path_iou']), f'F1 {_score(known["path_f1"])}'),
            _card('path MaxF', _score(known['path_maxf']), 'KITTI; ' + (
                f"bird's eye {_score(above)}" if above is not None
                else "no bird's eye without camera_info")),
            _card('false path', share(known['false_path_rate']),
                  f'of what is none; boundary F1 {_score(known["boundary_f1"])}'),
            _card('mean IoU', _score(known['miou']),
                  f'calibration error {_score(known["ece"])}')]
    found += [
        _card('GO', share(decisions['go'] / frames if frames else None),
              decision_bar(*(int(decisions[name]) for name in ('go', 'slow', 'stop'))),
              note=f'SLOW {share(decisions["slow"] / frames if frames else None)}, '
                   f'STOP {share(decisions["stop"] / frames if frames else None)}'),
        _card('changes', number(known['decisions.changes_per_minute'], Kind.NUMBER),
              'of the decision per minute; flicker '
              f'{share(known["stability.flicker_mean"])}'),
        _card('inference, ms', milliseconds(known['latency_ms.infer.p50']),
              f'median; p95 {milliseconds(known["latency_ms.infer.p95"])}')]
    failed = len(run.summary['failed'])
    if failed:
        of_all = plural(len(run.recordings), 'recording')
        found.append(_card('failed', count(failed), f'of {of_all}, or not read to the end',
                           'bad'))
    return tag('div', *found, class_='cards')


def _lag(known: Mapping[str, float | None]) -> str:
    missed, stops = known['decisions.missed_stops'], known['decisions.true_stops']
    lag = known['decisions.lag_frames.p95']
    if missed is None or stops is None:
        return 'with the truth'
    late = '' if lag is None else f'; lag p95 {lag:.3g} frames'
    return f'{count(missed)} of {plural(int(stops), "STOP")} missed{late}'


def _card(title: str, value: str, line: str | Markup, state: str | None = None,
          note: str | None = None) -> Markup:
    return tag('div', tag('span', title, class_='title'), tag('b', value),
               tag('span', line, class_='hint'),
               tag('span', note, class_='hint') if note else None,
               class_=f'card {state}' if state else 'card')


def _score(value: float | None) -> str:
    return NOTHING if value is None else f'{value:.3f}'
