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

"""What came of the structures, held against what is allowed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
import time
from typing import Any

MAX_SECONDS = 1.0
"""Longest time that one message may take."""
MAX_MEGABYTES = 300
"""Most memory of the whole process."""
_KEPT = 20      # failures told


@dataclass
class Outcome:
    """Counts by kind of structure; failures with the numbers of their structures."""

    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    failed: int = 0
    slowest: float = 0.0
    slowest_number: int = 0
    begun: float = field(default_factory=time.monotonic)

    def add(self, number: int, kind: str, result: bool | Exception, seconds: float) -> None:
        """Add a structure: decoded, refused, or what was raised."""
        if isinstance(result, Exception):
            self._fail(f'{number} ({kind}): {type(result).__name__}: {str(result)[:200]}')
        else:
            (self.taken if result else self.refused)[kind] += 1
        if seconds > self.slowest:
            self.slowest, self.slowest_number = seconds, number
        if seconds > MAX_SECONDS:
            self._fail(f'{number} ({kind}): {seconds:.2f} s')

    @property
    def megabytes(self) -> float:
        """The most memory that the process has had."""
        # Not getrusage(): there the process that started this one counts too.
        status = Path('/proc/self/status').read_text(encoding='ascii')
        return int(status.partition('VmHWM:')[2].split()[0]) / 2**10

    @property
    def passed(self) -> bool:
        """Whether all was well."""
        return not self.failed and self.megabytes < MAX_MEGABYTES

    def to_json(self) -> dict[str, Any]:
        """Return what is to be written."""
        return {
            'structures': self.taken.total() + self.refused.total() + self.failed,
            'taken': dict(self.taken), 'refused': dict(self.refused), 'failed': self.failed,
            'failures': self.failures, 'slowest_ms': self.slowest * 1e3,
            'slowest_number': self.slowest_number, 'megabytes': self.megabytes,
            'seconds': time.monotonic() - self.begun, 'passed': self.passed}

    def table(self) -> str:
        """Return the outcome as Markdown."""
        lines = ['| kind | taken | refused |', '|---|---|---|']
        lines += [f'| {kind} | {self.taken[kind]} | {self.refused[kind]} |'
                  for kind in sorted({*self.taken, *self.refused})]
        lines += ['', f'{self.failed} failures; slowest {self.slowest * 1e3:.0f} ms (number '
                  f'{self.slowest_number}, allowed {MAX_SECONDS * 1e3:.0f}); memory '
                  f'{self.megabytes:.0f} MB (allowed {MAX_MEGABYTES}); '
                  f'{time.monotonic() - self.begun:.0f} s', *self.failures]
        return '\n'.join(lines) + '\n'

    def _fail(self, what: str) -> None:
        self.failed += 1
        if len(self.failures) < _KEPT:
            self.failures.append(what)
