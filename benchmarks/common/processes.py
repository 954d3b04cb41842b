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

"""Processes of the benchmarks: in a ROS domain of their own, stopped and killed at will."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import contextlib
import ctypes
import fcntl
import os
from pathlib import Path
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
from typing import IO

from seg_node.errors import UserError
from seg_node.tools.common.processes import environment, PR_SET_PDEATHSIG

END_SECONDS = 15.0
"""Time in which a process must end after SIGINT."""


class Child:
    """
    A Python module as a process that dies with this one, whatever happens.

    Not tools.processes.Process: a process here is also frozen, killed, and given a log that
    cannot be written.
    """

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str], log: Path,
                 on_exit: Callable[[], None]) -> None:
        """Start `python -m arguments...`; its output goes to the log file."""
        self.log = log
        self._segments: set[Path] = set()
        with log.open('ab') as output:
            self._process = subprocess.Popen(
                [sys.executable, '-m', *arguments], env=dict(env), stdin=subprocess.PIPE,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                preexec_fn=_die_with_parent)
        self._watch = threading.Thread(
            target=self._wait, args=[on_exit], name='process', daemon=True)
        self._watch.start()

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._process.pid

    @property
    def code(self) -> int | None:
        """Exit code, None while it runs."""
        return self._process.poll()

    def send(self, number: int) -> None:
        """Send a signal."""
        if number == signal.SIGKILL:
            self._segments = shared_memory(self._process.pid)
        self._process.send_signal(number)

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which the benchmark notices
            self._process.stdin.write(f'{line}\n'.encode())
            self._process.stdin.flush()

    def limit_files(self, size: int) -> None:
        """Let every write behind `size` bytes of a file fail, as on a full disk."""
        resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (size, size))

    def end(self) -> int:
        """Interrupt the process and wait for its end; kill it when the time is up."""
        if self.code is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGINT)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        return self._process.wait()

    def kill(self) -> None:
        """End the process at once and clear up the shared memory it leaves behind."""
        if self.code is None:
            self.send(signal.SIGKILL)
        self._process.wait(END_SECONDS)
        for segment in self._segments:
            remove_if_orphaned(segment)

    def close(self) -> None:
        """Kill what still runs and let go of the pipe."""
        self.kill()
        self._watch.join(END_SECONDS)
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _wait(self, on_exit: Callable[[], None]) -> None:
        self._process.wait()
        on_exit()


class Domain:
    """
    A ROS domain on this machine that no other bench uses, until it is closed.

    Always one of its own, whatever the user's environment says: nobody wants faults injected
    into a robot that happens to be on the same network.
    """

    def __init__(self) -> None:
        """Claim a domain; UserError when all are taken."""
        self.number, self._claim = claim_domain()
        self.env = {
            **environment(), 'ROS_DOMAIN_ID': str(self.number),
            'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}
        # Read by the middleware of this process when it enters the domain.
        for name in ('ROS_AUTOMATIC_DISCOVERY_RANGE', 'FASTDDS_DEFAULT_PROFILES_FILE',
                     'FASTRTPS_DEFAULT_PROFILES_FILE'):
            if name in self.env:
                os.environ[name] = self.env[name]

    def close(self) -> None:
        """Release the domain."""
        self._claim.close()


def claim_domain() -> tuple[int, IO[str]]:
    """Take a ROS domain that no other bench on this machine uses, until the file is closed."""
    # Up to 101 the ports lie below Linux's ephemeral range.
    for number in random.sample(range(1, 96), 95):
        try:
            claim = open(  # noqa: SIM115 - the open file is the claim
                Path(tempfile.gettempdir(), f'seg_node_domain_{number}.lock'), 'a')
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            continue
        return number, claim
    raise UserError('all ROS domains from 1 to 100 are taken; wait for the other benchmarks')


def shared_memory(pid: int) -> set[Path]:
    """Return the Fast DDS segments that a process uses, its own and others'."""
    try:
        maps = Path(f'/proc/{pid}/maps').read_text()
    except OSError:
        return set()
    return {Path(path) for path in re.findall(r'/dev/shm/fastdds_[0-9a-f]{16}$', maps, re.M)}


def remove_if_orphaned(segment: Path) -> None:
    """Remove a segment that a killed process left behind: nobody holds its lock any more."""
    lock = segment.with_name(f'{segment.name}_el')
    with contextlib.suppress(OSError), open(lock) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        segment.unlink()
        lock.unlink()


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):  # not Linux
        # SIGKILL: a stopped process would never handle anything else.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
