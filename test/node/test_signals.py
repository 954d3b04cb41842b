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
"""SIGINT and SIGTERM end the node cleanly in every state; its last word is STOP."""

from __future__ import annotations

import fcntl
from pathlib import Path
import re
import signal

import pytest

from helpers.fake_camera import raw, road

WAYS = {
    'unconfigured': [],
    'inactive': ['configure'],
    'active': ['configure', 'activate'],
    'finalized': ['configure', 'shutdown'],
}
SIGNALS = [signal.SIGINT, signal.SIGTERM]


def segments(node):
    """Return the shared memory of Fast DDS that a process uses, its own and others'."""
    maps = Path(f'/proc/{node.pid}/maps').read_text(encoding='utf-8')
    return set(map(Path, re.findall(r'/dev/shm/fastdds_[0-9a-f]{16}$', maps, re.M)))


def is_orphaned(segment):
    """Tell whether a segment is there, and nobody's any more."""
    try:
        with open(segment.with_name(f'{segment.name}_el'), encoding='utf-8') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return segment.exists()


def end(testbed, number):
    node = testbed.process
    used = segments(node)
    assert node.stop(number) == 0
    assert not [segment for segment in used if is_orphaned(segment)]
    assert 'Traceback' not in node.output
    assert 'rror' not in node.output
    testbed.wait_for(lambda: testbed.stops[-1] is True, 'STOP as the last word')


@pytest.mark.parametrize('number', SIGNALS)
@pytest.mark.parametrize('state', WAYS)
def test_without_images(testbed, state, number):
    testbed.start_seg_node()
    testbed.client.reach(*WAYS[state])
    testbed.wait_for_stop('no_image' if state == 'active' else 'not_active')
    end(testbed, number)


@pytest.mark.parametrize('number', SIGNALS)
def test_while_it_says_go(testbed, number):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()), rate=100.0)
    testbed.wait_for_go()
    end(testbed, number)


@pytest.mark.parametrize('number', SIGNALS)
def test_while_it_starts(testbed, number):
    node = testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()), rate=100.0)
    # Its first word comes from the constructor, so it may be anywhere on its way to active.
    testbed.wait_for(lambda: testbed.stops, 'the first word')
    end(testbed, number)
    assert 'rror' not in node.output


@pytest.mark.parametrize('again', range(3))
def test_signals_that_come_together(testbed, again):
    node = testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    node.send(signal.SIGINT)
    node.send(signal.SIGINT)
    end(testbed, signal.SIGTERM)
