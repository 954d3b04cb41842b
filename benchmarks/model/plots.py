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

"""accuracy_over_time.png and reliability.png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator
import numpy as np

from benchmarks.model.results import Result
from seg_node.scoring.path_score import iou_interval
from seg_node.tools.demo.timeline_plot import CAMERA_COLORS, DPI, MUTED, STYLE, style_axis

_TICKS = [step * 10 ** power for power in range(-1, 5) for step in (1, 2, 5)]
_MARKERS = 'osD^vPX*'
_GREYS = (MUTED, '#4a505a')
"""Of the baselines."""


def write_scatter(results: Sequence[Result], path: Path) -> None:
    """Draw path IoU, with its 95 % interval, over the time from frame to labels."""
    names = list(results[0].sets)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            1, len(names), figsize=(14, 6.5), dpi=DPI, sharex=True, squeeze=False)
        figure.subplots_adjust(
            left=0.06, right=0.98, top=_top(results, 6.5), bottom=0.11, wspace=0.14)
        times = [one.latency.median_ms for one in results]
        for axis, name in zip(axes[0], names, strict=True):
            count = len(results[0].sets[name].images)
            style_axis(axis, f'path IoU on {name}, {count} images')
            for one, (color, marker) in zip(results, _looks(results), strict=True):
                score = one.sets[name]
                iou, interval = score.path.iou, iou_interval(tuple(score.images.values()))
                axis.errorbar(
                    one.latency.median_ms, iou,
                    # A few images can all be drawn to one side of the score.
                    [[max(0.0, iou - interval.low)], [max(0.0, interval.high - iou)]],
                    color=color, marker=marker, markersize=11, capsize=4, linewidth=1.4,
                    label=_name(one))
            axis.set_xscale('log')
            axis.set_xlim(min(times) / 1.6, max(times) * 1.6)
            axis.xaxis.set_major_locator(FixedLocator(_TICKS))
            axis.xaxis.set_minor_locator(NullLocator())
            axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
            axis.set_xlabel('ms from frame to labels, median, logarithmic')
            axis.margins(y=0.12)
        _legend(figure, axes[0][0])
        figure.savefig(path)
        plt.close(figure)


def write_reliability(results: Sequence[Result], path: Path) -> None:
    """Draw how often path or not is right at each confidence, and how often it is given."""
    names = list(results[0].sets)
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            2, len(names), figsize=(14, 8), dpi=DPI, sharex=True, squeeze=False,
            gridspec_kw={'height_ratios': (3, 1), 'hspace': 0.22})
        figure.subplots_adjust(
            left=0.06, right=0.98, top=_top(results, 8.0), bottom=0.08, wspace=0.14)
        for column, name in enumerate(names):
            upper, lower = axes[0][column], axes[1][column]
            style_axis(upper, f'share of right pixels, {name}')
            style_axis(lower, 'share of all pixels')
            upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1.2, linestyle=(0, (5, 3)))
            for one, (color, marker) in zip(results, _looks(results), strict=True):
                calibration = one.sets[name].calibration
                bins = calibration.bins()
                # A bin of a few pixels shows chance alone.
                filled = [each for each in bins if each.share > 1e-4]
                upper.plot([each.confidence for each in filled],
                           [each.accuracy for each in filled], color=color, marker=marker,
                           markersize=6, linewidth=1.6, label=_name(one))
                lower.step([bins[0].low, *(each.high for each in bins)],
                           [bins[0].share, *(each.share for each in bins)],
                           color=color, linewidth=1.6)
                upper.text(0.985, 0.05 + 0.05 * (len(results) - 1 - results.index(one)),
                           f'ECE {calibration.error():.3f}  {one.facts.name}', color=color,
                           ha='right', fontsize=11, transform=upper.transAxes)
            upper.set_ylim(0, 1.03)
            lower.set_yscale('log')
            lower.set_ylim(1e-4, 1.5)
            lower.set_xlabel('confidence')
            lower.set_xlim(_lowest(results) - 0.02, 1.005)
        _legend(figure, axes[0][0])
        figure.savefig(path)
        plt.close(figure)


def _lowest(results: Sequence[Result]) -> float:
    """Return the lowest confidence that any of the networks gave."""
    given = [np.flatnonzero(score.calibration.counts.any(axis=1))[0] / 255
             for one in results for score in one.sets.values()
             if score.calibration.counts.any()]
    return float(min(given, default=0.0))


def _looks(results: Sequence[Result]) -> list[tuple[str, str]]:
    """Return colour and marker of each: baselines in grey."""
    looks, offered, compared = [], 0, 0
    for index, one in enumerate(results):
        marker = _MARKERS[index % len(_MARKERS)]
        if one.facts.baseline:
            looks.append((_GREYS[compared % len(_GREYS)], marker))
            compared += 1
        else:
            looks.append((CAMERA_COLORS[offered % len(CAMERA_COLORS)], marker))
            offered += 1
    return looks


def _name(one: Result) -> str:
    return f'{one.facts.name} ({one.facts.runtime}, {one.facts.precision})'


def _legend(figure: Any, axis: Any) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc='upper left', bbox_to_anchor=(0.05, 0.99), frameon=False,
                  ncol=2, fontsize=11, handlelength=1.6, columnspacing=2.0)


def _top(results: Sequence[Result], height: float) -> float:
    """Return where the axes end, as a share of a figure so many inches high, below the legend."""
    return 1.0 - (0.5 + 0.25 * ((len(results) + 1) // 2)) / height
