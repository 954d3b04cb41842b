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

"""timeline.png: decision, reason, free distance, confidence and latency over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib

matplotlib.use('Agg')
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
import matplotlib.pyplot as plt
import numpy as np

from seg_node.drawing.colors import color_of, DECISIONS, pale
from seg_node.stop_go.actions import ClassRule
from seg_node.tools.demo.drive_log import LoggedDrive, LoggedFrame, Segment

SIZE, DPI = (16, 10), 100
STOP = DECISIONS['stop']
INK, MUTED = '#2b2f36', '#8a919c'
STYLE = {'font.size': 12, 'axes.edgecolor': '#c9ced6', 'text.color': INK,
         'axes.labelcolor': INK, 'xtick.color': INK, 'ytick.color': INK,
         'font.family': 'DejaVu Sans'}
"""Settings of matplotlib for all plots."""
CAMERA_COLORS = ('#2563a8', '#b7791f', '#7b4bab', '#0f8b8d', '#a23e6c', '#5b6b2f', '#444b59',
                 '#c65d21')
DASHED = (0, (5, 3))
STYLES = ((0, (6, 2, 1, 2)), (0, (2, 1)), (0, (3, 1, 1, 1, 1, 1)))
LETTERS, LINE = 170, 0.02
"""Letters in a line of small text, and its share of the height."""
NARROW = 0.011
"""Share of the drive per letter below which a reason's name does not fit into its strip."""


def write_timeline(drive: LoggedDrive, path: Path, limits: Mapping[str, float],
                   reaches: Sequence[ClassRule] = (), notes: Sequence[str] = ()) -> None:
    """
    Draw the drive.

    :param limits: values of the node's stop_go parameters, by name.
    :param reaches: classes that slow, or act at a distance of their own.
    :param notes: what is to be known of the whole of it.
    """
    with plt.rc_context(STYLE):
        figure, axes = plt.subplots(
            4, 1, figsize=SIZE, dpi=DPI, sharex=True,
            gridspec_kw={'height_ratios': (1.1, 2, 2, 2), 'hspace': 0.32})
        told = wrap('this machine: ' + '; '.join(notes), LETTERS) if notes else []
        # The legend of the reasons has a line of its own below the text.
        figure.subplots_adjust(left=0.06, right=0.98, top=0.92 - LINE * len(told), bottom=0.06)
        _decisions(axes[0], drive)
        unit = f', {drive.unit}' if drive.unit else ''
        _measure(axes[1], drive, 'free_distance', f'free distance{unit}', None)
        _needed(axes[1], drive, reaches)
        _measure(axes[2], drive, 'confidence', 'confidence',
                 limits.get('stop_go.min_confidence'))
        _times(axes[3], drive)
        axes[3].set_xlim(0, max(drive.duration_s, 1e-3))
        axes[3].set_xlabel('seconds from the first frame')
        go = sum(one.seconds for one in drive.segments if one.decision == 'go')
        figure.text(
            0.06, 0.985, f'GO {go:.1f} s of {drive.duration_s:.1f} s,  {len(drive.changes)} '
            f'change{"" if len(drive.changes) == 1 else "s"} of decision,  '
            f'{len(drive.samples)} of {len(drive.sent)} frames decided', va='top', fontsize=14)
        figure.text(0.06, 0.985 - 1.4 * LINE, '\n'.join(told), va='top', fontsize=11, color=STOP)
        figure.savefig(path)
        plt.close(figure)


def _decisions(axis: Any, drive: LoggedDrive) -> None:
    axis.set_ylim(0, 2)
    axis.set_yticks((1.5, 0.5), ('decision', 'reason'))
    axis.tick_params(axis='y', length=0)
    unlabelled: dict[str, str] = {}
    for segment in drive.segments:
        place, size = segment.start_s, segment.seconds
        axis.broken_barh([(place, size)], (1.04, 0.92),
                         color=DECISIONS.get(segment.decision, STOP), linewidth=0)
        color = pale(color_of(segment.reason))
        axis.broken_barh([(place, size)], (0.04, 0.92), color=color, linewidth=0)
        if size >= NARROW * len(segment.reason) * drive.duration_s * 0.8:
            axis.text(place + size / 2, 0.5, segment.reason, ha='center', va='center',
                      fontsize=11)
        else:
            unlabelled[segment.reason] = color
    for stretch in _decision_stretches(drive.segments):
        if stretch.seconds >= 0.04 * drive.duration_s:
            axis.text(stretch.start_s + stretch.seconds / 2, 1.5, stretch.decision.upper(),
                      ha='center', va='center', color='white', fontweight='bold')
    if unlabelled:
        _legend_above(axis, [Patch(color=color, label=reason)
                             for reason, color in unlabelled.items()])
    for side in axis.spines.values():
        side.set_visible(False)


def _measure(axis: Any, drive: LoggedDrive, name: str, label: str, limit: float | None) -> None:
    style_axis(axis, label)
    top = 1.0
    for camera, samples, color in _by_camera(drive):
        times = [sample.time_s for sample in samples]
        values = [np.nan if getattr(sample, name) is None else getattr(sample, name)
                  for sample in samples]
        top = max(top, float(np.nanmax(values)) if np.isfinite(values).any() else top)
        axis.plot(times, values, color=color, linewidth=1.6, label=camera)
    axis.set_ylim(0, top * 1.08)
    if limit is not None:
        axis.axhline(limit, color=STOP, linewidth=1.3, linestyle=(0, (5, 3)))
        axis.axhspan(0, limit, color=STOP, alpha=0.06, linewidth=0)
        axis.text(1.0, limit, f'limit {limit:g} ', color=STOP, ha='right', va='bottom',
                  fontsize=11, transform=axis.get_yaxis_transform())
    if len(drive.cameras) > 1:
        _legend_above(axis, axis.get_legend_handles_labels()[0])


def _needed(axis: Any, drive: LoggedDrive, reaches: Sequence[ClassRule]) -> None:
    """Draw what is needed to stop, and the distances of those classes that have their own."""
    handles = [*axis.get_legend_handles_labels()[0]] if len(drive.cameras) > 1 else []
    handles.append(Line2D([], [], color=STOP, linestyle=DASHED, label=', '.join([
        'needed', *(f'{rule.name} slows within it' for rule in reaches if not rule.distance)])))
    for rule, style in zip([rule for rule in reaches if rule.distance], cycle(STYLES),
                           strict=False):
        color = DECISIONS[rule.action.value]
        axis.axhline(rule.distance, color=color, linewidth=1.3, linestyle=style)
        axis.set_ylim(0, max(axis.get_ylim()[1], rule.distance * 1.08))
        handles.append(Line2D([], [], color=color, linestyle=style, label=(
            f'{rule.name}: {rule.action.value.upper()} within {rule.distance:g}')))
    _legend_above(axis, handles)
    for _, samples, _ in _by_camera(drive):
        times = [sample.time_s for sample in samples]
        values = [np.nan if sample.required_distance is None else sample.required_distance
                  for sample in samples]
        axis.plot(times, values, color=STOP, linewidth=1.3, linestyle=DASHED)
        axis.fill_between(times, 0, values, color=STOP, alpha=0.06, linewidth=0)


def _times(axis: Any, drive: LoggedDrive) -> None:
    style_axis(axis, 'latency and inference, ms')
    several = len(drive.cameras) > 1
    handles = []
    shown: list[float] = []
    for camera, samples, color in _by_camera(drive):
        times = [sample.time_s for sample in samples]
        latency = [sample.latency_ms for sample in samples]
        inference = [np.nan if sample.inference_ms is None else sample.inference_ms
                     for sample in samples]
        shown += latency
        axis.plot(times, latency, color=color, linewidth=1.3)
        axis.plot(times, inference, color=color if several else MUTED, linewidth=1.3,
                  linestyle='-' if not several else (0, (2, 2)))
        name = f'{camera}: ' if several else ''
        handles += [Line2D([], [], color=color, label=f'{name}image to state message'),
                    Line2D([], [], color=color if several else MUTED,
                           linestyle='-' if not several else (0, (2, 2)),
                           label=f'{name}inference')]
    if not shown:
        return
    # A single outlier (the first frame, say) must not flatten the rest; it is named instead.
    top = max(1.35 * float(np.percentile(shown, 98)), 1.0)
    axis.set_ylim(0, top)
    worst = max(shown)
    if worst > top:
        axis.text(0.997, 0.93, f'highest latency {worst:.0f} ms, beyond the axis', ha='right',
                  va='top', transform=axis.transAxes, color=MUTED, fontsize=11)
    _legend_above(axis, handles)


def _legend_above(axis: Any, handles: list[Any]) -> None:
    axis.legend(handles=handles, loc='lower right', bbox_to_anchor=(1.0, 1.0), ncol=8,
                frameon=False, fontsize=11, handlelength=1.4, borderaxespad=0.1,
                columnspacing=1.4)


def style_axis(axis: Any, label: str) -> None:
    """Add a title and a grid to an axis; remove its frame above and to the right."""
    axis.set_title(label, loc='left', fontsize=12, pad=6)
    axis.grid(axis='both', color='#e8ebef', linewidth=0.8)
    axis.set_axisbelow(True)
    for side in ('top', 'right'):
        axis.spines[side].set_visible(False)


def _by_camera(drive: LoggedDrive) -> list[tuple[str, list[LoggedFrame], str]]:
    return [(camera, [s for s in drive.samples if s.sent.camera == camera],
             CAMERA_COLORS[index % len(CAMERA_COLORS)])
            for index, camera in enumerate(drive.cameras)]


def _decision_stretches(segments: tuple[Segment, ...]) -> list[Segment]:
    stretches: list[Segment] = []
    for segment in segments:
        if stretches and stretches[-1].decision == segment.decision:
            first = stretches.pop()
            segment = Segment(first.start_s, segment.end_s, first.decision, first.reason)
        stretches.append(segment)
    return stretches
