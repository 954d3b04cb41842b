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

"""The numbers of a summary: their names, what they are called, which way is better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
import math
from typing import Any

from seg_node.stop_go.verdict import Reason


class Better(Enum):
    """Which change of a number is a gain."""

    HIGHER = 'higher'
    LOWER = 'lower'
    NEITHER = 'neither'


class NumberFormat(Enum):
    """How a number is written."""

    SCORE = 'score'
    SHARE = 'share'
    COUNT = 'count'
    NUMBER = 'number'
    MILLISECONDS = 'milliseconds'


@dataclass(frozen=True)
class Score:
    """A number of a summary; judged: it is known only with truth."""

    name: str
    label: str
    better: Better
    format: NumberFormat
    needs_truth: bool = False

    @property
    def is_time(self) -> bool:
        """Whether it differs from run to run without a cause."""
        return self.format is NumberFormat.MILLISECONDS


_UP, _DOWN, _NEITHER = Better.HIGHER, Better.LOWER, Better.NEITHER
_SCORE, _SHARE, _COUNT, _NUMBER, _MILLISECONDS = NumberFormat
_SCORES = (
    Score('scenario.broken', 'scenarios: expectations not kept', _DOWN, _COUNT),
    Score('scenario.expected', 'scenarios: expectations', _NEITHER, _COUNT),
    Score('decisions.false_go', 'false GO, frames', _DOWN, _COUNT, True),
    Score('decisions.false_go_events', 'false GO, events', _DOWN, _COUNT, True),
    Score('decisions.early_go', 'GO earlier than the truth, frames', _DOWN, _COUNT, True),
    Score('decisions.missed_stops', 'STOPs missed', _DOWN, _COUNT, True),
    Score('decisions.true_stops', 'STOPs of the truth', _NEITHER, _COUNT, True),
    Score('decisions.false_stop', 'false STOP, frames', _DOWN, _COUNT, True),
    Score('decisions.agreement', 'decisions that agree', _UP, _SHARE, True),
    Score('decisions.judged', 'frames judged by the truth', _NEITHER, _COUNT, True),
    Score('decisions.lag_frames.median', 'lag of STOP, frames, median', _DOWN, _NUMBER, True),
    Score('decisions.lag_frames.p95', 'lag of STOP, frames, p95', _DOWN, _NUMBER, True),
    Score('decisions.lead_frames.median', 'lead of STOP, frames, median', _NEITHER, _NUMBER,
          True),
    Score('decisions.lead_frames.p95', 'lead of STOP, frames, p95', _NEITHER, _NUMBER, True),
    Score('path_iou', 'path IoU', _UP, _SCORE, True),
    Score('path_f1', 'path F1', _UP, _SCORE, True),
    Score('path_maxf', 'path MaxF', _UP, _SCORE, True),
    Score('path_maxf_bev', "path MaxF, bird's eye", _UP, _SCORE, True),
    Score('precision', 'path precision', _UP, _SCORE, True),
    Score('recall', 'path recall', _UP, _SCORE, True),
    Score('false_path_rate', 'false path rate', _DOWN, _SCORE, True),
    Score('boundary_f1', 'boundary F1', _UP, _SCORE, True),
    Score('miou', 'mean IoU', _UP, _SCORE, True),
    Score('ece', 'calibration error', _DOWN, _SCORE, True),
    Score('decisions.go', 'GO, frames', _NEITHER, _COUNT),
    Score('decisions.slow', 'SLOW, frames', _NEITHER, _COUNT),
    Score('decisions.stop', 'STOP, frames', _NEITHER, _COUNT),
    Score('decisions.changes_per_minute', 'changes of decision per minute', _DOWN, _NUMBER),
    Score('stability.decision_flips', 'changes of decision', _DOWN, _COUNT),
    Score('stability.flicker_mean', 'flicker, mean', _DOWN, _SCORE),
    Score('stability.flicker_p95', 'flicker, p95', _DOWN, _SCORE),
    Score('second_opinion.places', 'doubts of the second opinion', _NEITHER, _COUNT),
    Score('second_opinion.right', 'such doubts that are right', _UP, _COUNT),
    Score('failed', 'recordings failed', _DOWN, _COUNT),
    Score('frames', 'frames', _NEITHER, _COUNT),
    Score('with_truth', 'frames with truth', _NEITHER, _COUNT),
    Score('seconds', 'seconds of recording', _NEITHER, _NUMBER),
)
STAGES = ('decode', 'resize', 'infer', 'measure')
"""Stages of the latency, in their order."""
_TIMES = tuple(Score(f'latency_ms.{stage}.{part}', f'{stage}, ms, {part}', _DOWN,
                     _MILLISECONDS)
               for stage in STAGES for part in ('p50', 'p95', 'p99', 'max'))
SCORES = {score.name: score for score in (*_SCORES, *_TIMES)}
"""All numbers with a name of their own, the weightiest first."""
REASONS, HEALTH, CLASSES = 'decisions.reasons.', 'health.', 'class_iou.'
"""Beginnings of the names that depend on the run: frames by reason, IoU by class."""


def score_of(name: str) -> Score:
    """Return what is known of a number; ValueError for a name that there cannot be."""
    if name in SCORES:
        return SCORES[name]
    if name.startswith(CLASSES):
        label = name.removeprefix(CLASSES).replace('_', ' ')
        return Score(name, f'IoU of {label}', _UP, _SCORE, True)
    for beginning, label in ((REASONS, 'frames'), (HEALTH, 'frames with finding')):
        if name.startswith(beginning):
            code = name.removeprefix(beginning).replace('_', ' ')
            return Score(name, f'{label} {code}', _NEITHER, _COUNT)
    raise ValueError(f'{name}: no number of a summary')


def numbers(summary: Mapping[str, Any]) -> dict[str, float | None]:
    """
    Return all numbers of a summary by name, the weightiest first; None where not known.

    A reason or finding that did not occur is 0, unless there was no frame at all.
    """
    decisions = summary['decisions']
    flat = {**_flat('', {name: summary.get(name) for name in ('frames', 'with_truth', 'seconds')}),
            **_flat('', summary['scores']), **_flat('decisions.', decisions),
            **_flat('scenario.', {name: value for name, value in
                                  (summary.get('scenario') or {}).items()
                                  if name != 'recordings'}),
            **_flat('stability.', summary.get('stability', {})),
            **{_stage(name): value for name, value in
               _flat('latency_ms.', summary.get('latency_ms', {})).items()},
            'failed': float(len(summary['failed']))}
    events = decisions.get('false_go_events')
    flat['decisions.false_go_events'] = None if events is None else float(len(events))
    none = 0.0 if summary['frames'] else None
    for beginning, counts in ((REASONS, decisions.get('reasons', {})),
                              (HEALTH, summary.get('health', {}))):
        for reason in Reason:
            flat[beginning + reason.value] = none
        flat |= {beginning + code: float(count) for code, count in counts.items()}
    if not summary['frames']:      # no frame is no evidence that something did not occur
        flat = {name: value if name in ('frames', 'failed') or name.startswith('scenario.')
                else None
                for name, value in flat.items()}
    classes = sorted(name for name in flat if name.startswith(CLASSES))
    rest = [name for beginning in (REASONS, HEALTH) for name in flat if name.startswith(beginning)]
    return {name: flat.get(name) for name in (*SCORES, *classes, *rest)}


def canonical(name: str) -> str:
    """Return the name of a number for what people write: scores.miou, latency_ms.infer_ms.p95."""
    return _stage(name.removeprefix('scores.'))


def _stage(name: str) -> str:
    parts = name.split('.')
    if parts[0] == 'latency_ms' and len(parts) == 3:
        parts[1] = parts[1].removesuffix('_ms')
    return '.'.join(parts)


def _flat(beginning: str, content: Mapping[str, Any]) -> dict[str, float | None]:
    flat: dict[str, float | None] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            flat |= _flat(f'{beginning}{name}.', value)
        elif value is None:
            flat[beginning + name] = None
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            flat[beginning + name] = float(value) if math.isfinite(value) else None
    return flat
