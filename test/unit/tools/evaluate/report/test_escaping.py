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

"""What comes from names and texts stays text."""

from __future__ import annotations

from html.parser import HTMLParser
import json

from hypothesis import example, given
from hypothesis import strategies as st
import pytest

from helpers.evaluated_runs import HOSTILE
from seg_node.tools.evaluate.report.pages import environment, json_data

TEXTS = st.text(max_size=60)
FORBIDDEN = {*map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))), '\ufffe', '\uffff',
             *map(chr, range(0xD800, 0xE000))}


class Reader(HTMLParser):
    """Reads what a browser would see."""

    def __init__(self, page):
        super().__init__()
        self.seen = []
        self.feed(page)
        self.close()

    def handle_starttag(self, element, attributes):
        self.seen.append((element, dict(attributes)))

    def handle_data(self, text):
        self.seen.append(text)


def shown(text):
    return ''.join('\ufffd' if letter in FORBIDDEN else letter for letter in text)


@given(TEXTS, TEXTS)
@example(HOSTILE, HOSTILE)
@example('\udcff.mcap', '\x00')
def test_text_and_attributes_come_out_as_they_went_in(text, value):
    page = environment().from_string('<p title="{{ value }}" class="a">{{ text }}</p>').render(
        text=text, value=value)
    page.encode()
    element, *texts = Reader(page).seen
    assert element == ('p', {'title': shown(value), 'class': 'a'})
    assert ''.join(texts) == shown(text)


@given(st.recursive(TEXTS | st.integers() | st.none(), lambda inner: st.lists(inner, max_size=3)))
@example(HOSTILE)
@example(['<!--<script>', ']]>', '\u2028'])
def test_a_data_block_holds_its_content_and_never_ends_early(content):
    block = environment().from_string('<script>{{ content|json_data|safe }}</script>').render(
        content=content)
    block.encode()
    (element, _), *texts = Reader(block).seen
    assert element == 'script'
    text = ''.join(texts)
    assert json.loads(text) == content
    assert not set(text) & set('<>&')


def test_nothing_is_written_for_none():
    assert environment().from_string('<b>{{ text }}</b>').render(text=None) == '<b></b>'


def test_numbers_that_json_has_not_are_refused():
    with pytest.raises(ValueError):
        json_data(float('nan'))
