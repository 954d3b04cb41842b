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
"""Fixtures of the node tests: each gets a testbed in a ROS domain of its own."""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
from pathlib import Path
import signal
import sys

import pytest

if importlib.util.find_spec('rclpy') is None:
    collect_ignore_glob = ['test_*.py']
else:
    from helpers.testbed import NodeTestbed, run_testbed


@pytest.fixture(scope='session')
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a model that knows path by green and obstacles by red."""
    from helpers.tiny_model import write_tiny_model
    return write_tiny_model(tmp_path_factory.mktemp('tiny'))


@pytest.fixture
def signal_handlers() -> Iterator[None]:
    """Put back what a tool's main program changes of the process."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    interval = sys.getswitchinterval()
    yield
    sys.setswitchinterval(interval)
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def testbed(tiny_model: Path) -> Iterator[NodeTestbed]:
    """Return a testbed of the test's own."""
    yield from run_testbed(tiny_model)


@pytest.fixture(scope='module')
def shared_testbed(tiny_model: Path) -> Iterator[NodeTestbed]:
    """Return a testbed for all tests of a module, which leave it as they found it."""
    yield from run_testbed(tiny_model)
