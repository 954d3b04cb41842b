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

"""Loading that takes too long, and what hangs."""

from __future__ import annotations

import threading

import pytest

from seg_node.perception.backends import BackendError
from seg_node.perception.backends.progress import Progress
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.loading import in_time, Loading

WAIT = 30.0


class Opened:
    """A segmenter that can tell whether it was closed."""

    def __init__(self):
        self.closed = threading.Event()

    def close(self):
        self.closed.set()


@pytest.fixture
def opening(monkeypatch):
    """Return what lets Segmenter.open() end, what it returns, and what it has built before."""
    gate, opened, steps = threading.Event(), Opened(), []

    def open_it(model, options, monitor):
        for step in steps:
            monitor.progress(step)
        assert gate.wait(WAIT)
        return opened

    monkeypatch.setattr(Segmenter, 'open', open_it)
    yield gate, opened, steps
    gate.set()


def begin(timeout, build_timeout=WAIT):
    return Loading('model', BackendOptions(), timeout, build_timeout)


def test_what_is_in_time_is_given(opening):
    gate, opened, _ = opening
    loading = begin(WAIT)
    assert not loading.is_done
    with pytest.raises(BackendError, match='not loaded yet'):
        loading.result()
    gate.set()
    loading.wait_while_short(WAIT)
    assert loading.is_done and loading.result() is opened


@pytest.mark.parametrize(('builds', 'times', 'name'), [
    (False, (0.05, WAIT), 'loading_timeout'), (True, (WAIT, 0.05), 'build_timeout')])
def test_what_takes_too_long_has_failed(opening, builds, times, name):
    gate, opened, steps = opening
    if builds:
        steps.append(Progress('building'))
    loading = begin(*times)
    while not loading.is_done:
        loading.wait_while_short(0.01)
    with pytest.raises(BackendError, match=f'was not loaded within 0.05 s .{name}'):
        loading.result()
    assert not loading.cancel(0.05)
    gate.set()
    assert opened.closed.wait(WAIT)      # what comes after all is given back
    assert loading.cancel(WAIT)


def test_a_build_has_its_own_time(opening):
    gate, opened, steps = opening
    steps.append(Progress('building'))
    loading = begin(0.0)
    while loading.text == 'loading the model':
        pass
    assert not loading.is_done
    gate.set()
    loading.wait_while_short(WAIT)


def test_a_task_in_time():
    assert in_time(lambda: 3, WAIT, 'task') == 3
    with pytest.raises(ZeroDivisionError):
        in_time(lambda: 1 // 0, WAIT, 'task')


def test_a_task_that_hangs_is_left_behind():
    gate = threading.Event()
    with pytest.raises(TimeoutError, match='the test has not ended within 0.01 s'):
        in_time(lambda: gate.wait(WAIT), 0.01, 'the test')
    gate.set()
