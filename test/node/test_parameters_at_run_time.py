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


MISSPELT = """
/**:
  ros__parameters:
    mounting:
      camera: {height: 1.20, pich: 0.05}
    vehicle: {width: 0.60, max_speed: 1.5, decelleration: 0.3}
"""


@pytest.mark.parametrize('way', ['file', 'argument'])
def test_misspelt_parameters_refuse_to_configure_and_say_what_was_meant(testbed, tmp_path, way):
    path = tmp_path / 'params.yaml'
    path.write_text(MISSPELT)
    given = ['--params-file', str(path)] if way == 'file' else [
        '-p', 'mounting.camera.pich:=0.05', '-p', 'vehicle.decelleration:=0.3']
    node = testbed.start_seg_node(*given, autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for(lambda: 'cannot configure' in node.output, 'the refusal')
    assert not testbed.client.change_state('configure')
    assert testbed.client.lifecycle_state() == 'unconfigured'
    # The log is written beside: a line may come after the answer that it belongs to.
    testbed.wait_for(lambda: node.output.count('cannot configure') == 2, 'both refusals')
    lines = [line for line in node.output.splitlines() if 'cannot configure' in line]
    assert len(lines) == 2
    assert all(line.endswith(
        ': cannot configure: there is no parameter mounting.camera.pich, vehicle.decelleration; '
        'did you mean mounting.camera.pitch, vehicle.deceleration?') for line in lines)
    testbed.wait_for_stop('not_configured', 'did you mean mounting.camera.pitch')
    assert all(testbed.next_stops(30))
    assert 'Traceback' not in node.output


UNUSABLE_FILES = {
    'for nobody': ('seg_nod:\n  ros__parameters: {threads: 1}', ['seg_nod', 'did you mean']),
    'for another namespace': ('/robot/seg_node:\n  ros__parameters: {threads: 1}',
                              ['/robot/seg_node is not for /seg_node', '/**']),
    'without ros__parameters': ('/**:\n  threads: 1', ['line 2: threads', 'ros__parameters']),
    'tab': ('/**:\n  ros__parameters:\n\tthreads: 1', ['line 3', 'spaces, not with tabs']),
    'empty': ('', ['is no parameter file', '/**']),
    'alias': ('/**:\n  ros__parameters: {threads: &a 1, jpeg_quality: *a}', ['no aliases']),
    'missing': (None, ['cannot be read (No such file or directory)']),
}


@pytest.mark.parametrize('kind', UNUSABLE_FILES)
def test_parameter_files_that_cannot_be_meant_are_refused_in_one_line(testbed, tmp_path, kind):
    text, words = UNUSABLE_FILES[kind]
    path = tmp_path / 'params.yaml'
    if text is not None:
        path.write_text(text)
    node = testbed.start_seg_node('--params-file', str(path), autostart=True)
    assert node.wait(WAIT) == 2
    assert 'Traceback' not in node.output
    [line] = [line for line in node.output.splitlines() if '[FATAL]' in line]
    assert all(word in line for word in [f'{path}: ', *words])


def test_the_gate_refuses_misspelt_parameters_too(testbed):
    gate = testbed.start_module(
        'seg_node.ros.cmd_vel_gate', '--ros-args', '-p', 'stop_timeot:=0.2')
    assert gate.wait(WAIT) == 2
    [line] = [line for line in gate.output.splitlines() if '[FATAL]' in line]
    assert 'stop_timeot; did you mean stop_timeout?' in line
