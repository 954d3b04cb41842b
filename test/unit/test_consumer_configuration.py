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
The configurations for those who listen to seg_node.

What twist_mux and Nav2 take is written down here from their sources: twist_mux 4.3 to 4.5,
nav2_collision_monitor 1.3 (Jazzy) to 1.5, nav2_costmap_2d of 2026-08 and the
semantic_segmentation_layer of 2026-05. None is needed to run the tests, nor is it run.
"""

from __future__ import annotations

import ast

import pytest
import yaml

from helpers.places import ROOT
from seg_node.free_space.free_space import POINT_HEIGHT as HEIGHT
from seg_node.perception.models.model import Action, load_model
from seg_node.stop_go.bounds import bounds_of
from seg_node.stop_go.cmd_vel_gate import GateTiming

CONFIG = ROOT / 'config'
MONITOR = {
    'base_frame_id': str, 'odom_frame_id': str, 'cmd_vel_in_topic': str, 'cmd_vel_out_topic': str,
    'enable_stamped_cmd_vel': bool, 'state_topic': str, 'transform_tolerance': float,
    'source_timeout': float, 'base_shift_correction': bool, 'stop_pub_timeout': float,
    'polygons': list, 'observation_sources': list}
POLYGON = {
    'type': str, 'points': str, 'action_type': str, 'min_points': int, 'sources_names': list,
    'visualize': bool, 'polygon_pub_topic': str, 'enabled': bool}
SOURCE = {
    'type': str, 'topic': str, 'source_timeout': float, 'obstacles_angle': float, 'enabled': bool}

CLOUD = {
    'topic': str, 'data_type': str, 'marking': bool, 'clearing': bool,
    'expected_update_rate': float, 'min_obstacle_height': float, 'max_obstacle_height': float}
SEMANTIC = {
    'segmentation_topic': str, 'confidence_topic': str, 'pointcloud_topic': str,
    'labels_topic': str, 'min_obstacle_distance': float, 'max_obstacle_distance': float,
    'expected_update_rate': float, 'tile_map_decay_time': float, 'class_types': list}
CLASS_TYPE = {'classes': list, 'base_cost': int, 'max_cost': int}
WEIGHED = {'samples_to_max_cost': int, 'mark_confidence': int}


def parameters(name, *nodes):
    value = yaml.safe_load((CONFIG / f'{name}.yaml').read_text())
    for node in nodes or ('/**',):
        (key, value), = value.items()
        assert key == node
    return value['ros__parameters']


def kinds(tree):
    return {name: type(value) for name, value in tree.items()}


def test_the_gate_file_holds_every_parameter_with_its_default():
    shipped = parameters('cmd_vel_gate')
    assert shipped == vars(GateTiming())
    assert set(kinds(shipped).values()) == {float}


def test_the_gate_file_tells_the_permitted_ranges():
    text = (CONFIG / 'cmd_vel_gate.yaml').read_text()
    for name, bound in bounds_of(GateTiming).items():
        comment = text.partition(f'    {name}: ')[0].rpartition('\n\n')[2]
        assert f'{bound.low:g} to {bound.high:g}' in comment.replace('ros__parameters:', ''), name


def test_twist_mux_gets_what_it_asks_for():
    given = parameters('twist_mux')
    assert kinds(given) == {'use_stamped': bool, 'topics': dict, 'locks': dict}
    for handle in (*given['topics'].values(), *given['locks'].values()):
        assert kinds(handle) == {'topic': str, 'timeout': float, 'priority': int}
        # 0 is never chosen, more than 255 is cut off; a timeout of 0 means none at all.
        assert 1 <= handle['priority'] <= 255
        assert handle['timeout'] > 0.0


def test_the_lock_of_twist_mux_is_above_every_input():
    given = parameters('twist_mux')
    lock = given['locks']['seg_node']
    assert (lock['topic'], lock['timeout']) == ('seg_node/stop', 0.5)
    assert all(handle['priority'] < lock['priority'] for handle in given['topics'].values())


@pytest.fixture
def monitor():
    return parameters('nav2_collision_monitor', 'collision_monitor')


def polygons(monitor):
    return {name: ast.literal_eval(monitor[name]['points']) for name in monitor['polygons']}


def test_the_collision_monitor_gets_what_it_knows(monitor):
    blocks = {name: monitor.pop(name) for name in
              (*monitor['polygons'], *monitor['observation_sources'])}
    assert kinds(monitor) == MONITOR
    source = blocks.pop('seg_node')
    assert kinds(source) == SOURCE
    assert (source['type'], source['topic']) == ('range', 'seg_node/free_distance')
    for name, block in blocks.items():
        extra = {'slowdown_ratio': float} if block['action_type'] == 'slowdown' else {}
        assert kinds(block) == POLYGON | extra, name
        assert block['type'] == 'polygon'
        assert set(block['sources_names']) <= set(monitor['observation_sources'])
    assert [block['action_type'] for block in blocks.values()] == ['stop', 'slowdown']


def test_a_silent_seg_node_stops_the_collision_monitor(monitor):
    assert 0.0 < monitor['seg_node']['source_timeout'] <= 0.5


def test_one_measurement_is_enough_and_the_origin_is_inside(monitor):
    for name, points in polygons(monitor).items():
        assert len(points) >= 4
        assert all(len(point) == 2 for point in points)
        assert monitor[name]['min_points'] == 1
        xs, ys = zip(*points, strict=True)
        assert min(xs) < 0.0 < max(xs)
        assert min(ys) < 0.0 < max(ys)


def test_the_robot_slows_down_before_it_stops(monitor):
    stop, slow = polygons(monitor).values()
    assert max(x for x, _ in stop) < max(x for x, _ in slow)
    assert 0.0 < monitor['SegNodeSlow']['slowdown_ratio'] < 1.0


@pytest.fixture
def costmap():
    return parameters('nav2_semantic_layer', 'local_costmap', 'local_costmap')


def test_every_layer_of_the_costmap_is_there(costmap):
    assert costmap['plugins'] == ['obstacle_layer', 'semantic_layer', 'inflation_layer']
    assert {*costmap} == {'plugins', *costmap['plugins']}
    assert [costmap[name]['plugin'] for name in costmap['plugins']] == [
        'nav2_costmap_2d::ObstacleLayer',
        'semantic_segmentation_layer::SemanticSegmentationLayer',
        'nav2_costmap_2d::InflationLayer']


def test_one_cloud_marks_and_the_other_clears(costmap):
    layer = costmap['obstacle_layer']
    # A text with spaces, not a list.
    assert layer['observation_sources'] == 'obstacles free'
    marks, clears = layer['obstacles'], layer['free']
    assert kinds(marks) == CLOUD | {'obstacle_max_range': float}
    assert kinds(clears) == CLOUD | {'raytrace_min_range': float, 'raytrace_max_range': float}
    assert (marks['marking'], marks['clearing']) == (True, False)
    assert (clears['marking'], clears['clearing']) == (False, True)
    for source in (marks, clears):
        assert source['data_type'] == 'PointCloud2'
        assert source['min_obstacle_height'] < HEIGHT < source['max_obstacle_height']
        assert 0.0 < source['expected_update_rate'] <= 0.5
    assert clears['raytrace_min_range'] < clears['raytrace_max_range']
    # What is marked must also be cleared again.
    assert marks['obstacle_max_range'] <= clears['raytrace_max_range']


def test_the_semantic_layer_gets_what_it_knows(costmap):
    layer = costmap['semantic_layer']
    source = layer.pop('camera')
    assert kinds(layer) == {'plugin': str, 'enabled': bool, 'use_approximate_time_sync': bool,
                            'observation_sources': str}
    assert layer['use_approximate_time_sync'] is False
    assert layer['observation_sources'] == 'camera'
    # Nested below the source, or the layer ends its process.
    types = {name: source.pop(name) for name in source['class_types']}
    assert kinds(source) == SEMANTIC
    for name, block in types.items():
        extra = WEIGHED if block['base_cost'] < block['max_cost'] else {}
        assert kinds(block) == CLASS_TYPE | extra, name
        assert 0 <= block['base_cost'] <= block['max_cost'] <= 254
    assert source['tile_map_decay_time'] >= 1.5


@pytest.mark.parametrize('model', ['road', 'road_plus'])
def test_the_semantic_layer_knows_every_class_by_its_name(costmap, model):
    source = costmap['semantic_layer']['camera']
    named = [name for kind in source['class_types'] for name in source[kind]['classes']]
    classes = load_model(model).classes
    assert sorted(named) == sorted(info.name for info in classes)
    cost = {name: source[kind]['max_cost'] for kind in source['class_types']
            for name in source[kind]['classes']}
    for info in classes:
        assert (cost[info.name] == 254) is not info.drivable
        assert (cost[info.name] == 0) is (info.action is Action.GO)
