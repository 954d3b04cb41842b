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
Networks of the YOLO family that segment instances: detections, and prototypes of their masks.

A detection is a box, scores and coefficients; its mask is the sigmoid of the sum of the
prototypes weighted with the coefficients, inside the box (YOLACT, Bolya et al. 2019). Where the
graph does not do it already, of detections of one class that overlap the surest is kept, in
operators of fixed shapes: each of STEPS takes out what a kept, surer one overlaps (Cluster-NMS,
Zheng et al. 2020). After an even number of steps none is missing that the usual greedy way keeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from onnx import TensorProto

from seg_node.perception.models.manifest import BACKGROUND
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.instance_head import Candidates
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.runtime import Array

OVERLAP = 0.7
"""Share of their union above which boxes of one class are of one thing."""
STEPS = 4
_LOOKED_AT, _KEPT = 512, 100
"""Detections that are compared with each other, and that are kept, at most."""
_BOX = 4


class DetectionForm(Enum):
    """How the detections are laid out; the number is that of the values before the scores."""

    CHANNELS_FIRST = 'box, scores'
    OBJECTNESS = 'box, objectness, scores'
    CHOSEN = 'box, score, class; chosen already'


@dataclass(frozen=True)
class YoloSeg:
    """The two outputs by their names in the graph, and what they hold."""

    detections: str
    prototypes: str
    form: DetectionForm
    count: int
    classes: int
    coefficients: int
    width: int
    height: int

    @property
    def text(self) -> str:
        """Say what the outputs hold."""
        return (f'{self.count} detections ({self.form.value}, {self.coefficients} coefficients) '
                f'and prototypes of masks, {self.width}x{self.height}')

    def append(self, writer: GraphWriter, network: Network, classes: ClassList,
               min_score: float) -> Candidates:
        """Append what makes instances of the outputs."""
        return _Writing(self, writer, network, classes, min_score).candidates()


def prototypes_of(raw: Mapping[str, Array]) -> str | None:
    """Return the name of the output with prototypes, None where it is another kind of network."""
    by_rank = {array.ndim: name for name, array in raw.items()}
    if len(raw) != 2 or set(by_rank) != {3, 4}:
        return None
    return by_rank[4]


def recognise(raw: Mapping[str, Array], classes: ClassList) -> YoloSeg | None:
    """Return what detections and prototypes for one image hold, None where that does not fit."""
    by_rank = {array.ndim: name for name, array in raw.items()}
    found, masks = raw[by_rank[3]], raw[by_rank[4]]
    names = sum(info.name != BACKGROUND for info in classes.classes)
    coefficients = masks.shape[1]
    first, second = found.shape[1:]
    form, count = None, second
    if first == _BOX + names + coefficients:
        form = DetectionForm.CHANNELS_FIRST
    elif second == _BOX + 2 + coefficients and _whole(found[..., _BOX + 1], names):
        form, count = DetectionForm.CHOSEN, first
    elif second == _BOX + 1 + names + coefficients:
        form, count = DetectionForm.OBJECTNESS, first
    if form is None or found.shape[0] != 1 or masks.shape[0] != 1:
        return None
    return YoloSeg(by_rank[3], by_rank[4], form, count, names, coefficients,
                   masks.shape[3], masks.shape[2])


def _whole(values: Array, classes: int) -> bool:
    return bool(np.array_equal(values, np.floor(values)) and values.min() >= 0
                and values.max() < classes)


class _Writing:
    """The operators, appended one after another; N detections, columns of [C, N]."""

    def __init__(self, found: YoloSeg, writer: GraphWriter, network: Network,
                 classes: ClassList, min_score: float) -> None:
        self._found = found
        self._writer = writer
        self._network = network
        self._min_score = min_score
        # The network's classes are those of the list without background, in the same order.
        self._own = [k for k, info in enumerate(classes.classes) if info.name != BACKGROUND]
        self._drivable = set(classes.drivable_ids)

    def candidates(self) -> Candidates:
        """Append all of it."""
        writer, found = self._writer, self._found
        rows = writer.add('Cast', found.detections, to=TensorProto.FLOAT)
        rows = writer.add('Squeeze', rows, self._numbers(0))
        if found.form is not DetectionForm.CHANNELS_FIRST:
            rows = writer.add('Transpose', rows, perm=[1, 0])
        scores, ids = self._scored(rows)
        coefficients = writer.part(rows, -found.coefficients)
        table = writer.add('Concat', writer.part(rows, 0, _BOX), scores, ids, coefficients, axis=0)
        table, crowded = self._best(table, scores, min(_LOOKED_AT, found.count))
        corners = self._corners(table)
        scores = writer.part(table, _BOX, _BOX + 1)
        valid = writer.flag('Greater', scores, self._min_score)
        kept = (valid if found.form is DetectionForm.CHOSEN
                else self._distinct(corners, table, valid))
        scores = writer.add('Mul', scores, kept)
        # Their scores, and so their order, are those of the kept ones from here on.
        table = writer.add('Concat', *corners, scores,
                           writer.part(table, _BOX + 1), axis=0)
        count = min(_KEPT, min(_LOOKED_AT, found.count))
        table, more = self._best(table, scores, count)
        flat = writer.constant([-1], np.int64)
        crowd = writer.add('Max', crowded, more)
        return Candidates(
            self._masks(table), *(
                writer.add('Reshape', writer.part(table, row, row + 1), flat)
                for row in (_BOX, _BOX + 1)),
            writer.add('Reshape', crowd, flat), found.width, found.height)

    def _scored(self, rows: str) -> tuple[str, str]:
        """Return score and class id of each detection, [1, N] both."""
        writer, found = self._writer, self._found
        if found.form is DetectionForm.CHOSEN:
            given = writer.part(rows, _BOX + 1, _BOX + 2)
            own = writer.constant(self._own)
            whole = writer.add('Cast', writer.add(
                'Clip', given, writer.constant(0), writer.constant(len(self._own) - 1)),
                to=TensorProto.INT64)
            return writer.part(rows, _BOX, _BOX + 1), writer.add('Gather', own, whole, axis=0)
        start = _BOX + (found.form is DetectionForm.OBJECTNESS)
        scores = writer.part(rows, start, start + found.classes)
        if found.form is DetectionForm.OBJECTNESS:
            scores = writer.add('Mul', scores, writer.part(rows, _BOX, _BOX + 1))
        sides = []
        for drives in (False, True):
            channels = [k for k, own in enumerate(self._own) if (own in self._drivable) is drives]
            if channels:
                part = writer.add('Gather', scores, self._numbers(*channels), axis=0)
                own = writer.constant([self._own[k] for k in channels])
                best = writer.add('ArgMax', part, axis=0, keepdims=1)
                sides.append((writer.highest(part), writer.add('Gather', own, best, axis=0)))
        if len(sides) == 1:
            return sides[0]
        # What may stand in the way does, however sure the network is of path as well.
        (other, other_id), (path, path_id) = sides
        stands = writer.add('Greater', other, writer.constant(self._min_score))
        return (writer.add('Where', stands, other, path),
                writer.add('Where', stands, other_id, path_id))

    def _best(self, table: str, scores: str, count: int) -> tuple[str, str]:
        """Return the columns with the highest scores [1, N], and whether that left some out."""
        writer = self._writer
        _, order = writer.top(scores, count)
        best = writer.add('Gather', table, writer.add(
            'Reshape', order, writer.constant([-1], np.int64)), axis=1)
        last = writer.add('Slice', writer.part(best, _BOX, _BOX + 1), self._numbers(count - 1),
                          self._numbers(count), self._numbers(1))
        full = writer.flag('Greater', last, self._min_score)
        # With as many as there are, none is left out.
        return best, writer.constant([[0]]) if count == self._found.count else full

    def _corners(self, table: str) -> list[str]:
        """Return left, top, right and bottom in pixels of the input, [1, N] each."""
        writer = self._writer
        parts = [writer.part(table, k, k + 1) for k in range(_BOX)]
        if self._found.form is DetectionForm.CHOSEN:
            return parts
        half = writer.constant(0.5)
        x, y, *sides = parts
        width, height = (writer.add('Mul', side, half) for side in sides)
        return [writer.add('Sub', x, width), writer.add('Sub', y, height),
                writer.add('Add', x, width), writer.add('Add', y, height)]

    def _distinct(self, corners: list[str], table: str, valid: str) -> str:
        """Return 1 for detections that no surer one of their class overlaps, [1, N]."""
        writer = self._writer
        rows = [(each, writer.add('Transpose', each, perm=[1, 0])) for each in corners]
        (left, left_t), (top, top_t), (right, right_t), (bottom, bottom_t) = rows
        width = writer.add('Relu', writer.add('Sub', writer.add('Min', right, right_t),
                                              writer.add('Max', left, left_t)))
        height = writer.add('Relu', writer.add('Sub', writer.add('Min', bottom, bottom_t),
                                               writer.add('Max', top, top_t)))
        both = writer.add('Mul', width, height)
        area = writer.add('Mul', writer.add('Sub', right, left), writer.add('Sub', bottom, top))
        union = writer.add('Sub', writer.add(
            'Add', area, writer.add('Transpose', area, perm=[1, 0])), both)
        overlaps = writer.add('Greater', both, writer.add('Mul', union, writer.constant(OVERLAP)))
        ids = writer.part(table, _BOX + 1, _BOX + 2)
        apart = writer.add('Abs', writer.add(
            'Sub', ids, writer.add('Transpose', ids, perm=[1, 0])))
        same = writer.add('And', overlaps, writer.add('Less', apart, writer.constant(0.5)))
        count = min(_LOOKED_AT, self._found.count)
        # Columns are in the order of their scores: [i, j] is 1 where i is surer than j.
        surer = writer.add('Mul', writer.add('Cast', same, to=TensorProto.FLOAT),
                           writer.constant(np.triu(np.ones((count, count)), 1)))
        kept = valid
        for _ in range(STEPS):
            taken = writer.add('MatMul', kept, surer)
            kept = writer.add('Mul', valid, writer.flag('Less', taken, 0.5))
        return kept

    def _masks(self, table: str) -> str:
        """Return the masks of the detections, [N, h, w], 0 outside of their boxes."""
        writer, found, network = self._writer, self._found, self._network
        shape = writer.constant([found.coefficients, -1], np.int64)
        prototypes = writer.add('Reshape', writer.add(
            'Cast', found.prototypes, to=TensorProto.FLOAT), shape)
        weights = writer.add('Transpose', writer.part(table, -found.coefficients),
                             perm=[1, 0])
        masks = writer.add('Sigmoid', writer.add('MatMul', weights, prototypes))
        masks = writer.add('Reshape', masks, writer.constant(
            [-1, found.height, found.width], np.int64))
        for low, high, count, size, place in (
                (0, 2, found.width, network.width, [1, 1, -1]),
                (1, 3, found.height, network.height, [1, -1, 1])):
            middles = writer.constant(
                ((np.arange(count) + 0.5) * size / count).reshape(place))
            bounds = [writer.add('Reshape', writer.part(table, k, k + 1),
                                 writer.constant([-1, 1, 1], np.int64)) for k in (low, high)]
            inside = writer.add('And', writer.add('Greater', middles, bounds[0]),
                                writer.add('Less', middles, bounds[1]))
            masks = writer.add('Mul', masks, writer.add('Cast', inside, to=TensorProto.FLOAT))
        return masks

    def _numbers(self, *values: int) -> str:
        return self._writer.constant(values, np.int64)
