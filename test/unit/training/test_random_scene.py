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

from __future__ import annotations

import numpy as np
import pytest

from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH, SIDEWALK, SPEED_BUMP
from training.random_scene import random_scene


def test_a_random_scene_is_a_function_of_its_seed():
    one, again, other = (random_scene(seed, 96, 64) for seed in (5, 5, 6))
    np.testing.assert_array_equal(one.bgr, again.bgr)
    np.testing.assert_array_equal(one.labels, again.labels)
    assert (one.bgr != other.bgr).any()


def test_random_scenes_are_varied():
    frames = [random_scene(seed, 96, 54) for seed in range(80)]
    seen = [set(np.unique(frame.labels).tolist()) for frame in frames]
    assert set().union(*seen) == {BACKGROUND, PATH, SIDEWALK, OBSTACLE, SPEED_BUMP}
    share = {label: sum(label in labels for labels in seen) / len(seen) for label in range(5)}
    assert 0.85 < share[PATH] < 1.0
    assert 0.4 < share[OBSTACLE] < 0.95
    assert 0.03 < share[SPEED_BUMP] < 0.35
    # Right before the vehicle, too: a network that never saw one cut off sees a barrier there.
    assert any((frame.labels[-1] == SPEED_BUMP).any() for frame in frames)
    assert 0.2 < share[SIDEWALK] < 0.8
    for frame in frames:
        assert frame.bgr.shape == (54, 96, 3)
        assert frame.bgr.dtype == frame.labels.dtype == np.uint8
        assert frame.labels.shape == (54, 96)


@pytest.mark.parametrize('size', [(8, 8), (8, 300), (333, 9)])
def test_odd_sizes_render(size):
    width, height = size
    for seed in range(6):
        assert random_scene(seed, width, height).labels.shape == (height, width)


def test_a_scene_too_small_to_see_is_refused():
    with pytest.raises(ValueError, match='4x100'):
        random_scene(0, 4, 100)
