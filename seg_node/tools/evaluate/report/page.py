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

"""One HTML file that needs no other, and that the browser lets reach nothing."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from seg_node.tools.evaluate.report.markup import join, Markup, tag

_HERE = Path(__file__).parent
_SCRIPTS = ('tables.js', 'drawing.js', 'timeline.js')
_MARK = tag('meta', name='generator', content='seg_node evaluate')


def page(title: str, body: Markup, hint: str = '') -> str:
    """Return a page; hint: what its foot says."""
    style = Markup(_asset('page.css'))
    script = Markup('\n'.join(map(_asset, _SCRIPTS)))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # Only our own script runs, whatever a name or a text of a recording would smuggle in.
    policy = (f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
              f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'")
    head = join([
        tag('meta', charset='utf-8'), _MARK,
        tag('meta', http_equiv='Content-Security-Policy', content=policy),
        tag('meta', name='viewport', content='width=device-width, initial-scale=1'),
        tag('meta', name='color-scheme', content='light dark'),
        tag('title', title), tag('style', style)])
    foot = tag('footer', tag('p', hint, class_='hint')) if hint else None
    whole = tag('html', tag('head', head),
                tag('body', tag('main', body, foot), tag('script', script)), lang='en')
    return f'<!doctype html>\n{whole}\n'


def is_ours(path: Path) -> bool:
    """Say whether a file is a page that we wrote."""
    try:
        with path.open('rb') as file:
            return _MARK.encode() in file.read(400)
    except OSError:
        return False


def section(title: str, *content: object, element_id: str | None = None,
            hint: str = '') -> Markup:
    """Return a part of a page, on a sheet of its own."""
    return tag('section', tag('h2', title), tag('p', hint, class_='hint') if hint else None,
               *content, id=element_id)


def columns(*parts: Markup) -> Markup:
    """Put parts beside each other where there is room."""
    return tag('div', *parts, class_='columns')


def _asset(name: str) -> str:
    return (_HERE / name).read_text(encoding='utf-8')
