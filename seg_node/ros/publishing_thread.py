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

"""The thread for what a frame's decision need not wait for: publishing its images."""

from __future__ import annotations

from collections.abc import Callable
from queue import Full, Queue
import threading
import time

Task = Callable[[], None]


class PublishingThread:
    """
    Do tasks in their order on a thread of its own.

    :param maximum: how many may wait; put() then waits itself, so that none is lost and none piles
        up where publishing is slower than the network.
    """

    def __init__(self, maximum: int) -> None:
        self._tasks: Queue[Task | None] = Queue(maximum)
        self._thread = threading.Thread(target=self._run, name='publishing', daemon=True)
        self._thread.start()

    def put(self, task: Task) -> None:
        """Queue a task, which must not raise."""
        self._tasks.put(task)

    def close(self, timeout: float) -> bool:
        """Do what waits and end; False when that takes longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        try:
            self._tasks.put(None, timeout=max(0.0, timeout))
        except Full:
            return False
        self._thread.join(max(0.0, deadline - time.monotonic()))
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
