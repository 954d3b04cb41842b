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

"""The results of a run, and model.json."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
import os
from pathlib import Path
import platform
from typing import Any

from benchmarks.model.contender import Facts
from benchmarks.model.latency import Latency
from benchmarks.model.no_roads import RoadOrNot
from benchmarks.model.quality import Robustness, SetScore
from seg_node.scoring.path_score import iou_interval, PathScore
from seg_node.scoring.swallowed import GROUPS
from seg_node.tools.common.strict_json import strict_json


@dataclass(frozen=True)
class Settings:
    """What was run, where: enough to run it again, and nothing that only this machine knows."""

    command: str
    split: str
    images: dict[str, int]
    threads: int
    rounds: int
    machine: str
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """The results of one contender; robustness is None where corruptions were not asked for."""

    facts: Facts
    sets: dict[str, SetScore]
    latency: Latency
    road_or_not: RoadOrNot
    robustness: Robustness | None


def machine() -> str:
    """Name the processor, how many of it there are, and its architecture."""
    model = ''
    info = Path('/proc/cpuinfo')
    if info.is_file():
        lines = info.read_text(encoding='utf-8', errors='replace').splitlines()
        names = [line.partition(':')[2].strip() for line in lines
                 if line.startswith(('model name', 'Model'))]
        model = names[0] if names else ''
    return f'{model or platform.machine()}, {os.cpu_count()} CPUs, {platform.machine()}'


def to_json(results: Sequence[Result], settings: Settings) -> str:
    """Return strict JSON."""
    content = {**asdict(settings), 'contenders': {
        one.facts.name: _contender(one) for one in results}}
    return strict_json(content)


def write(results: Sequence[Result], settings: Settings, path: Path) -> None:
    """Write model.json."""
    path.write_text(to_json(results, settings), encoding='utf-8')


def _contender(one: Result) -> dict[str, Any]:
    robust = one.robustness
    return {
        **asdict(one.facts),
        'sets': {name: _set(score) for name, score in one.sets.items()},
        'latency': asdict(one.latency),
        'corridor_confidence': asdict(one.road_or_not),
        'corruptions': None if robust is None else {
            **asdict(robust), 'mean': robust.mean, 'worst': robust.worst},
    }


def _set(score: SetScore) -> dict[str, Any]:
    path, boundary, confusion = score.path, score.boundary, score.confusion
    interval = iou_interval(tuple(score.images.values()))
    return {
        'images': len(score.images),
        **_path(path),
        'path_iou_95': [interval.low, interval.high],
        'boundary_f1': boundary.f1,
        'boundary_precision': boundary.precision,
        'boundary_recall': boundary.recall,
        'ece': score.calibration.error(),
        'reliability': [asdict(one) for one in score.calibration.bins()],
        'class_iou': None if confusion is None else dict(
            zip(score.class_names, confusion.ious.tolist(), strict=True)),
        'mean_iou': None if confusion is None else confusion.mean_iou,
        'swallowed': {name: score.swallowed.by(position) for position, name in enumerate(GROUPS)},
        'iou_of_images': {name: one.iou for name, one in score.images.items()},
    }


def _path(path: PathScore) -> dict[str, float]:
    return {'path_iou': path.iou, 'precision': path.precision, 'recall': path.recall,
            'f1': path.f1, 'false_path_rate': path.false_path_rate}
