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

"""The log's thread: order, what nobody reads, and the end."""

from __future__ import annotations

import threading

import pytest
from rclpy.impl.logging_severity import LoggingSeverity

from seg_node.ros.log import Log, LogWriter, WrittenLine

WAIT = 30.0


class Console:
    """Where lines go to; its reader may stop reading, and its disk be full."""

    def __init__(self, maximum: int = 1000):
        self.texts: list[str] = []
        self.waits: list[float] = []
        self.is_read, self.disk_is_full = True, False
        self.gate = threading.Event()
        self.gate.set()
        self.writer = LogWriter(self._write, self._has_room, maximum)
        self.log = Log('node', self.writer)

    def _write(self, line: WrittenLine):
        assert self.gate.wait(WAIT)
        if self.disk_is_full:
            raise OSError('disk full')
        self.texts.append(line.text)

    def _has_room(self, seconds: float):
        self.waits.append(seconds)
        return self.is_read


def test_lines_are_written_in_their_order_none_lost():
    console = Console()
    for number in range(200):
        assert console.log.info(f'{number}')
    assert console.writer.drain(WAIT)
    assert console.texts == [f'{number}' for number in range(200)]
    assert console.writer.lost == 0


def test_who_logs_never_waits_and_what_does_not_fit_is_counted():
    console = Console(maximum=3)
    console.gate.clear()
    for number in range(100):
        console.log.warning(f'{number}')
    assert not console.writer.drain(0.01)
    assert 96 <= console.writer.lost <= 97      # three wait, and one may be in work
    console.gate.set()
    assert console.writer.drain(WAIT)
    told = [text for text in console.texts if 'lines are missing here' in text]
    assert sum(int(text.partition(' ')[0]) for text in told) == console.writer.lost
    assert len(console.texts) == 100 - console.writer.lost + len(told)


def test_a_reader_that_hangs_is_waited_for_once_and_told_of_afterwards():
    console = Console()
    console.is_read = False
    for number in range(5):
        console.log.error(f'{number}')
    assert console.writer.drain(WAIT)
    assert console.writer.lost == 5
    # The file and /rosout have them all the same.
    assert console.texts == ['0', '1', '2', '3', '4']
    assert [wait > 0.0 for wait in console.waits] == [True, False, False, False, False]
    console.is_read = True
    console.log.info('again')
    assert console.writer.drain(WAIT)
    assert console.texts[-2:] == ['5 lines are missing here: nobody read the log', 'again']


def test_a_line_that_cannot_be_written_costs_no_other():
    console = Console()
    console.disk_is_full = True
    console.log.info('lost')
    assert console.writer.drain(WAIT)
    console.disk_is_full = False
    console.log.info('kept')
    assert console.writer.drain(WAIT)
    assert console.texts[-1] == 'kept'
    assert console.writer.lost == 1


@pytest.mark.parametrize('options', [{'throttle_duration_sec': 60.0}, {'once': True}])
def test_each_place_is_throttled_by_itself(options):
    console = Console()
    for number in range(3):
        console.log.info(f'one {number}', **options)
        console.log.warning(f'two {number}', **options)
    assert console.writer.drain(WAIT)
    assert console.texts == ['one 0', 'two 0']


def test_lines_pass_once_their_time_is_over():
    console = Console()
    for number in range(3):
        console.log.info(f'{number}', throttle_duration_sec=1e-9)
    assert console.writer.drain(WAIT)
    assert console.texts == ['0', '1', '2']


def test_options_that_are_not_known_are_refused():
    with pytest.raises(TypeError, match='skip_first'):
        Console().log.info('text', skip_first=True)


def test_the_logger_is_that_of_the_node_and_severities_stay():
    lines: list[WrittenLine] = []
    log = Log('robot.seg_node', writer := LogWriter(lines.append, lambda seconds: True))
    for severity, say in ((LoggingSeverity.INFO, log.info), (LoggingSeverity.FATAL, log.fatal)):
        say(severity.name)
    assert writer.drain(WAIT)
    assert lines == [WrittenLine('robot.seg_node', LoggingSeverity.INFO, 'INFO'),
                     WrittenLine('robot.seg_node', LoggingSeverity.FATAL, 'FATAL')]
