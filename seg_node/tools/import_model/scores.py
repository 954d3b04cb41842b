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

"""Find out what a network's output means, from what it gives for an image."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from seg_node.errors import UserError
from seg_node.perception.models.manifest import UNLABELLED
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.network import Network
from seg_node.tools.import_model.options import AxisOrder, Values
from seg_node.tools.import_model.runtime import Array
from seg_node.tools.import_model.tensors import origin

_TOLERANCE = 1e-3
_SUM_TOLERANCE = 0.02
"""Half precision rounds each of many classes."""


@dataclass(frozen=True)
class Scores:
    """
    The map that a network gives.

    layout is None where the map has no dimension for channels. channels is 1 for labels, and for
    networks that only give the score of the second of two classes.
    """

    values: Values
    layout: AxisOrder | None
    channels: int
    width: int
    height: int

    @property
    def text(self) -> str:
        """Say what the output holds."""
        what = ('labels' if self.values is Values.LABELS else
                f'{self.channels} {self.values.value} per pixel')
        return f'{what}, {self.width}x{self.height}'


def read_scores(
    raw: Array, network: Network, classes: ClassList, values: Values | None,
    layout: AxisOrder | None,
) -> Scores:
    """
    Return what an output means.

    :param raw: the output for one image.
    :param values: the user's word for it, None to find out; layout likewise.
    :raises UserError: when it is no map of the classes.
    """
    _check_numbers(raw, network)
    found = values or _values(raw, network)
    if found is Values.LABELS and raw.ndim == 4 and 1 not in (raw.shape[1], raw.shape[3]):
        raise UserError(f'--values labels: output {_told(raw, network)} has several channels; '
                        'they are scores')
    placed = _layout(raw, network, len(classes) if found is not Values.LABELS else 1, layout)
    channels = 1 if placed is None else raw.shape[placed.channel_axis]
    height, width = _sides(raw, placed)
    scores = Scores(found, placed, channels, width, height)
    _check_classes(raw, scores, classes)
    if (found is Values.PROBABILITIES and placed is not None and channels > 1
            and not _exclude_each_other(raw, placed.channel_axis) and _between_0_and_1(raw)):
        if values is not None:
            raise UserError('--values probabilities: the classes of a pixel do not sum to 1 in '
                            f'output {network.output_name!r}; give --values independent')
        scores = replace(scores, values=Values.INDEPENDENT)
    if found in (Values.PROBABILITIES, Values.INDEPENDENT) and not _between_0_and_1(raw):
        raise UserError(f'--values {found.value}: output {network.output_name!r} goes from '
                        f'{raw.min():.3g} to {raw.max():.3g}; those are logits')
    return scores


def _exclude_each_other(raw: Array, axis: int) -> bool:
    return bool(np.abs(raw.sum(axis, np.float64) - 1).max() <= _SUM_TOLERANCE)


def doubts(raw: Array, network: Network, scores: Scores) -> list[str]:
    """Return warnings about an output that was understood."""
    if scores.values is Values.LABELS:
        node = origin(network.model.graph, network.output)
        inside = node is not None and node.op_type == 'ArgMax'
        remedy = (f'--output {node.input[0]} takes the scores before the ArgMax'
                  if inside and node is not None else
                  'export the network without its ArgMax to get one')
        return [f'output {network.output_name!r} holds labels only, so confidence is 255 '
                f'everywhere and means nothing; {remedy}']
    if scores.values is Values.LOGITS and _between_0_and_1(raw):
        return [f'output {network.output_name!r} is taken for logits, but all its values lie '
                'between 0 and 1; if they are probabilities, give --values probabilities']
    return []


def _values(raw: Array, network: Network) -> Values:
    node = origin(network.model.graph, network.output)
    kind = node.op_type if node is not None else ''
    if kind == 'ArgMax' or not np.issubdtype(raw.dtype, np.floating):
        return Values.LABELS
    return Values.PROBABILITIES if kind in ('Softmax', 'Sigmoid') else Values.LOGITS


def _layout(raw: Array, network: Network, channels: int, wanted: AxisOrder | None,
            ) -> AxisOrder | None:
    told = f'output {_told(raw, network)}'
    size = f'{network.width}x{network.height}'
    if raw.ndim == 3 and _same_shape(*_sides(raw, None), network):
        return None
    fitting = [each for each in AxisOrder
               if raw.ndim == 4 and _same_shape(*_sides(raw, each), network)]
    if wanted is not None and wanted not in fitting:
        raise UserError(f'--output-layout {wanted.value}: {told} is then no map of the image, '
                        f'{size}')
    if wanted is not None:
        return wanted
    exact = [each for each in fitting if raw.shape[each.channel_axis] == channels]
    if len(fitting) == 1 or len(exact) == 1:
        return (exact or fitting)[0]
    if not fitting:
        raise UserError(f'{told} is no map of the image, {size}; choose another with --output')
    raise UserError(f'{told}: which dimension the classes are cannot be told; give '
                    '--output-layout nchw or --output-layout nhwc')


def _sides(raw: Array, layout: AxisOrder | None) -> tuple[int, int]:
    """Return height and width of a map."""
    first = 2 if layout is AxisOrder.NCHW else 1
    return raw.shape[first], raw.shape[first + 1]


def _same_shape(height: int, width: int, network: Network) -> bool:
    """Say whether a map has the image's proportions, but for one pixel."""
    difference = abs(height * network.width - width * network.height)
    return min(height, width) > 1 and difference <= max(network.width, network.height)


def _check_numbers(raw: Array, network: Network) -> None:
    if raw.dtype.kind not in 'fiub':
        raise UserError(f'output {_told(raw, network)}: holds no numbers; choose another with '
                        '--output')
    if raw.size == 0 or raw.ndim not in (3, 4) or raw.shape[0] != 1:
        raise UserError(f'output {_told(raw, network)}: is no map; choose another with --output')
    if not np.isfinite(raw).all():
        raise UserError(f'output {network.output_name!r}: NaN or infinite for an image; check '
                        '--scale, --mean and --std, else the network is broken')


def _check_classes(raw: Array, scores: Scores, classes: ClassList) -> None:
    count = len(classes)
    if scores.values is not Values.LABELS:
        if scores.channels == 1 and count != 2:
            raise UserError(f'{classes.source}: {count} classes, graph gives one score, which '
                            'tells two: the second class from the first')
        if scores.channels not in (1, count):
            raise UserError(f'{classes.source}: {count} classes, graph gives {scores.channels}')
        return
    if not np.array_equal(raw, np.floor(raw)) or raw.min() < 0:
        raise UserError(f'--values labels: the output goes from {raw.min():.3g} to '
                        f'{raw.max():.3g}, labels are whole numbers from 0')
    highest = int(raw[raw != UNLABELLED].max(initial=0))
    if highest >= count:
        raise UserError(f'{classes.source}: {count} classes, graph gives label {highest}')


def _between_0_and_1(raw: Array) -> bool:
    return bool(raw.min() >= -_TOLERANCE and raw.max() <= 1 + _TOLERANCE)


def _told(raw: Array, network: Network) -> str:
    return f'{network.output_name!r} {raw.dtype} {list(raw.shape)}'
