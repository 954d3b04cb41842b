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

"""The numbers of a run for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seg_node.tools.common.text_table import aligned
from seg_node.tools.evaluate.mistakes import Mistake
from seg_node.tools.evaluate.scenario.summary import expected_of

_SHOWN = 8
"""Expectations that are not kept, of those that are told."""


def summary_text(summary: Mapping[str, Any], out: Path) -> str:
    """Return the short table."""
    decisions = summary['decisions']
    scores = summary['scores'] if summary['with_truth'] else None
    frames = summary['frames']
    rows = [
        ('frames', f'{frames} in {summary["seconds"]:.1f} s of recording'
                   + (f', {summary["with_truth"]} with truth' if scores else '')),
        ('GO / SLOW / STOP', ' / '.join(_share(decisions[name], frames)
                                        for name in ('go', 'slow', 'stop'))),
        ('reasons', ', '.join(f'{code} {count}' for code, count in sorted(
            decisions['reasons'].items(), key=lambda item: -item[1])[:5]) or '-')]
    if scores:
        rows += [
            ('path', f'IoU {_number(scores["path_iou"])}, F1 {_number(scores["path_f1"])}, '
                     f'MaxF {_number(scores["path_maxf"])}'
                     + (f', from above {_number(scores["path_maxf_bev"])}'
                        if scores['path_maxf_bev'] is not None else '')),
            ('false path', f'{_number(scores["false_path_rate"])} of what is none, boundary F1 '
                           f'{_number(scores["boundary_f1"])}, mIoU {_number(scores["miou"])}, '
                           f'ECE {_number(scores["ece"])}')]
    if 'judged' in decisions:
        rows.append(('against the truth', ', '.join(
            f'{decisions[mistake.value]} {mistake.label}' for mistake in Mistake) + (
            f', {decisions["agreement"]:.1%} of {decisions["judged"]} agree')))
    doubts = summary.get('second_opinion')
    if doubts:
        rows.append(('second opinion', f'{doubts["places"]} doubts' + (
            f', {doubts["right"]} of the {doubts["known"]} that have a truth are right'
            if doubts['known'] else '')))
    expected = expected_of(summary)
    if expected:
        broken = [one for one in expected if not one.kept]
        rows.append(('scenarios', f'{len(expected) - len(broken)} of {len(expected)} kept'))
        rows += [('NOT KEPT', f'{one.recording}: {one.words}: {one.problem}')
                 for one in broken[:_SHOWN]]
        if len(broken) > _SHOWN:
            rows.append(('NOT KEPT', f'{len(broken) - _SHOWN} more, see report.html'))
    infer = summary['latency_ms'].get('infer', {})
    if infer.get('p50') is not None:
        rows.append(('inference ms', f'p50 {infer["p50"]:.1f}, p95 {infer["p95"]:.1f}'))
    if summary['failed']:
        rows.append(('not read, or in part', f'{len(summary["failed"])}: '
                     + ', '.join(one['recording'] for one in summary['failed'][:5])))
    if summary['unfinished']:
        rows.append(('not done', f'{len(summary["unfinished"])} recordings'))
    rows.append(('results', str(out)))
    return aligned(rows)


def _share(count: int, frames: int) -> str:
    return f'{count / frames:.1%}' if frames else '-'


def _number(value: float | None) -> str:
    return '-' if value is None else f'{value:.4f}'
