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
    sha256: 64 hex digits of the graph's checksum (sha256sum model.onnx; of one that keeps
      weights in files beside it: cat model.onnx FILE ... | sha256sum, in the order of their names)
    graphs:                       # optional: the same network in lower precisions
      fp16: {graph: model_fp16.onnx, sha256: ...}
      int8: {graph: model_int8.onnx, sha256: ...}
      uint8: {graph: model_uint8.onnx, sha256: ...}
    input: {width: 512, height: 288}
    instances: true               # optional: the graph also tells objects apart, see contract.py
    self_test:                    # optional: an image, and the labels that it must give
      {image: self_test.png, labels: self_test_labels.png}
    classes:                      # in the order of the graph's label ids, at most 255
      - {name: background, color: [0, 0, 0], drivable: false, action: stop}
      - {name: path, color: [0, 200, 0], drivable: true, action: go}

color is RGB and used in images; background, or black, is left uncoloured there. action says
what such a thing in the driving corridor means: go, slow or stop. `stuff: true` may be added to
a class that is no object to be told apart, as wall and sky, and `flat: true` to one that lies on
the ground, as sidewalk and grass; what is drivable is flat without it: see ClassInfo.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any

from seg_node.outside_text import quoted
from seg_node.perception.models.manifest_fields import (
    boolean,
    digest,
    FieldError,
    file_name,
    integer,
    mapping,
    text,
)
from seg_node.safe_yaml import read_yaml, YamlError

MANIFEST = 'model.yaml'
UNLABELLED = 255
"""The label of a pixel of which nothing is known; it is never drivable."""

MIN_SIDE, MAX_SIDE = 8, 4096
"""Limits of the network's input width and height in pixels."""

_REQUIRED = ('name', 'version', 'license', 'graph', 'sha256', 'input', 'classes')
_CLASS_KEYS = ('name', 'color', 'drivable', 'action')
BACKGROUND = 'background'
"""Name of the class of all that the network has no other class for."""


class ModelError(ValueError):
    """A model that is missing, damaged or contradicts itself; the message says what to do."""


class Action(str, Enum):
    """What a class in the driving corridor means."""

    GO = 'go'
    SLOW = 'slow'
    STOP = 'stop'


@dataclass(frozen=True)
class ClassInfo:
    """
    One class of a model; color is RGB, 0 to 255.

    stuff: no object, as wall and sky. flat: it lies on the ground, though it may not be drivable.
    """

    name: str
    color: tuple[int, int, int]
    drivable: bool
    action: Action
    stuff: bool = False
    flat: bool = False

    @property
    def is_ground(self) -> bool:
        """Whether its pixels show the ground."""
        return self.drivable or self.flat

    @property
    def is_thing(self) -> bool:
        """Whether its regions are objects to be told apart, wherever they stand."""
        return not (self.is_ground or self.stuff or self.name == BACKGROUND)


@dataclass(frozen=True)
class SelfTestFiles:
    """A known image and its labels, both of the network's input size."""

    image: Path
    labels: Path


class Precision(str, Enum):
    """
    What a graph computes in.

    INT8 and UINT8 both have weights of 8 bits. The activations of INT8 are signed, with zero
    points 0, as TensorRT wants them; those of UINT8 are unsigned, with zero points of their own,
    as CPUs are quick with them.
    """

    FP32 = 'fp32'
    FP16 = 'fp16'
    INT8 = 'int8'
    UINT8 = 'uint8'


@dataclass(frozen=True)
class Variant:
    """The graph of a lower precision."""

    precision: Precision
    graph: Path
    sha256: str


@dataclass(frozen=True)
class Model:
    """
    A checked manifest; width and height are the network's input size in pixels.

    graph and sha256 are those of `precision`; variants: of the lower ones. instances: the graph
    tells objects apart. content: the graph as it was read and checked, until a backend has taken
    it.
    """

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
    precision: Precision = Precision.FP32
    variants: tuple[Variant, ...] = ()
    instances: bool = False
    content: bytes | None = field(default=None, repr=False, compare=False)

    def at(self, precision: Precision) -> Model:
        """
        Return the model with the graph of another precision.

        :raises ModelError: when the model has none.
        """
        if precision is self.precision:
            return self
        for variant in self.variants:
            if variant.precision is precision:
                return replace(self, precision=precision, graph=variant.graph,
                               sha256=variant.sha256, content=None)
        known = ', '.join(each.value for each in (
            self.precision, *(variant.precision for variant in self.variants)))
        raise ModelError(f'model {self.name}: has no {precision.value} graph; it has {known}')

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
    except FieldError as error:
        raise ModelError(f'{manifest}: {error}') from None


def _load(manifest: Path) -> Any:
    try:
        return read_yaml(manifest)
    except YamlError as error:
        raise FieldError(str(error)) from None


def _parse(content: Any, manifest: Path) -> Model:
    fields = mapping(
        content, 'the manifest', _REQUIRED, ('description', 'graphs', 'instances', 'self_test'))
    size = mapping(fields['input'], 'input', ('width', 'height'))
    return Model(
        name=text(fields['name'], 'name'),
        version=text(fields['version'], 'version'),
        license=text(fields['license'], 'license'),
        sha256=digest(fields['sha256'], 'sha256'),
        graph=manifest.parent / file_name(fields['graph'], 'graph'),
        width=integer(size['width'], 'input.width', MIN_SIDE, MAX_SIDE),
        height=integer(size['height'], 'input.height', MIN_SIDE, MAX_SIDE),
        classes=_drivable_classes(fields['classes']),
        description=text(fields['description'], 'description') if 'description' in fields else '',
        self_test=_self_test(fields['self_test'], manifest) if 'self_test' in fields else None,
        variants=_variants(fields['graphs'], manifest) if 'graphs' in fields else (),
        instances=boolean(fields.get('instances', False), 'instances'),
    )


def _variants(value: Any, manifest: Path) -> tuple[Variant, ...]:
    lower = [each.value for each in Precision if each is not Precision.FP32]
    graphs = mapping(value, 'graphs', (), tuple(lower))
    variants = []
    for name, entry in graphs.items():
        fields = mapping(entry, f'graphs.{name}', ('graph', 'sha256'))
        variants.append(Variant(
            Precision(name), manifest.parent / file_name(fields['graph'], f'graphs.{name}.graph'),
            digest(fields['sha256'], f'graphs.{name}.sha256')))
    return tuple(variants)


def _self_test(value: Any, manifest: Path) -> SelfTestFiles:
    files = mapping(value, 'self_test', ('image', 'labels'))
    return SelfTestFiles(*(
        manifest.parent / file_name(files[name], f'self_test.{name}')
        for name in ('image', 'labels')))


def parse_classes(value: Any) -> tuple[ClassInfo, ...]:
    """Return the checked classes of a list as in model.yaml; FieldError says what is wrong."""
    if not isinstance(value, list) or not value:
        raise FieldError(f'classes: {quoted(value)} is not a list with at least one class')
    if len(value) > UNLABELLED:
        raise FieldError(f'classes: {len(value)} given, at most {UNLABELLED} fit the label ids')
    classes = tuple(_class_info(entry, f'classes[{index}]') for index, entry in enumerate(value))
    names = [info.name for info in classes]
    for name in names:
        if names.count(name) > 1:
            raise FieldError(f'classes: {name!r} is there {names.count(name)} times; rename one')
    return classes


def _drivable_classes(value: Any) -> tuple[ClassInfo, ...]:
    classes = parse_classes(value)
    if not any(info.drivable for info in classes):
        raise FieldError('classes: none is drivable; set drivable: true for at least one')
    return classes


def _class_info(value: Any, where: str) -> ClassInfo:
    fields = mapping(value, where, _CLASS_KEYS, ('stuff', 'flat'))
    name = text(fields['name'], f'{where}.name')
    if ',' in name:
        raise FieldError(f'{where}.name: {name!r} has a comma; graphs list their classes with it')
    drivable = boolean(fields['drivable'], f'{where}.drivable')
    stuff, flat = (boolean(fields.get(key, False), f'{where}.{key}') for key in ('stuff', 'flat'))
    action = fields['action']
    if action not in [item.value for item in Action]:
        raise FieldError(f'{where}.action: {quoted(action)} is not one of go, slow, stop')
    return ClassInfo(
        name, _color(fields['color'], f'{where}.color'), drivable, Action(action), stuff, flat)


def _color(value: Any, where: str) -> tuple[int, int, int]:
    if not isinstance(value, list) or len(value) != 3:
        raise FieldError(f'{where}: {quoted(value)} is not [red, green, blue]')
    red, green, blue = (integer(part, where, 0, 255) for part in value)
    return red, green, blue
