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

"""Parameter files as ROS reads them and as this package does: the same values, or both refuse."""

from __future__ import annotations

from array import array
from pathlib import Path

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.context import Context  # noqa: E402

from seg_node.parameters.blocks import read_blocks  # noqa: E402
from seg_node.parameters.declaration import ParameterError  # noqa: E402
from seg_node.parameters.params_file import values_for  # noqa: E402
from seg_node.ros.parameters import check_files, files_in  # noqa: E402

NODE = '/robot/seg_node'


@pytest.fixture
def make_node():
    """Return a function that makes a node in the namespace of a robot; it does not always."""
    contexts, nodes = [], []

    def make(*files: Path):
        contexts.append(Context())
        given = [part for file in files for part in ('--params-file', str(file))]
        rclpy.init(args=['--ros-args', '-r', '__ns:=/robot', *given], context=contexts[-1],
                   domain_id=101)
        nodes.append(rclpy.create_node('seg_node', context=contexts[-1]))
        return nodes[-1]

    yield make
    for node in nodes:
        node.destroy_node()
    for context in contexts:
        context.try_shutdown()


def ours(path):
    return values_for(NODE, read_blocks(path), path)


def told_by_ros(node):
    return {name: parameter.value for name, parameter in node._parameter_overrides.items()}


ALIKE = {
    'words': 'a: y\n    b: No\n    c: "y"\n    d: true\n    e: on\n    f: text\n    g: null\n'
             '    h: ~\n    i: é',
    'whole numbers': 'a: 1\n    b: +5\n    c: 010\n    d: 0x1F\n    e: -0x1\n    f: 0\n    g: "5"',
    'fractions': 'a: 1e3\n    b: .5\n    c: 1.\n    d: -2.5E-3\n    e: 09\n    f: .inf\n'
                 '    g: -inf\n    h: 99999999999999999999',
    'texts': 'a: 1_000\n    b: 1:30\n    c: 2020-01-01\n    d: 0o10\n    e: 1e400\n    f: "0x5"\n'
             '    g: a.b\n    h: .5.5\n    i: 1.2.3',
    'lists': "a: [1, 2]\n    b: [x, z]\n    c: ['']\n    d: [1.0, 2.5]\n    e: [true, no]",
    'names': 'v.a: 1\n    v: {b: 2, c.d: 3}\n    5: 1\n    on: 2',
}


@pytest.mark.parametrize('kind', ALIKE)
def test_values_are_those_of_ros(tmp_path, make_node, kind):
    path = tmp_path / 'params.yaml'
    path.write_text(f'/**:\n  ros__parameters:\n    {ALIKE[kind]}\n', encoding='utf-8')
    found = ours(path)
    expected = {name: list(value) if isinstance(value, array) else value
                for name, value in told_by_ros(make_node(path)).items()}
    assert found == expected
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in expected.items()}


@pytest.mark.parametrize('key', [
    '/**', '/*', 'seg_node', '/seg_node', '/robot/seg_node', 'robot/seg_node', '/*/seg_node',
    '/**/seg_node', "'**'", "'*'", '/*/*', '/*/*/seg_node', '/robot/*', 'robot:\n seg_node',
    '/**:\n seg_node', '/robot/seg_nod'])
def test_the_names_of_nodes_match_as_in_ros(tmp_path, make_node, key):
    path = tmp_path / 'params.yaml'
    path.write_text(f'{key}:\n  ros__parameters: {{a: 1}}\n')
    [block] = read_blocks(path)
    assert block.is_for(NODE) == bool(told_by_ros(make_node(path)))


def test_of_two_blocks_the_later_counts_as_in_ros(tmp_path, make_node):
    path = tmp_path / 'params.yaml'
    path.write_text('/robot/seg_node:\n  ros__parameters: {a: 1, b: 1}\n'
                    '/**:\n  ros__parameters: {a: 2}\n')
    assert ours(path) == told_by_ros(make_node(path)) == {'a': 2, 'b': 1}


@pytest.mark.parametrize('text', [
    '/**:\n  geometry: ground\n', '/**:\n', '/**:\n  ros__parameters:\n', 'a: 1\n', '- 1\n',
    'ros__parameters: {a: 1}\n', '/**:\n  ros__parameters:\n\ta: 1\n',
    '/**:\n  ros__parameters:\n    a:\n', '/**:\n  ros__parameters:\n    [a]: 1\n',
    '/**:\n  ros__parameters: {a: &x 1, b: *x}\n', '**:\n  ros__parameters: {a: 1}\n',
    '/**:\n  ros__parameters: {a: 1}\nother: {x: 1}\n',
    '/robot/seg.node:\n  ros__parameters: {a: 1}\n'])
def test_what_ros_refuses_is_refused_in_one_line_that_names_the_file(tmp_path, make_node, text):
    path = tmp_path / 'params.yaml'
    path.write_text(text)
    with pytest.raises(ParameterError) as raised:
        read_blocks(path)
    line = str(raised.value)
    assert line.startswith(f'{path}: ') and '\n' not in line
    with pytest.raises(Exception, match='params file'):
        make_node(path)


def test_the_files_of_a_command_line_are_those_of_ros():
    assert files_in(['node', '--params-file', 'no', '--ros-args', '-p', 'a:=1', '--params-file',
                     'one.yaml', '--', '--params-file', 'no', '--ros-args', '--params-file',
                     'two.yaml']) == [Path('one.yaml'), Path('two.yaml')]


def test_each_file_must_have_something_for_the_node(tmp_path, make_node):
    good, bad = tmp_path / 'good.yaml', tmp_path / 'bad.yaml'
    good.write_text('/**:\n  ros__parameters: {a: 1}\n')
    bad.write_text('/seg_node:\n  ros__parameters: {b: 1}\n')
    node = make_node(good, bad)
    check_files(node, [good])
    with pytest.raises(ParameterError, match=f'{bad}: /seg_node is not for {NODE}; '
                                             f'Name the block {NODE}'):
        check_files(node, [good, bad])


def test_what_ros_does_not_take_from_a_file_is_told(tmp_path, make_node):
    path = tmp_path / 'params.yaml'
    path.write_text('/**:\n  ros__parameters: {a: 1, b: 1}\n')
    node = make_node(path)
    del node._parameter_overrides['b']
    with pytest.raises(ParameterError, match='ROS does not take b from it'):
        check_files(node, [path])
