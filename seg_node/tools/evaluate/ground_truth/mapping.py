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
What the values of masks mean: a small YAML file.

    ids: {7: path, 8: not_path, 9: unknown}     # values of masks with one channel
    colours: {[128, 64, 128]: path}             # or R, G, B of coloured ones
    other: not_path                             # of all values not named; unknown without it
    image_suffix: _leftImg8bit                # taken off the names of images and masks
    mask_suffix: _gtFine_labelIds               # before they are compared
"""

from __future__ import annotations

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
import yaml

from seg_node.errors import UserError
from seg_node.places import shared
from seg_node.regular_file import FileError, read_bytes
from seg_node.safe_yaml import BoundedLoader, MAX_BYTES, parse_yaml, YamlError
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN

WORDS = {'path': SOME_PATH, 'not_path': NOT_PATH, 'unknown': UNKNOWN}
_KEYS = ('ids', 'colours', 'other', 'image_suffix', 'mask_suffix')


@dataclass(frozen=True)
class Mapping:
    """
    The codes of scoring.truth by the values of masks.

    ids by value, or colours by (R, G, B); has_classes says that codes are class ids of the model
    and not only path or not.
    """

    ids: Dict[int, int] | None
    colours: Dict[tuple[int, int, int], int] | None
    other: int = UNKNOWN
    has_classes: bool = False
    image_suffix: str = ''
    mask_suffix: str = ''
    digest: str = ''

    def codes(self, name: str, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """
        Return the codes of a mask, uint8 [H, W].

        :param name: of the mask, for the error.
        :param mask: uint8 [H, W] or BGR [H, W, 3].
        :raises UserError: when it is coloured and the mapping has ids, or the reverse.
        """
        if self.colours is not None:
            if mask.ndim != 3:
                raise UserError(f'{name}: has one channel, the mapping has colours. Give a '
                                'mapping with ids')
            return self._of_colours(mask)
        if mask.ndim == 3:
            grey = np.ascontiguousarray(mask[..., 0])
            if not all(np.array_equal(grey, mask[..., k]) for k in (1, 2)):
                raise UserError(f'{name}: is coloured, the mapping has ids. Give a mapping with '
                                'colours, for example --mapping cityscapes_colors')
            mask = grey
        codes: NDArray[np.uint8] = np.asarray(cv2.LUT(mask, self._table), np.uint8)
        return codes

    @cached_property
    def _table(self) -> NDArray[np.uint8]:
        table = np.full(256, self.other, np.uint8)
        for value, code in (self.ids or {}).items():
            table[value] = code
        return table

    @cached_property
    def _colour_table(self) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        pairs = sorted((r << 16 | g << 8 | b, code)
                       for (r, g, b), code in (self.colours or {}).items())
        return (np.array([key for key, _ in pairs], np.uint32),
                np.array([code for _, code in pairs], np.uint8))

    def _of_colours(self, bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
        keys, codes = self._colour_table
        b, g, r = (bgr[..., k].astype(np.uint32) for k in range(3))
        packed = r << 16 | g << 8 | b
        place = np.minimum(np.searchsorted(keys, packed), len(keys) - 1)
        found: NDArray[np.uint8] = np.where(
            keys[place] == packed, codes[place], np.uint8(self.other))
        return found


def model_ids(classes: Sequence[str]) -> Mapping:
    """Return the mapping of masks that hold the model's own class ids; others are unknown."""
    return Mapping({index: index for index in range(len(classes))}, None, has_classes=True,
                   digest='model')


def find_mapping(name: str) -> Path:
    """Return the file that a path, or the name of a shipped mapping, stands for; or UserError."""
    path = Path(name)
    if path.suffix in ('.yaml', '.yml') or path.is_file():
        if not path.is_file():
            raise UserError(f'--mapping {name}: no such file. {_shipped_text()}')
        return path
    for folder in shared('config', 'mappings'):
        if (folder / f'{name}.yaml').is_file():
            return folder / f'{name}.yaml'
    raise UserError(f'--mapping {name}: no such file, and no mapping of that name is shipped. '
                    f'{_shipped_text()}')


def read_mapping(path: Path, classes: Sequence[str]) -> Mapping:
    """
    Read a mapping.

    The words path, not_path and unknown say only that; names of the model's classes say more.
    Where a mapping names any class, `path` is the class of that name, if the model has one.

    :param classes: names of the model's classes, in the order of their ids.
    :raises UserError: names the file, what is wrong and what would fit.
    """
    try:
        data = read_bytes(path, MAX_BYTES)
        content = parse_yaml(data, _Loader)
    except (FileError, YamlError) as error:
        raise UserError(f'{path}: {error}') from None
    if not isinstance(content, dict) or ('ids' in content) == ('colours' in content):
        raise UserError(f'{path}: needs either ids: or colours:, as in '
                        'config/mappings/cityscapes_ids.yaml')
    unknown = [key for key in content if key not in _KEYS]
    if unknown:
        raise UserError(f'{path}: {unknown[0]!r} is not known here; known are {", ".join(_KEYS)}')
    kind = 'ids' if 'ids' in content else 'colours'
    pairs = content[kind]
    if not isinstance(pairs, dict) or not pairs:
        raise UserError(f'{path}: {kind}: is empty; give lines like "7: path"')
    words = [*pairs.values(), content.get('other', 'unknown')]
    has_classes = any(word in classes and word not in WORDS for word in words)
    codes = _Codes(path, classes, has_classes)
    check = _check_id if kind == 'ids' else _check_colour
    found: dict[Any, int] = {check(path, value): codes.of(f'{kind}: {value}', word)
                             for value, word in pairs.items()}
    return Mapping(
        found if kind == 'ids' else None, found if kind == 'colours' else None,
        codes.of('other', content.get('other', 'unknown')), has_classes,
        str(content.get('image_suffix', '')), str(content.get('mask_suffix', '')),
        hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class _Codes:
    path: Path
    classes: Sequence[str]
    has_classes: bool

    def of(self, place: str, word: Any) -> int:
        if word in self.classes and (self.has_classes or word not in WORDS):
            return list(self.classes).index(word)
        if word in WORDS:
            return WORDS[word]
        raise UserError(
            f'{self.path}: {place}: {word!r} is neither {", ".join(WORDS)} nor a class of the '
            f'model, which has {", ".join(self.classes)}')


def _check_id(path: Path, value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 255:
        raise UserError(f'{path}: ids: {value!r} is no whole number from 0 to 255')
    return value


def _check_colour(path: Path, value: Any) -> tuple[int, int, int]:
    if not isinstance(value, tuple) or len(value) != 3 or not all(
            type(part) is int and 0 <= part <= 255 for part in value):
        raise UserError(f'{path}: colours: {value!r} is no [R, G, B] of numbers from 0 to 255')
    return value


class _Loader(BoundedLoader):
    """Reads lists as tuples, so that [128, 64, 128] can be a key."""


def _tuple(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> tuple[Any, ...]:
    return tuple(loader.construct_sequence(node, deep=True))


_Loader.add_constructor('tag:yaml.org,2002:seq', _tuple)


def _shipped_text() -> str:
    names = sorted({file.stem for folder in shared('config', 'mappings')
                    for file in folder.glob('*.yaml')})
    return f'Shipped are {", ".join(names) or "none"}'
