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

"""How a lens bends the picture: OpenCV's distortion, and the names that drivers give it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.outside_text import quoted

Points = NDArray[np.float64]

MODELS = {'plumb_bob': (0, 4, 5, 8, 12, 14), 'equidistant': (4,)}
"""
The models with the numbers of coefficients that they may have.

plumb_bob is that of OpenCV's calib3d: k1, k2, p1, p2, k3, then k4 to k6 (rational), s1 to s4 (thin
prism), tau_x and tau_y (tilted sensor). equidistant is that of its fisheye module: k1 to k4.
"""
MOST_COEFFICIENTS = 100
"""Numbers of d that are looked at, zeros at its end included."""
_NAMES = {'': 'plumb_bob', 'none': 'plumb_bob', 'pinhole': 'plumb_bob', 'plumb_bob': 'plumb_bob',
          'rational_polynomial': 'plumb_bob',
          'equidistant': 'equidistant', 'fisheye': 'equidistant'}
_UNDISTORTED = ('none', 'pinhole')
"""Names that say there is no distortion: coefficients beside them contradict."""
_RADII: Points = np.linspace(0.0, 4.0, 4001).astype(np.float64)
"""Distances from the optical axis in focal lengths: up to 76 degrees off it."""
_ROUNDS = 8
"""Of the search for what is bent to a point, at most."""
_EXACT = 1e-6
"""Focal lengths by which what is found may miss, at most."""
_DIRECTIONS: Points = np.linspace(0.0, 2 * math.pi, 8, endpoint=False).astype(np.float64)


@dataclass(frozen=True)
class Lens:
    """
    A distortion model with its coefficients, in the order of OpenCV.

    :raises ValueError: names the field, its value and what would fit.
    """

    model: str = 'plumb_bob'
    coefficients: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.model not in MODELS:
            raise ValueError(
                f'distortion_model: {quoted(self.model)} is none of {", ".join(MODELS)}')
        if len(self.coefficients) not in MODELS[self.model] or not all(
                math.isfinite(value) for value in self.coefficients):
            raise ValueError(
                f'd: {quoted(list(self.coefficients))} does not fit {self.model}, which has '
                f'{" or ".join(str(count) for count in MODELS[self.model])} finite numbers')

    @property
    def bends(self) -> bool:
        """Whether it shows straight lines bent."""
        return any(self.coefficients) or self.model == 'equidistant'

    def distort(self, plane: Points) -> Points:
        """
        Bend points float64 [..., 2] of the plane at depth 1.

        The models of OpenCV's calib3d and fisheye modules, written out: cv2.projectPoints computes
        derivatives too, and takes several times as long.
        """
        x, y = plane[..., 0], plane[..., 1]
        radius = np.hypot(x, y)
        bent: Points = plane * self._scale(radius)[..., None]
        if self.model == 'equidistant':
            return bent
        _, _, p1, p2, _, _, _, _, s1, s2, s3, s4, tau_x, tau_y = self._fourteen
        square = radius * radius
        if p1 or p2:
            bent[..., 0] += 2 * p1 * x * y + p2 * (square + 2 * x * x)
            bent[..., 1] += p1 * (square + 2 * y * y) + 2 * p2 * x * y
        if s1 or s2 or s3 or s4:
            bent[..., 0] += square * (s1 + s2 * square)
            bent[..., 1] += square * (s3 + s4 * square)
        if tau_x or tau_y:
            bent = _tilted(bent, tau_x, tau_y)
        return bent

    def undistort(self, bent: Points) -> Points:
        """
        Return the points float64 [..., 2] of the plane at depth 1 that distort() bends to these.

        NaN beyond the calibration, and where no such point is found.
        """
        # Farther out the lens may fold, and a bent radius would belong to two.
        radii = _RADII[self.valid_radius >= _RADII]
        scaled = radii * self._scale(radii)
        wanted = np.array(bent, np.float64)
        for _ in range(_ROUNDS):
            far = np.hypot(wanted[..., 0], wanted[..., 1])
            factor = np.interp(far, scaled, radii, right=np.nan) / np.where(far > 1e-9, far, 1.0)
            plane: Points = wanted * np.where(far > 1e-9, factor, 1.0)[..., None]
            missed = bent - self.distort(plane)
            error = np.abs(missed).max(axis=-1)
            if not (error > _EXACT).any():
                break
            # What is not radial is small, so that it may be reckoned where it was found last.
            wanted += missed
        plane[~(error <= _EXACT)] = np.nan
        return plane

    @cached_property
    def valid_radius(self) -> float:
        """
        Distance from the axis, in focal lengths, up to which farther is farther in the picture.

        In every direction: prism and tilt may fold the picture on one side only.
        """
        rays = _RADII[:, None, None] * np.stack(
            [np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)], axis=-1)
        growing = (np.diff(np.linalg.norm(self.distort(rays), axis=-1), axis=0) > 0).all(axis=1)
        return float(_RADII[-1] if growing.all() else _RADII[int(np.argmin(growing))])

    @property
    def _fourteen(self) -> tuple[float, ...]:
        return (*self.coefficients, *(0.0,) * 14)[:14]

    def _scale(self, radius: Points) -> Points:
        """Return the factor by which points move away from the axis, at distances from it."""
        if self.model == 'equidistant':
            angle = np.arctan(radius)
            k1, k2, k3, k4 = self.coefficients
            t = angle * angle
            bent = angle * (1 + t * (k1 + t * (k2 + t * (k3 + t * k4))))
            return np.asarray(np.divide(bent, radius, out=np.ones_like(bent), where=radius > 1e-9))
        k1, k2, _, _, k3, k4, k5, k6 = self._fourteen[:8]
        t = radius * radius
        above = 1 + t * (k1 + t * (k2 + t * k3))
        below = 1 + t * (k4 + t * (k5 + t * k6))
        return np.asarray(above / np.where(below > 1e-6, below, np.nan))


def read_lens(name: str, d: Sequence[float]) -> Lens:
    """
    Read what a camera_info says of the lens.

    Zeros at the end of `d` mean nothing; drivers give rational_polynomial with 5 coefficients and
    plumb_bob with 8, 12 or 14, which are OpenCV's under either name. `fisheye` is OpenCV's
    equidistant; an empty name, `none` and `pinhole` go with zeros, or with nothing.

    :raises ValueError: names distortion_model or d, its value and what would fit.
    """
    model = _NAMES.get(name)
    if model is None:
        raise ValueError(
            f'distortion_model: {quoted(name)} is none of {", ".join(filter(None, _NAMES))}')
    if len(d) > MOST_COEFFICIENTS:
        raise ValueError(f'd: has {len(d)} numbers, {model} at most {MODELS[model][-1]}')
    used = len(d)
    while used and d[used - 1] == 0.0:
        used -= 1
    if used and name in _UNDISTORTED:
        raise ValueError(f'd: {quoted(list(d))} is a distortion, and distortion_model is '
                         f'{quoted(name)}, which has none')
    if used == 0 and model == 'plumb_bob':
        return Lens()
    count = next((count for count in MODELS[model] if used <= count <= len(d)), len(d))
    return Lens(model, tuple(float(value) for value in d[:count]))


def _tilted(bent: Points, tau_x: float, tau_y: float) -> Points:
    """Return where points [..., 2] come to lie on a sensor that is tilted by these angles."""
    cx, sx, cy, sy = math.cos(tau_x), math.sin(tau_x), math.cos(tau_y), math.sin(tau_y)
    turn = (np.array([[cy, 0.0, -sy], [0.0, 1.0, 0.0], [sy, 0.0, cy]])
            @ np.array([[1.0, 0.0, 0.0], [0.0, cx, sx], [0.0, -sx, cx]]))
    onto = np.array([[turn[2, 2], 0.0, -turn[0, 2]], [0.0, turn[2, 2], -turn[1, 2]],
                     [0.0, 0.0, 1.0]]) @ turn
    x, y, depth = np.moveaxis(bent @ onto[:, :2].T + onto[:, 2], -1, 0)
    seen: Points = np.stack([x, y], axis=-1) / np.where(depth > 1e-6, depth, np.nan)[..., None]
    return seen
