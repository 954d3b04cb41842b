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

"""Words of C libraries: kept while a decoder runs, and only then."""

from __future__ import annotations

import subprocess
import sys

import pytest

from helpers.places import ROOT
from seg_node.perception.images import quiet_opencv

_BEGIN = """
import ctypes, sys
from seg_node.perception.images.quiet_opencv import decoder_words
c = ctypes.CDLL(None)
def say(text):
    c.fputs(text, ctypes.c_void_p.in_dll(c, 'stderr'))
"""

pytestmark = pytest.mark.skipif(sys.platform != 'linux', reason='glibc')


def run(code):
    return subprocess.run([sys.executable, '-c', _BEGIN + code], cwd=ROOT, text=True,
                          capture_output=True, timeout=60, check=True)


def test_words_of_a_decoder_are_kept_and_no_others():
    done = run("""
say(b'before\\n')
with decoder_words() as words:
    say(b'one\\ntwo\\n')
    print('python', file=sys.stderr, flush=True)
say(b'after\\n')
with decoder_words() as empty:
    pass
print(repr(words.text), repr(empty.text))
""")
    assert done.stderr == 'before\npython\nafter\n'
    assert done.stdout == "'one; two' ''\n"


def test_stderr_comes_back_after_an_error_and_a_flood():
    done = run("""
for flood in (b'x' * 100, b'y' * 10**6, b'z'):
    try:
        with decoder_words() as words:
            say(flood)
            raise ValueError
    except ValueError:
        pass
    print(len(words.text), set(words.text))
say(b'still here\\n')
""")
    assert done.stderr == 'still here\n'
    lengths = [int(line.split()[0]) for line in done.stdout.splitlines()]
    assert lengths[0] == 100
    assert lengths[1] <= 4096
    assert lengths[2] == 1


def test_threads_take_turns():
    done = run("""
from concurrent.futures import ThreadPoolExecutor
def work(number):
    with decoder_words() as words:
        say(b'%d\\n' % number)
    return words.text == str(number)
print(all(ThreadPoolExecutor(8).map(work, range(2000))))
""")
    assert (done.stdout, done.stderr) == ('True\n', '')


def test_without_such_a_c_library_nothing_is_kept(monkeypatch):
    monkeypatch.setattr(quiet_opencv, '_stream', lambda: None)
    with quiet_opencv.decoder_words() as words:
        pass
    assert words.text == ''
