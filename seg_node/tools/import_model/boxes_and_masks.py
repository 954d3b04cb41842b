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
Networks that give boxes, classes, scores and a mask for each instance, as Mask R-CNN does.

Their number may differ from image to image, and be 0. A mask lies over the whole image or, where
it is small and square, over its box, from which it is laid over the image here: rows and columns
are interpolated, one after the other, by matrices of weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from onnx import TensorProto

from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.instance_head import Candidates, MOST
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.runtime import Array

_LARGEST_ON_BOX = 64
"""Pixels of the side of a square mask that lies over its box."""
_STRIDE = 4
"""Pixels of the input for each of a mask that was laid over the image."""


@dataclass(frozen=True)
class BoxesAndMasks:
    """
    The outputs by their names in the graph.

    boxes: [D, 4] left, top, right, bottom in pixels, or [D, 5] with the score, whose own output is
    then None. labels: [D]; masks: [D, height, width], chances. Dimensions of 1 may be between.
    """

    boxes: str
    labels: str
    scores: str | None
    masks: str
    values: int
    width: int
    height: int
    on_box: bool

    @property
    def text(self) -> str:
        """Say what the outputs hold."""
        where = 'box' if self.on_box else 'image'
        return f'boxes, classes, scores and masks of the {where}, {self.width}x{self.height}'

    def append(self, writer: GraphWriter, network: Network, classes: ClassList,
               min_score: float) -> Candidates:
        """Append what makes instances of the outputs."""
        labels, boxes, masks = (
            _listed(writer, name, shape) for name, shape in (
                (self.labels, []), (self.boxes, [self.values]),
                (self.masks, [self.height, self.width])))
        given = (_column(writer, boxes, 4) if self.scores is None
                 else _listed(writer, self.scores, []))
        sure = writer.add('Greater', given, writer.constant(min_score))
        scores = writer.add('Where', sure, given, writer.constant(0))
        beyond = writer.part(scores, MOST)
        # One more, that is none: there may be nothing in the list.
        beyond = writer.add('Concat', beyond, writer.constant([0]), axis=0)
        more = writer.add('Greater', writer.highest(beyond), writer.constant(0))
        labels, boxes, masks, scores = (
            _first(writer, x, shape) for x, shape in (
                (labels, []), (boxes, [self.values]), (masks, [self.height, self.width]),
                (scores, [])))
        width, height = self.width, self.height
        if self.on_box:
            width, height = network.width // _STRIDE, network.height // _STRIDE
            masks = self._laid(writer, boxes, masks, network, width, height)
        return Candidates(masks, scores, labels, writer.add('Cast', more, to=TensorProto.FLOAT),
                          width, height)

    def _laid(self, writer: GraphWriter, boxes: str, masks: str, network: Network, width: int,
              height: int) -> str:
        """Lay masks [K, h, w] of boxes over the image, [K, height, width]."""
        down = _weights(writer, boxes, (1, 3), network.height, height, self.height)
        across = _weights(writer, boxes, (0, 2), network.width, width, self.width)
        across = writer.add('Transpose', across, perm=[0, 2, 1])
        return writer.add('MatMul', writer.add('MatMul', down, masks), across)


def recognise(raw: Mapping[str, Array], network: Network) -> BoxesAndMasks | None:
    """Return what the outputs for one image hold, None when they are something else."""
    labels = [name for name, array in raw.items()
              if array.ndim in (1, 2) and np.issubdtype(array.dtype, np.integer)]
    if len(labels) != 1:
        return None
    given = raw[labels[0]]
    # [D], or [1, D] where there is a dimension for images.
    batch = given.ndim - 1
    if batch and given.shape[0] != 1:
        return None
    count = given.shape[batch]
    found = {}
    for name, array in raw.items():
        shape = array.shape[batch:]
        if name == labels[0]:
            continue
        if not shape or shape[0] != count or array.shape[:batch] != (1,) * batch:
            return None
        sizes = shape[2:] if len(shape) == 4 and shape[1] == 1 else shape[1:]
        kind = {0: 'scores', 1: 'boxes', 2: 'masks'}.get(len(sizes), '')
        found[kind] = name, sizes
    if len(found) != len(raw) - 1 or not {'boxes', 'masks'} <= set(found):
        return None
    values, (height, width) = found['boxes'][1][0], found['masks'][1]
    if values != (4 if 'scores' in found else 5):
        return None
    full = (width, height) == (network.width, network.height)
    return BoxesAndMasks(
        found['boxes'][0], labels[0], found['scores'][0] if 'scores' in found else None,
        found['masks'][0], values, width, height,
        width == height <= _LARGEST_ON_BOX and not full)


def _listed(writer: GraphWriter, name: str, shape: list[int]) -> str:
    """Return an output as float [D, *shape]."""
    floats = writer.add('Cast', name, to=TensorProto.FLOAT)
    return writer.add('Reshape', floats, writer.constant([-1, *shape], np.int64))


def _first(writer: GraphWriter, x: str, shape: list[int]) -> str:
    """Return the first MOST entries [K, *shape], one that is all zeros behind them."""
    none = writer.constant(np.zeros([1, *shape]))
    return writer.add('Concat', writer.part(x, 0, MOST - 1), none, axis=0)


def _column(writer: GraphWriter, boxes: str, index: int) -> str:
    """Return a column of the boxes, [D]."""
    return writer.add('Gather', boxes, writer.constant(index, np.int64), axis=1)


def _weights(writer: GraphWriter, boxes: str, sides: tuple[int, int], pixels: int, count: int,
             cells: int) -> str:
    """
    Return how much each cell of a mask counts for each sample along one axis, [K, count, cells].

    Linear between the middles of cells, as they are beyond the outer ones, 0 outside of the box.
    """
    low, high = (writer.add('Reshape', _column(writer, boxes, side),
                            writer.constant([-1, 1, 1], np.int64)) for side in sides)
    at = writer.constant(((np.arange(count) + 0.5) * pixels / count).reshape(1, -1, 1))
    span = writer.add('Max', writer.add('Sub', high, low), writer.constant(1e-3))
    place = writer.add('Div', writer.add('Sub', at, low), span)
    inside = writer.add('And', writer.add('Greater', place, writer.constant(0)),
                        writer.add('Less', place, writer.constant(1)))
    cell = writer.add('Sub', writer.add('Mul', place, writer.constant(cells)),
                      writer.constant(0.5))
    cell = writer.add('Clip', cell, writer.constant(0), writer.constant(cells - 1))
    apart = writer.add('Abs', writer.add('Sub', cell, writer.constant(
        np.arange(cells).reshape(1, 1, -1))))
    near = writer.add('Relu', writer.add('Sub', writer.constant(1), apart))
    return writer.add('Mul', near, writer.add('Cast', inside, to=TensorProto.FLOAT))
