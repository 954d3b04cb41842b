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

"""Child processes: their output, their end, and that none is left behind."""

from __future__ import annotations

import os
from pathlib import Path
import signal
import subprocess
import sys
import time

import pytest

from seg_node.tools.common.testbed.process import parameter_arguments, Process, ProcessError

WAIT = 60.0
ECHO = 'import sys\nfor line in sys.stdin: print(line, end="", flush=True)'
DEAF = 'import signal, time\nsignal.signal(2, signal.SIG_IGN)\nprint("deaf", flush=True)\n' \
    'time.sleep(1000)'


@pytest.fixture
def start(tmp_path):
    processes = []

    def start(code):
        processes.append(Process('test', [sys.executable, '-c', code], tmp_path / 'test.log',
                                 os.environ))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


def wait_for(condition):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_lines_go_in_and_out(start):
    process = start(ECHO)
    process.write_line('one')
    process.write_line('two')
    wait_for(lambda: process.last_line == 'two')
    assert process.output == 'one\ntwo\n'
    assert process.exit_code is None
    process.check()


def test_an_error_shows_the_last_lines_and_no_progress(start):
    process = start('print("said")\nfor i in range(99): print(i)\nraise SystemExit(3)')
    assert process.wait(WAIT) == 3
    with pytest.raises(ProcessError, match='exit code 3') as raised:
        process.check()
    assert 'said\n' in str(raised.value)
    assert '98' not in str(raised.value)
    assert str(process.log) in str(raised.value)


@pytest.mark.parametrize('frozen', [False, True])
def test_a_signal_ends_also_a_frozen_process(start, frozen):
    process = start('print("runs", flush=True)\nimport time\n'
                    'try: time.sleep(1000)\nexcept KeyboardInterrupt: raise SystemExit(7)')
    wait_for(lambda: process.output)
    if frozen:
        process.send(signal.SIGSTOP)
    assert process.stop() == 7
    assert process.stop() == 7


def test_what_does_not_listen_is_killed(start):
    process = start(DEAF)
    wait_for(lambda: process.output)
    with pytest.raises(ProcessError, match='not ended within 0.01 s'):
        process.wait(0.01)
    assert process.stop(seconds=0.01) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != 'linux', reason='prctl(2)')
def test_a_process_dies_with_its_parent(tmp_path):
    code = (f'import os\nfrom pathlib import Path\n'
            'from seg_node.tools.common.testbed.process import Process\n'
            f'p = Process("child", [{sys.executable!r}, "-c", {DEAF!r}], '
            f'Path({str(tmp_path / "child.log")!r}), os.environ, {int(signal.SIGKILL)})\n'
            'print(p.pid, flush=True)\nos.kill(os.getpid(), 9)')
    done = subprocess.run([sys.executable, '-c', code], stdout=subprocess.PIPE, text=True)
    stat = Path('/proc', done.stdout.strip(), 'stat')
    wait_for(lambda: not stat.exists() or (
        stat.read_text('utf-8').rpartition(')')[2].split()[0] == 'Z'))


def test_parameters_are_yaml_that_leaves_nothing_to_guess():
    assert parameter_arguments({'a.b': 'yes', 'c': [True, 1.0]}) == [
        '-p', 'a.b:="yes"', '-p', 'c:=[true, 1.0]']
