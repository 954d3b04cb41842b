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

"""Check the fields of a manifest; `where` names the field in what an error says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any

from seg_node.outside_text import quoted


class FieldError(ValueError):
    """A field that is wrong; the reader of the manifest adds the file's name."""


def mapping(
    value: Any, where: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Mapping[str, Any]:
    """Return a mapping that has the required keys and no unknown ones."""
    if not isinstance(value, dict):
        raise FieldError(f'{where}: {quoted(value)} is not a mapping with '
                          f'{", ".join(required or optional)}')
    if missing := [key for key in required if key not in value]:
        raise FieldError(f'{where}: {", ".join(missing)} missing; add it')
    if unknown := [str(key) for key in value if key not in required + optional]:
        raise FieldError(
            f'{where}: {", ".join(unknown)} not known; '
            f'known are {", ".join(required + optional)}'
        )
    return value


def text(value: Any, where: str) -> str:
    """Return a text that is not empty, without blanks around it."""
    if not isinstance(value, str):
        raise FieldError(f'{where}: {quoted(value)} is not text; put it in quotes')
    if not value.strip():
        raise FieldError(f'{where}: is empty; fill it in')
    return value.strip()


def boolean(value: Any, where: str) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise FieldError(f'{where}: {quoted(value)} is neither true nor false')
    return value


def digest(value: Any, where: str) -> str:
    """Return a SHA-256 as 64 lower-case hex digits."""
    digest = text(value, where).lower()
    if not re.fullmatch('[0-9a-f]{64}', digest):
        raise FieldError(f'{where}: {digest!r} is not 64 hex digits; sha256sum prints them')
    return digest


def file_name(value: Any, where: str) -> str:
    """Return the name of a file in the same folder."""
    name = text(value, where)
    if Path(name).name != name or name in ('.', '..'):
        raise FieldError(f'{where}: {name!r} must be the name of a file in the same folder')
    return name


def integer(value: Any, where: str, low: int, high: int) -> int:
    """Return a whole number from low to high."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise FieldError(f'{where}: {quoted(value)} is not a whole number from {low} to {high}')
    return value
