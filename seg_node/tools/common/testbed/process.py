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

"""Child processes: started with a log, and ended as Ctrl-C would, or at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
import ctypes
import fcntl
import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from seg_node.errors import UserError

TAIL = 15
"""Lines of a failed process's output that are shown."""
STOP_SECONDS = 60.0
"""Time in which a process must end after a signal; generous, for it may be writing results."""
_PR_SET_PDEATHSIG = 1      # prctl(2), Linux
_LAST_BYTES = 4096


class ProcessError(UserError):
    """A process that has ended or hangs; the message shows the end of its output."""


def python(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a Python module."""
    return [sys.executable, '-m', module, *arguments]


def parameter_arguments(parameters: Mapping[str, object]) -> list[str]:
    """Return the arguments, behind --ros-args, that set parameters of a node."""
    # JSON is the YAML that ROS reads here: it quotes strings and leaves nothing to guess.
    return [part for name, value in parameters.items()
            for part in ('-p', f'{name}:={json.dumps(value)}')]


def die_with_parent(number: int) -> None:
    """Have this process sent a signal when its parent dies (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


class Process:
    """
    A command as a process in a session of its own: Ctrl-C on the terminal reaches us alone.

    Its output goes straight to the log file, which is appended to.
    """

    def __init__(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str],
                 death_signal: int = signal.SIGINT) -> None:
        """
        Start the command.

        :param name: in messages.
        :param death_signal: what it is sent when we die, whatever we die of.
        """
        self.name, self.log = name, log
        self._segments: set[Path] = set()
        with log.open('ab') as output:
            self._process = subprocess.Popen(
                command, env=dict(env), stdin=subprocess.PIPE, stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=lambda: die_with_parent(death_signal))

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    @property
    def output(self) -> str:
        """All that it has written so far."""
        return self.log.read_text(errors='replace')

    @property
    def last_line(self) -> str:
        """What it has written last."""
        with self.log.open('rb') as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - _LAST_BYTES))
            return (log.read().decode(errors='replace').splitlines() or [''])[-1]

    def write_line(self, line: str) -> None:
        """Write a line to its standard input; nothing where it has ended."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(f'{line}\n'.encode())
            self._process.stdin.flush()

    def send(self, number: int) -> None:
        """Send a signal."""
        if number == signal.SIGKILL:
            self._segments = _shared_memory(self.pid)
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """
        Wait for its end and return the exit code.

        :raises ProcessError: when it has not ended by then.
        """
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.error(f'has not ended within {seconds:g} s') from None

    def stop(self, number: int = signal.SIGINT, seconds: float = STOP_SECONDS) -> int:
        """Send a signal, also to a frozen process, and return the exit code; kill if too late."""
        if self.exit_code is None:
            self.send(number)
            self.send(signal.SIGCONT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(seconds)
        return self.kill()

    def kill(self) -> int:
        """End it at once where it still runs, with what it leaves behind; return the exit code."""
        if self.exit_code is None:
            self.send(signal.SIGKILL)
        code = self._process.wait()
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()
        for segment in self._segments:
            _remove_if_orphaned(segment)
        return code

    def check(self) -> None:
        """Raise ProcessError when it has ended with an error."""
        if self.exit_code:
            raise self.error(f'has ended with exit code {self.exit_code}')

    def error(self, what: str) -> ProcessError:
        """Return an error that shows the end of the output."""
        # A bare number is progress.
        lines = [line for line in self.output.splitlines() if not line.isdigit()][-TAIL:]
        shown = '\n'.join(f'    {line}' for line in lines) or '    (no output)'
        return ProcessError(f'the {self.name} {what}; its last lines:\n{shown}\n'
                            f'  all of it: {self.log}')


def _shared_memory(pid: int) -> set[Path]:
    """Return the Fast DDS segments that a process uses, its own and others'."""
    try:
        maps = Path(f'/proc/{pid}/maps').read_text(encoding='utf-8')
    except OSError:
        return set()
    return {Path(path) for path in re.findall(r'/dev/shm/fastdds_[0-9a-f]{16}$', maps, re.M)}


def _remove_if_orphaned(segment: Path) -> None:
    """Remove a segment that a killed process left behind: nobody holds its lock any more."""
    lock = segment.with_name(f'{segment.name}_el')
    with contextlib.suppress(OSError), open(lock, encoding='utf-8') as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        segment.unlink()
        lock.unlink()
