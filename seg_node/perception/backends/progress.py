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

"""How far the opening of a backend is, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """
    How far something that takes minutes is.

    phase: what is being done, for people. fraction: 0 to 1, never falling; None where it is not
    known.
    """

    phase: str
    fraction: float | None = None


def never() -> bool:
    """Do not cancel."""
    return False


def ignore(progress: Progress) -> None:
    """Do nothing with the progress."""


@dataclass(frozen=True)
class ProgressMonitor:
    """
    Follow the opening of a backend, which takes minutes where an engine has to be built.

    progress is told how far it is; where cancelled becomes true, it ends soon. Both are called
    from the thread that opens.
    """

    progress: Callable[[Progress], None] = ignore
    cancelled: Callable[[], bool] = never
