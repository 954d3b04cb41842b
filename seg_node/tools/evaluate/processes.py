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

"""Jobs on processes of this machine."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
import contextlib
from multiprocessing import connection, get_context
from multiprocessing.connection import Connection
import os
import signal
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.common.testbed.process import die_with_parent
from seg_node.tools.evaluate.job import Job, JobResult

TRIES = 2
"""Processes that may die of one recording."""
_WAIT = 0.2
"""Seconds between two looks at the stop flag."""


class _Worker:
    """A process with the job that it is at."""

    def __init__(self) -> None:
        context = get_context('spawn')      # a fork would copy locks of threads as they are
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, os.getpid()), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with contextlib.suppress(OSError):      # it is gone, which receive() tells
            self.pipe.send(job)

    def receive(self) -> JobResult | str | None:
        """Return what it sent: an outcome, or why it cannot work; None when it has died."""
        try:
            received: JobResult | str = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join(10)
            return None
        return received

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def run_jobs(jobs: Sequence[Job], count: int, stop: StopFlag) -> Iterator[JobResult]:
    """
    Do jobs on that many processes; yield the outcomes as they come, until all are there or a stop.

    A process that dies (of a decoder that crashes, of memory) takes nothing with it: its recording
    is tried once more, then reported.

    :raises UserError: when the network cannot be opened.
    """
    waiting = deque(jobs)
    tries: dict[str, int] = {}
    workers = [_Worker() for _ in range(min(count, len(jobs)))]
    try:
        while not stop:
            for worker in workers:
                if worker.job is None and waiting:
                    worker.give(waiting.popleft())
            busy = {worker.pipe: worker for worker in workers if worker.job is not None}
            if not busy:
                return
            for pipe in connection.wait(list(busy), _WAIT):
                worker = busy[pipe]      # type: ignore[index]
                job, received = worker.job, worker.receive()
                assert job is not None
                if isinstance(received, str):
                    raise UserError(received)
                if received is None:
                    code = worker.process.exitcode
                    worker.end()
                    workers[workers.index(worker)] = _Worker()
                    received = _tried(job, code, tries)
                    if received is None:
                        waiting.appendleft(job)
                        continue
                worker.job = None
                yield received
    finally:
        for worker in workers:
            worker.end()


def _tried(job: Job, code: int | None, tries: dict[str, int]) -> JobResult | None:
    """Return the outcome of a job that a process has died of once too often."""
    name = job.recording.name
    tries[name] = tries.get(name, 0) + 1
    if tries[name] < TRIES:
        return None
    how = f'signal {signal.Signals(-code).name}' if code and code < 0 else f'exit code {code}'
    return JobResult(name, {}, error=(
        f'{job.recording.path}: the process that read it died {TRIES} times ({how}). The '
        'recording may crash its decoder, or need more memory than there is'))


def serve(pipe: Connection[Any, Any], parent: int) -> None:
    """Do job after job until the other side of the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)      # Ctrl-C is the parent's to handle
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:
        return
    from seg_node.tools.evaluate.worker import work
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            answer: JobResult | str = work(job)
        except UserError as error:
            answer = str(error)
        try:
            pipe.send(answer)
        except OSError:
            return
