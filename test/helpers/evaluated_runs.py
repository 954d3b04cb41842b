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

"""Results of evaluations that never were: drives with STOPs, false GOs and damage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
import json
import math
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.recordings.find import Recording
from seg_node.scoring.boundary import BoundaryScore
from seg_node.scoring.confusion import Confusion
from seg_node.scoring.path_curve import PathCurve
from seg_node.tools.evaluate.film import OverlayFilm
from seg_node.tools.evaluate.job import JobResult
from seg_node.tools.evaluate.row import Columns, columns_of, Row
from seg_node.tools.evaluate.scenario.reading import Scenario
from seg_node.tools.evaluate.scores import Counts
from seg_node.tools.evaluate.store import Store
from seg_node.tools.evaluate.summary import badness, summarize, Totals
from seg_node.tools.evaluate.table import to_bytes
from seg_node.tools.evaluate.worst import describe, place_of

CLASSES = ('background', 'path', 'sidewalk', 'obstacle', 'speed_bump')
HOSTILE = '</script><script>alert(1)</script><img src=x onerror=alert(2)>"\'&'
RATE = 20


@dataclass(frozen=True)
class Drive:
    """What a drive is like; quality: 1 sees all obstacles, less misses some and is less sure."""

    name: str
    frames: int = 400
    seed: int = 0
    quality: float = 0.9
    truth: bool = True
    error: str = ''
    film: bool = False
    changes: dict[int, dict[str, Any]] = field(default_factory=dict)


def rows_of(drive: Drive) -> list[Row]:
    """Return the frames: a clear road, obstacles now and then, and a dark camera once."""
    world, eyes = np.random.default_rng(drive.seed), np.random.default_rng(drive.seed + 10_000)
    phase, pace = world.uniform(0, 6), world.uniform(0.02, 0.05)
    blocked = np.zeros(drive.frames, bool)
    for start in world.integers(20, max(21, drive.frames - 20), max(1, drive.frames // 120)):
        blocked[start:start + int(world.integers(8, 30))] = True
    dark = int(world.integers(0, max(1, drive.frames - 12))) if world.random() < 0.4 else None
    seen = np.roll(blocked, 0 if drive.quality >= 0.95 else 2)
    seen &= eyes.random(drive.frames) < 0.5 + drive.quality / 2
    good, rows = 0, []
    for k in range(drive.frames):
        road = 0.5 + 0.5 * math.sin(phase + pace * k)
        clear = 1.0 if not seen[k] else 0.2 + 0.5 * road
        confidence = min(1.0, 0.9 + 0.07 * road * drive.quality + eyes.normal(0, 0.008))
        health = ('camera_dark',) if dark is not None and dark <= k < dark + 10 else ()
        findings = (*health, *(('blocked',) if clear < 0.9 else ()))
        good = 0 if findings else good + 1
        reason = health[0] if health else 'blocked' if findings else \
            'confirming' if good < 5 else 'slow_class' if k % 157 > 145 else 'clear'
        iou = 0.75 + 0.2 * road * drive.quality - (0.3 if health else 0) + eyes.normal(0, 0.01)
        values: dict[str, Any] = {
            'free_distance': clear, 'required_distance': 0.9, 'unit': 'of the corridor',
            'coverage': clear, 'confidence': confidence, 'confidence_low': confidence - 0.15,
            'path_share': 0.4, 'findings': findings, 'health': health,
            'decode_ms': float(eyes.lognormal(0.7, 0.3)),
            'resize_ms': float(eyes.lognormal(-0.6, 0.3)),
            'infer_ms': float(eyes.lognormal(2.6, 0.2)),
            'measure_ms': float(eyes.lognormal(0.2, 0.4)),
            'flicker': float(eyes.uniform(0, 0.02))}
        if drive.truth:
            values |= {'path_iou': iou, 'path_f1': 2 * iou / (1 + iou), 'false_path': 0.02,
                       'missed_path': 0.05, 'boundary_f1': 0.7, 'miou': 0.7, 'ece': 0.01,
                       'truth_decision': 'stop' if blocked[k] else 'go',
                       'truth_reason': 'blocked' if blocked[k] else 'clear'}
        decision = {'clear': 'go', 'slow_class': 'slow'}.get(reason, 'stop')
        values |= {'decision': decision, 'reason': reason,
                   'text': f'{reason}: {clear:.2f} of the corridor, needed 0.90',
                   **drive.changes.get(k, {})}
        rows.append(Row(**{'recording': drive.name, 'index': k, 'time_s': k / RATE,
                           'stamp_ns': 10**18 + k * 10**9 // RATE, **values}))
    return rows


def write_run(folder: Path, drives: Sequence[Drive], failed: Sequence[str] = (),
              thumbnails: int = 3, parquet: bool = False,
              scenarios: Mapping[str, Scenario] = MappingProxyType({}), **told: Any) -> Path:
    """Write a run as evaluate does."""
    store = Store(folder)
    recordings = [Recording(name, Path(f'/data/{name}'))
                  for name in (*(drive.name for drive in drives), *failed)]
    store.write_run({
        'command': ['evaluate', '/data', '--out', folder.name], 'version': '0.1.0',
        'model': {'name': 'road', 'version': '0.2.0', 'sha256': 'a' * 64, 'precision': 'fp32'},
        'backend': {'name': 'onnxruntime', 'warnings': []}, 'camera': 'camera',
        'parameters': {'stop_go.min_confidence': 0.6, 'stop_go.go_after': 5, 'geometry': 'ground'},
        'truth': {'folder': '/masks', 'topic': None, 'mapping': None},
        'machine': {'cpu': 'a processor', 'cores': 2}, 'started': '2026-11-21T19:00:00+00:00',
        'recordings': [{'recording': one.name, 'path': str(one.path)} for one in recordings],
        **told})
    for drive, recording in zip(drives, recordings, strict=False):
        store.put(recording, _outcome(drive, thumbnails, parquet))
    for name in failed:
        store.put(Recording(name, Path(f'/data/{name}')), JobResult(
            name, {}, error=f'/data/{name}: is no bag (magic bytes are missing). Record it again'))
    store.finish(recordings, CLASSES, parquet, scenarios)
    return folder


def _outcome(drive: Drive, thumbnails: int, parquet: bool) -> JobResult:
    rows = rows_of(drive)
    table = columns_of(rows)
    counts = _counts(drive, table)
    shown = sorted((describe(row) for row in rows), key=badness)[::40][:thumbnails]
    totals = Totals(Counts.empty(len(CLASSES)))
    totals.add(drive.name, table, counts, shown)
    place, frames = to_bytes(table, parquet)
    summary = {'recording': drive.name, **summarize(totals, CLASSES), 'failed': [], 'notes': []}
    kept = {'key': '', 'counts': counts.to_json(), 'worst': shown}
    film = _film(drive, rows) if drive.film else {}
    summary['film'] = {'file': next(iter(film)), 'fps': float(RATE), 'sheet': [
        int(name[6:-4]) for name in film if name.startswith('sheet/')]} if film else None
    files = {**film, place: frames, 'summary.json': _json(summary), 'counts.json': _json(kept),
             **{place_of(one['index']): _jpeg(drive, one['index']) for one in shown}}
    return JobResult(drive.name, files, len(rows), drive.error)


def _film(drive: Drive, rows: Sequence[Row]) -> dict[str, bytes]:
    film = OverlayFilm(RATE)
    for row in rows:
        film.add(_image(drive, row.index))
    return film.finish([0, len(rows) // 2, len(rows) - 1])


def _counts(drive: Drive, table: Columns) -> Counts:
    if not drive.truth:
        return Counts.empty(len(CLASSES))
    levels = np.arange(512)
    is_path = 1 / (1 + np.exp(-(levels - 256) / (90 - 60 * drive.quality)))
    pixels = np.where(np.abs(levels - 255.5) > 240, 9000, 300) * len(table['index'])
    curve = np.stack([pixels * (1 - is_path), pixels * is_path], axis=1).astype(np.int64)
    confusion = np.full((5, 6), 2000, np.int64) * len(table['index'])
    confusion[:, 5] = 0
    confusion[range(5), range(5)] *= int(10 + 40 * drive.quality)
    found = round(1000 * drive.quality)
    return Counts(PathCurve(curve), BoundaryScore(1000, found, 1000, found),
                  Confusion(confusion), None, len(table['index']))


def _jpeg(drive: Drive, index: int) -> bytes:
    return bytes(cv2.imencode('.jpg', _image(drive, index))[1].tobytes())


def _image(drive: Drive, index: int) -> NDArray[np.uint8]:
    image = np.full((90, 320, 3), (200, 180, 160), np.uint8)
    for left in (0, 160):
        road = np.array([[left + 70, 40], [left + 90, 40], [left + 150, 90], [left + 10, 90]])
        cv2.fillPoly(image, [road], (60, 160, 60))
    cv2.putText(image, f'{index}', (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (30, 30, 30), 2)
    return image


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()
