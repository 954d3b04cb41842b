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

"""How near to the truth obstacles are told: rendered drive, exact labels, exact geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.closed_loop.label_renderer import scene_labels
from seg_node.free_space.feet import join_feet
from seg_node.simulation import obstacles
from seg_node.simulation.camera import Camera
from seg_node.simulation.drive import demo_drive
from seg_node.stop_go import CameraPose, GroundLimits, Intrinsics, Mounting, View
from seg_node.stop_go.corridor.measure import standing
from seg_node.stop_go.ground_rays import GroundRays

SIZE, FINER = (640, 480), 5
STEP = 0.01
PATH, SPEED_BUMP = 1, 4
TIMES = np.linspace(0.0, 18.4, 19)


def drivable(labels):
    return (labels == PATH) | (labels == SPEED_BUMP)


@pytest.fixture(scope='module')
def worlds():
    """Return the camera, and where path is in pictures FINER than what is labelled."""
    drive = demo_drive(*SIZE)
    camera = drive.camera
    fine = Camera(SIZE[0] * FINER, SIZE[1] * FINER, camera.focal_px * FINER, camera.height_m,
                  camera.pitch_rad)
    found = []
    for time in TIMES:
        somebody = drive.scene.place(
            drive.position(time) + 4.0 + time, 0.3, obstacles.pedestrian(7, -1, 1))
        found.append(drivable(scene_labels(drive.scene, fine, drive.pose(time), (somebody,))))
    return camera, fine, found


@pytest.fixture(scope='module', params=[(640, 480), (512, 320), (352, 192)])
def told(request, worlds):
    """Return distances by the rays, what is free by them, and the truth, of all rays, metres."""
    camera, fine, paths = worlds
    taken, scaled = [], []
    for size, whole, centre in zip(request.param, (fine.width, fine.height), (fine.cx, fine.cy),
                                   strict=True):
        step = whole / size
        taken.append(((np.arange(size) + 0.5) * step).astype(int))
        # The geometry of the pixels that are taken, exactly.
        first = np.mean(taken[-1] - np.arange(size) * step)
        scaled.append((fine.focal_px / step, (centre - first) / step))
    (fx, cx), (fy, cy) = scaled
    cols, rows = taken
    rays = GroundRays.build(View(
        Intrinsics(*request.param, fx, fy, cx, cy), CameraPose.from_mounting(
            Mounting(height=camera.height_m, pitch=camera.pitch_rad))), GroundLimits())
    # The truth comes from the finer picture, looked up by the simulation's own geometry.
    reach = np.arange(1.0, 40.0, STEP)
    u, v = fine.project(np.cos(rays.azimuth)[:, None] * reach,
                        np.sin(rays.azimuth)[:, None] * reach)
    inside = (u >= 0) & (u <= fine.width - 1) & (v >= 0) & (v <= fine.height - 1)
    index = np.where(inside, np.rint(v) * fine.width + np.rint(u), 0).astype(np.intp)
    found = []
    for world in paths:
        path = world[np.ix_(rows, cols)]
        seen = join_feet(rays, rays.measure(path, standing(~path, 2)))
        blocked = ~world.reshape(-1).take(index) & inside
        truth = np.where(blocked.any(axis=1), reach[blocked.argmax(axis=1)], math.inf)
        in_view = truth > rays.start + 0.05
        found.append(np.stack([seen.foot, np.where(seen.free > rays.start, seen.free, 0.0), truth],
                              axis=1)[in_view])
    return np.concatenate(found)


@pytest.mark.parametrize(('low', 'high', 'metres', 'share'), [
    (1.0, 10.0, 0.02, 0.005), (18.0, 22.0, 0.2, 0.01)])
def test_obstacles_are_where_they_are(told, low, high, metres, share):
    foot, _, truth = told[(told[:, 2] >= low) & (told[:, 2] < high)].T
    assert np.isfinite(foot).mean() > 0.98
    error = np.abs(foot - truth)
    assert len(error) > 100
    assert np.median(error) < metres and np.median(error / truth) < share


def test_nothing_is_free_beyond_the_truth(told):
    _, free, truth = told.T
    assert (free <= truth + STEP).all()
    # Neither is it told to be much nearer than it is.
    near = (truth > 3.0) & (truth < 10.0)
    assert np.median(free[near] / truth[near]) > 0.85
