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

"""Which part of a recording is played, and how often: positions that go on over all rounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from seg_node.errors import UserError

T = TypeVar('T')


@dataclass(frozen=True)
class Window:
    """The part from start_ns on, for length_ns or (None) to the end."""

    start_ns: int = 0
    length_ns: int | None = None

    @property
    def stop_ns(self) -> int | None:
        """End of the part, itself not in it."""
        return None if self.length_ns is None else self.start_ns + self.length_ns


@dataclass(frozen=True)
class Timed(Generic[T]):
    """
    Something with its place in the replay.

    position_ns: since the beginning of the replay. shift_ns: how much later than in the first
    round, by which its stamps move.
    """

    position_ns: int
    shift_ns: int
    item: T


def rounds(
    once: Callable[[], Iterable[tuple[int, T]]], window: Window, loop: bool, gap_ns: int,
) -> Iterator[Timed[T]]:
    """
    Yield what lies in the window, with loop again and again; positions never go back.

    once gives (time since the start of the recording in ns, item) of the window, afresh at each
    call; earlier times are played at its start. A round ends gap_ns after its last item, at the
    latest with the window. UserError when there is nothing to play.
    """
    position = shift = 0
    while True:
        last: int | None = None
        for time_ns, item in once():
            time = max(0, time_ns - window.start_ns)
            last = time if last is None else max(last, time)
            position = max(position, shift + time)
            yield Timed(position, shift, item)
        if last is None:
            until = '' if window.length_ns is None else f' for {window.length_ns / 1e9:g} s'
            raise UserError(f'no messages from {window.start_ns / 1e9:g} s on{until}. '
                            'Choose another part with --start and --duration')
        if not loop:
            return
        length = last + max(1, gap_ns)
        shift += length if window.length_ns is None else max(1, min(length, window.length_ns))
