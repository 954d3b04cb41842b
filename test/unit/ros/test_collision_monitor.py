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

"""
The way of a low block through the chain: camera, ~/free_distance, Nav2's collision monitor.

The monitor is modelled from its sources: the points of a range lie on an arc around the base's
origin, and a polygon stops where it holds `min_points` of them.
"""

from __future__ import annotations

import ast
import math

import numpy as np
import pytest
import yaml

pytest.importorskip('sensor_msgs')

from helpers.places import ROOT
from helpers.views import make_view, rays
from seg_node.parameters.params_file import configure, read_params_file
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.ros.outputs.free_distance import to_range
from seg_node.stop_go import Geometry, Instant, Motion
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.segmented_image import SegmentedImage

CONFIG = ROOT / 'config'
CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO))
FRONT, SPEED, BLIND = 0.3, 1.5, 3.1
"""What the shipped polygons are for: metres, m/s, metres."""
# 1 m high, the nearest ground in view 3.1 m before the bumper.
VIEW = make_view((320, 180), 0.9, height=1.0, pitch=0.047, forward=FRONT)
OLD = [[1.5, 1.5], [1.5, -1.5], [-0.5, -1.5], [-0.5, 1.5]]


def monitor():
    content = yaml.safe_load((CONFIG / 'nav2_collision_monitor.yaml').read_text())
    return content['collision_monitor']['ros__parameters']


def stop_polygon():
    return ast.literal_eval(monitor()['SegNodeStop']['points'])


def limits():
    """Return the shipped limits of seg_node, for the robot that the polygons are for."""
    given = read_params_file(CONFIG / 'seg_node.yaml')
    return configure({
        **given, 'vehicle.width': 0.6, 'vehicle.max_speed': SPEED,
        'vehicle.front': FRONT, 'mounting.camera.height': 1.0}).limits


class KnownView:
    def view(self, info, width, height):
        return VIEW

    def apply(self, limits):
        pass


def labels(distance, tall=0.2):
    """Return what is seen of a road of 6 m with a low block across it, metres from the origin."""
    looks, eye = rays(VIEW), VIEW.pose.position
    up = eye[2] + looks[..., 2] / looks[..., 0] * (distance - eye[0])
    fall = np.where(looks[..., 2] < -1e-6, -looks[..., 2], np.nan)
    ground = looks[..., :2] * (eye[2] / fall)[..., None] + eye[:2]
    with np.errstate(invalid='ignore'):
        path = (np.abs(ground[..., 1]) < 3.0) & (ground[..., 0] < 60.0)
        path &= ~((distance > eye[0]) & (up >= 0.0) & (up <= tall))
    return path.astype(np.uint8)


def holds(polygon, x, y):
    """Tell whether a polygon holds a point: the monitor's test, by the crossings of a ray."""
    inside = False
    for (ax, ay), (bx, by) in zip(polygon, [*polygon[1:], polygon[0]], strict=True):
        if (y < ay) != (y < by) and x < (bx - ax) * (y - ay) / (by - ay) + ax:
            inside = not inside
    return inside


def points_of(message, step):
    """Return the points that the monitor makes of a range; none where it is out of its range."""
    if not message.min_range <= message.range <= message.max_range:
        return []
    half = message.field_of_view / 2
    return [(message.range * math.cos(angle), message.range * math.sin(angle))
            for angle in (*np.arange(-half, half, step), half)]


def drive(polygon, delay=0.3):
    """Drive at top speed towards a low block; return the room left, negative for a hit."""
    settings = limits()
    source, block = monitor()['seg_node'], 14.0
    judge = CameraJudge(settings, Geometry.GROUND, KnownView())
    judge.load(CLASSES, 320, 180)
    now, at, speed = 10.0, 0.0, SPEED
    judge.activate(Instant(now, now))
    orders = [False] * round(delay / 0.05)
    for _ in range(600):
        now += 0.05
        seen = labels(block - at)
        assessment = judge.assess(SegmentedImage(
            320, 180, seen, np.full_like(seen, 255), None, None, Motion(speed)))
        moment = Instant(now, now)
        judge.observe(round(now * 1e9), assessment, moment)
        message = to_range(judge.verdict(moment), [assessment.measure], settings.vehicle,
                           settings.ground.max_range)
        inside = sum(holds(polygon, *point)
                     for point in points_of(message, source['obstacles_angle']))
        orders.append(inside >= monitor()['SegNodeStop']['min_points'])
        pull = -settings.vehicle.deceleration if orders.pop(0) else 1.0
        speed = min(max(speed + 0.05 * pull, 0.0), SPEED)
        at += 0.05 * speed
        if block - at - FRONT < 0.0:
            break
    return block - at - FRONT


def test_the_camera_is_the_one_that_the_polygons_are_for():
    judge = CameraJudge(limits(), Geometry.GROUND, KnownView())
    judge.load(CLASSES, 320, 180)
    judge.activate(Instant(0.0, 0.0))
    free = labels(math.inf)
    found = judge.assess(SegmentedImage(320, 180, free, np.full_like(free, 255)))
    assert found.corridor.start == pytest.approx(BLIND, abs=0.06)


def test_the_stop_polygon_reaches_the_required_distance_and_the_blind_zone():
    reach = FRONT + BLIND + limits().vehicle.stopping_distance(SPEED)
    ahead = max(x for x, _ in stop_polygon())
    assert reach == pytest.approx(5.575)
    assert reach <= ahead < reach + 0.5
    for text in ((CONFIG / 'nav2_collision_monitor.yaml').read_text(),
                 (ROOT / 'docs' / 'consumers.md').read_text()):
        assert '= 5.58' in text and '3.1' in text and '1.5 m/s' in text
    # At that range the arc must not leave the polygon to the sides.
    assert holds(stop_polygon(), reach - 0.05, limits().vehicle.width)


def test_the_robot_stops_before_a_low_block_and_stays():
    assert drive(stop_polygon()) > BLIND


def test_a_polygon_as_long_as_the_way_to_stop_alone_lets_it_hit():
    assert drive(OLD) < 0.0
