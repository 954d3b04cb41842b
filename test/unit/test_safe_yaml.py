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

"""YAML of whatever origin is read within bounds, or refused in one short line."""

from __future__ import annotations

import os
import time

import pytest

from helpers.places import ROOT
from seg_node.safe_yaml import MAX_BYTES, parse_yaml, read_yaml, YamlError

BOMB = 'a0: &a0 [x, x]\n' + ''.join(
    f'a{n}: &a{n} [{", ".join([f"*a{n - 1}"] * 10)}]\n' for n in range(1, 30))
MERGES = 'a0: &a0 {x: 1}\n' + ''.join(
    f'a{n}: &a{n}\n  <<: [{", ".join([f"*a{n - 1}"] * 10)}]\n' for n in range(1, 30))


def test_values_lists_and_aliases_are_read():
    assert parse_yaml('a: &a [1, 2]\nb: *a\nc: {d: true, e: 1.5}') == {
        'a': [1, 2], 'b': [1, 2], 'c': {'d': True, 'e': 1.5}}
    assert parse_yaml('base: &b {x: 1}\nmore:\n  <<: *b\n  y: 2')['more'] == {'x': 1, 'y': 2}
    assert parse_yaml('') is None


@pytest.mark.parametrize(('text', 'words'), [
    (BOMB, 'aliases stand for more than'),
    (MERGES, 'aliases stand for more than'),
    ('a: &a [*a]', 'aliases stand for more than'),
    ('a:\n\tb: 1', r"line 2, column 1: .*'\\t'.*; indent with spaces, not with tabs"),
    ('a: [1', 'is no YAML: line 1'),
    ('[' * 20000, 'nested too deeply'),
    ('a: 1\nb: 2\na: 3', "line 3, column 1: 'a' is there twice"),
    ('a: {b: 1, b: 2}', "'b' is there twice"),
    ('a: 1\n---\nb: 2', 'is no YAML: line 2.*document'),
    ('!!python/object/apply:os.system [true]', 'could not determine a constructor'),
    ('!' + 'a' * 100000 + ' 1', 'is no YAML'),
    ('a: 2024-99-99', 'a value that YAML cannot read'),
    ('!!bool maybe', 'a value that YAML cannot read'),
    ('!!int ""', 'a value that YAML cannot read'),
    ('a: \x1b[31mred', 'is no YAML'),
    (b'a: \xff', 'is no YAML'),
], ids=lambda part: str(part)[:20])
def test_what_cannot_be_taken_in_is_refused_quickly_in_one_short_line(text, words):
    begun = time.process_time()
    with pytest.raises(YamlError, match=words) as raised:
        parse_yaml(text)
    assert time.process_time() - begun < 5.0
    line = str(raised.value)
    assert line.isprintable() and len(line) < 300


def test_files_are_bounded_and_regular(tmp_path):
    os.mkfifo(tmp_path / 'fifo')
    (tmp_path / 'large').write_text('#' * (MAX_BYTES + 1))
    for name, words in (('fifo', 'is no file'), ('.', 'is no file'), ('large', 'is larger than'),
                        ('missing', r'cannot be read \(No such file')):
        with pytest.raises(YamlError, match=words):
            read_yaml(tmp_path / name)


def test_nothing_else_reads_yaml():
    offenders = [path.name for path in sorted((ROOT / 'seg_node').rglob('*.py'))
                 for word in ('yaml.load(', 'yaml.safe_load(', 'yaml.SafeLoader)')
                 if word in path.read_text(encoding='utf-8')]
    assert set(offenders) <= {'safe_yaml.py', 'params_file.py'}
