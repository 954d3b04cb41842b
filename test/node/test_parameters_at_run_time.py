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
"""Parameters from outside: limits that take effect at once, and values that are refused."""

from __future__ import annotations

import pytest

from helpers.fake_camera import blocked_road, raw, RED, road, UNSURE_GREEN
from helpers.places import ROOT
from helpers.testbed import WAIT


def test_a_changed_limit_takes_effect(testbed):
    testbed.start_seg_node(autostart=True, stop_go__min_confidence_low=0.1)
    testbed.start_camera(raw(road(ground=UNSURE_GREEN)))
    testbed.wait_for_stop('low_confidence', 'limit 0.60')
    assert testbed.client.set_parameter('stop_go.min_confidence', 0.2).successful
    testbed.wait_for_go()
    assert testbed.client.set_parameter('stop_go.min_confidence', 0.3).successful
    testbed.wait_for_stop('low_confidence', 'limit 0.30')
    assert all(testbed.next_stops())


def test_a_changed_corridor_takes_effect(testbed):
    image = road()
    image[56:, 100:] = RED      # beside the corridor
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(image))
    testbed.wait_for_go()
    assert testbed.client.set_parameter('trapezoid.near_width', 0.95).successful
    testbed.wait_for_stop('blocked')
    assert all(testbed.next_stops())
    assert testbed.client.set_parameter('trapezoid.near_width', 0.5).successful
    testbed.wait_for_go()


def test_a_limit_changed_before_activation_holds_from_the_first_frame(testbed):
    testbed.start_seg_node(stop_go__min_confidence_low=0.1)
    testbed.start_camera(raw(road(ground=UNSURE_GREEN)))
    testbed.client.reach('configure')
    assert testbed.client.set_parameter('stop_go.min_confidence', 0.2).successful
    testbed.client.reach('activate')
    testbed.wait_for_go()


REFUSED = {
    'above its range': ('stop_go.min_confidence', 1.5, ['stop_go.min_confidence', '1']),
    'below its range': ('stop_go.max_image_age', 0.0, ['stop_go.max_image_age', '0.01']),
    'not a number': ('stop_go.min_coverage', float('nan'), ['stop_go.min_coverage', 'nan']),
    'infinite': ('stop_go.go_hold', float('inf'), ['stop_go.go_hold']),
    'negative count': ('stop_go.go_after', -1, ['stop_go.go_after']),
    'of another type': ('stop_go.min_confidence', 'high', ['type']),
    'a fraction for a count': ('stop_go.stop_after', 1.5, ['type']),
    'far row below the near row': ('trapezoid.far_row', 0.99, ['trapezoid.far_row', 'near_row']),
    'corridor out of the image': ('trapezoid.center', 0.05, ['trapezoid.near_width', 'image']),
    'corridor without rows': ('trapezoid.far_row', 0.975, ['far_row', 'rows']),
    'camera limit': ('camera_health.min_contrast', 200.0, ['camera_health.min_contrast', '127']),
    'read-only model': ('model', 'other', ['model', 'read-only']),
    'read-only cameras': ('cameras', ['rear'], ['cameras', 'read-only']),
    'read-only rate': ('heartbeat_rate', 10.0, ['heartbeat_rate', 'read-only']),
    'unknown': ('stop_go.no_such_limit', 1.0, ['undeclared']),
}


@pytest.fixture(scope='module')
def going(shared_testbed):
    shared_testbed.start_seg_node(autostart=True)
    shared_testbed.start_camera(raw(road()))
    shared_testbed.wait_for_go()
    return shared_testbed


@pytest.mark.parametrize('kind', REFUSED)
def test_values_that_cannot_be_used_are_refused_with_a_reason(going, kind):
    name, value, words = REFUSED[kind]
    result = going.client.set_parameter(name, value)
    assert not result.successful
    for word in words:
        assert word in result.reason
    going.wait_for_go()


def test_descriptions_can_be_asked_for(going):
    descriptor = going.client.descriptor('stop_go.min_confidence')
    assert 'confidence' in descriptor.description
    assert not descriptor.read_only
    assert descriptor.floating_point_range[0].to_value == 1.0
    assert going.client.descriptor('model').read_only


BAD_STARTS = {
    'out of range': (['-p', 'stop_go.min_confidence:=2.0'], ['stop_go.min_confidence', '2']),
    'of another type': (['-p', 'stop_go.min_confidence:=high'], ['stop_go.min_confidence']),
    'whole number for a fraction': (['-p', 'stop_go.go_hold:=1'], ['stop_go.go_hold']),
    'unknown choice': (['-p', 'transport:=pigeon'], ['transport', 'pigeon', 'compressed']),
    'no camera': (['-p', "cameras:=['']"], ['cameras']),
    'camera twice': (['-p', 'cameras:=[front, front]'], ['cameras', 'front', 'twice']),
    'impossible camera': (['-p', "cameras:=['front camera']"], ['cameras', 'front camera']),
    'upside-down corridor': (['-p', 'trapezoid.far_row:=0.99'], ['trapezoid.far_row', 'near_row']),
    'too many threads': (['-p', 'threads:=1000'], ['threads', '64']),
}


@pytest.mark.parametrize('kind', BAD_STARTS)
def test_bad_values_at_start_up_are_refused_in_one_line(testbed, kind):
    arguments, words = BAD_STARTS[kind]
    node = testbed.start_seg_node(*arguments)
    assert node.wait(WAIT) == 2
    assert 'Traceback' not in node.output
    [line] = [line for line in node.output.splitlines() if '[FATAL]' in line]
    for word in words:
        assert word in line


def test_the_shipped_configuration_works(testbed, tiny_model):
    testbed.start_seg_node(
        '--params-file', str(ROOT / 'config' / 'seg_node.yaml'), autostart=True)
    camera = testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    camera.message = raw(blocked_road())
    testbed.wait_for_stop('blocked')


def test_autostart_needs_no_lifecycle_manager(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    assert testbed.client.lifecycle_state() == 'active'


def test_a_misspelt_parameter_is_told_of(testbed):
    testbed.start_seg_node(stop_go__min_clearance=0.7)
    testbed.next_stops(1)
    assert 'stop_go.min_clearance is given, but there is none' in testbed.process.output
