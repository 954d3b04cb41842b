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

"""The command line of import_model, and the words it is written in."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
import math
from pathlib import Path
import re

from seg_node.errors import UserError
from seg_node.perception.models.manifest import MAX_SIDE, MIN_SIDE
from seg_node.tools.common.command_line import OneLineParser, whole
from seg_node.tools.import_model.presets import PRESETS

LOWEST_OPSET, HIGHEST_OPSET = 13, 17
"""13 has every operator that is added here; TensorRT 8.5 and 8.6 parse up to 17."""
_NEWEST_OPSET = 25
MIN_SCORE = 0.25
"""As the tools of the YOLO family have it."""

Triple = tuple[float, float, float]


class AxisOrder(str, Enum):
    """Order of the dimensions; N images, C channels, H rows, W columns."""

    NCHW = 'nchw'
    NHWC = 'nhwc'

    @property
    def channel_axis(self) -> int:
        """Index of the channels among the four dimensions."""
        return 1 if self is AxisOrder.NCHW else 3


class Values(str, Enum):
    """What a network gives for each pixel; independent probabilities need not sum to 1."""

    LOGITS = 'logits'
    PROBABILITIES = 'probabilities'
    INDEPENDENT = 'independent'
    LABELS = 'labels'


@dataclass(frozen=True)
class Normalisation:
    """
    What a network wants instead of bytes: byte * scale - mean, divided by std.

    mean and std are in the order of the network's channels, which are BGR where bgr is set.
    """

    scale: float
    mean: Triple
    std: Triple
    bgr: bool

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if 0 in self.std:
            raise UserError(f'--std {_numbers(self.std)}: pixels are divided by it; leave out 0')
        brightest = 255 * self.scale
        if max(self.mean) > brightest:
            raise UserError(
                f'--mean {_numbers(self.mean)}: the brightest pixel times --scale is '
                f'{brightest:g}; give --scale 1 for a mean in bytes, or divide it by 255')

    def __str__(self) -> str:
        """Say it as a formula."""
        scaled = 'byte / 255' if self.scale == 1 / 255 else f'byte * {self.scale:g}'
        text = 'byte' if self.scale == 1 else scaled
        if self.mean != (0, 0, 0):
            text = f'{text} - [{_numbers(self.mean)}]'
        if self.std != (1, 1, 1):
            text = f'({text}) / [{_numbers(self.std)}]'
        return f'{"BGR" if self.bgr else "RGB"}, {text}'


@dataclass(frozen=True)
class Options:
    """What the user wants; None where import_model is to find out."""

    network: Path
    out: Path
    classes: str
    drivable: tuple[str, ...] | None
    pixels: Normalisation
    input_name: str | None
    output: str | None
    layout: AxisOrder | None
    output_layout: AxisOrder | None
    values: Values | None
    min_score: float
    size: tuple[int, int] | None
    name: str
    version: str
    license: str | None
    description: str | None
    max_opset: int
    image: Path | None
    force: bool


def parse(argv: Sequence[str]) -> Options:
    """Parse the command line; raises UserError for numbers that contradict each other."""
    given = vars(_parser().parse_args(argv))
    pixels = Normalisation(given.pop('scale'), tuple(given.pop('mean')), tuple(given.pop('std')),
                           given.pop('order') == 'bgr')
    for name, kind in (('layout', AxisOrder), ('output_layout', AxisOrder), ('values', Values)):
        given[name] = given[name] and kind(given[name])
    given['drivable'] = given['drivable'] and tuple(given['drivable'])
    given['name'] = given['name'] or given['out'].resolve().name
    return Options(pixels=pixels, **given)


def _parser() -> argparse.ArgumentParser:
    parser = OneLineParser(
        prog='import_model',
        description='Put a foreign ONNX segmentation network under the model contract.',
        epilog='Exit codes: 0 done, 2 unusable input (nothing is written), 130 stopped by Ctrl-C.')
    layouts = [layout.value for layout in AxisOrder]
    parser.add_argument('network', type=Path, metavar='NET.onnx', help='the foreign network')
    parser.add_argument('--out', type=Path, required=True, metavar='DIR',
                        help='folder of the model that is written')
    parser.add_argument('--classes', required=True, metavar='NAME|FILE',
                        help=f'{", ".join(PRESETS)}, or a YAML file with the classes in the order '
                        "of the network's channels")
    parser.add_argument('--drivable', nargs='+', metavar='CLASS',
                        help='the classes that can be driven on, instead of those of --classes')

    pixels = parser.add_argument_group(
        'what the network was trained on: (byte * scale - mean) / std')
    pixels.add_argument('--order', choices=('rgb', 'bgr'), default='rgb',
                        help="order of the network's channels, and of mean and std (default: rgb)")
    pixels.add_argument('--scale', type=_scale, default=1 / 255, metavar='S',
                        help='default: 1/255')
    pixels.add_argument('--mean', nargs=3, type=_number, default=(0.0, 0.0, 0.0),
                        metavar='M', help='default: 0 0 0; ImageNet: 0.485 0.456 0.406')
    pixels.add_argument('--std', nargs=3, type=_number, default=(1.0, 1.0, 1.0),
                        metavar='D', help='default: 1 1 1; ImageNet: 0.229 0.224 0.225')

    graph = parser.add_argument_group('the network, where it does not speak for itself')
    graph.add_argument('--input-name', metavar='NAME', help='input that takes the image')
    graph.add_argument('--output', metavar='NAME',
                       help='output to use, or any tensor inside, such as the scores before an '
                       'ArgMax')
    graph.add_argument('--size', type=_size, metavar='WxH',
                       help='input size, where the network takes any')
    graph.add_argument('--layout', choices=layouts, help='of the input')
    graph.add_argument('--output-layout', choices=layouts, help='of the output')
    graph.add_argument('--values', choices=[value.value for value in Values],
                       help='what the output holds')
    graph.add_argument('--min-score', type=_share, default=MIN_SCORE, metavar='S',
                       help='score from which an instance counts, of a network that tells '
                       f'objects apart (default: {MIN_SCORE:g})')
    graph.add_argument('--max-opset', type=whole(HIGHEST_OPSET, _NEWEST_OPSET),
                       default=HIGHEST_OPSET, metavar='N',
                       help=f'newest ONNX opset to write (default: {HIGHEST_OPSET}, which '
                       'TensorRT 8.5 reads)')

    facts = parser.add_argument_group('the model folder')
    facts.add_argument('--name', help="default: the folder's name")
    facts.add_argument('--version', default='1.0.0', help='default: 1.0.0')
    facts.add_argument('--license', help="of the network's weights")
    facts.add_argument('--description', help='what the network is for')
    facts.add_argument('--image', type=Path, metavar='FILE',
                       help='an image to try the model on; it is copied into the folder as its '
                       'self-test (default: a rendered road)')
    facts.add_argument('--force', action='store_true', help='replace a model that is there')
    return parser


def _number(text: str) -> float:
    try:
        value = float(Fraction(text) if '/' in text else float(text))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise argparse.ArgumentTypeError(f'{text!r} is not a number') from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f'{text} is not finite')
    return value


def _scale(text: str) -> float:
    value = _number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f'{text} must be above 0, such as 1/255 or 1')
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f'{text} must lie between 0 and 1')
    return value


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r'(\d+)[xX](\d+)', text)
    if match is None:
        raise argparse.ArgumentTypeError(f'{text!r} is not WIDTHxHEIGHT, such as 1024x512')
    width, height = (int(side) for side in match.groups())
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
        raise argparse.ArgumentTypeError(
            f'{text}: both sides must lie between {MIN_SIDE} and {MAX_SIDE}')
    return width, height


def _numbers(values: Sequence[float]) -> str:
    return ' '.join(f'{value:g}' for value in values)
