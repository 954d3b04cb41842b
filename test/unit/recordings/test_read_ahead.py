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

from __future__ import annotations

from collections.abc import Iterator
import threading

import pytest

from seg_node.recordings.read_ahead import AHEAD_BYTES, MIN_ITEMS, NotReadyError, ReadAhead


def test_items_come_in_order() -> None:
    ahead = ReadAhead(range(1000), weigh=lambda _: 1)
    assert list(ahead) == list(range(1000))
    with pytest.raises(StopIteration):
        ahead.get()
    ahead.close()


@pytest.mark.parametrize(('weight', 'max_items', 'read'), [
    (AHEAD_BYTES, 50, MIN_ITEMS), (AHEAD_BYTES // 8, 50, 8), (1, 50, 50)])
def test_no_more_is_read_than_fits(weight: int, max_items: int, read: int) -> None:
    asked: list[int] = []
    enough = threading.Event()

    def items() -> Iterator[int]:
        for index in range(1000):
            asked.append(index)
            if index == read:
                enough.set()  # the one that waits for room
            yield index

    ahead = ReadAhead(items(), lambda _: weight, max_items)
    assert enough.wait(30)
    assert ahead.get() == 0
    ahead.close()
    assert read < len(asked) <= read + 2


def test_errors_come_after_what_was_read() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError('damaged')

    ahead = ReadAhead(items(), lambda _: 1)
    assert ahead.get() == 1
    for _ in range(2):
        with pytest.raises(ValueError, match='damaged'):
            ahead.get()
    ahead.close()


def test_what_is_not_there_yet_is_not_waited_for() -> None:
    release = threading.Event()

    def items() -> Iterator[int]:
        release.wait(30)
        yield 1

    ahead = ReadAhead(items(), lambda _: 1)
    with pytest.raises(NotReadyError):
        ahead.get(0)
    release.set()
    assert ahead.get(30) == 1
    ahead.close()
