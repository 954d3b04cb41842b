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

"""What was found of a camera, as a parameter file of the node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from seg_node.calibration.estimate import Estimate
from seg_node.outside_text import printable
from seg_node.parameters.structure import key

_DIGITS = 4


def params_text(estimate: Estimate, camera: str, known: Mapping[str, Any], how: str) -> str:
    """
    Return the text of a file with what is known, and nothing else.

    :param known: parameters by their full names, besides what was found.
    :param how: it was found; becomes a comment.
    """
    notes = {f'mounting.{key(camera)}.{name}': f'  # +- {value.spread:.4f}, of {value.count}'
             for name, value in estimate.found.items() if value.spread > 0}
    values = {**known, **{f'mounting.{key(camera)}.{name}': round(value.value, _DIGITS)
                          for name, value in estimate.found.items()}}
    lines = [f'# Written by calibrate: {printable(how)}.', '# Spread (standard deviation) behind '
             'what was measured: metres, radians.', '/**:', '  ros__parameters:']
    return '\n'.join((*lines, *_nested(values, notes, (), 4))) + '\n'


def _nested(values: Mapping[str, Any], notes: Mapping[str, str], above: tuple[str, ...],
            indent: int) -> list[str]:
    """Return the lines of the parameters below a prefix, whose parts are `above`."""
    lines: list[str] = []
    begun: set[str] = set()
    for name, value in values.items():
        parts = tuple(name.split('.'))
        if parts[:len(above)] != above or parts[len(above)] in begun:
            continue
        here = parts[len(above)]
        if len(parts) == len(above) + 1:
            lines.append(f'{" " * indent}{here}: {_scalar(value)}{notes.get(name, "")}')
        else:
            begun.add(here)
            lines.append(f'{" " * indent}{here}:')
            lines += _nested(values, notes, (*above, here), indent + 2)
    return lines


def _scalar(value: Any) -> str:
    """Return a value on one line; fractions keep their point, which ROS wants."""
    if isinstance(value, float):
        return repr(value)
    text = str(yaml.safe_dump(value, default_flow_style=True, width=10 ** 6))
    return text.removesuffix('\n').removesuffix('\n...')
