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

"""What a section found: its checks and tables, for the report. Standard library only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Any


class UnavailableError(Exception):
    """A section cannot run on this machine; the message says why, and what would be needed."""


class Status(str, Enum):
    """How a section ended."""

    PASSED = 'passed'
    FAILED = 'FAILED'
    NOT_RUN = 'not run'


@dataclass(frozen=True)
class Check:
    """Something that was found, and the limit that it is held against."""

    what: str
    found: str
    limit: str
    passed: bool


@dataclass(frozen=True)
class Table:
    """Figures for people."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Outcome:
    """
    What a section found.

    not_run: why it could not run, and what would be needed. error: what stopped it half-way.
    figures: plain values for the JSON file. seconds: how long it took.
    """

    checks: tuple[Check, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    not_run: str = ''
    error: str = ''
    seconds: float = 0.0

    @property
    def status(self) -> Status:
        """How it ended; what has no limit cannot fail."""
        if self.not_run:
            return Status.NOT_RUN
        failed = self.error or not all(check.passed for check in self.checks)
        return Status.FAILED if failed else Status.PASSED

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return {'status': self.status.value, **asdict(self)}


@dataclass(frozen=True)
class Settings:
    """
    What was asked for on the command line.

    out: folder of the results. models: bundled models or their folders, none: all. data: folder of
    labelled images, None: rendered scenes. images: of each set. timed: frames of each timing.
    frames, reopened: of the endurance run. rival_python: path of the Python that has the rivals,
    None: this one.
    """

    out: str
    models: tuple[str, ...] = ()
    data: str | None = None
    images: int = 100
    timed: int = 500
    frames: int = 10_000
    reopened: int = 20
    rival_python: str | None = None
