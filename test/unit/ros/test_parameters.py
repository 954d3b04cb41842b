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
"""Declarations that explain themselves, and a shipped configuration that agrees with them."""

from __future__ import annotations

import pytest
import yaml

from helpers.places import ROOT

rclpy = pytest.importorskip('rclpy')

from rclpy.context import Context  # noqa: E402
from rclpy.parameter import Parameter  # noqa: E402

from seg_node.parameters.declaration import ParameterError  # noqa: E402
from seg_node.parameters.structure import check_mountings  # noqa: E402
from seg_node.ros.parameters import declare, read_limits, read_structure  # noqa: E402
from seg_node.stop_go import Direction, Duty, Limits, Mounting, Role  # noqa: E402

CONFIG = ROOT / 'config' / 'seg_node.yaml'
Type = Parameter.Type


@pytest.fixture(scope='module')
def context():
    context = Context()
    rclpy.init(context=context, domain_id=101)
    yield context
    context.try_shutdown()


@pytest.fixture
def node(context):
    node = rclpy.create_node('parameters', context=context)
    yield node
    node.destroy_node()


@pytest.fixture
def declared(node):
    """Return the declared parameters by name, without those of rclpy itself."""
    before = set(node.get_parameters_by_prefix(''))
    declare(node)
    return {name: parameter for name, parameter in node.get_parameters_by_prefix('').items()
            if name not in before}


def flat(tree, prefix=''):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f'{prefix}{key}.')
        else:
            yield f'{prefix}{key}', value


def test_the_shipped_configuration_holds_every_parameter_with_its_default(declared):
    text = CONFIG.read_text().replace('# autostart: false', 'autostart: false')
    shipped = dict(flat(yaml.safe_load(text)['/**']['ros__parameters']))
    expected = {name: parameter.value for name, parameter in declared.items()}
    assert shipped == expected
    # 1 == 1.0 for Python, but not for ROS.
    assert {name: type(value) for name, value in shipped.items()} == {
        name: type(value) for name, value in expected.items()}


def test_every_line_of_the_shipped_configuration_is_explained():
    lines = [line.strip() for line in CONFIG.read_text().splitlines() if line.strip()]
    keys = [index for index, line in enumerate(lines) if not line.startswith('#')]
    unexplained = [lines[index] for index in keys if not lines[index - 1].startswith('#')]
    assert unexplained == ['ros__parameters:']


def test_every_parameter_describes_itself(node, declared):
    assert len(declared) > 20
    for name, parameter in declared.items():
        descriptor = node.describe_parameter(name)
        assert len(descriptor.description) > 10, name
        if parameter.type_ is Type.DOUBLE:
            [limits] = descriptor.floating_point_range
            assert limits.from_value <= parameter.value <= limits.to_value, name
        if parameter.type_ is Type.INTEGER:
            [limits] = descriptor.integer_range
            assert limits.from_value <= parameter.value <= limits.to_value, name


def test_limits_can_change_and_the_rest_cannot(node, declared):
    changeable = {name for name in declared if not node.describe_parameter(name).read_only}
    assert changeable == {'class_actions'} | {
        name for name in declared
        if '.' in name and not name.startswith(('role.', 'rotation.', 'output.'))}


def test_defaults_are_those_of_the_ros_free_parts(node, declared):
    assert read_limits(node) == Limits(mountings={'camera': Mounting()})
    structure = read_structure(node)
    assert (structure.cameras, structure.model) == (('camera',), 'road')
    assert structure.roles == {'camera': Role()}


def test_limits_are_read_as_they_would_be(node, declared):
    changed = [Parameter('stop_go.go_after', Type.INTEGER, 9),
               Parameter('trapezoid.center', Type.DOUBLE, 0.4)]
    limits = read_limits(node, changed)
    assert limits.stop_go.go_after == 9
    assert limits.trapezoid.center == 0.4
    assert read_limits(node).stop_go.go_after == 5


@pytest.mark.parametrize(('name', 'value', 'words'), [
    ('stop_go.min_coverage', float('nan'), ['nan', '0 to 1']),
    ('stop_go.go_after', 0, ['0', '1 to 1000']),
    ('trapezoid.far_row', 0.99, ['far_row', 'near_row']),
    ('camera_health.min_contrast', -1.0, ['-1', '0 to 127']),
])
def test_limits_that_cannot_be_used_name_parameter_and_remedy(node, declared, name, value, words):
    with pytest.raises(ParameterError) as caught:
        read_limits(node, [Parameter(name, value=value)])
    assert str(caught.value).startswith(f'{name}: ')
    assert all(word in str(caught.value) for word in words)


@pytest.fixture
def make_node(context):
    nodes = []

    def make(**overrides):
        nodes.append(rclpy.create_node('parameters', context=context, parameter_overrides=[
            Parameter(name.replace('__', '.'), value=value) for name, value in overrides.items()]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()


@pytest.mark.parametrize(('name', 'value'), [
    ('cameras', ['front', 'front']), ('cameras', ['front camera']), ('cameras', ['']),
    ('cameras', ['1st']), ('cameras', ['föhn']), ('cameras', ['a/b', '/a/b']),
    ('transport', 'smoke'), ('backend', 'abacus'), ('geometry', 'flat'),
    ('output.width', 320),
    ('mounting_source', 'guess'), ('role.camera.direction', 'up'), ('role.camera.duty', 'none'),
])
def test_structure_that_cannot_be_used_is_refused(make_node, name, value):
    node = make_node(**{name: value})
    with pytest.raises(ParameterError, match=f'^{name}: '):
        declare(node)
        read_structure(node)


def test_each_camera_has_its_mounting_and_role(make_node):
    node = make_node(cameras=['left/front', 'rear'], mounting__left__front__height=1.2,
                     mounting__rear__yaw=3.1, role__rear__direction='reverse',
                     role__rear__duty='advisory')
    declare(node)
    structure = read_structure(node)
    limits = read_limits(node)
    assert limits.mountings == {'left/front': Mounting(height=1.2), 'rear': Mounting(yaw=3.1)}
    assert structure.roles == {
        'left/front': Role(), 'rear': Role(Direction.REVERSE, Duty.ADVISORY)}
    with pytest.raises(ParameterError, match=r'^mounting\.rear\.height: not set'):
        check_mountings(structure, limits)


@pytest.mark.parametrize('overrides', [
    {'geometry': 'trapezoid'}, {'mounting_source': 'tf'}, {'mounting__camera__height': 0.3}])
def test_a_height_is_needed_only_where_it_counts(make_node, overrides):
    node, without = make_node(**overrides), make_node()
    declare(node)
    declare(without)
    check_mountings(read_structure(node), read_limits(node))
    with pytest.raises(ParameterError, match='height: not set'):
        check_mountings(read_structure(without), read_limits(without))


@pytest.mark.parametrize(('actions', 'words'), [
    (['sidewalk'], ['sidewalk', 'class=action']), (['path=fly'], ['fly', 'go, slow, stop']),
    (['obstacle=stop@-1'], ['-1', 'metres'])])
def test_class_actions_that_cannot_be_used_are_refused(node, declared, actions, words):
    with pytest.raises(ParameterError) as caught:
        read_limits(node, [Parameter('class_actions', value=actions)])
    assert str(caught.value).startswith('class_actions: ')
    assert all(word in str(caught.value) for word in words)
