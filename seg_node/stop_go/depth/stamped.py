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

"""The newest of what comes with stamps, to be found by the stamp of something else."""

from __future__ import annotations

from collections import deque
import threading
from typing import Generic, TypeVar

Item = TypeVar('Item')


class StampedBuffer(Generic[Item]):
    """
    Keep the newest few; may be used from several threads.

    :param capacity: how many are kept; an older one makes room, and is dropped.
    """

    def __init__(self, capacity: int) -> None:
        self._kept: deque[tuple[int, Item, bool]] = deque(maxlen=capacity)
        self._lock = threading.Lock()

    def put(self, stamp_ns: int, item: Item) -> bool:
        """Take in one more; tell whether one was dropped for it that has never been found."""
        with self._lock:
            dropped = len(self._kept) == self._kept.maxlen and not self._kept[0][2]
            self._kept.append((stamp_ns, item, False))
            return dropped

    def nearest(self, stamp_ns: int) -> tuple[int, Item] | None:
        """Return stamp and item nearest to a stamp, of equals the newest; None where empty."""
        with self._lock:
            if not self._kept:
                return None
            index = min(range(len(self._kept)),
                        key=lambda at: (abs(self._kept[at][0] - stamp_ns), -at))
            stamp, item, _ = self._kept[index]
            self._kept[index] = stamp, item, True
            return stamp, item
