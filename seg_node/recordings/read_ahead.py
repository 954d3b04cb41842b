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

"""Read ahead of a deadline: an iterable consumed on a thread, with bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
import threading
from typing import Generic, TypeVar

T = TypeVar('T')

AHEAD_BYTES = 64 * 2**20
"""Memory for what is read ahead; it bridges moments of a busy machine or disk."""
MIN_ITEMS, MAX_ITEMS = 4, 10_000
"""Items read ahead, whatever they weigh."""


class NotReadyError(Exception):
    """The next item has not been read within the time given."""


class ReadAhead(Generic[T]):
    """Iterates on a thread of its own; what the iterable raises surfaces in the iteration."""

    def __init__(self, items: Iterable[T], weigh: Callable[[T], int],
                 max_items: int = MAX_ITEMS) -> None:
        """Start to read; weigh gives the bytes of an item, max_items bounds their number."""
        self._items = items
        self._weigh = weigh
        self._max_items = max_items
        self._read: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._end: BaseException | None = None
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name='read ahead', daemon=True)
        self._thread.start()

    def _run(self) -> None:
        end: BaseException = StopIteration()
        try:
            for item in self._items:
                self._put(item, self._weigh(item))
                if self._closed:
                    break
        except BaseException as error:
            end = error
        with self._changed:
            self._end = end
            self._changed.notify_all()

    def _put(self, item: T, weight: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or not self._full())
            self._read.append((item, weight))
            self._bytes += weight
            self._changed.notify_all()

    def _full(self) -> bool:
        return len(self._read) >= MIN_ITEMS and (
            self._bytes >= AHEAD_BYTES or len(self._read) >= self._max_items)

    def get(self, seconds: float | None = None) -> T:
        """Return the next item; StopIteration at the end, NotReadyError when the time is up."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._read or self._end is not None, seconds):
                raise NotReadyError
            if not self._read:
                assert self._end is not None
                raise self._end
            item, weight = self._read.popleft()
            self._bytes -= weight
            self._changed.notify_all()
            return item

    def __iter__(self) -> Iterator[T]:
        """Yield item after item."""
        while True:
            try:
                item = self.get()
            except StopIteration:
                return
            yield item

    def close(self) -> None:
        """End the thread, after the item that it is reading."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()
