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

"""The thread that publishes: order, no loss, its end."""

from __future__ import annotations

import threading

from seg_node.ros.publishing_thread import PublishingThread

WAIT = 30.0


def test_tasks_are_done_in_their_order_and_none_is_lost():
    done: list[int] = []
    background = PublishingThread(2)
    for number in range(200):
        background.put(lambda number=number: done.append(number))
    assert background.close(WAIT)
    assert done == list(range(200))


def test_who_gives_more_than_may_wait_waits():
    gate, given = threading.Event(), threading.Semaphore(0)
    background = PublishingThread(1)
    background.put(lambda: gate.wait(WAIT))

    def give():
        for _ in range(4):
            background.put(lambda: None)
            given.release()

    giver = threading.Thread(target=give)
    giver.start()
    # One waits beside the one that is being done; at most one more where that had not begun.
    assert given.acquire(timeout=WAIT)
    assert not all(given.acquire(timeout=0.05) for _ in range(3))
    gate.set()
    giver.join(WAIT)
    assert background.close(WAIT)


def test_a_task_that_does_not_end_is_told():
    gate = threading.Event()
    background = PublishingThread(1)
    background.put(lambda: gate.wait(WAIT))
    assert not background.close(0.05)
    gate.set()
