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
"""
A time limit that ends one test and leaves the others their results: hooks of pytest.

pytest-timeout cannot: Hypothesis takes its exception for a failure of the test and runs the
endless example again, and its thread method ends the interpreter with all results.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import faulthandler
import os
import signal
from signal import signal as set_handler  # tests replace signal.signal
import sys
from types import FrameType

import pytest

AGAIN = 0.1  # times the limit: then raised once more, should the first have been swallowed
HUNG = 2.0   # times the limit: native code that never returns can only end with its process
STDERR = pytest.StashKey[int]()


class TimeIsUp(BaseException):
    """A test took longer than it may; not an Exception, which the code under test may handle."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the setting."""
    parser.addini('time_limit', 'seconds for each of setup, call and teardown of a test')


def pytest_configure(config: pytest.Config) -> None:
    """Keep the way to the terminal, which pytest does not capture yet."""
    config.stash[STDERR] = os.dup(sys.stderr.fileno())


@contextmanager
def limited(item: pytest.Item) -> Iterator[None]:
    """Raise TimeIsUp in the main thread when the block takes longer than the setting."""
    seconds = float(item.config.getini('time_limit'))

    def end(_number: int, _frame: FrameType | None) -> None:
        raise TimeIsUp(f'more than {seconds:g} s (time_limit in pyproject.toml)')

    before = set_handler(signal.SIGALRM, end)
    faulthandler.dump_traceback_later(HUNG * seconds, exit=True, file=item.config.stash[STDERR])
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN * seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()
        set_handler(signal.SIGALRM, before)


# Hooks inside of what pytest takes for one phase of one test, so that only that phase fails.

@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Limit the fixtures of a test."""
    with limited(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Limit a test."""
    with limited(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """Limit the end of the fixtures of a test, also of one that has failed."""
    with limited(item):
        yield
