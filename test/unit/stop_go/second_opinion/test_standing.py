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

"""Where what stands out is taken to stand."""

from __future__ import annotations

import numpy as np
import pytest

from seg_node.stop_go import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.second_opinion.level_camera import LevelCamera
from seg_node.stop_go.second_opinion.standing import peaks, Posts

CAMERA = LevelCamera.build(View(Intrinsics(320, 192, 300.0, 300.0, 160.0, 96.0),
                                CameraPose.from_mounting(Mounting(height=1.2))), (320, 192))
POSTS = Posts.build(CAMERA, SweptPath(2.0, 0.5, 0.0), 0.0, 2.0, 16.0)
BEARING = 0.05
NEAREST, STRONGEST = 6.0, 10.0


def ridge():
    """Return scores that rise along one ray, from half of the strongest at NEAREST on."""
    x = POSTS.feet_x
    share = 0.55 + 0.45 * (x - NEAREST) / (x.max() - NEAREST)
    on_ray = np.abs(POSTS.feet_y / x - BEARING) < 0.5 * POSTS.spacing / x
    return np.where(on_ray & (x >= NEAREST), STRONGEST * share, 0.0).astype(np.float32)


@pytest.mark.parametrize('stays', [True, False])
def test_what_only_moves_is_placed_at_the_nearest_foot_that_speaks_for_it(stays):
    scores = ridge()
    found = peaks(POSTS, scores, np.full(scores.shape, stays), 5.0, 0.3, 4)
    first, farthest = found[0], float(POSTS.feet_x.max())
    assert first.score == pytest.approx(STRONGEST, rel=0.01) and first.stays is stays
    # No farther than its shadows may lie, farthest / 1.8; where it fits, its foot is the peak's.
    expected = farthest if stays else max(NEAREST, farthest / 1.8)
    assert expected <= first.x <= expected * 1.2
    assert first.y == pytest.approx(BEARING * first.x, abs=POSTS.spacing)


def test_one_place_that_stands_out_alone_is_where_it_is():
    scores = np.zeros(POSTS.feet_x.shape, np.float32)
    scores[9, 10] = STRONGEST
    one, = peaks(POSTS, scores, np.zeros(scores.shape, bool), 5.0, 0.3, 4)
    assert (one.x, one.y) == (float(POSTS.feet_x[9, 10]), float(POSTS.feet_y[9, 10]))
    assert one.left == one.right == 0.0
