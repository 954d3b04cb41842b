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

"""Rendered scenes: the labels are exact, whatever the image looks like."""

from __future__ import annotations

from dataclasses import replace
import math

import numpy as np
import pytest

from seg_node.simulation import obstacles, scenery
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH, SIDEWALK, SPEED_BUMP
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material, texture
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import (
    Bump,
    CentreLine,
    PaintedLine,
    Pose,
    Profile,
    SideRoad,
    Sidewalk,
)

CAMERA = Camera(320, 180, 230.0, 1.2, 0.15)
AHEAD = Pose(0.0, 0.0, 0.0)
STRAIGHT = CentreLine.from_curvature(np.zeros_like, -15.0, 120.0)
SURFACES = Surfaces(Material.ASPHALT, Material.GRASS)


def scene(**profile) -> Scene:
    return Scene(STRAIGHT, Profile(**{'width_m': 4.0, 'edge_m': 0.0, **profile}), SURFACES)


def labels(world: Scene, pose: Pose = AHEAD) -> np.ndarray:
    return Renderer(world, CAMERA).render(pose).labels


def label_at(image: np.ndarray, x: float, y: float, z: float = 0.0) -> int:
    u, v = CAMERA.project(x, y, z)
    return int(image[round(float(v)), round(float(u))])


@pytest.mark.parametrize('pose', [AHEAD, Pose(3.0, 0.7, 0.0), Pose(0.0, -0.5, 0.3)])
def test_the_path_is_as_wide_as_the_road(pose):
    image = labels(scene(), pose)
    rows = CAMERA.ground_rows()
    for row in np.flatnonzero(rows.forward < 15.0):
        line = image[rows.first_row + row] == PATH
        if line[0] or line[-1]:
            continue  # the road leaves the image
        across = 4.0 / math.cos(pose.yaw)
        pixel = float(rows.lateral_per_px[row])
        assert abs(line.sum() * pixel - across) <= 1.01 * pixel


def test_the_vehicle_stands_on_the_path_and_the_sky_is_no_path():
    image = labels(scene())
    assert (image[-1, 60:-60] == PATH).all()
    assert not image[:math.floor(CAMERA.horizon_row)].any()


def test_every_part_of_the_road_has_its_label():
    image = labels(scene(
        sidewalks=(Sidewalk(1, 1.5),), bumps=(Bump(6.0, 1.0),), end_s=25.0,
        beyond=Material.WATER, side_roads=(SideRoad(12.0, 4.0, -1),)))
    assert label_at(image, 4.0, 0.5) == PATH
    assert label_at(image, 6.0, 0.5) == SPEED_BUMP
    assert label_at(image, 5.0, 2.8) == SIDEWALK
    assert label_at(image, 5.0, -2.6) == BACKGROUND
    assert label_at(image, 12.0, -6.0) == PATH
    assert label_at(image, 8.0, -4.5) == BACKGROUND
    assert label_at(image, 30.0, 0.0) == BACKGROUND


def test_an_obstacle_covers_exactly_its_place():
    world = scene()
    sprite = obstacles.post(3)
    world = replace(world, things=(world.place(5.0, 0.4, sprite),))
    rows, cols = np.nonzero(labels(world) == OBSTACLE)
    left, foot = CAMERA.project(5.0, 0.4 + sprite.width_m / 2)
    right, top = CAMERA.project(5.0, 0.4 - sprite.width_m / 2, sprite.height_m)
    assert abs(cols.min() - left) <= 1.5
    assert abs(cols.max() - right) <= 1.5
    assert abs(rows.min() - top) <= 1.5
    assert abs(rows.max() - foot) <= 1.5


def test_near_things_hide_far_ones_in_any_order():
    world = scene()
    tree = world.place(4.0, 0.0, scenery.tree(0))
    person = world.place(8.0, 0.0, obstacles.pedestrian(1, 0, 1))
    one = labels(replace(world, things=(tree, person)))
    other = labels(replace(world, things=(person, tree)))
    np.testing.assert_array_equal(one, other)
    alone = labels(replace(world, things=(person,)))
    assert label_at(alone, 8.0, 0.0, 1.0) == OBSTACLE
    assert label_at(one, 8.0, 0.0, 1.0) == BACKGROUND


def test_light_and_paint_change_the_image_and_no_label():
    plain = Renderer(replace(scene(), light=Light(shadow=0.0)), CAMERA).render(AHEAD)
    decorated = scene(lines=(PaintedLine(0.0),), crossings=(5.0,), wear=0.0)
    dark = Renderer(
        replace(decorated, light=Light(shadow=0.7, shadow_cover=0.5, glare=1.0)), CAMERA,
    ).render(AHEAD)
    np.testing.assert_array_equal(plain.labels, dark.labels)
    assert np.abs(plain.bgr.astype(int) - dark.bgr).mean() > 5.0


def test_the_road_stays_where_it_is_when_the_vehicle_moves():
    world = scene(bumps=(Bump(10.0, 1.0),))
    assert label_at(labels(world), 10.0, 0.0) == SPEED_BUMP
    assert label_at(labels(world, Pose(4.0, 0.0, 0.0)), 6.0, 0.0) == SPEED_BUMP


@pytest.mark.parametrize('material', list(Material))
def test_a_material_tiles_without_a_seam(material):
    tile = texture(material).levels[0].astype(int)
    np.testing.assert_array_equal(tile[0], tile[-1])
    np.testing.assert_array_equal(tile[:, 0], tile[:, -1])
    assert tile.std() > 2.0


def test_a_world_without_a_road_has_no_path():
    assert not labels(scene(width_m=0.0)).any()
