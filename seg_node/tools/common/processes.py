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

"""Child processes of the demo: started with a log, watched, and stopped as Ctrl-C would."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
import contextlib
import ctypes
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
import time

from seg_node.errors import UserError
from seg_node.places import ROOT, shared

TAIL = 15
"""Lines of a failed process's output that are shown."""
STOP_SECONDS = 15.0
"""Time in which a process must end after SIGINT."""
PR_SET_PDEATHSIG = 1
"""prctl(2), Linux: the signal that the child gets when its parent dies."""


class ProcessError(UserError):
    """A process of the demo that ended or hangs; the message shows the end of its output."""


class Process:
    """A Python module as a process in a session of its own, so that Ctrl-C reaches us alone."""

    def __init__(
        self, name: str, arguments: Sequence[str], log: Path, env: Mapping[str, str],
    ) -> None:
        """Start `python -m arguments...`; its output goes to the log file."""
        self.name = name
        self.tail: deque[str] = deque(maxlen=TAIL)
        self.last = ''
        self._seen: set[str] = set()
        self._log = log
        self._process = subprocess.Popen(
            [sys.executable, '-m', *arguments], env=env, text=True, bufsize=1, errors='replace',
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, name=f'{name} output', daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._log.open('w') as log:
            for line in self._process.stdout:
                self.last = line.rstrip('\n')
                if self.last.isdigit():
                    continue  # the player's progress
                self._seen.add(self.last)
                self.tail.append(self.last)
                log.write(line)
                log.flush()

    def said(self, line: str) -> bool:
        """Say whether the process has printed this line."""
        return line in self._seen

    @property
    def code(self) -> int | None:
        """Exit code, None while it runs."""
        return self._process.poll()

    def go(self) -> None:
        """Send a line to its standard input."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended; check() tells
            self._process.stdin.write('\n')
            self._process.stdin.flush()

    def check(self) -> None:
        """Raise ProcessError when the process has ended with an error."""
        code = self.code
        if code:
            self._reader.join(1.0)
            raise self.error(f'ended with exit code {code}')

    def error(self, what: str) -> ProcessError:
        """Make an error that shows the end of the output."""
        shown = '\n'.join(f'    {line}' for line in self.tail) or '    (no output)'
        return ProcessError(f'the {self.name} {what}; its last lines:\n{shown}\n'
                            f'  all of it: {self._log}')

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        """Interrupt the process and wait for its end; kill it when the time is up."""
        if self.code is None:
            self._process.send_signal(signal.SIGINT)
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(1.0)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code


def environment() -> dict[str, str]:
    """
    Return the environment of the demo's processes.

    An own domain and this machine only, unless the user chose otherwise; the Fast DDS profile for
    images; and this package importable from any folder.
    """
    env = dict(os.environ)
    env['PYTHONPATH'] = os.pathsep.join(filter(None, (str(ROOT), env.get('PYTHONPATH'))))
    env['PYTHONUNBUFFERED'] = '1'
    # Up to 101 the ports lie below Linux's ephemeral range; 0 is everybody's default.
    env.setdefault('ROS_DOMAIN_ID', str(1 + (os.getpid() + int(time.time())) % 101))
    env.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    for profile in shared('config', 'fastdds.xml')[:1]:
        # Kilted warns about the old name, Humble to Jazzy know no other.
        old = env.get('ROS_DISTRO') in ('humble', 'iron', 'jazzy')
        name = 'FASTRTPS_DEFAULT_PROFILES_FILE' if old else 'FASTDDS_DEFAULT_PROFILES_FILE'
        env.setdefault(name, str(profile))
    return env


def _die_with_parent() -> None:
    # A demo that is killed must not leave a node behind.
    with contextlib.suppress(OSError, AttributeError):  # not Linux
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
