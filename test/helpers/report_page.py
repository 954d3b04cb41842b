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

"""A page of a report, read strictly."""

from __future__ import annotations

from html.parser import HTMLParser
import json
import re

VOID = {'meta', 'img', 'input', 'br'}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in its turn."""

    def __init__(self, path):
        super().__init__()
        self.open, self.elements, self.text, self.blocks = [], [], [], {}
        self._block = None
        self.feed(path.read_text(encoding='utf-8'))
        self.close()
        assert self.open == []

    def handle_starttag(self, element, attributes):
        self.elements.append((element, dict(attributes)))
        self._block = dict(attributes).get('id') if element == 'script' else None
        if element not in VOID:
            self.open.append(element)

    def handle_endtag(self, element):
        assert self.open.pop() == element

    def handle_data(self, text):
        if self.open[-1:] == ['script']:
            self.blocks[self._block] = self.blocks.get(self._block, '') + text
        elif self.open[-1:] != ['style']:
            self.text.append(text)

    @property
    def shown(self):
        return ' '.join(' '.join(self.text).split())

    def all(self, element):
        return [attributes for found, attributes in self.elements if found == element]

    def timeline(self, recording):
        return next(data for data in map(json.loads, (
            text for key, text in self.blocks.items() if (key or '').startswith('recording-')))
            if data['name'] == recording)


def check_self_contained(path):
    page = Page(path)
    assert {'link', 'iframe', 'object', 'embed', 'base', 'form'}.isdisjoint(
        element for element, _ in page.elements)
    for element, attributes in page.elements:
        assert not [key for key in attributes if key.startswith('on')]
        for key in ('src', 'srcset', 'href', 'action', 'xlink:href'):
            value = attributes.get(key, '')
            assert not re.match(r'[\w+.-]*:|//', value) or value.startswith('data:image/jpeg;'), \
                (element, value)
    text = path.read_text(encoding='utf-8')
    assert re.findall(r'url\((?!#)|@import|https?:', text) == []
    # One script of our own, the others are data; the policy lets no other run.
    scripts = page.all('script')
    assert [one.get('type') for one in scripts].count(None) == 1
    assert "default-src 'none'" in page.all('meta')[2]['content']
    return page
