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
From the instances that a network finds to labels, confidence and instances.

What stands in the way wins: a pixel is drivable only where an instance of a drivable class covers
it, by the product of the chances that one does and that no other does, and where the mask of no
other instance covers it, however unsure that one is. What no instance covers is background.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, TensorProto

from seg_node.perception.backends.contract import INSTANCES, OUTPUTS
from seg_node.perception.models.manifest import BACKGROUND
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.graph_writer import GraphWriter
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.resizing import enlarge

MOST = 254
"""Instances of one image, at most: their numbers are bytes, and 0 is none."""
_CODE = 256
"""Over every number; the highest code is the first instance's."""


@dataclass(frozen=True)
class Candidates:
    """
    Names of tensors with the instances of one image, the surest first.

    masks: float [K, h, w], chance that it covers the pixel, 0 outside of its box. scores: float
    [K], 0 for none. ids: float [K], class ids. overflow: float [1], 1 where there are more than
    could be told apart, else 0. K is at most MOST, and at least 1.
    """

    masks: str
    scores: str
    ids: str
    overflow: str
    width: int
    height: int


def append_instance_head(
    writer: GraphWriter, model: onnx.ModelProto, network: Network, found: Candidates,
    classes: ClassList,
) -> None:
    """Append the outputs of the contract for one image, instances included."""
    head = _Head(writer, network, found)
    background = [info.name for info in classes.classes].index(BACKGROUND)
    ids = head.known(found.ids, len(classes), background)
    drives = head.any_of(ids, classes.drivable_ids)
    shape = writer.constant([-1, 1, 1], np.int64)
    drives = writer.add('Reshape', drives, shape)
    others = writer.add('Sub', writer.constant(1), drives)
    scores = writer.add('Reshape', found.scores, shape)
    valid = writer.flag('Greater', scores, 0.0)
    chances = writer.add('Mul', found.masks, scores)
    path_chance = head.linear(writer.highest(writer.add('Mul', chances, drives)))
    other_chance = head.linear(writer.highest(writer.add('Mul', chances, others)))
    covered = writer.add('Mul', found.masks, writer.add('Mul', valid, others))
    is_other = writer.add('Greater', head.linear(writer.highest(covered)), writer.constant(0.5))
    codes = writer.add('Mul', writer.add('Mul', writer.flag('Greater', found.masks, 0.5), valid),
                       head.codes(found.scores))
    on_path, on_others = (
        head.number(writer.highest(writer.add('Mul', codes, side))) for side in (drives, others))
    path = writer.add('Mul', path_chance, writer.add('Sub', writer.constant(1), other_chance))
    is_path = writer.add('And', writer.add('Greater', path, writer.constant(0.5)),
                         writer.add('Greater', on_path, writer.constant(0.5)))
    is_path = writer.add('And', is_path, writer.add('Not', is_other))
    number = writer.add('Where', is_path, on_path,
                        writer.add('Where', is_other, on_others, writer.constant(0)))
    ids = writer.add('Concat', writer.constant([background]), ids, axis=0)
    label = writer.add('Gather', ids, writer.add('Cast', number, to=TensorProto.INT64), axis=0)
    certainty = writer.add('Where', is_path, path,
                           writer.add('Sub', writer.constant(1), path))
    known = writer.add('Sub', writer.constant(1), found.overflow)
    # Cast cuts off; + 0.5 rounds to the nearest.
    level = writer.add('Add', writer.add('Mul', writer.add('Mul', certainty, known),
                                         writer.constant(255)), writer.constant(0.5))
    channel = writer.constant([1], np.int64)
    names = (*OUTPUTS, INSTANCES)
    for name, values in zip(names, (label, level, number), strict=True):
        # TensorRT 8 makes uint8 from float only.
        writer.add('Cast', writer.add('Squeeze', values, channel), output=name,
                   to=TensorProto.UINT8)
    del model.graph.output[:]
    model.graph.output.extend(
        helper.make_tensor_value_info(
            name, TensorProto.UINT8, [1, network.height, network.width]) for name in names)


class _Head:
    """The parts of the head, written to a graph; planes are float [1, 1, H, W]."""

    def __init__(self, writer: GraphWriter, network: Network, found: Candidates) -> None:
        self._writer = writer
        self._from = found.width, found.height
        self._to = network.width, network.height

    def any_of(self, ids: str, wanted: Sequence[int]) -> str:
        """Return float [K], 1 where an id is one of those wanted."""
        writer = self._writer
        hits = [writer.add('Abs', writer.add('Sub', ids, writer.constant(each)))
                for each in wanted]
        nearest = hits[0] if len(hits) == 1 else writer.add('Min', *hits)
        return writer.flag('Less', nearest, 0.5)

    def known(self, ids: str, count: int, background: int) -> str:
        """Return ids with those that are of no class made background."""
        writer = self._writer
        inside = writer.add('And', writer.add('Less', ids, writer.constant(count - 0.5)),
                            writer.add('Greater', ids, writer.constant(-0.5)))
        return writer.add('Where', inside, ids, writer.constant(background))

    def codes(self, scores: str) -> str:
        """Return float [K, 1, 1], _CODE minus the number of each instance, from 1."""
        writer = self._writer
        all_codes = writer.constant(_CODE - 1 - np.arange(MOST))
        taken = writer.add('Slice', all_codes, writer.constant([0], np.int64),
                           writer.add('Shape', scores), writer.constant([0], np.int64))
        return writer.add('Reshape', taken, writer.constant([-1, 1, 1], np.int64))

    def linear(self, plane: str) -> str:
        """Return a plane [1, h, w] at the network's size, interpolated."""
        return enlarge(self._writer, self._batched(plane), self._from, self._to, 'linear')

    def number(self, codes: str) -> str:
        """Return the instances' numbers at the network's size, 0 for none."""
        writer = self._writer
        numbers = writer.add('Sub', writer.constant(_CODE), codes)
        none = writer.add('Less', codes, writer.constant(0.5))
        numbers = writer.add('Where', none, writer.constant(0), numbers)
        return enlarge(writer, self._batched(numbers), self._from, self._to, 'nearest')

    def _batched(self, plane: str) -> str:
        return self._writer.add('Unsqueeze', plane, self._writer.constant([0], np.int64))
