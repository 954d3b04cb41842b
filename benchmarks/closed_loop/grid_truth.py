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
How right the grid of the ground around a simulated vehicle is, where it claims to know.

Drives as closed_loop does, and holds cells of the grid after each judged frame against the road
and what stands on it. Labels, pitch and odometry are exact, or with --errors as wrong as the
stated limits allow. Exit codes: 0 right enough, 1 not, 2 unusable input.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
import sys

import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.course import Course
from benchmarks.closed_loop.drive import Draw, Simulation
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.node import NodeModel
from benchmarks.closed_loop.perception import Exposure, ModelledPerception
from seg_node.perception.models.manifest import ClassInfo
from seg_node.perception.models.model import load_model
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.road import Pose
from seg_node.stop_go.memory.grid import FREE, RESOLUTION, UNKNOWN
from seg_node.stop_go.memory.memory import Remembered
from seg_node.tools.common.command_line import command, OneLineParser, whole

_SAMPLED = 80
"""Cells that are held against the truth after a frame."""
_DEEP = 0.3
"""Metres from the near face of a thing that are taken to be part of it."""
_ENOUGH = 0.995


@dataclass
class Score:
    """Cells that were held against the truth, and those of them that were wrong."""

    free: int = 0
    free_wrong: int = 0
    occupied: int = 0
    occupied_wrong: int = 0

    @property
    def right(self) -> float:
        """Share of the cells that were right."""
        total = self.free + self.occupied
        return 1.0 - (self.free_wrong + self.occupied_wrong) / total if total else math.nan


class _Truth:
    """What is true of points on the ground of a course."""

    def __init__(self, course: Course, things: Sequence[Billboard], seen_from: Pose) -> None:
        self._course, self._things, self._from = course, things, seen_from

    def is_free(self, x: float, y: float) -> bool:
        """Tell whether a point of the world is path, and nothing stands there."""
        s, d = self._course.scene.line.locate(x, y)
        if abs(d) > self._course.half_width or s > self._course.scene.profile.end_s:
            return False
        return not any(self._covers(thing, x, y) for thing in self._things)

    def _covers(self, thing: Billboard, x: float, y: float) -> bool:
        """Tell whether a thing, which faces the camera, stands on a point."""
        away = math.atan2(thing.y - self._from.y, thing.x - self._from.x)
        dx, dy = x - thing.x, y - thing.y
        beyond = dx * math.cos(away) + dy * math.sin(away)
        aside = dy * math.cos(away) - dx * math.sin(away)
        return 0.0 <= beyond <= _DEEP and abs(aside) <= thing.sprite.width_m / 2.0


class WatchedNode(NodeModel):
    """A node whose grid is held against the truth after each frame that went into it."""

    def __init__(self, draw: Draw, limits: StatedLimits, classes: Sequence[ClassInfo],
                 score: Score) -> None:
        """Let it see exact labels."""
        perception = ModelledPerception(draw.perception, draw.course.scene, draw.setup, limits)
        super().__init__(draw.node, draw.setup, limits, perception, classes)
        self._course, self._score = draw.course, score
        self._drawn = np.random.default_rng(draw.seed)

    def remembered(self, exposure: Exposure, known: Remembered) -> None:
        """Hold some of the cells against the truth."""
        if not known.fresh or known.grid is None or known.place is None:
            return
        truth = _Truth(self._course, exposure.things, self._setup.camera_foot(exposure.pose))
        states = known.states
        claimed = states != UNKNOWN
        points, claims = known.grid.middles(claimed), states[claimed]
        chosen = self._drawn.permutation(len(points))[:_SAMPLED]
        # Where the grid says they lie from the vehicle; the vehicle's own place is true.
        ahead = _in_world(exposure.pose, known.place.to_vehicle(points[chosen]))
        for (x, y), claim in zip(ahead.tolist(), claims[chosen].tolist(), strict=True):
            self._count(claim, truth, x, y)

    def _count(self, claim: int, truth: _Truth, x: float, y: float) -> None:
        score = self._score
        if claim == FREE:
            score.free += 1
            score.free_wrong += not truth.is_free(x, y)
            return
        score.occupied += 1
        # The foot of a thing lies in the cell or in one beside it.
        around = (-RESOLUTION, 0.0, RESOLUTION)
        score.occupied_wrong += all(
            truth.is_free(x + dx, y + dy) for dx in around for dy in around)


def _in_world(pose: Pose, points: NDArray[np.float64]) -> NDArray[np.float64]:
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    return np.asarray(points @ np.array([[cos, sin], [-sin, cos]]) + (pose.x, pose.y), np.float64)


def measure(seeds: Sequence[int], limits: StatedLimits) -> Score:
    """Drive the seeds and return how right the grid was."""
    model, score = load_model('road'), Score()
    for seed in seeds:
        Simulation(seed, limits, (model.width, model.height),
                   lambda draw: WatchedNode(draw, limits, model.classes, score)).run()
    return score


@command('benchmark grid')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = OneLineParser(prog='benchmark grid', description=__doc__.split('\n')[1])
    parser.add_argument('--drives', type=whole(1, 100_000), default=50, metavar='N',
                        help='number of drives (default: 50)')
    parser.add_argument('--seed', type=whole(0, 2 ** 31), default=0, metavar='S',
                        help='seed of the first drive; the others follow (default: 0)')
    parser.add_argument('--errors', action='store_true',
                        help='with the modelled errors of perception, pitch and odometry')
    options = parser.parse_args(sys.argv[1:] if argv is None else argv)
    limits = StatedLimits()
    if not options.errors:
        limits = replace(
            limits, bad_frames=0, false_obstacle=0.0, shrunk_path=0.0, rough=0.0, speed_error=0.0,
            yaw_drift=0.0, min_pitch_error=0.0, max_pitch_error=0.0)
    score = measure(range(options.seed, options.seed + options.drives), limits)
    print(f'benchmark: {options.drives} drives: free {score.free} cells, {score.free_wrong} '
          f'wrong; occupied {score.occupied}, {score.occupied_wrong} wrong; '
          f'right {score.right:.2%}')
    return 0 if score.right >= _ENOUGH else 1


if __name__ == '__main__':
    sys.exit(main())
