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
The graph of the tiny model; the only module of the benchmark that needs the onnx package.

The graph keeps the model contract. It knows colours: clearly green is path, clearly red is
obstacle, all else is background; it is unsure (60 of 255) of what is grey. A cell of magenta in
the top row of the image is a command: to work long, to hang, to raise, or to give NaN.
"""

from __future__ import annotations

from typing import Any

import onnx
from onnx import helper, TensorProto

from benchmarks.faults.commands import Command, Wiring
from benchmarks.faults.images import CELL

_CHANNELS = {Wiring.RIGHT: ('red', 'green', 'blue'), Wiring.SWAPPED: ('green', 'blue', 'red'),
             Wiring.UNSTABLE: ('red', 'green', 'blue')}
_FLOATS: dict[str, float] = {
    'threshold': 20, 'clear': 30, 'path_id': 1, 'obstacle_id': 3, 'zero': 0, 'sure': 255,
    'unsure': 60, 'bright': 200, 'dim': 50}
_SCALE = 4      # pixels of the image for one of the network, along each side


class _Graph:
    """Nodes and constants of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.integers: dict[str, int] = {}

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def constants(self) -> list[Any]:
        """Return all constants as initialisers."""
        floats = [helper.make_tensor(name, TensorProto.FLOAT, [], [float(value)])
                  for name, value in _FLOATS.items()]
        integers = [helper.make_tensor(name, TensorProto.INT64, [], [value])
                    for name, value in self.integers.items()]
        return [*floats, *integers, helper.make_tensor('nothing', TensorProto.FLOAT, [1], [0.0])]


def build(width: int, height: int, turns: dict[Command, int], wiring: Wiring) -> bytes:
    """
    Build the graph for images of a size.

    :param turns: of a loop that the commands to work run through.
    """
    graph = _Graph()
    _colours(graph, wiring)
    worked = _commands(graph, turns)
    add = graph.add
    add('Add', [add('Add', ['ids', worked], 'worked_ids'), 'spoiled'], 'right_ids')
    labels = 'right_ids'
    if wiring is Wiring.UNSTABLE:
        add('RandomUniformLike', ['ids'], 'chance', low=0.0, high=4.0)
        labels = add('Floor', ['chance'], 'random_ids')
    add('Cast', [labels], 'labels', to=TensorProto.UINT8)
    add('Cast', ['doubt'], 'confidence', to=TensorProto.UINT8)
    size = ['N', height, width]
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        graph.nodes, 'faulty', [value('image', TensorProto.UINT8, [*size, 3])],
        [value(name, TensorProto.UINT8, size) for name in ('labels', 'confidence')],
        graph.constants())
    # Opset and IR version as for the bundled model.
    model = helper.make_model(made, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _colours(graph: _Graph, wiring: Wiring) -> None:
    """Tell `ids` and `certainty` from the colours, float [N, H, W] each."""
    add = graph.add
    add('Cast', ['image'], 'pixels', to=TensorProto.FLOAT)
    for index, colour in enumerate(_CHANNELS[wiring]):
        graph.integers[f'channel_{colour}'] = index
        add('Gather', ['pixels', f'channel_{colour}'], colour, axis=3)
    for colour, others in (('green', ['red', 'blue']), ('red', ['green', 'blue']),
                           ('blue', ['red', 'green'])):
        add('Sub', [colour, add('Max', others, f'not_{colour}')], f'{colour}_lead')
    add('Greater', ['red_lead', 'threshold'], 'is_obstacle')
    add('Greater', ['green_lead', 'threshold'], 'is_path')
    add('Where', ['is_obstacle', 'obstacle_id', 'zero'], 'not_path')
    add('Where', ['is_path', 'path_id', 'not_path'], 'ids')
    add('Max', ['red_lead', 'green_lead', 'blue_lead'], 'lead')
    add('Greater', ['lead', 'clear'], 'is_sure')
    add('Where', ['is_sure', 'sure', 'unsure'], 'certainty')


def _commands(graph: _Graph, turns: dict[Command, int]) -> str:
    """Obey the commands: `spoiled` raises, `doubt` may be NaN, and the result takes its time."""
    add, integers = graph.add, graph.integers
    integers.update(no_turn=0, first=0, nowhere=7, row=CELL // 2 // _SCALE)
    add('ReduceMin', [add('Min', ['red', 'blue'], 'lower')], 'magenta', axes=[0], keepdims=0)
    add('ReduceMax', ['green'], 'other', axes=[0], keepdims=0)
    for source in ('magenta', 'other'):
        add('Gather', [source, 'row'], f'{source}_row', axis=0)
    total = 'no_turn'
    for command in Command:
        name = command.name.lower()
        integers[f'{name}_column'] = (command * CELL + CELL // 2) // _SCALE
        for source in ('magenta', 'other'):
            add('Gather', [f'{source}_row', f'{name}_column'], f'{name}_{source}', axis=0)
        add('And', [add('Greater', [f'{name}_magenta', 'bright'], f'{name}_bright'),
                    add('Less', [f'{name}_other', 'dim'], f'{name}_dim')], name)
        if command in turns:
            integers[f'{name}_turns'] = turns[command]
            add('Where', [name, f'{name}_turns', 'no_turn'], f'{name}_wanted')
            total = add('Add', [total, f'{name}_wanted'], f'{name}_total')
    add('Where', ['raise', 'nowhere', 'first'], 'index')
    add('Gather', ['nothing', 'index'], 'spoiled', axis=0)
    add('Div', ['zero', 'zero'], 'not_a_number')
    add('Where', ['nan', 'not_a_number', 'certainty'], 'doubt')
    return add('Loop', [total, '', 'zero'], 'worked', body=_loop_body())


def _loop_body() -> Any:
    """Do nothing and go on."""
    value = helper.make_tensor_value_info
    return helper.make_graph(
        [helper.make_node('Identity', ['going'], ['still_going']),
         helper.make_node('Identity', ['sum'], ['new_sum'])], 'body',
        [value('turn', TensorProto.INT64, []), value('going', TensorProto.BOOL, []),
         value('sum', TensorProto.FLOAT, [])],
        [value('still_going', TensorProto.BOOL, []), value('new_sum', TensorProto.FLOAT, [])])
