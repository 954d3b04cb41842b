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

"""What the documents say is true: names, counts, links, and that nothing is left out."""

from __future__ import annotations

import re

import pytest

from helpers.places import ROOT
from seg_node.parameters.params_file import configure, NODE, read_params_file
from seg_node.parameters.structure import check_mountings
from seg_node.perception.images.raw import ENCODINGS
from seg_node.stop_go.verdict import Reason

README = (ROOT / 'README.md').read_text(encoding='utf-8')
DOCUMENTS = sorted([*ROOT.glob('*.md'), *ROOT.glob('docs/*.md'), *ROOT.glob('examples/*/*.md'),
                    ROOT / 'training' / 'README.md'])


def anchors_of(text):
    """Return the anchors that GitHub makes of headings."""
    return {re.sub(r'[^\w\- ]', '', title.lower()).replace(' ', '-')
            for title in re.findall(r'^#+ (.+)$', text, re.MULTILINE)}


@pytest.mark.parametrize('path', DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    text = path.read_text(encoding='utf-8')
    for target in re.findall(r'\]\(([^)\s]+)\)', text):
        if not target.startswith('http'):
            name, _, anchor = target.partition('#')
            there = (path.parent / name).resolve() if name else path
            assert there.exists(), target
            if anchor:
                assert anchor in anchors_of(there.read_text(encoding='utf-8')), target


def test_the_readme_is_short():
    assert len(README.splitlines()) <= 180


def test_encodings_are_counted():
    assert f'in {len(ENCODINGS)} encodings' in README


@pytest.mark.parametrize('name', ['README.md', 'docs/troubleshooting.md'])
def test_every_reason_is_explained(name):
    text = (ROOT / name).read_text(encoding='utf-8')
    assert [reason.value for reason in Reason if f'`{reason.value}`' not in text] == []


def test_reasons_are_told_in_their_order():
    text = (ROOT / 'docs' / 'troubleshooting.md').read_text(encoding='utf-8')
    assert re.findall(r'^\| `(\w+)`', text, re.MULTILINE) == [reason.value for reason in Reason]


def test_the_robot_of_the_nav2_page_can_be_configured(tmp_path):
    text = (ROOT / 'docs' / 'nav2.md').read_text(encoding='utf-8')
    blocks = re.findall(r'^```yaml\n(.*?)^```$', text, re.MULTILINE | re.DOTALL)
    [robot] = [block for block in blocks if block.startswith('/**:')]
    path = tmp_path / 'my_robot.yaml'
    path.write_text(robot, encoding='utf-8')
    configuration = configure(read_params_file(path, NODE))
    check_mountings(configuration.structure, configuration.limits)
    assert configuration.limits.vehicle.unset == ()
