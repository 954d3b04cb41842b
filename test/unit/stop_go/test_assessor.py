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

"""From labels to findings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.views import draw_post, ground_seen, make_view
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import (
    Assessor,
    Direction,
    Geometry,
    GroundLimits,
    Limits,
    Motion,
    Observation,
    Reason,
    Thresholds,
    Trapezoid,
    Vehicle,
)

BLACK = (0, 0, 0)
CLASSES = (
    ClassInfo('background', BLACK, False, Action.STOP), ClassInfo('path', BLACK, True, Action.GO),
    ClassInfo('sidewalk', BLACK, False, Action.STOP),
    ClassInfo('obstacle', BLACK, False, Action.STOP),
    ClassInfo('speed_bump', BLACK, True, Action.SLOW))
BACKGROUND, PATH, SIDEWALK, OBSTACLE, BUMP = range(5)
WIDTH, HEIGHT = 320, 180
ROBOT = Vehicle(width=0.6, side_margin=0.2, front=0.25, rear=0.4, max_speed=2.0,
                reaction_time=0.5, deceleration=1.0, stop_margin=0.3)
VIEW = make_view((640, 360), 1.3, height=0.9, pitch=0.25)
SMALL = VIEW.scaled(WIDTH, HEIGHT)
GROUND = ground_seen(SMALL)
CREEP = Motion(0.2)


def assessor(geometry=Geometry.GROUND, direction=Direction.FORWARD, actions=(), **groups):
    limits = Limits(**{'vehicle': ROBOT, 'class_actions': actions, **groups})
    return Assessor(CLASSES, WIDTH, HEIGHT, limits, geometry, direction)


def road(label=None, begin=math.inf, end=math.inf):
    """Return labels of a wide road, with a band of a class from `begin` to `end` metres ahead."""
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    with np.errstate(invalid='ignore'):
        labels[np.abs(GROUND[..., 1]) < 2.5] = PATH
        if label is not None:
            labels[(labels == PATH) & (GROUND[..., 0] >= begin) & (GROUND[..., 0] < end)] = label
    return labels


def look(labels, view=VIEW, motion=CREEP, inference=0.05, sure=255, **words):
    return Observation(labels, np.full(labels.shape, sure, np.uint8), view, motion, inference,
                       **words)


def reasons(assessment):
    return [finding.reason for finding in assessment.findings]


def found(labels, motion=CREEP, actions=(), **groups):
    return reasons(assessor(actions=actions, **groups).assess(look(labels, motion=motion)))


def test_a_free_road():
    seen = assessor().assess(look(road()))
    assert seen.findings == ()
    assert not seen.measure.blocked and seen.measure.coverage == 1
    assert (seen.corridor.width, seen.corridor.height) == (WIDTH, HEIGHT)


# --- the camera -----------------------------------------------------------------------------

def test_no_camera_info():
    seen = assessor().assess(look(road(), view=None))
    assert reasons(seen) == [Reason.NO_CAMERA_INFO]
    assert seen.findings[0].text == 'no camera_info has arrived'
    assert seen.corridor is None and seen.measure is None


@pytest.mark.parametrize('change', [{'height': 0.0}, {'pitch': -0.5}, {'yaw': 2.0}])
def test_a_camera_that_does_not_see_the_way(change):
    view = make_view((640, 360), 1.3, **{'height': 0.9, 'pitch': 0.25, **change})
    judge = assessor()
    for _ in range(2):
        seen = judge.assess(look(road(), view=view))
        assert reasons(seen) == [Reason.BEYOND_RANGE]
        assert 'check ' in seen.findings[0].text and 'mounting' in seen.findings[0].text
        assert seen.corridor is None and seen.measure is None
    assert judge.assess(look(road())).findings == (), 'and it recovers'
    assert reasons(judge.assess(look(road(), view=view))) == [Reason.BEYOND_RANGE]


def test_another_view_is_another_corridor():
    judge = assessor()
    first = judge.assess(look(road())).corridor
    assert judge.assess(look(road())).corridor is first, 'laid once'
    higher = make_view((640, 360), 1.3, height=1.5, pitch=0.25)
    second = judge.assess(look(road(), view=higher)).corridor
    assert second is not first and second.start > first.start


def test_a_blind_zone_that_is_too_long():
    blind = assessor().assess(look(road())).corridor.start
    assert found(road(), ground=GroundLimits(max_blind=blind)) == []
    [finding] = assessor(ground=GroundLimits(max_blind=blind - 0.01)).assess(look(road())).findings
    assert finding.reason is Reason.BEYOND_RANGE
    assert (finding.measured, finding.limit) == (blind, blind - 0.01)


# --- time -----------------------------------------------------------------------------------

@pytest.mark.parametrize(('inference', 'over'), [
    (0.25, False), (0.2501, True), (math.nan, True), (math.inf, True)])
def test_inference_over_budget(inference, over):
    for view in (VIEW, None):
        seen = assessor().assess(look(road(), view=view, inference=inference))
        assert (Reason.OVER_BUDGET in reasons(seen)) == over


# --- how far --------------------------------------------------------------------------------

@pytest.mark.parametrize(('motion', 'speed'), [
    (Motion(0.0), 0.0), (Motion(1.0), 1.0), (Motion(-1.5), 1.5), (Motion(3.0), 3.0),
    (None, 2.0), (Motion(math.nan), 2.0), (Motion(math.inf), 2.0)])
def test_the_stopping_distance_must_be_clear_beyond_the_blind_zone(motion, speed):
    seen = assessor().assess(look(road(), motion=motion))
    stopping = speed * 0.5 + speed ** 2 / 2 + 0.3
    assert seen.measure.required == pytest.approx(seen.corridor.start + stopping)


def test_what_is_beyond_the_stopping_distance_does_not_stop():
    wall = road(BACKGROUND, 6.0)
    assert found(wall, Motion(1.0)) == []
    assert found(wall, Motion(3.0)) == [Reason.BLOCKED]
    assert found(wall, None) == [], '3.3 m and the blind zone at most'
    assert found(road(BACKGROUND, 4.0), None) == [Reason.BLOCKED]


def test_a_speed_too_high_for_the_camera():
    [finding] = assessor(ground=GroundLimits(max_range=5.0)).assess(
        look(road(), motion=Motion(4.0))).findings
    assert finding.reason is Reason.BEYOND_RANGE
    assert finding.text.startswith('the camera sees only to ')


def test_any_speed_at_all_is_no_reason_to_fail():
    for speed in (1e6, -1e200, 1e308):
        assert found(road(), Motion(speed)) == [Reason.BEYOND_RANGE]


@pytest.mark.parametrize(('left', 'stops'), [(0.0, True), (0.4, True), (-0.4, True),
                                             (0.7, False), (-0.7, False)])
def test_a_post_stops_within_width_and_margins(left, stops):
    labels = road()
    draw_post(labels, SMALL, 2.2, left)
    assert found(labels, Motion(1.0)) == ([Reason.BLOCKED] if stops else [])


def test_the_corridor_turns_with_the_vehicle():
    labels = road()
    draw_post(labels, SMALL, 3.0, 0.9, width=0.2)
    left = Motion(1.5, 0.3)      # an arc of 5 m, 0.9 m to the left at 3 m
    assert found(labels, Motion(1.5)) == []
    assert found(labels, left) == [Reason.BLOCKED]
    assert found(labels, Motion(1.5, -0.3)) == []
    judge = assessor()
    assert judge.assess(look(labels, motion=Motion(1.5))).findings == ()
    assert reasons(judge.assess(look(labels, motion=left))) == [Reason.BLOCKED]


@pytest.mark.parametrize('front', [0.0, 3.0])
def test_a_corridor_is_used_again_only_while_it_lies_on_the_way(front):
    vehicle = Vehicle(width=0.6, front=front, max_speed=2.0, stop_margin=0.3)
    view = make_view((640, 360), 1.3, height=0.9, pitch=0.25, forward=front)
    judge = assessor(vehicle=vehicle)
    kept, laid = None, 0.0
    for turn in np.arange(0.0, 0.03, 0.0005):
        seen = judge.assess(look(road(), view=view, motion=Motion(2.0, 2.0 * turn)))
        if seen.corridor is not kept:
            kept, laid = seen.corridor, turn
        ahead = front + seen.measure.required
        assert abs(turn - laid) * ahead ** 2 / 2 <= 0.03 + 1e-9, 'metres aside at its far end'


# --- driving backwards ----------------------------------------------------------------------

def test_a_camera_that_looks_back_watches_the_way_back():
    back = make_view((640, 360), 1.3, height=0.9, pitch=0.25, yaw=math.pi)
    seen = assessor(direction=Direction.REVERSE).assess(look(road(), view=back))
    assert seen.findings == ()
    ahead = assessor().assess(look(road()))
    assert seen.corridor.start == pytest.approx(ahead.corridor.start - 0.15, abs=0.02), 'rear'
    wrong = assessor().assess(look(road(), view=back))
    assert reasons(wrong) == [Reason.BEYOND_RANGE]


def test_turning_backwards_bends_to_the_same_hand():
    back = make_view((640, 360), 1.3, height=0.9, pitch=0.25, yaw=math.pi)
    labels = road()
    # A post to the left of the way driven, which is the right of the vehicle.
    draw_post(labels, SMALL, 3.0, 0.9, width=0.2)
    judge = assessor(direction=Direction.REVERSE)
    assert reasons(judge.assess(look(labels, back, Motion(-1.5, 0.3)))) == [Reason.BLOCKED]
    assert judge.assess(look(labels, back, Motion(-1.5, -0.3))).findings == ()


# --- driving sideways -----------------------------------------------------------------------

@pytest.mark.parametrize(('motion', 'words'), [
    (Motion(0.0, left=4.0), 'driving 90 degrees to the left, where this camera does not look: '),
    (Motion(0.0, left=-0.06), 'driving 90 degrees to the right, '),
    (Motion(1.0, left=1.5), 'driving 56 degrees to the left, '),
    (Motion(-1.0, left=1.5), 'driving 124 degrees to the left, ')])
@pytest.mark.parametrize('direction', Direction)
def test_the_way_driven_is_where_no_camera_looks(motion, words, direction):
    yaw = 0.0
    if direction is Direction.REVERSE:
        yaw, motion = math.pi, Motion(-motion.forward, left=-motion.left)
    view = make_view((640, 360), 1.3, height=0.9, pitch=0.25, yaw=yaw)
    [finding] = assessor(direction=direction).assess(look(road(), view, motion)).findings
    assert finding.reason is Reason.UNWATCHED
    assert finding.text.startswith(words)


def test_a_camera_that_looks_to_the_side_watches_the_way_there():
    left = make_view((640, 360), 1.3, height=0.9, pitch=0.25, yaw=math.pi / 2)
    assert assessor().assess(look(road(), left, Motion(0.0, left=0.2))).findings == ()
    assert reasons(assessor().assess(look(road(), left, Motion(0.0, left=-0.2)))) == [
        Reason.UNWATCHED]
    seen = assessor().assess(look(road(OBSTACLE, 1.9, 2.4), left, Motion(0.0, left=1.5)))
    assert Reason.BLOCKED in reasons(seen)


def test_sideways_speed_counts_for_the_distance():
    assert found(road(OBSTACLE, 4.0, 4.5), Motion(0.2)) == []
    assert Reason.BLOCKED in found(road(OBSTACLE, 4.0, 4.5), Motion(2.0, left=0.3))
    required = [assessor().assess(look(road(), motion=motion)).measure.required
                for motion in (Motion(1.5), Motion(1.5, left=0.5))]
    assert required[1] - required[0] == pytest.approx(
        ROBOT.stopping_distance(math.hypot(1.5, 0.5)) - ROBOT.stopping_distance(1.5), abs=0.4)


def test_the_corridor_lies_where_the_vehicle_drives():
    labels = road()
    draw_post(labels, SMALL, 3.0, 0.8, width=0.2)      # 15 degrees to the left
    judge = assessor()
    assert judge.assess(look(labels, motion=Motion(1.5))).findings == ()
    assert reasons(judge.assess(look(labels, motion=Motion(1.45, left=0.39)))) == [Reason.BLOCKED]
    assert judge.assess(look(labels, motion=Motion(1.45, left=-0.39))).findings == ()
    straight, slanted = (judge.assess(look(road(), motion=Motion(1.5, left=left)))
                         for left in (0.0, 0.04))
    assert straight.corridor is slanted.corridor, 'noise of the odometry'


def test_who_drives_straight_back_is_judged_as_before():
    assert found(road(), Motion(-0.2)) == found(road(), Motion(-0.2, left=0.04)) == []
    assert Reason.BLOCKED in found(road(OBSTACLE, 4.0, 4.5), Motion(-2.0))


@pytest.mark.parametrize(('motion', 'expected'), [
    (None, []), (Motion(1.0), []), (Motion(-1.0), []), (Motion(1.0, left=0.9), []),
    (Motion(0.0, left=4.0), [Reason.UNWATCHED]), (Motion(1.0, left=-1.1), [Reason.UNWATCHED])])
def test_a_trapezoid_lies_straight_ahead(motion, expected):
    judge = assessor(Geometry.TRAPEZOID)
    assert reasons(judge.assess(look(road(), motion=motion))) == expected


# --- doubt ----------------------------------------------------------------------------------

def test_masks_that_are_no_road():
    assert Reason.ALL_PATH in found(np.full((HEIGHT, WIDTH), PATH, np.uint8))
    assert Reason.NO_PATH in found(np.full((HEIGHT, WIDTH), BACKGROUND, np.uint8))


@pytest.mark.parametrize('label', [5, 200, 255])
def test_labels_of_no_class_block(label):
    assert Reason.BLOCKED in found(road(label, 0.0, 2.0))


def test_low_confidence():
    seen = assessor().assess(look(road(), sure=100))
    assert reasons(seen) == [Reason.LOW_CONFIDENCE]


def test_a_sudden_change_of_the_mask():
    judge = assessor(stop_go=Thresholds(min_coverage=0.0))
    assert judge.assess(look(road())).findings == ()
    assert Reason.MASK_JUMP in reasons(judge.assess(look(road(BACKGROUND, 0.0, 1.6))))
    assert Reason.MASK_JUMP not in reasons(judge.assess(look(road(BACKGROUND, 0.0, 1.6))))
    assert Reason.MASK_JUMP in reasons(judge.assess(look(road())))
    judge.restart()
    assert Reason.MASK_JUMP not in reasons(judge.assess(look(road(BACKGROUND, 0.0, 1.6))))


@pytest.mark.parametrize('shape', [(HEIGHT, WIDTH + 1), (WIDTH, HEIGHT)])
def test_labels_of_another_size_are_refused(shape):
    with pytest.raises(ValueError, match='labels: .* does not fit'):
        assessor().assess(look(np.full(shape, PATH, np.uint8)))


# --- actions of classes ---------------------------------------------------------------------

def test_a_sidewalk_is_path_for_a_sidewalk_robot():
    walk = road(SIDEWALK, 0.0)
    assert Reason.BLOCKED in found(walk)
    assert found(walk, actions=('sidewalk=go',)) == []


@pytest.mark.parametrize(('begin', 'actions', 'reason'), [
    (7.0, (), None), (7.0, ('obstacle=stop@8',), Reason.BLOCKED),
    # What lies farther may be told nearer, by the error of the pitch and three rows of pixels.
    (11.0, ('obstacle=stop@8',), None), (8.0, ('obstacle=stop@8',), Reason.BLOCKED),
    (1.7, ('obstacle=stop@0.1',), Reason.BLOCKED)])
def test_obstacles_stop_at_their_distance_and_within_the_stopping_distance(
        begin, actions, reason):
    reasons = found(road(OBSTACLE, begin), Motion(0.5), actions)
    assert reasons[:1] == ([reason] if reason else [])


@pytest.mark.parametrize(('begin', 'actions', 'slows'), [
    (1.5, (), True), (4.0, (), False), (4.0, ('speed_bump=slow@5',), True),
    (6.0, ('speed_bump=slow@5',), False)])
def test_a_speed_bump_slows_within_its_distance(begin, actions, slows):
    bump = road(BUMP, begin, begin + 1.0)
    assert found(bump, Motion(0.5), actions) == ([Reason.SLOW_CLASS] if slows else [])


# --- in the image -------------------------------------------------------------------------

def test_a_trapezoid_needs_neither_camera_info_nor_vehicle():
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[HEIGHT // 2:] = PATH
    judge = assessor(Geometry.TRAPEZOID, vehicle=Vehicle(),
                     trapezoid=Trapezoid(min_free_distance=0.7))
    seen = judge.assess(look(labels, view=None, motion=None))
    assert seen.findings == () and seen.measure.required == 0.7
    labels[:math.ceil(0.80 * HEIGHT)] = OBSTACLE
    assert Reason.BLOCKED in reasons(judge.assess(look(labels, view=None, motion=None)))


def test_what_does_not_fit_the_geometry_is_refused():
    with pytest.raises(ValueError, match='vehicle.width and vehicle.max_speed: not set'):
        assessor(vehicle=Vehicle())
    with pytest.raises(ValueError, match='vehicle.max_speed: not set'):
        assessor(vehicle=Vehicle(width=0.5))
    with pytest.raises(ValueError, match='obstacle=stop@8: a distance in metres needs'):
        assessor(Geometry.TRAPEZOID, actions=('obstacle=stop@8',))
    with pytest.raises(ValueError, match="no class 'lamp'"):
        assessor(actions=('lamp=stop',))
