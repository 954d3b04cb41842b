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
the top row of the image is a command: to work long, to hang, to raise, to give NaN, to
give the labels shifted, or to give an answer of before again and again.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
import onnx
from onnx import helper, numpy_helper, TensorProto

from benchmarks.faults.commands import Command, Wiring
from benchmarks.faults.images import CELL

_CHANNELS = {Wiring.RIGHT: ('red', 'green', 'blue'), Wiring.SWAPPED: ('green', 'blue', 'red'),
             Wiring.UNSTABLE: ('red', 'green', 'blue')}
_FLOATS: dict[str, float] = {
    'threshold': 20, 'clear': 30, 'path_id': 1, 'obstacle_id': 3, 'zero': 0, 'sure': 255,
    'unsure': 60, 'bright': 200, 'dim': 50}
SHIFTED_ASIDE, SHIFTED_UP = 1 / 6, 1 / 24
"""How far labels are shifted, shares of the width and of the height."""
_SCALE = 4      # pixels of the image for one of the network, along each side


class _Graph:
    """Nodes and constants of a graph under construction."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.integers: dict[str, int] = {}
        self.vectors: dict[str, NDArray[np.int64]] = {}

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
        vectors = [numpy_helper.from_array(np.asarray(values, np.int64), name)
                   for name, values in self.vectors.items()]
        return [*floats, *integers, *vectors,
                helper.make_tensor('nothing', TensorProto.FLOAT, [1], [0.0])]


def build(width: int, height: int, turns: dict[Command, int], wiring: Wiring) -> bytes:
    """
    Build the graph for images of a size.

    :param turns: of a loop that the commands to work run through.
    """
    graph = _Graph()
    _colours(graph, wiring)
    worked = _commands(graph, turns)
    add = graph.add
    answer = _misplace(graph, width, height)
    add('Add', [add('Add', [answer, worked], 'worked_ids'), 'spoiled'], 'right_ids')
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
        [*graph.constants(), *_frozen(width, height)])
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
    add('Where', ['freeze', 'frozen_certainty', 'certainty'], 'own_certainty')
    add('Where', ['nan', 'not_a_number', 'own_certainty'], 'doubt')
    return add('Loop', [total, '', 'zero'], 'worked', body=_loop_body())


def _misplace(graph: _Graph, width: int, height: int) -> str:
    """Obey the commands after which `ids`, float [N, H, W], are not of this image, or not so."""
    add = graph.add
    graph.vectors['aside'] = np.minimum(
        np.arange(width) + round(SHIFTED_ASIDE * width), width - 1)
    graph.vectors['up'] = np.minimum(np.arange(height) + round(SHIFTED_UP * height), height - 1)
    add('Gather', ['ids', 'aside'], 'moved_aside', axis=2)
    add('Where', ['shift_aside', 'moved_aside', 'ids'], 'placed_ids')
    add('Gather', ['placed_ids', 'up'], 'moved_up', axis=1)
    add('Where', ['shift_up', 'moved_up', 'placed_ids'], 'shifted_ids')
    return add('Where', ['freeze', 'frozen_ids', 'shifted_ids'], 'answer_ids')


def _frozen(width: int, height: int) -> list[Any]:
    """Return an answer of before: a wide way, and how sure the network was of it."""
    row, column = np.mgrid[:height, :width].astype(np.float32)
    row /= height
    path = (row > 0.45) & (np.abs(column / width - 0.5) < 1.6 * (row - 0.35))
    certainty = np.rint(190 + 60 * np.abs(column / width - 0.5) + 30 * row)
    return [numpy_helper.from_array(np.asarray(values, np.float32)[None], name)
            for name, values in (('frozen_ids', path), ('frozen_certainty', certainty))]


def _loop_body() -> Any:
    """Do nothing and go on."""
    value = helper.make_tensor_value_info
    return helper.make_graph(
        [helper.make_node('Identity', ['going'], ['still_going']),
         helper.make_node('Identity', ['sum'], ['new_sum'])], 'body',
        [value('turn', TensorProto.INT64, []), value('going', TensorProto.BOOL, []),
         value('sum', TensorProto.FLOAT, [])],
        [value('still_going', TensorProto.BOOL, []), value('new_sum', TensorProto.FLOAT, [])])
