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
"""Pages from the templates, self-contained: style, script and images are in the page."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache
import hashlib
import json
import math
from pathlib import Path
import re
from typing import Any, TYPE_CHECKING

from seg_node.drawing.colors import color_of, DECISIONS
from seg_node.errors import UserError
from seg_node.tools.evaluate.report import words
from seg_node.tools.evaluate.report.glossary import anchor, glossary, meaning

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / 'templates'
_SCRIPTS = ('tables.js', 'drawing.js', 'film.js', 'timeline.js')
_MARK = '<meta name="generator" content="seg_node evaluate">'
# Control characters that HTML forbids, and halves of surrogate pairs, as undecodable file names
# have them in Python.
_FORBIDDEN = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]')


def require_jinja() -> None:
    """Raise UserError where pages cannot be written."""
    try:
        import jinja2  # noqa: F401
    except ImportError:
        raise UserError('report.html needs Jinja2, which is not installed; pip install -r '
                        'requirements/tools.txt') from None


def render(template: str, **context: Any) -> str:
    """
    Return a page.

    :raises UserError: without Jinja2.
    """
    require_jinja()
    return environment().get_template(template).render(context)


def is_ours(path: Path) -> bool:
    """Say whether a file is a page that we wrote."""
    try:
        with path.open('rb') as file:
            return _MARK.encode() in file.read(400)
    except OSError:
        return False


@cache
def environment() -> Environment:
    """Return what the templates are rendered with."""
    import jinja2
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, finalize=_printable,
        undefined=jinja2.StrictUndefined, trim_blocks=True, extensions=['jinja2.ext.do'])
    filters: tuple[Callable[..., object], ...] = (
        words.number, words.difference, words.count, words.share, words.milliseconds, words.score,
        words.seconds, words.spoken, words.plural, json_data, jpeg_data)
    found.filters |= {one.__name__: one for one in filters}
    found.filters |= {'log1p': math.log1p, 'reason_color': color_of, 'meaning': meaning,
                      'anchor': anchor}
    script = '\n'.join(map(_asset, _SCRIPTS))
    found.globals |= {
        'mark': _MARK, 'style': _asset('page.css'), 'script': script, 'jpeg_uri': jpeg_uri,
        'script_sha256': base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        'decision_colors': DECISIONS, 'glossary': glossary}
    return found


def json_data(content: object) -> str:
    """Return JSON for the page's script, fit for a script element without being escaped."""
    text = json.dumps(content, separators=(',', ':'), allow_nan=False)
    # The only way out of a script element is "<"; the rest is ASCII.
    for letter in '<>&':
        text = text.replace(letter, f'\\u{ord(letter):04x}')
    return text


def jpeg_uri(folder: Path, place: str) -> str:
    """Return a JPEG of a run's folder as a data URI; '' where there is none."""
    path = folder / place
    try:
        data = path.read_bytes() if path.resolve().is_relative_to(folder.resolve()) else b''
    except OSError:
        data = b''
    if not data.startswith(b'\xff\xd8'):
        return ''
    return jpeg_data(data)


def jpeg_data(data: bytes) -> str:
    """Return a JPEG as a data URI."""
    return f'data:image/jpeg;base64,{base64.b64encode(data).decode("ascii")}'


def _printable(value: object) -> object:
    if value is None:
        return ''
    return _FORBIDDEN.sub('\ufffd', value) if type(value) is str else value


def _asset(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding='utf-8')
