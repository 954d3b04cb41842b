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

"""A thread that owns something which only one thread may use."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
import threading
from typing import Any, TypeVar

_Result = TypeVar('_Result')


class OwnerThread:
    """
    Does what it is given, one thing after the other; results and exceptions come back.

    A daemon: a thread that hangs in a driver does not keep the process from ending.
    """

    def __init__(self, name: str) -> None:
        self._work: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, work: Callable[[], _Result]) -> _Result:
        """Let the thread do it, and wait; not after end()."""
        done: Future[_Result] = Future()
        self._work.put((done, work))
        return done.result()

    def end(self, timeout: float = 5.0) -> bool:
        """Let the thread end once it has done what it was given; False where that takes longer."""
        self._work.put(None)
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (given := self._work.get()) is not None:
            done, work = given
            try:
                done.set_result(work())
            except BaseException as error:
                done.set_exception(error)
            # Nothing of it may outlive the call: it would keep what the result holds on to.
            del given, done, work
