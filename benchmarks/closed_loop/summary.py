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

"""The numbers of many drives: closed_loop.json and the table for the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
import math
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.outcome import Outcome
from seg_node.tools.common.strict_json import strict_json

_QUANTILES = {'min': 0.0, 'p01': 0.01, 'p05': 0.05, 'p50': 0.5, 'p95': 0.95}
_SPEEDS = (1.0, 2.0, 5.0, math.inf)
_LISTED = 50


@dataclass(frozen=True)
class Settings:
    """
    What was run: enough to run it again.

    perception: 'labels with modelled errors', or the name of the network.
    """

    drives: int
    first_seed: int
    perception: str
    limits: StatedLimits


@dataclass(frozen=True)
class Group:
    """The numbers of some of the drives."""

    drives: int
    collisions: int
    arrived: int
    false_stops: int
    km: float
    false_stops_per_km: float | None
    stops: int
    hours: float
    frames: int
    standstill_margin_m: dict[str, float] | None
    min_room_m: dict[str, float] | None


def summarize(outcomes: Iterable[Outcome]) -> Group:
    """Sum up drives."""
    drives = list(outcomes)
    false_stops = sum(len(one.false_stops) for one in drives)
    km = sum(one.metres for one in drives) / 1000.0
    return Group(
        drives=len(drives), collisions=sum(one.collision is not None for one in drives),
        arrived=sum(one.arrived for one in drives), false_stops=false_stops, km=round(km, 3),
        false_stops_per_km=round(false_stops / km, 3) if km > 0.0 else None,
        stops=sum(one.stops for one in drives),
        hours=round(sum(one.seconds for one in drives) / 3600.0, 3),
        frames=sum(one.frames for one in drives),
        standstill_margin_m=_quantiles(margin for one in drives for margin in one.margins),
        min_room_m=_quantiles(one.min_room for one in drives))


def worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Choose the drive with the hardest collision, else the one with the minimum room."""
    return min(outcomes, key=lambda one: (
        one.collision is None, -one.collision_speed, one.min_room, one.seed))


def to_json(outcomes: Sequence[Outcome], settings: Settings) -> str:
    """Return strict JSON, the same for the same settings whatever the number of workers."""
    content: dict[str, Any] = {
        **asdict(summarize(outcomes)),
        'by_kind': _grouped(outcomes, lambda one: one.kind),
        'by_speed_m_s': _grouped(outcomes, _band),
        'worst_drive': _brief(worst(outcomes)),
        'collided': [_brief(one) for one in outcomes if one.collision][:_LISTED],
        'listed_false_stops': [
            {'seed': one.seed, 'kind': one.kind, **asdict(stop)}
            for one in outcomes for stop in one.false_stops][:_LISTED],
        'settings': asdict(settings)}
    return strict_json(content)


def write(outcomes: Sequence[Outcome], settings: Settings, path: Path) -> None:
    """Write closed_loop.json."""
    path.write_text(to_json(outcomes, settings), encoding='utf-8')


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the table for the terminal: a line for each kind of scene and band of speed."""
    groups: list[tuple[str, Group | None]] = [('all', summarize(outcomes)), ('', None)]
    for of in (_kind, _band):
        names = sorted({of(one) for one in outcomes})
        groups += [(name, summarize(one for one in outcomes if of(one) == name))
                   for name in names] + [('', None)]
    lines = [f'  {"":<14}{"drives":>7}{"arrived":>9}{"km":>9}{"collisions":>12}'
             f'{"false":>10}{"per km":>8}{"stops":>7}   metres left: min / 5 % / median']
    for name, group in groups[:-1]:
        if group is None:
            lines.append('')
            continue
        per_km, margin = group.false_stops_per_km, group.standstill_margin_m
        rate = '-' if per_km is None else f'{per_km:.2f}'
        left = '-' if margin is None else ' / '.join(
            f'{margin[key]:.2f}' for key in ('min', 'p05', 'p50'))
        lines.append(
            f'  {name:<14}{group.drives:>7}{group.arrived:>9}{group.km:>9.2f}'
            f'{group.collisions:>12}{group.false_stops:>10}{rate:>8}{group.stops:>7}   {left}')
    return '\n'.join(lines)


def _kind(outcome: Outcome) -> str:
    return outcome.kind


def _band(outcome: Outcome) -> str:
    low = 0.0
    for high in _SPEEDS:
        if outcome.max_speed < high:
            break
        low = high
    return f'over {low:g} m/s' if math.isinf(high) else f'{low:g} to {high:g} m/s'


def _grouped(outcomes: Sequence[Outcome], of: Callable[[Outcome], str]) -> dict[str, Any]:
    return {name: asdict(summarize(one for one in outcomes if of(one) == name))
            for name in sorted({of(one) for one in outcomes})}


def _brief(outcome: Outcome) -> dict[str, Any]:
    content = asdict(outcome)
    del content['trace'], content['false_stops']
    return content


def _quantiles(values: Iterable[float]) -> dict[str, float] | None:
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return None
    found = {name: round(float(np.quantile(finite, share)), 3)
             for name, share in _QUANTILES.items()}
    return {**found, 'count': len(finite)}
