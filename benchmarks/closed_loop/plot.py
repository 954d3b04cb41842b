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

"""An image of one drive: free distance, speed and decision over time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use('Agg')
from matplotlib.patches import Patch
import matplotlib.pyplot as plt
import numpy as np

from benchmarks.closed_loop.outcome import Moment, Outcome
from seg_node.drawing.colors import color_of, DECISIONS, pale
from seg_node.tools.demo.timeline_plot import (
    CAMERA_COLORS,
    DPI,
    INK,
    MUTED,
    NARROW,
    STOP,
    STYLE,
    style_axis,
)

_SIZE = (16, 9)
_TRUE, _SEEN = CAMERA_COLORS[0], CAMERA_COLORS[1]


def write_drive(outcome: Outcome, path: Path) -> None:
    """Draw a drive that was traced."""
    moments = outcome.trace
    times = [moment.time_s for moment in moments]
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            3, 1, figsize=_SIZE, dpi=DPI, sharex=True,
            gridspec_kw={'height_ratios': (0.9, 3, 2), 'hspace': 0.3})
        figure.subplots_adjust(left=0.06, right=0.98, top=0.91, bottom=0.07)
        _decisions(axes[0], moments)
        _distances(axes[1], times, moments)
        _speed(axes[2], times, outcome)
        axes[2].set_xlim(0.0, max(times[-1], 1e-3))
        axes[2].set_xlabel('seconds from the beginning of the drive')
        end = (f'collision with {outcome.collision} at {outcome.collision_speed:.2f} m/s'
               if outcome.collision else f'no collision, minimum room {outcome.min_room:.2f} m')
        axes[0].set_title(
            f'drive {outcome.seed}: {outcome.kind}, up to {outcome.max_speed:.1f} m/s; {end}',
            loc='left', fontsize=14, pad=12)
        figure.savefig(path)
        plt.close(figure)


def _decisions(axis: Any, moments: Sequence[Moment]) -> None:
    axis.set_ylim(0, 2)
    axis.set_yticks((1.5, 0.5), ('decision', 'reason'))
    axis.tick_params(axis='y', length=0)
    for decision, start, size in _stretches(moments, lambda moment: moment.decision):
        axis.broken_barh([(start, size)], (1.04, 0.92), color=DECISIONS[decision], linewidth=0)
    length = moments[-1].time_s
    narrow = {}
    for reason, start, size in _stretches(moments, lambda moment: moment.reason):
        color = pale(color_of(reason))
        axis.broken_barh([(start, size)], (0.04, 0.92), color=color, linewidth=0)
        if size >= NARROW * len(reason) * length * 0.8:
            axis.text(start + size / 2, 0.5, reason, ha='center', va='center', fontsize=11)
        else:
            narrow[reason] = color
    handles = [Patch(color=DECISIONS[name], label=name.upper())
               for name in DECISIONS if any(one.decision == name for one in moments)]
    handles += [Patch(color=color, label=reason) for reason, color in narrow.items()]
    axis.legend(handles=handles, loc='lower right', bbox_to_anchor=(1.0, 1.0), ncol=8,
                frameon=False, fontsize=11, handlelength=1.4, borderaxespad=0.1)
    for side in axis.spines.values():
        side.set_visible(False)


def _distances(axis: Any, times: Sequence[float], moments: Sequence[Moment]) -> None:
    style_axis(axis, 'distance from the bumper, m')
    required = np.array([moment.required for moment in moments])
    top = 2.0 * float(required.max())
    for name, color, label in (('free', _TRUE, 'free'), ('seen', _SEEN, 'seen clear')):
        values = np.array([getattr(moment, name) for moment in moments])
        axis.plot(times, np.minimum(values, 2.0 * top), color=color, linewidth=1.8, label=label)
    axis.plot(times, required, color=STOP, linewidth=1.3, linestyle=(0, (5, 3)),
              label='needed for a stop')
    axis.fill_between(times, 0.0, required, color=STOP, alpha=0.06, linewidth=0)
    axis.set_ylim(0.0, top)
    axis.legend(loc='lower right', bbox_to_anchor=(1.0, 1.0), ncol=3, frameon=False,
                fontsize=11, borderaxespad=0.1)


def _speed(axis: Any, times: Sequence[float], outcome: Outcome) -> None:
    style_axis(axis, 'speed, m/s')
    axis.plot(times, [moment.speed for moment in outcome.trace], color=INK, linewidth=1.8)
    axis.axhline(outcome.max_speed, color=MUTED, linewidth=1.0, linestyle=(0, (2, 2)))
    axis.set_ylim(0.0, 1.15 * outcome.max_speed)


def _stretches(moments: Sequence[Moment], of: Any) -> list[tuple[str, float, float]]:
    """Return value, start and length of each stretch of equal values."""
    found: list[tuple[str, float, float]] = []
    for value, group in groupby(moments, of):
        start = next(group).time_s
        if found:
            before, begin, _ = found[-1]
            found[-1] = (before, begin, start - begin)
        found.append((value, start, moments[-1].time_s - start))
    return found
