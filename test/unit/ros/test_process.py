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

"""The end of a process: in time, whatever hangs."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap

import pytest

LIMIT = 60.0
NODE = """
    import ctypes, os, signal, threading, time
    from seg_node.ros import process

    class Node:
        def __init__(self):
            print('made', flush=True)
            {hang}

    process._END_WITHIN = 0.5
    process.end_process(process.run('node', Node))
"""
HANGS = {
    # In a library, without Python's lock, on the main thread, which alone runs Python's handlers.
    'main thread': 'm = ctypes.create_string_buffer(64); lock = ctypes.CDLL(None)'
                   '.pthread_mutex_lock; lock(m); lock(m)',
    'python': 'while True: pass',
}


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('hang', HANGS.values(), ids=HANGS)
def test_a_signal_ends_what_hangs_and_tells_where(hang, number):
    process = subprocess.Popen(
        [sys.executable, '-c', textwrap.dedent(NODE).format(hang=hang)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == 'made\n'
    process.send_signal(number)
    _, told = process.communicate(timeout=LIMIT)
    assert process.returncode == 1
    assert 'in __init__' in told


def test_what_is_written_last_is_read():
    words = 'from seg_node.ros.process import end_process; print("last"); end_process(3)'
    done = subprocess.run([sys.executable, '-c', words], capture_output=True, text=True,
                          timeout=LIMIT)
    assert (done.returncode, done.stdout) == (3, 'last\n')


def test_a_thread_that_hangs_in_a_library_does_not_abort_the_end():
    words = """
        import ctypes, threading, time
        from seg_node.ros.process import end_process
        threading.Thread(target=ctypes.CDLL(None).sleep, args=(1000,)).start()
        end_process(0)
    """
    subprocess.run([sys.executable, '-c', textwrap.dedent(words)], check=True, timeout=LIMIT)
