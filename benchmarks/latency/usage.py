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

"""What a process uses, from /proc."""

from __future__ import annotations

from dataclasses import dataclass
import os
from pathlib import Path

_TICK = os.sysconf('SC_CLK_TCK')
_PAGE = os.sysconf('SC_PAGE_SIZE')


@dataclass(frozen=True)
class Usage:
    """CPU seconds since its start, resident bytes, open files and threads of a process."""

    cpu: float
    memory: int
    files: int
    threads: int


def usage_of(pid: int) -> Usage:
    """
    Ask for it now.

    :raises OSError: when the process is gone.
    """
    folder = Path('/proc', str(pid))
    # The name, in brackets, may hold anything; the fields behind it are numbered from 3 (proc(5)).
    fields = (folder / 'stat').read_text().rpartition(')')[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return Usage(ticks / _TICK, int((folder / 'statm').read_text().split()[1]) * _PAGE,
                 len(os.listdir(folder / 'fd')), int(fields[17]))
