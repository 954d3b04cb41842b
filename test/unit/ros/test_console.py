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

"""stdout and stderr that never block, in a process of its own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

LIMIT = 60.0
FILL = """
import os, sys
from seg_node.ros.console import has_room, never_block
never_block()
assert has_room(0.0)
for descriptor in (1, 2):
    try:
        while True:
            os.write(descriptor, b'x' * 1000)
    except BlockingIOError:
        pass
assert not has_room(0.0)
sys.exit(7)
"""


def start(output):
    return subprocess.Popen([sys.executable, '-c', FILL], stdout=output, stderr=output)


@pytest.mark.parametrize('make', [os.pipe, pty.openpty], ids=['pipe', 'terminal'])
def test_nobody_reads(make):
    reading, writing = make()
    assert start(writing).wait(LIMIT) == 7
    # The flag is not set on what others share.
    assert os.get_blocking(writing)
    os.close(reading)
    os.close(writing)


def test_a_file_is_appended_to(tmp_path):
    words = "import os; from seg_node.ros.console import never_block; never_block(); " \
            "os.write(1, b'second')"
    path = tmp_path / 'log'
    path.write_text('first ')
    with path.open('a') as output:
        subprocess.run([sys.executable, '-c', words], stdout=output, check=True, timeout=LIMIT)
    assert path.read_text() == 'first second'


def test_streams_that_are_closed():
    words = 'import os; os.close(1); os.close(2); ' \
            'from seg_node.ros.console import never_block; never_block()'
    subprocess.run([sys.executable, '-c', words], check=True, timeout=LIMIT)
