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

"""What the corridor's kernels must count, said once more in NumPy; see cuda/corridor_plan.py."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.backends.cuda.corridor_plan import CorridorPlan, plan_corridor, Tally


@dataclass(frozen=True, eq=False)
class CorridorCase:
    """
    A corridor with two frames.

    rows, cols: int32 [R, C]; sets: bool [S, 256]; runs: int32 [S, R]; labels, confidence, before:
    uint8 [H, W].
    """

    rows: NDArray[np.int32]
    cols: NDArray[np.int32]
    sets: NDArray[np.bool_]
    runs: NDArray[np.int32]
    obstacle_rows: int
    near_rows: int
    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    before: NDArray[np.uint8]

    @staticmethod
    def random(width: int, height: int, seed: int) -> CorridorCase:
        """Make one of any samples, classes in squares, and sets of one class or several."""
        rng = np.random.default_rng(seed)
        shape = int(rng.integers(1, 60)), int(rng.integers(1, 50))
        sets = np.zeros((int(rng.integers(1, 6)), 256), np.bool_)
        sets[:, :6] = rng.random((len(sets), 6)) < 0.4

        def squares() -> NDArray[np.uint8]:
            cell = int(rng.integers(1, 9))
            small = rng.integers(0, 6, (height // cell + 1, width // cell + 1), np.uint8)
            return np.ascontiguousarray(small.repeat(cell, 0).repeat(cell, 1)[:height, :width])

        return CorridorCase(
            rng.integers(0, height, shape, np.int32), rng.integers(0, width, shape, np.int32),
            sets, rng.integers(1, 2 + shape[1] // 4, (len(sets), shape[0]), np.int32),
            int(rng.integers(1, 6)), int(rng.integers(1, shape[0] + 1)), squares(),
            rng.integers(0, 256, (height, width), np.uint8), squares())

    def plan(self) -> CorridorPlan:
        """Plan how the kernels count it."""
        height, width = self.labels.shape
        return plan_corridor(self.rows, self.cols, self.sets, self.runs, width, height,
                             self.obstacle_rows)

    def tally(self) -> Tally:
        """Count it here."""
        at = self.rows, self.cols
        near = slice(self.near_rows)
        blocks = self.sets[0]
        blocked = blocks[self.labels[at]][near]
        return Tally(
            path=int(np.count_nonzero(~blocks[self.labels])),
            blocked=int(np.count_nonzero(blocked)),
            changed=int(np.count_nonzero(blocked != blocks[self.before[at]][near])),
            confidence=np.bincount(self.confidence[at][near].reshape(-1), minlength=256),
            nearest=tuple(self._nearest(members, runs)
                          for members, runs in zip(self.sets, self.runs, strict=True)))

    def _nearest(self, members: NDArray[np.bool_], runs: NDArray[np.int32]) -> int | None:
        flags = self._upright(members[self.labels])[self.rows, self.cols]
        for row, (flagged, run) in enumerate(zip(flags, runs, strict=True)):
            longest = length = 0
            for flag in flagged:
                length = length + 1 if flag else 0
                longest = max(longest, length)
            if longest >= min(int(run), len(flagged)):
                return row
        return None

    def _upright(self, flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        beside = np.pad(flags, ((0, 0), (1, 1)))
        beside = beside[:, :-2] | beside[:, 1:-1] | beside[:, 2:]
        upright: NDArray[np.bool_] = flags.copy()
        for above in range(1, min(self.obstacle_rows, len(flags))):
            upright[above:] &= beside[:-above]
        return upright


def same(one: Tally, other: Tally) -> bool:
    """Tell whether two tallies are the same."""
    return ((one.path, one.blocked, one.changed, one.nearest)
            == (other.path, other.blocked, other.changed, other.nearest)
            and bool(np.array_equal(one.confidence, other.confidence)))
