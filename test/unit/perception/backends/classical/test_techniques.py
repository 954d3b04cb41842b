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

"""Each technique finds the ground of a plain scene, and neither sky nor the box on it."""

from __future__ import annotations

import numpy as np
import pytest

from seg_node.perception.backends.classical.seeded_image import SeededImage
from seg_node.perception.backends.classical.splitting import split
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.segmenter import Segmenter

HEIGHT, WIDTH = 192, 320
FAR, GRASS, ROAD, BOX = (235, 190, 150), (15, 60, 30), (125, 120, 120), (30, 40, 200)    # BGR

SWALLOWS = ('adaptive', 'k_means')
"""Of a thing as small as the box, the first sees but the rim, and the second has no cluster."""


def scene():
    """Return a road between two meadows with a red box on it, BGR, and where the road is."""
    rng = np.random.default_rng(3)
    bgr = np.empty((HEIGHT, WIDTH, 3), np.int16)
    bgr[:] = GRASS
    bgr[:60] = FAR
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    road = (rows >= 60) & (abs(cols - 160) < 10 + (rows - 60) * 0.9)
    bgr[road] = ROAD
    box = (abs(rows - 95) < 12) & (abs(cols - 165) < 14)
    bgr[box] = BOX
    # Meadows are rougher than roads.
    bgr += np.rint(rng.normal(0, 1, bgr.shape) * np.where(road, 2, 14)[..., None]).astype(np.int16)
    return np.clip(bgr, 0, 255).astype(np.uint8), road & ~box, box


@pytest.mark.parametrize('technique', TECHNIQUES, ids=lambda each: each.name)
def test_the_road_is_found_and_nothing_else(technique):
    bgr, road, box = scene()
    before = bgr.copy()
    found = technique.find(SeededImage(bgr))
    assert found.shape == (HEIGHT, WIDTH) and found.dtype == np.uint8 and found.max() == 1
    both = np.count_nonzero(found.astype(bool) & road)
    assert both / np.count_nonzero(found.astype(bool) | road) > 0.7
    if technique.name not in SWALLOWS:
        assert found[box].mean() < 0.5
    assert found[:50].mean() < 0.02
    assert np.array_equal(bgr, before)
    assert np.array_equal(technique.find(SeededImage(bgr)), found)


@pytest.mark.parametrize('technique', TECHNIQUES, ids=lambda each: each.name)
@pytest.mark.parametrize('level', [0, 255])
def test_an_image_of_one_colour_is_no_error(technique, level):
    found = technique.find(SeededImage(np.full((HEIGHT, WIDTH, 3), level, np.uint8)))
    assert found.shape == (HEIGHT, WIDTH) and found.max() <= 1


def test_together_they_do_not_swallow_the_box():
    bgr, road, box = scene()
    with Segmenter.open(backend='classical') as segmenter:
        found = segmenter.segment(bgr).drivable
    assert np.count_nonzero(found & road) / np.count_nonzero(found | road) > 0.9
    assert found[box].mean() < 0.1


def test_names_are_unique():
    assert len({each.name for each in TECHNIQUES}) == len(TECHNIQUES) == 10


def test_a_region_without_the_seed_is_not_the_ground():
    image = SeededImage(scene()[0])
    far = np.zeros((HEIGHT, WIDTH), np.uint8)
    far[:60] = 1
    assert not image.grown(far).any()
    far[image.seed] = 1
    grown = image.grown(far)
    assert grown[image.seed].all() and not grown[:60].any()


def test_colour_without_the_lights_is_the_same_in_the_shade():
    image = np.full((HEIGHT, WIDTH, 3), (90, 100, 110), np.uint8)
    image[:, WIDTH // 2:] //= 2
    plane = SeededImage(image).invariant.astype(int)
    assert abs(plane[:, :140].mean() - plane[:, 180:].mean()) < 4
    image[:, WIDTH // 2:] = (40, 120, 60)
    plane = SeededImage(image).invariant.astype(int)
    assert abs(plane[:, :140].mean() - plane[:, 180:].mean()) > 20


def test_even_squares_are_not_split():
    planes = np.full((96, 160, 3), 100, np.uint8)
    planes[:32, :32] += np.random.default_rng(0).integers(0, 6, (32, 32, 3)).astype(np.uint8)
    planes[32:48, 32:48] = 200
    found = split(planes)
    assert len(np.unique(found[:32, :32, 0])) == 1
    assert (found[32:48, 32:48] == 200).all() and (found[48:64, 48:64] == 100).all()
