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

"""The line that shows how far a drive is, whole at any width of the terminal."""

from __future__ import annotations

import os
import sys
import time

_PERIOD = 0.1


def progress_line(width: int, decision: str, reason: str, sent: int, total: int | None,
                  fps: float) -> str:
    """
    Return a line of that many letters at most: what matters most first, and nothing in part.

    :param total: frames there will be; None where nobody knows.
    :param fps: frames per second so far.
    """
    count = f'{sent}' if total is None else f'{sent}/{total}'
    left = f'{(total - sent) / fps:.0f} s left' if total is not None and fps > 0 else ''
    line = ''
    for part in (decision.upper(), reason, f'{count} frames', f'{fps:.1f}/s', left):
        longer = f'{line}  {part}' if line else part
        if part and len(longer) <= width:
            line = longer
    room = width - len(line) - 4
    if total and room >= 8:
        done = round(room * min(1.0, sent / total))
        line += f'  [{"#" * done}{"." * (room - done)}]'
    return line


class ProgressLine:
    """Shows the line on standard error where that is a terminal, and nothing elsewhere."""

    def __init__(self, total: int | None) -> None:
        """Begin; total as in progress_line()."""
        self._total = total
        self._is_shown = sys.stderr.isatty()
        self._begun = self._next = time.monotonic()
        self._last = ''

    def show(self, decision: str, reason: str, sent: int, *, now: bool = False) -> None:
        """Show how far it is; `now`, or if the last time is long enough ago."""
        moment = time.monotonic()
        if not self._is_shown or moment < self._next and not now:
            return
        self._next = moment + _PERIOD
        # The last column makes some terminals begin a new line.
        width = os.get_terminal_size(sys.stderr.fileno()).columns - 1
        self._last = progress_line(width, decision, reason, sent, self._total,
                                   sent / max(moment - self._begun, 1e-6))
        print(f'\r\x1b[K{self._last}', end='', file=sys.stderr, flush=True)

    def close(self) -> None:
        """Leave the line as it is."""
        if self._last:
            print(file=sys.stderr, flush=True)
