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
The log, written by a thread of its own.

A line goes to the console, a file and /rosout, and each of them can hold up its writer. So nobody
who has something to say writes it, neither the heartbeat nor who holds a lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
import sys
import threading
import time
from types import CodeType
from typing import Any

from rclpy.impl.logging_severity import LoggingSeverity
from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.outside_text import printable_lines
from seg_node.ros.console import has_room

_MAXIMUM = 1000      # lines that wait
_PATIENCE = 1.0      # seconds that a reader may take who has read before


@dataclass(frozen=True)
class WrittenLine:
    """A line that is to be written."""

    logger: str
    severity: LoggingSeverity
    text: str


class LogWriter:
    """
    Write lines in their order on a thread of its own; what does not fit is counted.

    :param write: writes a line, wherever lines go to.
    :param has_room: waits up to some seconds until the console takes a line, tells whether so.
    """

    def __init__(self, write: Callable[[WrittenLine], None], has_room: Callable[[float], bool],
                 maximum: int = _MAXIMUM) -> None:
        self._write = write
        self._has_room = has_room
        self._maximum = maximum
        self._lines: deque[WrittenLine] = deque()
        self._changed = threading.Condition()
        self._is_writing = False
        self._is_read = True
        self._lost = self._told = 0
        self._thread = threading.Thread(target=self._run, name='log', daemon=True)

    @property
    def lost(self) -> int:
        """How many lines the console has not got, because nobody read them."""
        return self._lost

    def put(self, line: WrittenLine) -> None:
        """Leave a line to the thread, never waiting."""
        with self._changed:
            if self._thread.ident is None:
                self._thread.start()
            if len(self._lines) >= self._maximum:
                self._lost += 1
                return
            self._lines.append(line)
            self._changed.notify_all()

    def drain(self, timeout: float) -> bool:
        """Wait until all is written; False when that takes longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._lines and not self._is_writing, timeout)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._lines)
                line = self._lines.popleft()
                self._is_writing = True
            try:
                self._deliver(line)
            except Exception:      # such as a disk that is full; the next line may fare better
                self._count_lost()
            with self._changed:
                self._is_writing = False
                self._changed.notify_all()

    def _deliver(self, line: WrittenLine) -> None:
        # Who does not read is waited for once: the file and /rosout get their lines all the same.
        self._is_read = self._has_room(_PATIENCE if self._is_read else 0.0)
        if not self._is_read:
            self._count_lost()
        elif self._lost > self._told:
            lost, self._told = self._lost - self._told, self._lost
            self._write(WrittenLine(line.logger, LoggingSeverity.WARN,
                                    f'{lost} lines are missing here: nobody read the log'))
        self._write(line)

    def _count_lost(self) -> None:
        with self._changed:
            self._lost += 1


class Log(RcutilsLogger):
    """A logger of rclpy that leaves its lines to a LogWriter."""

    def __init__(self, name: str, writer: LogWriter) -> None:
        super().__init__(name)
        self._writer = writer
        self._last: dict[tuple[CodeType, int], float] = {}

    def log(self, message: str, severity: int | LoggingSeverity, name: str | None = None, *,
            throttle_duration_sec: float = 0.0, once: bool = False, **unknown: Any) -> bool:
        """Log as rclpy's logger does, without skip_first and on the steady clock alone."""
        if unknown:
            raise TypeError(f'{", ".join(unknown)}: the log knows throttle_duration_sec and once')
        if once or throttle_duration_sec:
            caller = sys._getframe(2)      # of info(), warning(), ...
            now, call = time.monotonic(), (caller.f_code, caller.f_lasti)
            last = self._last.get(call)
            if last is not None and (once or now - last < throttle_duration_sec):
                return False
            self._last[call] = now
        # Findings of a build are lines of their own.
        text = printable_lines(str(message))
        self._writer.put(WrittenLine(name or self.name, LoggingSeverity(severity), text))
        return True


class LogsAside:
    """A base, before Node, of nodes whose lines are written by the thread."""

    _queued_logger: Log | None = None

    def get_logger(self) -> Log:
        """Return the node's logger."""
        if self._queued_logger is None:
            self._queued_logger = Log(super().get_logger().name, WRITER)      # type: ignore[misc]
        return self._queued_logger


class _Rclpy:
    """Writes with rclpy, which remembers for each logger and place the severity it was used at."""

    def __init__(self) -> None:
        self._loggers: dict[tuple[str, LoggingSeverity], RcutilsLogger] = {}

    def write(self, line: WrittenLine) -> None:
        logger = self._loggers.setdefault((line.logger, line.severity), RcutilsLogger(line.logger))
        logger.log(line.text, line.severity)


WRITER = LogWriter(_Rclpy().write, has_room)
"""That of the process."""
