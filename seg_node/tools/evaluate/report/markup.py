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

"""HTML from Python; whatever is not markup already is escaped."""

from __future__ import annotations

from collections.abc import Iterable
import html
import json
import re
from typing import Any

_EMPTY = frozenset({'input', 'meta', 'img', 'br'})
# Control characters that HTML forbids, and halves of surrogate pairs, as undecodable file names
# have them in Python.
_FORBIDDEN = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')


class Markup(str):
    """Text that is HTML."""


def escape(text: object) -> Markup:
    """Return text as HTML, fit for elements and for quoted attributes."""
    if isinstance(text, Markup):
        return text
    return Markup(html.escape(_FORBIDDEN.sub('\ufffd', str(text))))


def join(parts: Iterable[object]) -> Markup:
    """Return parts one after the other, None left out."""
    return Markup(''.join(escape(part) for part in parts if part is not None))


def tag(element: str, *children: object, **attributes: object) -> Markup:
    """
    Return an element; children that are no Markup are escaped, None left out.

    Attributes are written with - for _ (class_: class); True has no value, None and False are
    left out.
    """
    written = ''.join(
        f' {name.rstrip("_").replace("_", "-")}' + ('' if value is True else f'="{escape(value)}"')
        for name, value in attributes.items() if value is not None and value is not False)
    if element in _EMPTY:
        return Markup(f'<{element}{written}>')
    return Markup(f'<{element}{written}>{join(children)}</{element}>')


def name(text: str) -> Markup:
    """Return the name of a recording or a run: of any script, in either direction."""
    return tag('bdi', text)


def data_block(element_id: str, content: Any) -> Markup:
    """Return an element that holds JSON for the page's script."""
    text = json.dumps(content, separators=(',', ':'), allow_nan=False)
    # The only way out of a script element is "<"; the rest is ASCII.
    for letter in '<>&':
        text = text.replace(letter, f'\\u{ord(letter):04x}')
    return tag('script', Markup(text), type='application/json', id=element_id)
