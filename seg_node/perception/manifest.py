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
Read and check model.yaml, and say what a model's classes mean.

A model is a folder with the graph and model.yaml, its manifest:

    name: road
    version: '1.0.0'              # quoted, so that YAML keeps it text
    license: Apache-2.0
    description: what it is for   # optional
    graph: model.onnx             # a file in the same folder
    sha256: 64 hex digits of the graph's checksum (sha256sum model.onnx)
    input: {width: 512, height: 288}
    self_test:                    # optional: a picture, and the labels that it must give
      {image: self_test.png, labels: self_test_labels.png}
    classes:                      # in the order of the graph's label ids, at most 255
      - {name: background, color: [0, 0, 0], drivable: false, action: stop}
      - {name: path, color: [0, 200, 0], drivable: true, action: go}

color is RGB and used in pictures; background, or black, is left uncoloured there. action says
what such a thing in the driving corridor means: go, slow or stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
import re
from typing import Any

import yaml

from seg_node.perception.labels import UNLABELLED

MANIFEST = 'model.yaml'

MIN_SIDE, MAX_SIDE = 8, 4096
"""Limits of the network's input width and height in pixels."""

_MAX_BYTES = 1 << 20
_REQUIRED = ('name', 'version', 'license', 'graph', 'sha256', 'input', 'classes')
_CLASS_KEYS = ('name', 'color', 'drivable', 'action')


class ModelError(ValueError):
    """A model that is missing, damaged or contradicts itself; the message says what to do."""


class Action(str, Enum):
    """What a class in the driving corridor means."""

    GO = 'go'
    SLOW = 'slow'
    STOP = 'stop'


@dataclass(frozen=True)
class ClassInfo:
    """One class of a model; color is RGB, 0 to 255."""

    name: str
    color: tuple[int, int, int]
    drivable: bool
    action: Action


@dataclass(frozen=True)
class SelfTestFiles:
    """A known picture and its labels, both of the network's input size."""

    image: Path
    labels: Path


@dataclass(frozen=True)
class Model:
    """A checked manifest; width and height are the network's input size in pixels."""

    name: str
    version: str
    license: str
    sha256: str
    graph: Path
    width: int
    height: int
    classes: tuple[ClassInfo, ...]
    description: str = ''
    self_test: SelfTestFiles | None = None

    @property
    def drivable_ids(self) -> tuple[int, ...]:
        """Label ids of the drivable classes."""
        return tuple(index for index, info in enumerate(self.classes) if info.drivable)


def read_manifest(manifest: Path) -> Model:
    """
    Return the checked contents of a manifest; ModelError names the file, field and remedy.

    The graph itself is not opened.
    """
    try:
        return _parse(_load(manifest), manifest)
    except _FieldError as error:
        raise ModelError(f'{manifest}: {error}') from None


class _FieldError(ValueError):
    """A field that is wrong; read_manifest adds the file's name."""


def _load(manifest: Path) -> Any:
    try:
        if manifest.stat().st_size > _MAX_BYTES:
            raise _FieldError(f'is larger than {_MAX_BYTES} bytes, so it is no manifest')
        return yaml.safe_load(manifest.read_text(encoding='utf-8'))
    except OSError as error:
        raise _FieldError(f'cannot be read ({error.strerror})') from error
    except UnicodeDecodeError as error:
        raise _FieldError(f'is not UTF-8 text ({error.reason} at byte {error.start})') from error
    except (yaml.YAMLError, RecursionError) as error:
        raise _FieldError(f'is not valid YAML: {error}') from error
    except ValueError as error:
        if isinstance(error, _FieldError):
            raise
        # yaml builds dates while it reads, and passes on what is wrong with them.
        raise _FieldError(f'has a value that YAML cannot read: {error}') from error


def _parse(content: Any, manifest: Path) -> Model:
    fields = _mapping(content, 'the manifest', _REQUIRED, ('description', 'self_test'))
    size = _mapping(fields['input'], 'input', ('width', 'height'))
    sha256 = _text(fields['sha256'], 'sha256').lower()
    if not re.fullmatch('[0-9a-f]{64}', sha256):
        raise _FieldError(f'sha256: {sha256!r} is not 64 hex digits; sha256sum prints them')
    return Model(
        name=_text(fields['name'], 'name'),
        version=_text(fields['version'], 'version'),
        license=_text(fields['license'], 'license'),
        sha256=sha256,
        graph=manifest.parent / _file_name(fields['graph'], 'graph'),
        width=_integer(size['width'], 'input.width', MIN_SIDE, MAX_SIDE),
        height=_integer(size['height'], 'input.height', MIN_SIDE, MAX_SIDE),
        classes=_classes(fields['classes']),
        description=_text(fields['description'], 'description') if 'description' in fields else '',
        self_test=_self_test(fields['self_test'], manifest) if 'self_test' in fields else None,
    )


def _self_test(value: Any, manifest: Path) -> SelfTestFiles:
    files = _mapping(value, 'self_test', ('image', 'labels'))
    return SelfTestFiles(*(
        manifest.parent / _file_name(files[name], f'self_test.{name}')
        for name in ('image', 'labels')))


def _classes(value: Any) -> tuple[ClassInfo, ...]:
    if not isinstance(value, list) or not value:
        raise _FieldError(f'classes: {_show(value)} is not a list with at least one class')
    if len(value) > UNLABELLED:
        raise _FieldError(f'classes: {len(value)} given, at most {UNLABELLED} fit the label ids')
    classes = tuple(_class_info(entry, f'classes[{index}]') for index, entry in enumerate(value))
    names = [info.name for info in classes]
    for name in names:
        if names.count(name) > 1:
            raise _FieldError(f'classes: {name!r} is there {names.count(name)} times; rename one')
    if not any(info.drivable for info in classes):
        raise _FieldError('classes: none is drivable; set drivable: true for at least one')
    return classes


def _class_info(value: Any, where: str) -> ClassInfo:
    fields = _mapping(value, where, _CLASS_KEYS)
    name = _text(fields['name'], f'{where}.name')
    if ',' in name:
        raise _FieldError(f'{where}.name: {name!r} has a comma; graphs list their classes with it')
    drivable = fields['drivable']
    if not isinstance(drivable, bool):
        raise _FieldError(f'{where}.drivable: {_show(drivable)} is neither true nor false')
    action = fields['action']
    if action not in [item.value for item in Action]:
        raise _FieldError(f'{where}.action: {_show(action)} is not one of go, slow, stop')
    return ClassInfo(name, _color(fields['color'], f'{where}.color'), drivable, Action(action))


def _color(value: Any, where: str) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3:
        raise _FieldError(f'{where}: {_show(value)} is not [red, green, blue]')
    red, green, blue = (_integer(part, where, 0, 255) for part in value)
    return red, green, blue


def _mapping(
    value: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _FieldError(f'{where}: {_show(value)} is not a mapping with {", ".join(required)}')
    if missing := [key for key in required if key not in value]:
        raise _FieldError(f'{where}: {", ".join(missing)} missing; add it')
    if unknown := [str(key) for key in value if key not in required + optional]:
        raise _FieldError(
            f'{where}: {", ".join(unknown)} not known; '
            f'known are {", ".join(required + optional)}'
        )
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise _FieldError(f'{where}: {_show(value)} is not text; put it in quotes')
    if not value.strip():
        raise _FieldError(f'{where}: is empty; fill it in')
    return value.strip()


def _file_name(value: Any, where: str) -> str:
    name = _text(value, where)
    if Path(name).name != name or name in ('.', '..'):
        raise _FieldError(f'{where}: {name!r} must be the name of a file in the same folder')
    return name


def _integer(value: Any, where: str, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise _FieldError(f'{where}: {_show(value)} is not a whole number from {low} to {high}')
    return value


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + '...'
