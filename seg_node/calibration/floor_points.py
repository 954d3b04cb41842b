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

"""Where a camera sits, from points on the floor whose places were measured with a tape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.estimate import CalibrationError, Estimate, Measured
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting

_HEIGHTS, _PITCHES = (0.2, 0.6, 1.5), (0.0, 0.3, 0.6, 1.0)
"""Where the search begins, metres and radians."""
_ROUNDS, _NUDGE, _DONE = 40, 1e-6, 1e-9
_CLICK = 1.5
"""Pixels by which a point may be named beside its place."""
_MOST_OFF = 8.0
"""Pixels by which points may miss, root mean square."""
_MOST_UNSURE = 0.03
"""Radians by which an angle may be unsure."""


@dataclass(frozen=True)
class FloorPoint:
    """A point: pixels u, v in the upright image; metres ahead of the vehicle, and left."""

    u: float
    v: float
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class _Fit:
    mounting: Mounting
    off: float
    unsure: dict[str, float]


def from_points(points: Sequence[FloorPoint], intrinsics: Intrinsics, known: Mounting,
                ) -> Estimate:
    """
    Tell where a camera sits from two points, or more: with two, roll is taken to be 0.

    :param known: forward and left count; so does height, where it is above 0.
    :raises CalibrationError: where the points do not tell it.
    """
    if len(points) < 2:
        raise CalibrationError(f'--points: {len(points)} is too few; name two points on the floor '
                               'at least, some way apart')
    fit = _fit(points, intrinsics, known)
    if fit is None or fit.off > _MOST_OFF:
        raise CalibrationError(_misfit(points, intrinsics, known, fit))
    for name, unsure in fit.unsure.items():
        if name != 'height' and unsure > _MOST_UNSURE:
            raise CalibrationError(
                f'--points: lie too near to each other to tell the {name}: it is unsure by '
                f'{unsure:.3f} rad, limit {_MOST_UNSURE}; name points farther apart, one near and '
                'one far, or give the height too (--height)')
    found = {name: Measured(getattr(fit.mounting, name), unsure)
             for name, unsure in fit.unsure.items()}
    return Estimate(found['pitch'], found.get('roll'), found['yaw'],
                    found.get('height', Measured(known.height)))


def _misfit(points: Sequence[FloorPoint], intrinsics: Intrinsics, known: Mounting,
            fit: _Fit | None) -> str:
    """Tell in which way the points cannot be."""
    mirrored = _fit([replace(point, y=-point.y) for point in points], intrinsics, known)
    swapped = _fit([replace(point, x=point.y, y=point.x) for point in points], intrinsics, known)
    off = 'cannot be seen from any place' if fit is None else \
        f'miss by {fit.off:.0f} pixels, limit {_MOST_OFF:.0f}'
    hints = [(abs(other.mounting.yaw), hint) for other, hint in (
        (mirrored, 'mirrored they fit: y counts to the left, negative on the right'),
        (swapped, 'with x and y exchanged they fit: x counts ahead, y to the left'))
        if other is not None and other.off < _MOST_OFF / 2]
    if hints:
        # Both may fit, one of them with a camera that looks aside.
        return f'--points: {off}; {min(hints)[1]}'
    return (f'--points: {off}; check u,v (pixels from the top left) and x,y (metres ahead of the '
            "vehicle's origin, and left of it), camera_info and --height")


def _fit(points: Sequence[FloorPoint], intrinsics: Intrinsics, known: Mounting) -> _Fit | None:
    """Return the mounting that fits points best, whichever it is; None where none does."""
    plane = intrinsics.unproject(np.array([(point.u, point.v) for point in points]))
    if not np.isfinite(plane).all():
        bad = points[int(np.argmin(np.isfinite(plane).all(axis=1)))]
        raise CalibrationError(f'--points {bad.u:g},{bad.v:g}: lies where the lens is not '
                               'calibrated; name one nearer to the middle')
    seen = np.concatenate([plane, np.ones((len(plane), 1))], axis=1)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    floor = np.array([(point.x, point.y, 0.0) for point in points])
    names = ['pitch', 'yaw']
    names += ['height'] * (not known.height > 0) + ['roll'] * (len(points) > 2)
    best: tuple[float, NDArray[np.float64], NDArray[np.float64]] | None = None
    for height, pitch in product(
            (known.height,) if known.height > 0 else _HEIGHTS, _PITCHES):
        start = {'pitch': pitch, 'height': height}
        found = _search(np.array([start.get(name, 0.0) for name in names]), names, floor, seen,
                        known)
        if found is not None and (best is None or found[0] < best[0]):
            best = found
    if best is None:
        return None
    off, values, slopes = best
    free = max(1, seen.shape[0] * 2 - len(names))
    scale = max(_CLICK / intrinsics.fx, math.sqrt(off / free))
    try:
        covariance = np.linalg.inv(slopes @ slopes.T) * scale ** 2
    except np.linalg.LinAlgError:
        covariance = np.diag(np.full(len(names), np.inf))
    unsure = np.sqrt(np.maximum(covariance.diagonal(), 0.0))
    return _Fit(_with(known, names, values), intrinsics.fx * math.sqrt(off / len(points)),
                dict(zip(names, unsure.tolist(), strict=True)))


def _search(values: NDArray[np.float64], names: list[str], floor: NDArray[np.float64],
            seen: NDArray[np.float64], known: Mounting,
            ) -> tuple[float, NDArray[np.float64], NDArray[np.float64]] | None:
    """Search from a start (Levenberg-Marquardt); None where it leaves what can be."""
    damping = 1e-3
    try:
        missed = _missed(_with(known, names, values), floor, seen)
        for _ in range(_ROUNDS):
            slopes = np.stack([
                (_missed(_with(known, names, values + step), floor, seen) - missed) / _NUDGE
                for step in np.eye(len(values)) * _NUDGE])
            square = slopes @ slopes.T
            step = np.linalg.solve(square + damping * np.diag(square.diagonal() + 1e-9),
                                   -slopes @ missed)
            tried = _missed(_with(known, names, values + step), floor, seen)
            if tried @ tried < missed @ missed:
                values, missed, damping = values + step, tried, damping / 3
                if np.abs(step).max() < _DONE:
                    break
            else:
                damping *= 4
    except (ValueError, np.linalg.LinAlgError):
        return None
    return float(missed @ missed), values, slopes


def _missed(mounting: Mounting, floor: NDArray[np.float64], seen: NDArray[np.float64],
            ) -> NDArray[np.float64]:
    """Return by how much directions to points differ from where they are seen, flat, radians."""
    there = CameraPose.from_mounting(mounting).to_optical(floor)
    there /= np.linalg.norm(there, axis=1, keepdims=True)
    return np.asarray((there - seen).ravel())


def _with(known: Mounting, names: list[str], values: NDArray[np.float64]) -> Mounting:
    return replace(known, **dict(zip(names, values.tolist(), strict=True)))
