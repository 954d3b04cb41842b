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

"""Pause, resume and step a replay while it waits: by keys and by services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
import os
import re
import select
import sys
import termios
import threading
import time
import tty
from typing import Any

from rclpy.node import Node
from std_srvs.srv import Trigger

from seg_node.tools.replay.timeline import Timeline

KEYS = 'space: pause and resume; s or right arrow: step'


class Command(Enum):
    """What the user can ask for."""

    PAUSE = 'pause'
    RESUME = 'resume'
    TOGGLE = 'toggle_paused'
    STEP = 'play_next'


def commands_of(typed: bytes) -> list[Command]:
    """Return the commands of what was typed; all other keys are nothing."""
    keys = re.findall(rb'\x1b[\[O][0-9;]*.|.', typed, re.DOTALL)
    known = {b' ': Command.TOGGLE, b's': Command.STEP, b'S': Command.STEP,
             b'\x1b[C': Command.STEP, b'\x1bOC': Command.STEP}
    return [known[key] for key in keys if key in known]


class Controls:
    """
    A timeline that several threads use: the one that plays, and the one that answers services.

    Every change wakes the one that waits.
    """

    def __init__(self, timeline: Timeline, say: Callable[[str], None]) -> None:
        """Take over the timeline; say tells the user what has changed."""
        self._timeline = timeline
        self._say = say
        self._lock = threading.Lock()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_reader, False)
        os.set_blocking(self._wake_writer, False)
        self._keyboard: int | None = None

    @contextmanager
    def timeline(self) -> Iterator[Timeline]:
        """Return the timeline to one thread at a time."""
        with self._lock:
            yield self._timeline

    def do(self, command: Command) -> tuple[bool, str]:
        """Carry out a command; give whether it could be, and where the replay is."""
        now = time.monotonic_ns()
        with self._lock:
            timeline, done = self._timeline, True
            if command is Command.STEP:
                done = timeline.step()
            elif command is Command.PAUSE or (
                    command is Command.TOGGLE and not timeline.paused):
                timeline.pause(now)
            else:
                timeline.resume(now)
            state = 'paused' if timeline.paused else 'playing'
            text = f'{state} at {timeline.position(now) / 1e9:.3f} s'
        if not done:
            text += '; pause it before stepping'
        if command is not Command.STEP:
            self._say(text)
        with suppress(BlockingIOError):  # full: it is awake already
            os.write(self._wake_writer, b'.')
        return done, text

    def wait(self, seconds: float) -> None:
        """Wait for that long, or until something is asked for; carry out what keys ask for."""
        files = [self._wake_reader] + ([] if self._keyboard is None else [self._keyboard])
        ready, _, _ = select.select(files, [], [], max(0.0, seconds))
        if self._wake_reader in ready:
            os.read(self._wake_reader, 4096)
        if self._keyboard is not None and self._keyboard in ready:
            typed = os.read(self._keyboard, 1024)
            if not typed:
                self._keyboard = None  # the terminal has gone
            for command in commands_of(typed):
                self.do(command)

    def serve(self, node: Node) -> None:
        """Offer ~/pause, ~/resume, ~/toggle_paused and ~/play_next."""
        for command in Command:
            node.create_service(Trigger, f'~/{command.value}', self._answer(command))

    def _answer(self, command: Command) -> Callable[[Any, Any], Any]:
        def answer(_: Any, response: Any) -> Any:
            response.success, response.message = self.do(command)
            return response
        return answer

    @contextmanager
    def keyboard(self) -> Iterator[bool]:
        """Listen to single keys where there is a terminal of our own; give whether there is."""
        file = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else None
        # A job in the background must leave the terminal alone.
        if file is None or os.tcgetpgrp(file) != os.getpgrp():
            yield False
            return
        before = termios.tcgetattr(file)
        tty.setcbreak(file, termios.TCSADRAIN)  # what was typed already counts
        self._keyboard = file
        try:
            yield True
        finally:
            self._keyboard = None
            termios.tcsetattr(file, termios.TCSADRAIN, before)

    def close(self) -> None:
        """Close the pipe."""
        os.close(self._wake_reader)
        os.close(self._wake_writer)
