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
Show what the checks of a camera's images measure, to tune their limits for a camera.

For every limit of camera_health.* it prints what good (or bad) recordings measure, and the share
of the images that would be found unusable. Exit codes: 0 done, 1 a recording is damaged (what was
read is shown), 2 unusable input, 130 stopped by Ctrl-C (as well).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
import sys
from typing import Any

import numpy as np

from seg_node.errors import UserError
from seg_node.outside_text import printable
from seg_node.recordings.decoding import decode_frames
from seg_node.recordings.opening import open_frames
from seg_node.recordings.sources import Source
from seg_node.recordings.topics import Topics
from seg_node.stop_go.camera_health.camera_health import CameraHealth, HealthThresholds
from seg_node.tools.common.command_line import command, fail, OneLineParser, StopFlag
from seg_node.tools.common.text_table import aligned

QUANTILES = (0, 1, 50, 99, 100)


@dataclass
class Distribution:
    """What the images of one source measured, by the name of the limit; damage ended them."""

    images: int = 0
    unusable: int = 0
    measured: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    found: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    damage: str = ''


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='camera_health', description=__doc__.split('\n')[1])
    parser.add_argument('inputs', nargs='+', type=Path, metavar='INPUT',
                        help='video, folder of images, image, or ROS 2 bag')
    parser.add_argument('--topic', help='image topic of the bags')
    parser.add_argument('--single', action='store_true',
                        help='judge every image alone: the images of a folder do not follow '
                        'each other')
    parser.add_argument('--limit', action='append', default=[], metavar='NAME=VALUE',
                        help='try a limit, for example max_blocked=0.3; may be repeated')
    return parser.parse_args(argv)


def read_limits(texts: Sequence[str]) -> HealthThresholds:
    """Return the defaults with the limits of the command line; UserError names what is wrong."""
    kinds = {declared.name: type(declared.default) for declared in fields(HealthThresholds)}
    values: dict[str, Any] = {}
    for text in texts:
        name, _, value = text.partition('=')
        if name not in kinds:
            raise UserError(f'--limit {text}: no limit of that name, there are {", ".join(kinds)}')
        try:
            values[name] = kinds[name](value)
        except ValueError:
            raise UserError(f'--limit {text}: {value!r} is not a number that fits') from None
    try:
        return HealthThresholds(**values)
    except ValueError as error:
        raise UserError(f'--limit {error}') from None


def measure(
    source: Source, limits: HealthThresholds, *, single: bool, stop: StopFlag,
) -> Distribution:
    """Judge the images of a source until its end, a signal or its damage."""
    health = CameraHealth(replace(limits, blocked_after=1) if single else limits)
    result = Distribution()
    try:
        for decoded in decode_frames(source):
            if stop:
                break
            if decoded.image is None:
                source.note(f'{source.name}, frame {decoded.frame.index}: {decoded.problem}; left '
                            'out')
                continue
            if single:
                health.restart()
            findings = health.check(decoded.image)
            result.images += 1
            result.unusable += bool(findings)
            for name, value in health.measured.items():
                result.measured[name].append(value)
            for finding in findings:
                result.found[finding.reason.value].append(decoded.frame.index)
    except UserError as error:
        result.damage = str(error)
    return result


def table(name: str, result: Distribution, limits: HealthThresholds) -> str:
    """Return the distributions as lines of text."""
    lines = [f'{name}: {result.images} images, {result.unusable} found unusable']
    rows = [('limit', 'value', *(f'{q} %' for q in QUANTILES), 'beyond the limit')]
    for limit, values in result.measured.items():
        bound = getattr(limits, limit)
        beyond = sum(value < bound if limit.startswith('min_') else value > bound
                     for value in values)
        rows.append((limit, f'{bound:.2f}',
                     *(f'{value:.2f}' for value in np.percentile(values, QUANTILES)),
                     f'{beyond} of {len(values)}, {beyond / len(values):.1%}'))
    lines.append(aligned(rows, right=range(1, 2 + len(QUANTILES))))
    for reason, frames in result.found.items():
        some = ', '.join(map(str, frames[:8])) + (', ...' if len(frames) > 8 else '')
        lines.append(f'  {reason}: frames {some}')
    return '\n'.join(lines)


@command('camera_health')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    stop = StopFlag()
    options = parse(sys.argv[1:] if argv is None else argv)
    limits = read_limits(options.limit)
    code = 0
    for path in options.inputs:
        if stop:
            break
        with open_frames(path, Topics(image=options.topic)) as source:
            result = measure(source, limits, single=options.single, stop=stop)
            print(table(printable(source.name), result, limits), flush=True)
            for note in source.notes:
                print(printable(f'camera_health: {note}'), file=sys.stderr)
        if result.damage:
            fail('camera_health', result.damage)
            code = 1
    return 130 if stop else code


if __name__ == '__main__':
    sys.exit(main())
