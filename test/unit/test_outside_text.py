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

"""Text from outside: short, in one line, printable, whatever it was."""

from __future__ import annotations

import math
import sys
import time

import pytest

from seg_node.outside_text import LONGEST, printable, quoted
from seg_node.stop_go.lens import read_lens
from seg_node.stop_go.verdict import Finding, Reason

HOSTILE = {
    'terminal': '\x1b[2J\x1b]0;owned\x07', 'backspace': 'GO\b\bSTOP',
    'line': 'a\r\nb\vc\x85d\u2028e',
    'bidi': '\u202eOG\u202c\u2066x\u2069', 'zero width': 'a\u200bb\ufeff', 'surrogate': 'a\udcffb',
    'null': 'a\x00b', 'private': '\ue000', 'tag': '\U000e0041', 'huge': 'x' * 40_000_000,
    'huge escapes': '\x1b' * 10_000_000, 'c1': '\x9b31m'}


@pytest.mark.parametrize('text', HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize('make', [
    printable, quoted, lambda text: Finding(Reason.MALFORMED, f'format {text}').text])
def test_it_is_short_printable_and_quickly_made(text, make):
    begun = time.thread_time()
    copied = f'{text} '
    copying_s = time.thread_time() - begun
    assert len(copied) > len(text)
    begun = time.thread_time()
    made = make(text)
    assert made.isprintable() and len(made) <= LONGEST
    made.encode('utf-8')
    # One of the makers is given a copy; new memory alone takes 0.1 s where others want it, too.
    assert time.thread_time() - begun < 0.1 + 3 * copying_s


def test_what_is_harmless_stays():
    for text in ('', 'path clear, image 0.01 s old', 'Stra\u00dfe \u4f60\u597d', "'quoted'"):
        assert printable(text) == text
    assert quoted('bgr8') == "'bgr8'"
    assert quoted([1, 2.5, 'a']) == "[1, 2.5, 'a']"


def test_what_is_not_is_still_told():
    assert printable('a\x1b[31mb\nc') == 'a\\x1b[31mb c'
    assert quoted('\u202eab') == "'\\u202eab'"
    assert printable('x' * 2000, 10) == 'xxxxxxx...'
    assert quoted('x' * 100, 5) == "'xxxxx'..."


@pytest.mark.parametrize('value', [
    [0.1] * 5_000_000, dict.fromkeys(range(1000), 'x' * 1000),
    [[[[[[[[1]]]]]]]],
    10**4000, b'\x1b' * 10**7, math.nan, {'a': {'b': ['c' * 10**6]}}],
    ids=lambda value: type(value).__name__)
def test_values_of_any_kind_are_short(value):
    begun = time.thread_time()
    assert len(quoted(value)) <= 300 and quoted(value).isprintable()
    assert time.thread_time() - begun < 0.1


def test_a_number_that_python_refuses_to_write():
    assert len(quoted(10 ** (sys.get_int_max_str_digits() + 1))) < 300


@pytest.mark.parametrize(('name', 'd'), [
    ('x' * 40_000_000, ()), ('\x1b[2J', ()), ('plumb_bob', [0.5] * 5_000_000),
    ('plumb_bob', [0.0] * 5_000_000), ('none', [1.0] * 100), ('plumb_bob', [math.nan] * 90)],
    ids=lambda value: str(value)[:10])
def test_what_a_camera_info_says_of_its_lens(name, d):
    begun = time.thread_time()
    with pytest.raises(ValueError) as error:
        read_lens(name, d)
    assert len(str(error.value)) < 300 and str(error.value).isprintable()
    assert time.thread_time() - begun < 0.3
