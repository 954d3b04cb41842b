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

"""What the page's script draws of a recording: frames chosen so that nothing serious is hidden."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from seg_node.drawing.colors import color_of, DECISIONS, EARLY_GO, FALSE_GO, FALSE_STOP
from seg_node.stop_go.verdict import Reason
from seg_node.tools.evaluate.mistakes import Mistake, mistakes_in
from seg_node.tools.evaluate.report.results import Film
from seg_node.tools.evaluate.report.thinning import stretches, thin
from seg_node.tools.evaluate.report.words import spoken
from seg_node.tools.evaluate.row import Columns
from seg_node.tools.evaluate.scenario.summary import Expected

_SERIES = ('free_distance', 'required_distance', 'confidence', 'confidence_low')
_STEPS = ('free_distance', 'confidence')
"""What spikes; the others follow them closely enough."""
_LETTERS = {'go': 'g', 'slow': 'w', 'stop': 's'}
_MISTAKES = {Mistake.FALSE_GO: ('f', 'falseGo', FALSE_GO), Mistake.EARLY_GO: (
    'e', 'earlyGo', EARLY_GO), Mistake.FALSE_STOP: ('t', 'falseStop', FALSE_STOP)}
"""Letter and name for the script, and colour."""
EXPECTED = 12
"""Rows for what was expected, those not kept first; the page's table has all."""
KEPT, BROKEN = '#2f9e62', '#d0443e'
"""Colours of what was expected."""
MIN_CONFIDENCE = 'stop_go.min_confidence'


def timeline_data(name: str, table: Columns, points: int, film: Film | None = None,
                  expected: Sequence[Expected] = ()) -> dict[str, Any]:
    """
    Return the timeline of a recording for the page's script.

    Frames that `kept` leaves out lie within a stretch of the same decision, reason and truth.

    :param points: frames to aim at.
    :param expected: what had to happen in it.
    """
    states = list(zip(table['decision'], table['reason'], table['truth_decision'],
                      table['truth_reason'], strict=True))
    kept = thin(states, [table[column] for column in _STEPS], points)
    reasons = sorted({*table['reason'], *filter(None, table['truth_reason'])}, key=_weight)
    numbers = {reason: number for number, reason in enumerate(reasons)}
    starts = {first for first, _ in stretches(states)}
    mistakes = mistakes_in(table)
    indices = [table['index'][k] for k in kept]
    units = [unit for unit in table['unit'] if unit is not None]
    return {
        'name': name, 'frames': len(states), 'unit': units[0] if units else '',
        'reasons': [[spoken(reason), color_of(reason)] for reason in reasons],
        'index': indices, 'place': None if kept == indices else kept,
        'film': None if film is None else {'src': quote(film.place), 'fps': film.fps},
        'ms': [round(table['time_s'][k] * 1e3) for k in kept],
        'decision': _digits([table['decision'][k] for k in kept]),
        'reason': [numbers[table['reason'][k]] for k in kept],
        'truth': _digits([table['truth_decision'][k] for k in kept]),
        'expected': [{'from': round(one.since * 1e3), 'kept': one.kept, 'words': one.words,
                      'until': None if one.until is None else round(one.until * 1e3)}
                     for one in expected[:EXPECTED]] or None,
        'mistake': ''.join(_MISTAKES[found][0] if (found := mistakes[k]) else '-' for k in kept)
        if any(table['truth_decision']) else None,
        'truthReason': _sparse([numbers.get(table['truth_reason'][k]) for k in kept]),
        **{_camel(column): _sparse([_rounded(table[column][k]) for k in kept])
           for column in _SERIES},
        'texts': {place: table['text'][k] for place, k in enumerate(kept) if k in starts}}


def settings(parameters: dict[str, Any], first: int) -> dict[str, Any]:
    """Return what all timelines of a page share; first: number of the one shown first."""
    return {'decisions': DECISIONS, 'first': first, 'kept': KEPT, 'broken': BROKEN,
            'mistakes': {name: {'words': mistake.label, 'color': color}
                         for mistake, (_, name, color) in _MISTAKES.items()},
            'minConfidence': parameters.get(MIN_CONFIDENCE)}


def _weight(reason: str) -> tuple[int, str]:
    """Return the place of a reason: the least serious first, so that serious ones are on top."""
    try:
        return -Reason(reason).priority, reason
    except ValueError:      # of another version
        return 1, reason


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f'{value:.4g}')


def _digits(decisions: Sequence[str | None]) -> str | None:
    """Return a letter for each decision, - for none; None where there is none at all."""
    if not any(decisions):
        return None
    return ''.join(_LETTERS.get(decision or '', '-') for decision in decisions)


def _sparse(values: list[Any]) -> list[Any] | None:
    """Return None for a column without a value."""
    return values if any(value is not None for value in values) else None


def _camel(column: str) -> str:
    first, *rest = column.split('_')
    return first + ''.join(word.title() for word in rest)
