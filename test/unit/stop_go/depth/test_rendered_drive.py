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

"""The rendered drive with its depth: the judge alone, before a network that sees nothing."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.simulation.drive import demo_drive
from seg_node.stop_go import (
    CameraPose,
    Geometry,
    Instant,
    Intrinsics,
    Limits,
    Motion,
    Mounting,
    Reason,
    Thresholds,
    Vehicle,
    View,
)
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.depth.limits import DepthLimits
from seg_node.stop_go.segmented_image import SegmentedImage

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO))
# What the network sees is path up to the horizon: nothing is left that could stop but depth.
LIMITS = Limits(
    vehicle=Vehicle(width=1.5, max_speed=6.0, deceleration=4.0, stop_margin=3.0),
    stop_go=Thresholds(max_path_share=1.0, go_after=1, go_hold=0.0),
    depth_camera=DepthLimits(max_range=15.0))


@pytest.fixture(scope='module')
def drive():
    return demo_drive(320, 180)


class Drive:
    """The drive at ten images a second, before a judge."""

    def __init__(self, drive):
        self.drive = drive
        camera = drive.camera
        view = View(
            Intrinsics(camera.width, camera.height, camera.focal_px, camera.focal_px, camera.cx,
                       camera.cy),
            CameraPose.from_mounting(Mounting(height=camera.height_m, pitch=camera.pitch_rad)))
        source = SimpleNamespace(view=lambda *_: view, apply=lambda _: None)
        self.judge = CameraJudge(LIMITS, Geometry.GROUND, source)
        self.judge.load(CLASSES, camera.width, camera.height)
        self.judge.activate(Instant(0.0, 0.0))
        self.noise = np.random.default_rng(1)

    def verdict(self, t, depth=True):
        camera = self.drive.camera
        seen = np.ones((camera.height, camera.width), np.uint8)
        seen[:round(camera.horizon_row)] = 0
        metres = self.drive.depth(t) * self.noise.normal(1.0, 0.002, seen.shape).astype(np.float32)
        assessment = self.judge.assess(SegmentedImage(
            camera.width, camera.height, seen, np.full_like(seen, 255), motion=Motion(
                self.drive.speed(t), self.drive.yaw_rate(t)),
            depth=DepthImage(metres, round(t * 1e9)) if depth else None))
        self.judge.observe(round(t * 1e9), assessment, Instant(t, t))
        return self.judge.verdict(Instant(t, t))


def test_it_stops_for_who_walks_into_the_way_and_where_the_road_is_closed(drive):
    seen = Drive(drive)
    reasons = {round(t, 1): seen.verdict(t).reason for t in np.arange(0.2, 20.0, 0.2)}
    assert all(reasons[round(t, 1)] is Reason.CLEAR for t in np.arange(1.0, 4.0, 0.2))
    for begin, end in ((7.0, 8.6), (18.6, 19.8)):
        assert {reasons[round(t, 1)] for t in np.arange(begin, end, 0.2)} == {
            Reason.BLOCKED_BY_DEPTH}


def test_without_depth_the_same_network_lets_it_drive_on(drive):
    seen = Drive(drive)
    assert {seen.verdict(t, depth=False).reason for t in (8.0, 8.2, 19.0, 19.2)} == {Reason.CLEAR}


def test_depth_is_exact(drive):
    depth = drive.depth(8.0)
    ahead, aside = drive.pedestrian(8.0)
    camera = drive.camera
    u, v = (round(float(value)) for value in camera.project(ahead, aside, 1.0))
    row = camera.forward_per_depth()[v]
    assert depth[v, u] * row == pytest.approx(ahead, abs=1e-3)
    # The rest of the row below the horizon is ground, or what stands before it.
    ground = camera.ground_depth()
    assert np.isnan(ground[:int(camera.horizon_row)]).all()
    assert (depth[100:] <= ground[100:, None] * 1.001).all()
    assert np.isnan(drive.depth(0.0)[0]).any()
