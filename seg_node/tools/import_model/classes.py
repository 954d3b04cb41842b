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
Read the classes of a foreign network: a preset, or a YAML file.

The file is a list, or has one under `classes`, as a model.yaml does. An entry is a name, or
{name, color, drivable, action} as in model.yaml, of which all but the name may be left out:

    - background
    - {name: road, drivable: true}
    - {name: grass, color: [90, 160, 60], drivable: true, action: slow}
"""

from __future__ import annotations

from collections.abc import Collection
import colorsys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.perception.models.manifest import Action, ClassInfo, parse_classes
from seg_node.perception.models.manifest_fields import FieldError
from seg_node.safe_yaml import read_yaml, YamlError
from seg_node.tools.import_model.presets import PRESETS

_GOLDEN = 0.618034
"""Fraction of the colour circle from a class to the next: neighbours differ most."""


@dataclass(frozen=True)
class ClassList:
    """Classes in the order of the label ids, and where they were read, for messages."""

    source: str
    classes: tuple[ClassInfo, ...]

    def __len__(self) -> int:
        """Return the number of classes."""
        return len(self.classes)

    @property
    def drivable_ids(self) -> tuple[int, ...]:
        """Label ids of the drivable classes."""
        return tuple(index for index, info in enumerate(self.classes) if info.drivable)


def read_classes(wanted: str, drivable: Collection[str] | None) -> ClassList:
    """
    Return a preset or the classes of a file.

    :param drivable: names of the classes that are drivable, instead of what the list says.
    :raises UserError: when there is no such list, it is wrong, or nothing or all of it is
        drivable.
    """
    if wanted in PRESETS:
        listed = ClassList(wanted, PRESETS[wanted])
    else:
        path = Path(wanted).expanduser()
        try:
            listed = ClassList(path.name, _parse(_load(path)))
        except FieldError as error:
            raise UserError(f'--classes {wanted}: {error}') from None
    if drivable is not None:
        listed = _with_drivable(listed, drivable)
    if not listed.drivable_ids:
        raise UserError(
            f'{listed.source}: no class is drivable; name some of them with --drivable, there '
            f'are {_names(listed)}')
    if len(listed.drivable_ids) == len(listed):
        raise UserError(f'{listed.source}: every class is drivable, so that nothing could stop '
                        'the vehicle; a class for the rest is needed')
    return listed


def _load(path: Path) -> Any:
    try:
        content = read_yaml(path)
    except YamlError as error:
        if not path.exists():
            raise FieldError(f'no such file, and no list of that name ({", ".join(PRESETS)})'
                             ) from None
        raise FieldError(str(error)) from None
    return content['classes'] if isinstance(content, dict) and 'classes' in content else content


def _parse(content: Any) -> tuple[ClassInfo, ...]:
    if isinstance(content, list):
        content = [_completed(entry, index) for index, entry in enumerate(content)]
    return parse_classes(content)


def _completed(entry: Any, index: int) -> Any:
    """Return an entry with what it leaves out."""
    if isinstance(entry, str):
        entry = {'name': entry}
    if not isinstance(entry, dict) or 'name' not in entry:
        return entry
    return {'color': _own_color(entry['name'], index), 'drivable': False,
            'action': 'go' if entry.get('drivable') is True else 'stop', **entry}


def _own_color(name: str, index: int) -> list[int]:
    if name == 'background':
        return [0, 0, 0]
    return [round(255 * part) for part in colorsys.hsv_to_rgb(index * _GOLDEN % 1, 0.75, 0.9)]


def _with_drivable(listed: ClassList, names: Collection[str]) -> ClassList:
    known = {info.name for info in listed.classes}
    if unknown := [name for name in names if name not in known]:
        raise UserError(f'--drivable {unknown[0]}: {listed.source} has no class of that name; '
                        f'there are {_names(listed)}')
    return replace(listed, classes=tuple(
        _made(info, info.name in names) for info in listed.classes))


def _made(info: ClassInfo, drivable: bool) -> ClassInfo:
    if info.drivable == drivable:
        return info
    return replace(info, drivable=drivable, action=Action.GO if drivable else Action.STOP)


def _names(listed: ClassList) -> str:
    return ', '.join(info.name for info in listed.classes)
