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

"""Two witnesses beside the network, on a small rendered world."""

from __future__ import annotations

from dataclasses import replace
import math

import cv2
import numpy as np
import pytest

from seg_node.simulation import obstacles
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.camera import Camera
from seg_node.simulation.ground import Surfaces
from seg_node.simulation.materials import Material
from seg_node.simulation.renderer import Renderer, Scene
from seg_node.simulation.road import CentreLine, Pose, Profile
from seg_node.stop_go import CameraPose, Intrinsics, Motion, Mounting, Vehicle, View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.level_camera import small_image
from seg_node.stop_go.second_opinion.opinion_limits import OFF, OpinionLimits, REPORT, STOP
from seg_node.stop_go.second_opinion.second_opinion import SecondOpinion
from seg_node.stop_go.second_opinion.witness_frame import WitnessFrame
from seg_node.stop_go.vehicle import Way
from seg_node.stop_go.verdict import Decision, Reason

CAMERA = Camera.from_fov(320, 192, 1.2, 1.2, 0.12)
VIEW = View(Intrinsics(320, 192, CAMERA.focal_px, CAMERA.focal_px, CAMERA.cx, CAMERA.cy),
            CameraPose.from_mounting(Mounting(height=1.2, pitch=0.12)))
RATE, SPEED, NEEDED = 10.0, 2.0, 6.0
LIMITS = Limits(vehicle=Vehicle(width=0.8, max_speed=3.0),
                second_opinion=OpinionLimits(stands_up=STOP, looks_different=STOP))


def straight(curvature=0.0):
    return CentreLine.from_curvature(lambda s: np.full_like(s, curvature), -10.0, 80.0)


class Drive:
    """A vehicle that drives straight on over a road, and asks."""

    def __init__(self, limits=LIMITS, profile=None, nod=0.0, material=Material.ASPHALT,
                 odometry=True):
        scene = Scene(straight(), profile or Profile(8.0),
                      Surfaces(material, Material.GRASS))
        self.renderer, self.nod, self.odometry = Renderer(scene, CAMERA), nod, odometry
        self.opinion = SecondOpinion(limits, Direction.FORWARD)
        self.x, self.number, self.said = 0.0, 0, []

    def frame(self, things=(), speed=SPEED, told=None, paint=None):
        self.x += speed / RATE
        self.number += 1
        nod = self.nod * math.sin(1.7 * self.number)
        bgr = self.renderer.render(Pose(self.x, 0.0, 0.0), tuple(things), self.number, nod).bgr
        if paint is not None:
            bgr = paint(bgr)
        motion = Motion(speed if told is None else told) if self.odometry else None
        self.said.append(self.opinion.ask(WitnessFrame(
            small_image(bgr), round(self.number / RATE * 1e9), VIEW, motion, Way(), 1.0, NEEDED,
            20.0)))
        return self.said[-1]

    def drive(self, frames, things=(), **how):
        return [self.frame(things, **how) for _ in range(frames)]

    @property
    def reasons(self):
        return {finding.reason for said in self.said for finding in said.findings}


def box(ahead, left=0.0, width=0.5):
    sprite = obstacles.box(1)
    return Billboard(ahead, left, sprite.scaled(width / sprite.width_m))


def chequered(bgr, contrast):
    """Return a box 0.7 m wide whose squares are so much lighter and darker than a colour."""
    box = obstacles.box(1)
    levels = []
    for level in box.levels:
        row, column = np.indices(level.shape[:2]) // max(1, level.shape[1] // 8)
        squares = bgr + contrast * ((row + column) % 2 * 2.0 - 1.0)[..., None]
        painted = level.copy()
        painted[..., :3] = np.clip(squares, 0, 255) * (level[..., 3:] / 255.0)
        levels.append(painted)
    return replace(box, levels=tuple(levels)).scaled(0.7 / box.width_m)


@pytest.mark.parametrize('nod', [0.0, 0.004])
def test_what_stands_on_the_way_is_doubted_where_it_stands(nod):
    drive = Drive(nod=nod)
    drive.drive(35, [box(12.0)])
    said = drive.said[-1]
    assert said.findings[0].reason is Reason.STANDS_UP
    assert said.findings[0].reason.decision is Decision.STOP
    assert said.findings[0].measured == pytest.approx(12.0 - drive.x, rel=0.2, abs=0.3)
    assert said.findings[0].limit == NEEDED
    left, top, right, bottom = said.doubted[0].box
    assert 0.3 < left < 0.5 < right < 0.7 and 0.2 < top < bottom


def test_it_is_doubted_before_it_is_nearer_than_must_be_clear():
    drive = Drive()
    while 12.0 - drive.x > NEEDED - 0.5:
        drive.frame([box(12.0)])
    assert Reason.STANDS_UP in drive.reasons


@pytest.mark.parametrize('profile', [
    Profile(8.0), Profile(8.0, crossings=(6.0, 12.0, 18.0))], ids=['plain', 'crossing'])
@pytest.mark.parametrize('nod', [0.0, 0.004])
def test_what_lies_flat_is_no_doubt(profile, nod):
    drive = Drive(profile=profile, nod=nod)
    drive.drive(60)
    assert drive.reasons == set()
    assert not any(said.doubted for said in drive.said)


def test_a_sudden_change_of_light_is_no_doubt():
    drive = Drive()
    drive.drive(20)
    drive.drive(10, paint=lambda bgr: cv2.convertScaleAbs(bgr, alpha=0.8))
    assert drive.reasons == set()


def test_what_stands_beside_the_way_is_none():
    drive = Drive()
    drive.drive(40, [box(9.0, 1.6), box(10.0, -1.7)])
    assert drive.reasons == set()


def test_it_is_held_while_the_vehicle_stands_and_gone_when_it_has_gone():
    drive = Drive()
    things = [box(12.0)]
    drive.drive(40, things)
    stands = drive.drive(30, things, speed=0.0)
    assert all(said.findings for said in stands)
    gone = drive.drive(15, (), speed=0.0)
    assert not gone[-1].findings


def test_what_is_below_the_view_is_not_forgotten():
    drive = Drive()
    things = [box(12.0)]
    drive.drive(40, things)
    near = drive.drive(15, things)
    assert 12.0 - drive.x < 1.1
    assert all(said.findings for said in near)


def test_somebody_who_walks_by_leaves_nothing_behind():
    drive = Drive()
    for step in range(60):
        walker = Billboard(9.0, 3.0 - 0.12 * step, obstacles.pedestrian(3, step % 12, 1))
        drive.frame([walker], speed=SPEED if step < 20 else 0.0)
    assert Reason.STANDS_UP in drive.reasons
    assert not drive.said[-1].findings
    after = drive.drive(10)
    assert not any(said.findings for said in after)


def test_it_needs_motion_and_says_so():
    drive = Drive()
    drive.drive(5, [box(5.0)], speed=0.0)
    assert 'stands_up: the vehicle moved 0.00 m' in drive.said[-1].silent[0]
    assert 'silent: stands_up' in drive.said[-1].text
    assert not drive.said[-1].findings


@pytest.mark.parametrize('nod', [0.0, 0.004])
def test_without_odometry_the_ground_itself_tells_how_the_vehicle_moves(nod):
    drive = Drive(nod=nod, odometry=False)
    drive.drive(35, [box(12.0)])
    found = drive.said[-1].findings[0]
    assert found.reason is Reason.STANDS_UP
    assert found.measured == pytest.approx(12.0 - drive.x, rel=0.2, abs=0.3)


def test_without_odometry_what_lies_flat_is_no_doubt():
    drive = Drive(profile=Profile(8.0, crossings=(6.0, 12.0)), nod=0.004, odometry=False)
    drive.drive(45)
    assert drive.reasons == set()
    assert not any(said.silent for said in drive.said[10:35])


def test_where_nothing_tells_how_the_vehicle_moves_what_was_doubted_stands():
    drive = Drive()
    drive.drive(10)
    blind = WitnessFrame(small_image(np.zeros((192, 320, 3), np.uint8)), 1_100_000_000, VIEW,
                         None, Way(), 1.0, NEEDED, 20.0)
    said = drive.opinion.ask(blind)
    assert said.silent == ('no odometry: no image before',)
    assert not said.findings
    drive.drive(35, [box(12.0)])
    said = drive.opinion.ask(replace(blind, stamp_ns=5_000_000_000))
    assert said.silent == ('no odometry: the ground does not tell how the vehicle moved',)
    assert said.findings


def test_a_long_gap_between_images_on_the_move_begins_anew():
    drive = Drive()
    drive.drive(40, [box(12.0)])
    drive.number += 25
    said = drive.frame([box(12.0)])
    assert said.silent and not said.findings


def test_a_gap_at_a_standstill_forgets_nothing():
    drive = Drive()
    drive.drive(40, [box(12.0)])
    drive.drive(3, [box(12.0)], speed=0.0)
    drive.number += 100
    assert drive.frame([box(12.0)], speed=0.0).findings


def test_odometry_that_is_a_little_off_is_made_good():
    drive = Drive()
    drive.drive(60, told=SPEED * 1.04)
    assert drive.reasons == set()
    drive.drive(30, [box(drive.x + 8.0)], told=SPEED * 1.04)
    assert Reason.STANDS_UP in drive.reasons


@pytest.mark.parametrize('mode, found', [(OFF, set()), (REPORT, set()), (STOP, {
    Reason.STANDS_UP})])
def test_each_witness_has_its_mode(mode, found):
    limits = replace(LIMITS, second_opinion=OpinionLimits(stands_up=mode, looks_different=OFF))
    drive = Drive(limits)
    drive.drive(35, [box(12.0)])
    assert drive.reasons == found
    assert bool(drive.said[-1].doubted) == (mode != OFF)


def test_appearance_alone_finds_what_looks_different_and_stands():
    limits = replace(LIMITS, second_opinion=OpinionLimits(stands_up=OFF, looks_different=STOP))
    drive = Drive(limits)
    drive.drive(45, [Billboard(12.0, 0.0, obstacles.cone(0).scaled(1.6))])
    assert drive.reasons == {Reason.LOOKS_DIFFERENT}


@pytest.mark.parametrize('contrast, found', [(70, {Reason.LOOKS_DIFFERENT}), (0, set())])
def test_texture_tells_a_thing_that_is_as_grey_as_the_road(contrast, found):
    limits = replace(LIMITS, second_opinion=OpinionLimits(stands_up=OFF, looks_different=STOP))
    drive = Drive(limits)
    road = drive.renderer.render(Pose(0.0, 0.0, 0.0), (), 0).bgr[120:150, 120:200]
    drive.drive(50, [Billboard(12.0, 0.0, chequered(road.reshape(-1, 3).mean(axis=0), contrast))])
    assert drive.reasons == found


def test_at_a_standstill_appearance_lets_go_only_of_what_has_gone():
    limits = replace(LIMITS, second_opinion=OpinionLimits(stands_up=OFF, looks_different=STOP))
    drive = Drive(limits)
    things = [Billboard(12.0, 0.0, obstacles.cone(0).scaled(1.6))]
    while not (drive.said and drive.said[-1].findings):
        drive.frame(things)
        assert drive.x < 11.0
    drive.drive(4, things, speed=0.0)
    assert all(said.findings for said in drive.drive(30, things, speed=0.0))
    assert not drive.drive(12, (), speed=0.0)[-1].findings


@pytest.mark.parametrize(('inner', 'found'), [(0.3, True), (0.8, False)])
def test_what_only_reaches_into_the_way_stands_on_it(inner, found):
    drive = Drive()
    drive.drive(40, [Billboard(12.0, inner + 2.0, obstacles.barrier(1, 4.0))])
    assert (Reason.STANDS_UP in drive.reasons) is found
    assert found or not drive.reasons


def test_a_way_that_no_ground_shows_is_silent():
    up = View(VIEW.intrinsics, CameraPose.from_mounting(Mounting(height=1.2, pitch=-1.2)))
    said = SecondOpinion(LIMITS, Direction.FORWARD).ask(WitnessFrame(
        np.zeros((192, 320, 3), np.uint8), 0, up, Motion(1.0), Way(), 1.0, NEEDED, 20.0))
    assert said.silent == ('the camera sees no ground ahead',)


def test_driving_backwards_is_looked_at_by_a_camera_that_looks_back():
    drive = Drive()
    back = View(VIEW.intrinsics, CameraPose.from_mounting(
        Mounting(height=1.2, pitch=0.12, yaw=math.pi)))
    opinion = SecondOpinion(LIMITS, Direction.REVERSE)
    for number in range(1, 36):
        bgr = drive.renderer.render(
            Pose(number * SPEED / RATE, 0.0, 0.0), (box(12.0),), number).bgr
        said = opinion.ask(WitnessFrame(
            small_image(bgr), round(number / RATE * 1e9), back, Motion(-SPEED), Way(math.pi), 1.0,
            NEEDED, 20.0))
    assert said.findings[0].reason is Reason.STANDS_UP


@pytest.mark.parametrize('bgr', [
    np.zeros((1, 1, 3), np.uint8), np.full((720, 1280, 3), 255, np.uint8),
    np.random.default_rng(0).integers(0, 256, (90, 160, 3), dtype=np.uint8)])
def test_any_image_will_do(bgr):
    opinion = SecondOpinion(LIMITS, Direction.FORWARD)
    for number in range(6):
        said = opinion.ask(WitnessFrame(
            small_image(bgr), number * 100_000_000, VIEW, Motion(1.0, 0.4), Way(0.0, 0.4), 1.0,
            NEEDED, 20.0))
        assert not said.findings


def test_modes_are_checked():
    with pytest.raises(ValueError, match='stands_up.*perhaps.*off, report, stop'):
        OpinionLimits(stands_up='perhaps')
