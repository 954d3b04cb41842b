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

"""
How the ground moved between two images of a camera that was driven straight ahead.

All that stands still moves in planes through the way of the camera (epipolar geometry). What lies
on a plane along that way moves as its homography R (I - s/h d n') says, with the way d, the
plane's normal n, s metres driven and h metres of height (Hartley and Zisserman, "Multiple View
Geometry", 13.1).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.calibration.pinhole import Rays

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

_DOWN: Numbers = np.array([0.0, 1.0, 0.0])
_AHEAD: Numbers = np.array([0.0, 0.0, 1.0])
_LOOKS_DOWN = 0.85
"""Sine of the pitch from which the ground lies ahead of the camera rather than below it."""
_DRAWS = 200
FEWEST = 10
"""Features that must agree."""
_ROUGHLY = 3.0
_LOW = 0.05
"""Sine of the angle below the horizon from which ground is told from what stands on it."""
_ASIDE, _BESIDE = 2.5, 0.1
"""Camera heights beside its way up to which the ground is taken to be free; weight beyond."""
_STEEPEST = 0.35
"""Tangent of the angle by which the ground may lean to the side in the image."""
_TIGHT = (2.0,) * 8
_ROUGH = (8.0, 8.0, 4.0, 4.0, *_TIGHT)
"""How far a feature may be off in each round until it counts half, in what it may be wrong by."""
_STANDING = 0.1
"""Weight of what does not lie on the ground: it may stand far away, or have edges of its own."""
_SHAKEN = 5.0
"""How much farther a feature is off where the camera nods unnoticed."""
_LIKELY_TURN = 0.01
"""Standard deviation of the camera's turn between two images, rad."""
_LIKELY_ROLL = 0.1
"""Standard deviation of how cameras lean to the side, rad."""
_NUDGE, _DONE = 1e-6, 2e-5
_NEAR_WAY = 1e-3


@dataclass(frozen=True, eq=False)
class GroundMotion:
    """
    How a camera moved over the ground between two images, in the optical frame of the second.

    turn: rotation vector [3] of what stands still, from the first image to the second, rad. way:
    unit vector [3] that it moved along. plane: [2], the ground's normal times metres driven for
    each metre of height, along the axes() of the way.
    """

    turn: Numbers
    way: Numbers
    plane: Numbers

    @property
    def advance(self) -> float:
        """Metres driven for each metre of the camera's height over the ground."""
        return float(np.hypot(*self.plane))

    @property
    def down(self) -> Numbers:
        """Unit vector [3] to the ground, upright to it."""
        return np.asarray(self.plane @ axes(self.way) / self.advance, np.float64)

    @property
    def turned_left(self) -> float:
        """Radians that the camera turned to the left, seen from above."""
        return float(self.turn @ self.down)

    @property
    def between(self) -> tuple[Numbers, Numbers]:
        """`way` and `down` at the moment between the images."""
        half = cv2.Rodrigues(-self.turn / 2)[0]
        return np.asarray(half @ self.way), np.asarray(half @ self.down)

    def homography(self, matrix: Numbers) -> Numbers:
        """Return how pixels of the ground moved, [3, 3], for a pinhole's matrix."""
        moved = (np.eye(3) - np.outer(self.way, self.plane @ axes(self.way))) \
            @ cv2.Rodrigues(self.turn)[0]
        return np.asarray(matrix @ moved @ np.linalg.inv(matrix))

    def ground_weights(self, rays: Rays) -> Numbers:
        """
        Return how much directions of the second image, [N], tell of the ground; 0: nothing.

        Most, where the camera was driven or will be; less beside that, where things stand.
        """
        below = rays @ self.down
        aside = np.abs(rays @ np.cross(self.way, self.down))
        return np.where(below > _LOW, np.where(aside < _ASIDE * below, 1.0, _BESIDE), 0.0)

    def moved(self, by: Numbers) -> GroundMotion:
        """Return it changed by [7]: turn, way along its axes(), plane."""
        way = self.way + by[3:5] @ axes(self.way)
        return GroundMotion(self.turn + by[:3], way / np.linalg.norm(way), self.plane + by[5:])

    def misfit(self, then: Rays, now: Rays) -> tuple[Numbers, Numbers, Flags]:
        """
        Return by how much features are off, radians [N]: across and along the plane of their way.

        Along only if they lie on the ground; the flags tell which lie below the horizon at all.
        """
        seen = then @ cv2.Rodrigues(self.turn)[0].T
        normals = np.cross(seen, self.way)
        across = (now * normals).sum(1) / np.maximum(np.linalg.norm(normals, axis=1), _NEAR_WAY)
        sunk = seen @ (self.plane @ axes(self.way))
        there = seen - sunk[:, None] * self.way
        there /= np.linalg.norm(there, axis=1, keepdims=True)
        along = self.way - (there @ self.way)[:, None] * there
        along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), _NEAR_WAY)
        return across, ((now - there) * along).sum(1), sunk > 0.0

    def refined(self, then: Rays, now: Rays, flat: Numbers, exact: float) -> GroundMotion:
        """
        Return what fits features best: Gauss-Newton with the weights of Cauchy.

        :param flat: how much each feature counts as one on the ground, [N]; 0: it may stand.
            Where all may, turn and way are found without the ground.
        :param exact: by which a feature's direction may be wrong, rad.
        """
        motion, free = self, 7 if flat.any() else 5
        steps = np.eye(7)[:free] * _NUDGE
        prior = np.diag(np.array([(exact / _LIKELY_TURN) ** 2] * 3 + [0.0] * 3 + [
            (exact / (_LIKELY_ROLL * self.advance)) ** 2])[:free])
        for scale in _TIGHT if flat.any() else _ROUGH:
            across, along, below = motion.misfit(then, now)
            weights = np.concatenate([
                np.maximum(flat, _STANDING) / (1.0 + (across / (scale * exact)) ** 2),
                flat * below / (1.0 + (along / (scale * exact)) ** 2)])
            off = np.concatenate([across, along])
            slopes = np.stack([
                (np.concatenate(motion.moved(step).misfit(then, now)[:2]) - off) / _NUDGE
                for step in steps])
            weighted = slopes * weights
            pull = prior @ np.concatenate([motion.turn, np.zeros(2), motion.plane])[:free]
            change = np.zeros(7)
            change[:free] = np.linalg.lstsq(
                weighted @ slopes.T + prior, -(weighted @ off + pull), rcond=None)[0]
            motion = motion.moved(change)
            if scale == _TIGHT[0] and np.abs(change).max() < _DONE:
                break
        return motion

    def fits(self, then: Rays, now: Rays, exact: float) -> Flags:
        """Tell which features lie on the ground, for they move as it says."""
        across, along, below = self.misfit(then, now)
        off = _ROUGHLY * exact
        return np.asarray(below & (np.abs(across) < off) & (np.abs(along) < off))


def axes(way: Numbers) -> Numbers:
    """Return the unit vectors [2, 3] across the way of a camera that is upright: down, aside."""
    below = _DOWN if abs(way[1]) < _LOOKS_DOWN else _AHEAD
    down = below - (below @ way) * way
    down /= np.linalg.norm(down)
    return np.stack([down, np.cross(way, down)])


def first_guess(then: Rays, now: Rays, exact: float, rng: np.random.Generator,
                ) -> GroundMotion | None:
    """
    Tell roughly how the ground moved, from nothing; None where most features do not agree.

    :param then: directions of features in the first image; `now`: in the second.
    """
    way = _consensus_way(then, now, _SHAKEN * exact, rng)
    if way is None:
        return None
    motion = GroundMotion(np.zeros(3), way, np.array([1.0, 0.0])).refined(
        then, now, np.zeros(len(then)), exact)
    plane = _consensus_plane(then @ cv2.Rodrigues(motion.turn)[0].T, now, motion.way,
                             _ROUGHLY * exact, rng)
    return None if plane is None else replace(motion, plane=plane)


def _consensus_way(then: Rays, now: Rays, off: float, rng: np.random.Generator,
                   ) -> Numbers | None:
    """Return the way [3] that most features move along, as if the camera did not turn."""
    normals = np.cross(then, now)
    moving = np.flatnonzero(np.linalg.norm(normals, axis=1) > off)
    if len(moving) < FEWEST:
        return None
    draws = rng.choice(moving, (_DRAWS, 2))
    ways = np.cross(normals[draws[:, 0]], normals[draws[:, 1]])
    lengths = np.linalg.norm(ways, axis=1)
    ways = ways[lengths > _NEAR_WAY ** 3] / lengths[lengths > _NEAR_WAY ** 3, None]
    if not len(ways):
        return None
    beside = np.sqrt(np.maximum(1.0 - (ways @ then[moving].T) ** 2, _NEAR_WAY ** 2))
    missed = np.abs(ways @ normals[moving].T) / beside
    best = int(np.maximum(0.0, 1.0 - (missed / (2 * off)) ** 2).sum(axis=1).argmax())
    chosen, way = moving[missed[best] < off], ways[best]
    # What is passed moves away from where the camera is driven to.
    passed = np.median((then[chosen] - now[chosen]) @ way) if len(chosen) else 0.0
    return np.asarray(way if passed > 0 else -way) if passed else None


def _consensus_plane(then: Rays, now: Rays, way: Numbers, off: float, rng: np.random.Generator,
                     ) -> Numbers | None:
    """Return the plane [2] along the way, see GroundMotion, that most features lie on."""
    beside = np.cross(now, way)
    lengths = np.linalg.norm(beside, axis=1)
    sides = then @ axes(way).T
    # What does not move lies on a plane infinitely far below.
    low = ((sides[:, 0] > _LOW) & (lengths > _LOW)
           & (np.linalg.norm(np.cross(then, now), axis=1) > off))
    if np.count_nonzero(low) < FEWEST:
        return None
    sides, beside, lengths = sides[low], beside[low], lengths[low]
    nearness = (np.cross(now[low], then[low]) * beside).sum(1) / lengths ** 2
    draws = rng.integers(len(sides), size=(_DRAWS, 2))
    sound = np.abs(np.linalg.det(sides[draws])) > 1e-4
    if not sound.any():
        return None
    planes = np.linalg.solve(sides[draws][sound], nearness[draws][sound][..., None])[..., 0]
    upright = (planes[:, 0] > 0) & (np.abs(planes[:, 1]) < _STEEPEST * planes[:, 0])
    agree = np.abs(planes @ sides.T - nearness) * lengths < off
    counts = np.where(upright, np.count_nonzero(agree, axis=1), 0)
    best = int(counts.argmax())
    return np.asarray(planes[best]) if counts[best] >= FEWEST and math.isfinite(
        float(planes[best].sum())) else None
