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

"""The standard output and error of a process that must not wait for whoever reads them."""

from __future__ import annotations

from contextlib import suppress
import os
import select
import stat

STDOUT, STDERR = 1, 2


def never_block() -> None:
    """
    Let writes to stdout and stderr fail where nobody reads, instead of waiting.

    A terminal that is held (Ctrl-S) or a launcher that is stopped would otherwise stop whatever
    thread has something to say; rclpy also holds Python's lock meanwhile, and with it all others.
    """
    for descriptor in (STDOUT, STDERR):
        with suppress(OSError):      # closed, then there is nothing to wait for
            _make_nonblocking(descriptor)


def has_room(seconds: float) -> bool:
    """Wait until the log's stream takes a line, for at most `seconds`; tell whether it does."""
    wanted = STDOUT if os.environ.get('RCUTILS_LOGGING_USE_STDOUT') == '1' else STDERR
    poll = select.poll()
    poll.register(wanted, select.POLLOUT)
    return bool(poll.poll(seconds * 1e3))


def _make_nonblocking(descriptor: int) -> None:
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):      # is never waited for, and opened again it would be overwritten
        return
    try:
        # Opened again, because the flag belongs to what is shared with the shell and others.
        ours = os.open(f'/proc/self/fd/{descriptor}',
                       os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:      # a socket, or a pipe of another user
        os.set_blocking(descriptor, False)
        return
    try:
        os.dup2(ours, descriptor)
    finally:
        os.close(ours)
