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

"""Labels without images, and what perception gets wrong in them."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from benchmarks.closed_loop.label_noise import (
    blot,
    certainty,
    Grain,
    grow_path,
    roughen,
    shrink_path,
    uncover,
)
from benchmarks.closed_loop.label_renderer import ground_labels, scene_labels
from seg_node.simulation import demo_drive, obstacles
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH, SPEED_BUMP
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import Bump, CentreLine, Pose, Profile, SideRoad, Sidewalk

CAMERA = Camera(320, 180, 230.0, 1.2, 0.15)


def scene(**profile) -> Scene:
    line = CentreLine.from_curvature(lambda s: 0.02 * np.sin(s / 9.0), -15.0, 90.0)
    world = Scene(line, Profile(**{'width_m': 4.0, 'edge_m': 0.0, **profile}),
                  Surfaces(Material.ASPHALT, Material.GRASS, variant=3))
    return replace(world, things=(
        world.place(6.0, 0.5, obstacles.pedestrian(1, 3, 1)),
        world.place(9.0, -0.5, obstacles.pole(0.1, 1.0)), world.place(14.0, 0.0, obstacles.box(2)),
        world.place(3.0, -1.5, obstacles.cone(1))))


PROFILES = {
    'plain': {}, 'ragged': {'edge_m': 0.2}, 'none': {'width_m': 0.0},
    'everything': {
        'edge_m': 0.05, 'end_s': 25.0, 'beyond': Material.WATER, 'bumps': (Bump(7.0, 1.0),),
        'sidewalks': (Sidewalk(1, 1.5), Sidewalk(-1, 1.0)), 'side_roads': (SideRoad(12, 4, -1),)}}


@pytest.mark.parametrize('profile', PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize('pose', [Pose(0, 0, 0), Pose(2.0, 0.5, 0.2), Pose(5.0, -1.0, -0.4)])
@pytest.mark.parametrize('nod', [0.0, -0.02, 0.03])
def test_labels_are_those_of_the_image(profile, pose, nod):
    world = scene(**profile)
    moving = (world.place(5.0, -1.0, obstacles.pedestrian(2, -1, -1)),)
    frame = Renderer(world, CAMERA).render(pose, moving, nod_rad=nod)
    camera = replace(CAMERA, pitch_rad=CAMERA.pitch_rad + nod)
    np.testing.assert_array_equal(scene_labels(world, camera, pose, moving), frame.labels)


@pytest.mark.parametrize('time', [15.0, 17.0, 19.0])
def test_labels_are_those_of_the_demo_drive(time):
    drive = demo_drive(320, 180)
    assert drive.pedestrian(time)[0] < 0.0  # behind the vehicle, not part of the scene
    np.testing.assert_array_equal(
        scene_labels(drive.scene, drive.camera, drive.pose(time)), drive.frame(time).labels)


def test_a_nod_is_a_camera_that_looks_lower():
    world = scene()
    nodding = Renderer(world, CAMERA).render(Pose(0, 0, 0), nod_rad=0.02)
    lower = Renderer(world, replace(CAMERA, pitch_rad=0.17)).render(Pose(0, 0, 0))
    np.testing.assert_array_equal(nodding.bgr, lower.bgr)


def test_the_bare_ground_has_nothing_on_it():
    assert OBSTACLE not in ground_labels(scene(), CAMERA, Pose(0, 0, 0))
    assert OBSTACLE in scene_labels(scene(), CAMERA, Pose(0, 0, 0))


def bar(width: int) -> np.ndarray:
    labels = np.full((60, 80), PATH, np.uint8)
    labels[10:40, 30:30 + width] = OBSTACLE
    return labels


@given(st.integers(0, 10_000))
def test_rough_boundaries_move_by_a_pixel_and_nothing_else_changes(seed):
    labels = bar(10)
    roughen(labels, Grain(0.5, np.random.default_rng(seed), 80, 60))
    changed = labels != bar(10)
    assert changed.any()
    inner, outer = bar(10) != PATH, bar(10) != PATH
    inner[:] = False
    inner[12:38, 32:38] = True
    outer[8:42, 28:42] = True
    assert not changed[inner].any()
    assert not changed[~outer].any()


def test_a_path_that_grows_takes_what_is_thin_and_one_that_shrinks_leaves_it():
    thin, wide = bar(2), bar(3)
    grow_path(thin)
    grow_path(wide)
    assert (thin == PATH).all()
    assert (wide == OBSTACLE).sum() == 28
    shrunk = bar(2)
    shrink_path(shrunk, BACKGROUND)
    assert (shrunk[10:40, 29:33] == [BACKGROUND, OBSTACLE, OBSTACLE, BACKGROUND]).all()


def test_a_speed_bump_is_no_boundary_of_the_path():
    labels = np.full((30, 30), PATH, np.uint8)
    labels[10:14] = SPEED_BUMP
    before = labels.copy()
    shrink_path(labels, BACKGROUND)
    np.testing.assert_array_equal(labels, before)


@given(st.integers(0, 10_000), st.floats(0.1, 0.9))
def test_uncovering_removes_about_the_share_of_a_thing(seed, share):
    labels, ground = bar(20), np.full((60, 80), PATH, np.uint8)
    uncover(labels, ground, np.random.default_rng(seed), share)
    assert (labels == OBSTACLE).sum() == pytest.approx(600 * (1 - share), abs=31)


def test_uncovering_nothing_changes_nothing():
    ground = np.full((6, 8), PATH, np.uint8)
    labels = ground.copy()
    uncover(labels, ground, np.random.default_rng(0), 0.5)
    np.testing.assert_array_equal(labels, ground)


def test_a_blot_lies_where_it_should():
    labels = np.full((60, 80), PATH, np.uint8)
    blot(labels, (40.0, 20.0), (5.0, 3.0), OBSTACLE)
    rows, cols = np.nonzero(labels == OBSTACLE)
    assert (rows.min(), rows.max(), cols.min(), cols.max()) == (17, 23, 35, 45)


def test_boundaries_are_less_certain():
    confidence = certainty(bar(10))
    assert confidence[20, 30] < confidence[20, 35]
    assert confidence[10, 35] < confidence[50, 35] == confidence[20, 35]
