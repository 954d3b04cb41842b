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

"""Faults of those who read what the node says: its log, its topics."""

from __future__ import annotations

import signal
import time

from benchmarks.faults.case import clip, Fault, heal, road_frames, silence_of
from benchmarks.faults.setups import PLAIN, UNREAD
from benchmarks.faults.slow_reader import READY
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed, START_SECONDS
from seg_node.tools.common.testbed.process import python


def _silence(testbed: FaultTestbed) -> Moment:
    assert testbed.camera is not None
    return silence_of(testbed, testbed.camera)


def _end(testbed: FaultTestbed) -> Moment:
    now = testbed.kill_node(signal.SIGTERM)
    assert testbed.process is not None
    testbed.process.wait(START_SECONDS)
    return Moment(now, now, Clock.REQUEST)


def _start_again(testbed: FaultTestbed) -> None:
    testbed.restart_node()
    heal(testbed)
    testbed.wait_for_go(START_SECONDS)


def _freeze_reader(testbed: FaultTestbed) -> None:
    """Have all topics read, reliably, by a process that is then stopped."""
    reader = testbed.start('slow_reader', python('benchmarks.faults.slow_reader'))
    testbed.wait_for(lambda: READY in reader.output, 'a reader of all topics', START_SECONDS)
    reader.send(signal.SIGSTOP)
    testbed.wait_until(time.monotonic() + 1.0)      # more than any queue holds


READER_FAULTS = (
    Fault('topics_unread', 'a reliable subscriber of all topics is frozen; then an obstacle',
          PLAIN, ('blocked',), clip(lambda testbed: testbed.clips.obstacle, road_frames),
          prepare=_freeze_reader, ends_node=True),
    Fault('log_unread', 'nobody reads stdout and stderr, which are full; then an obstacle', UNREAD,
          ('blocked',), clip(lambda testbed: testbed.clips.obstacle, road_frames)),
    Fault('log_unread_silent', 'nobody reads the log; then the camera falls silent', UNREAD,
          ('stale',), _silence),
    Fault('log_unread_terminated', 'nobody reads the log; SIGTERM, then a new process', UNREAD,
          ('not_active',), _end, _start_again, ends_node=True),
)
