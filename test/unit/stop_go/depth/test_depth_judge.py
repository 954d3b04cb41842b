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

"""What depth says of the way, whatever the network calls what stands there."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
import math

from hypothesis import assume, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.views import ground_depth, make_view, post_depth, rays, views
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go import Assessor, Direction, Limits, Motion, Observation, Reason, Vehicle
from seg_node.stop_go.camera_health.thresholds import HealthThresholds
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.depth.depth_judge import DepthJudge
from seg_node.stop_go.depth.limits import DepthLimits
from seg_node.stop_go.resumption import Doubt
from seg_node.stop_go.vehicle import Way
from seg_node.stop_go.verdict import Finding

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 255, 0), True, Action.GO))
VEHICLE = Vehicle(width=0.8, max_speed=1.0, side_margin=0.1)
LIMITS = Limits(vehicle=VEHICLE)
VIEW = make_view((320, 240), 1.2, height=0.8, pitch=0.3)
AHEAD, STANDS = Way(), Motion(0.0)


@lru_cache(maxsize=8)
def free(view, motion=STANDS):
    """Return the assessment of a frame in which the network sees nothing but path."""
    lens = view.intrinsics
    labels = np.ones((lens.height, lens.width), np.uint8)
    assessor = Assessor(CLASSES, lens.width, lens.height, LIMITS)
    return replace(assessor.assess(Observation(
        labels, np.full_like(labels, 255), view, motion)), findings=())


def judged(metres, view=VIEW, limits=LIMITS, doubt=None, found=None):
    return DepthJudge(limits, Direction.FORWARD).judge(
        DepthImage(metres, 1), found or free(view), doubt)


def reasons(assessment):
    return [finding.reason for finding in assessment.findings]


def post(view=VIEW, distance=2.0, aside=0.0, width=0.3, tall=1.2, low=0.0):
    """Return the depth of a post on flat ground whose front is that far from the bumper."""
    here = post_depth(view, distance + width / 2, aside, width, tall, low)
    return np.fmin(here, ground_depth(view))


def test_a_free_way_is_left_as_it_is():
    found = judged(ground_depth(VIEW))
    assert found.findings == ()
    assert found.measure is free(VIEW).measure


def test_something_that_stands_on_path_blocks_with_its_distance():
    required = free(VIEW).measure.required
    found = judged(post(distance=required - 0.2))
    [finding] = found.findings
    assert finding.reason is Reason.BLOCKED_BY_DEPTH
    assert finding.measured == pytest.approx(required - 0.2, abs=0.02)
    assert finding.limit == required
    assert 'depth shows something' in finding.text
    assert found.measure.free_distance == finding.measured
    assert found.measure.blocked


def test_beyond_what_must_be_free_it_only_shortens_what_is_free():
    required = free(VIEW).measure.required
    found = judged(post(distance=required + 0.5))
    assert found.findings == ()
    assert found.measure.free_distance == pytest.approx(required + 0.5, abs=0.02)


@pytest.mark.parametrize('where', [
    {'aside': 0.8}, {'aside': -0.8}, {'tall': 0.1}, {'tall': 3.0, 'low': 2.1}])
def test_what_is_beside_the_way_flat_or_driven_under_does_not_block(where):
    assert judged(post(**where)).findings == ()


@pytest.mark.parametrize('low', [0.0, 0.5, 1.2])
def test_what_hangs_into_the_way_blocks_as_what_stands_there(low):
    view = make_view((320, 240), 1.2, height=0.8, pitch=0.0)
    required = free(view).measure.required
    found = judged(post(view, required - 0.2, low=low, tall=1.6), view)
    assert Reason.BLOCKED_BY_DEPTH in reasons(found)


@settings(max_examples=60)
@given(views(), st.floats(0.2, 0.97), st.floats(-0.3, 0.3), st.floats(0.1, 0.6))
def test_no_post_that_is_in_view_is_missed(view, share, aside, width):
    try:
        nothing = free(view)
    except ValueError:
        assume(False)
    assume(nothing.measure is not None)
    distance = share * nothing.measure.required
    alone = post_depth(view, distance + width / 2, aside, width)
    allowed = LIMITS.depth_camera
    far = np.nanmax(alone, initial=0.0)
    # At the border of the picture less of it may be seen than counts.
    seen = np.isfinite(alone).sum(axis=1)
    assume(far < allowed.max_range and (seen >= 6).sum() >= 12)
    heights = view.pose.position[2] + alone * rays(view)[..., 2]
    assume(np.nanmax(heights) > allowed.min_height + allowed.max_slope * far + 0.2)
    found = judged(np.fmin(alone, ground_depth(view)), view)
    assert Reason.BLOCKED_BY_DEPTH in reasons(found)
    [finding] = [each for each in found.findings if each.reason is Reason.BLOCKED_BY_DEPTH]
    assert abs(finding.measured - distance) < 0.05 + width / 2


@settings(max_examples=25)
@given(views(), st.integers(0, 2 ** 32 - 1))
def test_the_noise_of_a_sensor_on_flat_ground_stops_nobody(view, seed):
    try:
        found = free(view)
    except ValueError:
        assume(False)
    assume(found.measure is not None)
    depth = ground_depth(view)
    within = (depth[(found.corridor.rows, found.corridor.cols)]
              <= LIMITS.depth_camera.max_range)[found.corridor.distance < found.measure.required]
    assume(within.any())
    noise = np.random.default_rng(seed)
    depth = depth * noise.normal(1.0, 0.01, depth.shape).astype(np.float32)
    depth[noise.random(depth.shape) < 0.05] = np.nan
    assert judged(depth, view).findings == ()


def test_single_pixels_are_noise():
    depth = ground_depth(VIEW)
    depth[100:200:4, 20:300:4] = 1.0
    assert judged(depth).findings == ()


@pytest.mark.parametrize('damage', [
    lambda depth: np.full_like(depth, np.nan),
    lambda depth: depth * 1e-3,
    lambda depth: depth * 1e3,
    lambda depth: np.full_like(depth, 0.3),
    lambda depth: np.where(np.arange(240)[:, None] > 150, np.nan, depth),
    lambda depth: ground_depth(make_view((320, 240), 1.2, height=0.8, pitch=0.0)),
    lambda depth: ground_depth(make_view((320, 240), 1.2, height=0.8, pitch=0.6)),
    lambda depth: depth[::-1].copy()])
def test_depth_that_does_not_lie_on_the_ground_is_a_doubt(damage):
    found = reasons(judged(damage(ground_depth(VIEW)).astype(np.float32)))
    assert found in ([Reason.NO_DEPTH], [Reason.BLOCKED_BY_DEPTH],
                     [Reason.BLOCKED_BY_DEPTH, Reason.NO_DEPTH])


def test_no_depth_at_all_is_told_with_its_share():
    [finding] = judged(np.full((240, 320), np.nan, np.float32)).findings
    assert (finding.reason, finding.measured) == (Reason.NO_DEPTH, 0.0)
    assert 'is the mounting right?' in finding.text


def test_a_way_that_drops_is_a_doubt():
    far = ground_depth(make_view((320, 240), 1.2, height=1.4, pitch=0.3))
    assert reasons(judged(far)) == [Reason.NO_DEPTH]


def test_ground_beyond_the_range_of_depth_is_not_confirmed():
    limits = replace(LIMITS, depth_camera=DepthLimits(max_range=0.5))
    assert reasons(judged(ground_depth(VIEW), limits=limits)) == [Reason.NO_DEPTH]


def test_a_wall_right_here_is_told_as_what_it_is():
    assert reasons(judged(post(distance=0.3, width=6.0))) == [Reason.BLOCKED_BY_DEPTH]


def test_why_there_is_none_is_told():
    why = Finding(Reason.NO_DEPTH, 'no depth image has arrived')
    judge = DepthJudge(LIMITS, Direction.FORWARD)
    assert judge.judge(why, free(VIEW), None).findings == (why,)
    assert judge.judge(None, free(VIEW), None) is free(VIEW)


def test_depth_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r'depth: \[120, 160\]'):
        judged(np.ones((120, 160), np.float32))


def test_to_go_on_more_must_be_free_than_a_standing_vehicle_needs():
    required = free(VIEW).measure.required
    depth = post(distance=required + 0.3)
    assert judged(depth).findings == ()
    [finding] = judged(depth, doubt=Doubt(required + 0.5, AHEAD)).findings
    assert finding.reason is Reason.BLOCKED_BY_DEPTH
    assert finding.text.endswith(' to go on')
    assert judged(depth, doubt=Doubt(required + 0.2, AHEAD)).findings == ()


@pytest.mark.parametrize('curvature', [0.3, -0.3])
def test_in_a_curve_the_way_is_looked_at_that_is_driven(curvature):
    motion = Motion(0.8, 0.8 * curvature)
    found = free(VIEW, motion)
    reach = found.measure.required - 0.2
    turned = curvature * reach
    x, y = math.sin(turned) / curvature, (1 - math.cos(turned)) / curvature
    for side, blocks in ((1, True), (-1, False)):
        depth = np.fmin(post_depth(VIEW, x, side * y, 0.1), ground_depth(VIEW))
        assert (Reason.BLOCKED_BY_DEPTH in reasons(judged(depth, found=found))) is (
            blocks or abs(2 * y) < 0.5)


def test_an_image_that_never_changes_is_a_frozen_camera():
    limits = replace(LIMITS, camera_health=HealthThresholds(max_identical=3))
    judge = DepthJudge(limits, Direction.FORWARD)
    depth = ground_depth(VIEW)
    for stamp in (1, 1, 1, 1, 2, 3):
        assert judge.judge(DepthImage(depth, stamp), free(VIEW), None).findings == ()
    [finding] = judge.judge(DepthImage(depth, 4), free(VIEW), None).findings
    assert finding.reason is Reason.NO_DEPTH
    assert 'has not changed in 3 images' in finding.text
    depth = depth.copy()
    depth[0, 0] = 3.0
    assert judge.judge(DepthImage(depth, 5), free(VIEW), None).findings == ()


@settings(max_examples=40)
@given(st.integers(0, 2 ** 32 - 1), st.floats(0.0, 1.0))
def test_whatever_it_is_given_it_takes_nothing_away_and_does_not_fail(seed, share):
    noise = np.random.default_rng(seed)
    odd = np.array([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e-30, 1e30, 2.0], np.float32)
    depth = np.where(noise.random((240, 320)) < share, noise.choice(odd, (240, 320)),
                     ground_depth(VIEW)).astype(np.float32)
    kept = Finding(Reason.LOW_COVERAGE, 'kept')
    found = judged(depth, found=replace(free(VIEW), findings=(kept,)))
    assert found.findings[0] is kept
    assert found.measure.free_distance <= free(VIEW).measure.free_distance
