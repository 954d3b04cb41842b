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

"""Write a real, tiny model under the model contract, so that tests need no trained one.

The graph looks at colours: what is clearly green is path, what is clearly red is obstacle, all
else is background. It is sure (confidence 255) of clear green, clear red and blue, and unsure
(60) of what is grey or close to a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import yaml

CLASSES: tuple[dict[str, Any], ...] = (
    {'name': 'background', 'color': [0, 0, 0], 'drivable': False, 'action': 'stop'},
    {'name': 'path', 'color': [0, 200, 90], 'drivable': True, 'action': 'go'},
    {'name': 'sidewalk', 'color': [230, 150, 40], 'drivable': False, 'action': 'stop'},
    {'name': 'obstacle', 'color': [230, 50, 60], 'drivable': False, 'action': 'stop'},
    {'name': 'speed_bump', 'color': [250, 220, 50], 'drivable': True, 'action': 'slow'},
)
SURE, UNSURE = 255, 60

_PATH, _OBSTACLE = 1.0, 3.0
_THRESHOLD, _CLEAR = 20.0, 30.0


def write_tiny_model(folder: Path, *, width: int = 64, height: int = 32) -> Path:
    """Write model.onnx and model.yaml into a folder, made if needed, and return the folder."""
    return write_model(folder, make_graph(width, height), width=width, height=height)


def write_model(
    folder: Path, graph: onnx.ModelProto, *, width: int = 64, height: int = 32, **fields: Any
) -> Path:
    """Write any graph with a manifest that fits it; fields replace the manifest's."""
    folder.mkdir(parents=True, exist_ok=True)
    data = graph.SerializeToString()
    (folder / 'model.onnx').write_bytes(data)
    manifest = {
        'name': 'tiny',
        'version': '0.1.0',
        'license': 'Apache-2.0',
        'graph': 'model.onnx',
        'sha256': hashlib.sha256(data).hexdigest(),
        'input': {'width': width, 'height': height},
        'classes': [dict(entry) for entry in CLASSES],
    }
    (folder / 'model.yaml').write_text(yaml.safe_dump({**manifest, **fields}), encoding='utf-8')
    return folder


def make_graph(
    width: int, height: int, *, batch: str | int = 'N', class_names: Sequence[str] | None = None
) -> onnx.ModelProto:
    """Return the colour-threshold graph; class_names go into its metadata where given."""
    nodes = [helper.make_node('Cast', ['image'], ['pixels'], to=TensorProto.FLOAT)]
    nodes += [
        helper.make_node('Gather', ['pixels', f'channel_{color}'], [color], axis=3)
        for color in ('red', 'green', 'blue')
    ]
    constants = {'threshold': _THRESHOLD, 'clear': _CLEAR, 'path_id': _PATH,
                 'obstacle_id': _OBSTACLE, 'zero': 0.0, 'sure': SURE, 'unsure': UNSURE}
    for color, others in (
        ('green', ('red', 'blue')), ('red', ('green', 'blue')), ('blue', ('red', 'green')),
    ):
        nodes += [
            helper.make_node('Max', list(others), [f'not_{color}']),
            helper.make_node('Sub', [color, f'not_{color}'], [f'{color}_lead']),
        ]
    nodes += [
        helper.make_node('Greater', ['red_lead', 'threshold'], ['is_obstacle']),
        helper.make_node('Greater', ['green_lead', 'threshold'], ['is_path']),
        helper.make_node('Where', ['is_obstacle', 'obstacle_id', 'zero'], ['not_path']),
        helper.make_node('Where', ['is_path', 'path_id', 'not_path'], ['ids']),
        helper.make_node('Cast', ['ids'], ['labels'], to=TensorProto.UINT8),
        helper.make_node('Max', ['red_lead', 'green_lead', 'blue_lead'], ['lead']),
        helper.make_node('Greater', ['lead', 'clear'], ['is_sure']),
        helper.make_node('Where', ['is_sure', 'sure', 'unsure'], ['certainty']),
        helper.make_node('Cast', ['certainty'], ['confidence'], to=TensorProto.UINT8),
    ]
    initializers = [
        helper.make_tensor(name, TensorProto.FLOAT, [], [value])
        for name, value in constants.items()
    ] + [
        helper.make_tensor(f'channel_{color}', TensorProto.INT64, [], [index])
        for index, color in enumerate(('red', 'green', 'blue'))
    ]
    return finish(nodes, initializers, (batch, height, width), class_names=class_names)


def make_instances_graph(width: int, height: int) -> onnx.ModelProto:
    """Return the graph with instances: what is red on the left is 1, on the right 2."""
    graph = make_graph(width, height, batch=1)
    halves = np.where(np.arange(width) < width // 2, 1.0, 2.0).astype(np.float32)
    graph.graph.initializer.append(numpy_helper.from_array(halves, 'halves'))
    graph.graph.node.extend([
        helper.make_node('Where', ['is_obstacle', 'halves', 'zero'], ['numbers']),
        helper.make_node('Cast', ['numbers'], ['instances'], to=TensorProto.UINT8)])
    graph.graph.output.append(
        helper.make_tensor_value_info('instances', TensorProto.UINT8, [1, height, width]))
    return graph


def make_endless_graph(width: int, height: int) -> onnx.ModelProto:
    """Return a graph that counts for ever whenever it is run."""
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [helper.make_node('Identity', ['going'], ['still_going']),
         helper.make_node('Add', ['sum', 'one'], ['new_sum'])], 'body',
        [value('turn', TensorProto.INT64, []), value('going', TensorProto.BOOL, []),
         value('sum', TensorProto.FLOAT, [])],
        [value('still_going', TensorProto.BOOL, []), value('new_sum', TensorProto.FLOAT, [])])
    nodes = [
        helper.make_node('Cast', ['image'], ['pixels'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMax', ['pixels'], ['brightest'], keepdims=0),
        helper.make_node('Loop', ['turns', '', 'brightest'], ['counted'], body=body),
        helper.make_node('Gather', ['pixels', 'first'], ['red'], axis=3),
        helper.make_node('Add', ['red', 'counted'], ['ids']),
        helper.make_node('Cast', ['ids'], ['labels'], to=TensorProto.UINT8),
        helper.make_node('Cast', ['ids'], ['confidence'], to=TensorProto.UINT8)]
    initializers = [
        helper.make_tensor('turns', TensorProto.INT64, [], [2**62]),
        helper.make_tensor('one', TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor('first', TensorProto.INT64, [], [0])]
    return finish(nodes, initializers, (1, height, width))


def finish(
    nodes: Sequence[onnx.NodeProto],
    initializers: Sequence[onnx.TensorProto],
    size: tuple[str | int, int | str, int | str],
    *,
    class_names: Sequence[str] | None = None,
    output_size: Sequence[str | int] | None = None,
    output_type: int = TensorProto.UINT8,
    input_name: str = 'image',
) -> onnx.ModelProto:
    """Return a checked model of nodes from an image input to labels and confidence.

    size is (N, H, W); opset and IR version are ones that TensorRT 8.5 parses.
    """
    outputs = size if output_size is None else output_size
    graph = helper.make_graph(
        list(nodes), 'tiny',
        [helper.make_tensor_value_info(input_name, TensorProto.UINT8, [*size, 3])],
        [helper.make_tensor_value_info(name, output_type, list(outputs))
         for name in ('labels', 'confidence')],
        list(initializers),
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8
    )
    if class_names is not None:
        helper.set_model_props(model, {'classes': ','.join(class_names)})
    onnx.checker.check_model(model)
    return model
