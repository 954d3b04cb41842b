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

"""The numbers of a drive: what was lost, how late, how the decisions went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.common.text_table import aligned
from seg_node.tools.demo.drive_log import LoggedDrive


@dataclass(frozen=True)
class Decisions:
    """Seconds of each decision, and how often it changed."""

    go_s: float
    slow_s: float
    stop_s: float
    changes: int


@dataclass(frozen=True)
class Summary:
    """
    The content of summary.json. Counts are over all cameras.

    dropped: frames sent without a mask. latency_ms: from the publishing of a frame to the arrival
    of the first state that reports it. fps: masks per second of one camera. reasons: seconds per
    reason code. machine: where this machine was too slow. path_iou: against ground truth, None
    where there is none.
    """

    input: str
    cameras: list[str]
    duration_s: float
    frames_sent: int
    masks_received: int
    dropped: int
    states_received: int
    latency_ms: Percentiles
    inference_ms: Percentiles
    latency_over_inference: float | None
    fps: float | None
    machine: list[str]
    decisions: Decisions
    reasons: dict[str, float]
    path_iou: float | None
    model: str
    backend: str
    interrupted: bool

    def to_json(self) -> str:
        """Return strict JSON: what is not finite is null."""
        return strict_json(asdict(self))


def summarize(
    drive: LoggedDrive, *, name: str, model: str, backend: str, path_iou: float | None = None,
    machine: Sequence[str] = (), interrupted: bool = False,
) -> Summary:
    """Compute the numbers of a drive; model and backend are given where the node is silent."""
    sent = {(one.camera, one.stamp_ns) for one in drive.sent}
    arrivals = {(camera, stamp): wall for camera, stamp, wall in drive.records.masks
                if (camera, stamp) in sent}
    latency = Percentiles.of(sample.latency_ms for sample in drive.samples)
    inference = Percentiles.of(
        sample.inference_ms for sample in drive.samples if sample.inference_ms is not None)
    ratio = latency.p50 / inference.p50 if inference.p50 else math.nan
    seconds: dict[str, float] = defaultdict(float)
    reasons: dict[str, float] = defaultdict(float)
    for segment in drive.segments:
        seconds[segment.decision] += segment.seconds
        reasons[segment.reason] += segment.seconds
    told = drive.records.diagnostics
    return Summary(
        input=name, cameras=list(drive.cameras), duration_s=round(drive.duration_s, 3),
        frames_sent=len(drive.sent), masks_received=len(arrivals),
        dropped=len(drive.sent) - len(arrivals), states_received=len(drive.records.states),
        latency_ms=latency, inference_ms=inference,
        latency_over_inference=round(ratio, 3) if math.isfinite(ratio) else None,
        fps=_fps(arrivals), machine=list(machine),
        decisions=Decisions(round(seconds['go'], 3), round(seconds['slow'], 3),
                            round(seconds['stop'], 3), len(drive.changes)),
        reasons={code: round(value, 3) for code, value in
                 sorted(reasons.items(), key=lambda item: -item[1])},
        path_iou=None if path_iou is None else round(path_iou, 4),
        model=told.get('model') or model, backend=told.get('backend') or backend,
        interrupted=interrupted)


def write_summary(summary: Summary, path: Path) -> None:
    """Write summary.json."""
    write_whole(path, summary.to_json())


def path_iou(
    pairs: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]],
    drivable: Collection[int], true_drivable: Collection[int],
) -> float | None:
    """
    Return the intersection over union of path over all images; None without any path.

    pairs: (mask, true labels), uint8 [H, W] each, of the same size; a true label of 255 is not
    judged. drivable and true_drivable: the class ids that are path in the one and the other.
    """
    intersection = union = 0
    for mask, truth in pairs:
        judged = truth != 255
        found = np.isin(mask, list(drivable)) & judged
        wanted = np.isin(truth, list(true_drivable)) & judged
        intersection += int(np.count_nonzero(found & wanted))
        union += int(np.count_nonzero(found | wanted))
    return intersection / union if union else None


def table(summary: Summary) -> str:
    """Return the short table for the terminal."""
    def triple(values: Percentiles) -> str:
        return ' / '.join('-' if math.isnan(v) else f'{v:.1f}'
                          for v in (values.p50, values.p95, values.p99))

    seconds = summary.decisions
    rows = [
        ('frames sent', f'{summary.frames_sent}'),
        ('masks received', f'{summary.masks_received}  ({summary.dropped} dropped)'),
        ('rate', '-' if summary.fps is None else f'{summary.fps:.1f} fps'),
        ('latency ms  p50/p95/p99', triple(summary.latency_ms)),
        ('inference ms  p50/p95/p99', triple(summary.inference_ms)),
        ('GO / SLOW / STOP', f'{seconds.go_s:.1f} s / {seconds.slow_s:.1f} s / '
                             f'{seconds.stop_s:.1f} s, {seconds.changes} changes'),
        ('reasons', ', '.join(f'{code} {value:.1f} s'
                              for code, value in list(summary.reasons.items())[:5]) or '-'),
    ]
    if summary.path_iou is not None:
        rows.append(('path IoU', f'{summary.path_iou:.3f}'))
    rows += [('this machine', line) for line in summary.machine]
    rows.append(('model, backend', f'{summary.model}, {summary.backend}'))
    return aligned(rows)


def _fps(arrivals: Mapping[tuple[str, int], int]) -> float | None:
    times: dict[str, list[int]] = defaultdict(list)
    for (camera, _), wall in arrivals.items():
        times[camera].append(wall)
    rates = [(len(walls) - 1) * 1e9 / (max(walls) - min(walls))
             for walls in times.values() if max(walls) > min(walls)]
    return round(sum(rates) / len(rates), 2) if rates else None

