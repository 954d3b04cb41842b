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
Turn what a network gives into labels and confidence.

As in the bundled networks: a pixel is drivable where the drivable classes together are more
probable than the others; its label is the most probable class on that side, and the confidence the
probability of the side. Independent probabilities (a Sigmoid for each class) can be high for road
and for what stands on it: there a pixel is drivable where some drivable class is, and none of the
others. Everything after the enlargement works on one plane per class, element by
element: on ONNX Runtime that takes a seventh of the time of Softmax and ArgMax over channels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import helper, TensorProto

from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.options import AxisOrder, Values
from seg_node.tools.import_model.resizing import enlarge
from seg_node.tools.import_model.scores import Scores


def append_head(
    model: onnx.ModelProto, network: Network, scores: Scores, drivable: Sequence[int], classes: int
) -> None:
    """
    Append the contract's outputs to a model whose output is the network's.

    :param drivable: ids of the drivable classes, some but not all.
    :param classes: the number of classes.
    """
    writer = GraphWriter(model.graph)
    x = _as_nchw(writer, network.output, scores)
    if scores.values is Values.LABELS:
        _labels_only(writer, _enlarged(writer, x, network, scores))
    else:
        if scores.channels == 1:
            x = _two_channels(writer, x, scores.values)
        planes = writer.split(_enlarged(writer, x, network, scores), 1, classes)
        _labels_and_confidence(writer, planes, scores.values, drivable)
    size = ['N' if network.free_batch else 1, network.height, network.width]
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(name, TensorProto.UINT8, size)
        for name in ('labels', 'confidence'))


def _as_nchw(writer: GraphWriter, x: str, scores: Scores) -> str:
    x = writer.add('Cast', x, to=TensorProto.FLOAT)
    if scores.layout is AxisOrder.NHWC:
        return writer.add('Transpose', x, perm=[0, 3, 1, 2])
    if scores.layout is None:
        return writer.add('Unsqueeze', x, writer.constant([1], np.int64))
    return x


def _two_channels(writer: GraphWriter, x: str, values: Values) -> str:
    """Return scores of two classes for the score of the second one alone."""
    def per_channel(first: float, second: float) -> str:
        return writer.constant(np.array([first, second]).reshape(1, 2, 1, 1))

    if values is Values.LOGITS:
        # softmax(0, x) is sigmoid(x) for the second.
        return writer.add('Mul', x, per_channel(0, 1))
    return writer.add('Add', writer.add('Mul', x, per_channel(-1, 1)), per_channel(1, 0))


def _enlarged(writer: GraphWriter, x: str, network: Network, scores: Scores) -> str:
    return enlarge(writer, x, (scores.width, scores.height), (network.width, network.height),
                   'nearest' if scores.values is Values.LABELS else 'linear')


def _labels_only(writer: GraphWriter, x: str) -> None:
    labels = writer.add('Squeeze', x, writer.constant([1], np.int64))
    nothing = writer.add('Mul', labels, writer.constant(0))
    # TensorRT 8 makes uint8 from float only.
    writer.add('Cast', labels, output='labels', to=TensorProto.UINT8)
    writer.add('Cast', writer.add('Add', nothing, writer.constant(255)), output='confidence',
               to=TensorProto.UINT8)


def _labels_and_confidence(
    writer: GraphWriter, planes: Sequence[str], values: Values, drivable: Sequence[int]
) -> None:
    others = [k for k in range(len(planes)) if k not in drivable]
    path_label, path_best = _best(writer, planes, drivable)
    other_label, other_best = _best(writer, planes, others)
    if values is Values.INDEPENDENT:
        some = writer.add('Sub', writer.constant(1), _none(writer, planes, drivable))
        path = writer.add('Mul', some, _none(writer, planes, others))
    else:
        odds = list(planes)
        if values is Values.LOGITS:
            highest = writer.add('Max', path_best, other_best)
            odds = [writer.add('Exp', writer.add('Sub', plane, highest)) for plane in planes]
        path = writer.add('Div', writer.add('Sum', *(odds[k] for k in drivable)),
                          writer.add('Sum', *odds))
    is_path = writer.add('Greater', path, writer.constant(0.5))
    label = writer.add('Where', is_path, path_label, other_label)
    certainty = writer.add('Max', path, writer.add('Sub', writer.constant(1), path))
    # Cast cuts off; + 0.5 rounds to the nearest.
    level = writer.add('Add', writer.add('Mul', certainty, writer.constant(255)),
                       writer.constant(0.5))
    channel = writer.constant([1], np.int64)
    # TensorRT 8 makes uint8 from float only.
    writer.add('Cast', writer.add('Squeeze', label, channel), output='labels',
               to=TensorProto.UINT8)
    writer.add('Cast', writer.add('Squeeze', level, channel), output='confidence',
               to=TensorProto.UINT8)


def _none(writer: GraphWriter, planes: Sequence[str], ids: Sequence[int]) -> str:
    """Return the probability that none of some independent classes is there."""
    first, *rest = (writer.add('Sub', writer.constant(1), planes[k]) for k in ids)
    for other in rest:
        first = writer.add('Mul', first, other)
    return first


def _best(writer: GraphWriter, planes: Sequence[str], ids: Sequence[int]) -> tuple[str, str]:
    """Return the id of the largest plane, as float, and that plane; the first of equals."""
    label, best = writer.constant(ids[0]), planes[ids[0]]
    for k in ids[1:]:
        is_better = writer.add('Greater', planes[k], best)
        label = writer.add('Where', is_better, writer.constant(k), label)
        best = writer.add('Max', planes[k], best)
    return label, best
