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

"""Jobs on the workers of a Dask cluster."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
import time
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.evaluate.job import Job, JobResult
from seg_node.tools.evaluate.worker import work

RETRIES = 2
"""Times that a job is done again after an error of its worker; a lost worker does not count."""
AHEAD = 2
"""Jobs under way for each thread of the cluster: its workers never wait for us."""
CONNECT_SECONDS = 15.0
_LOOK = 0.1
"""Seconds between two looks at what is done."""


def run_jobs(jobs: Sequence[Job], address: str, stop: StopFlag) -> Iterator[JobResult]:
    """
    Do jobs on a cluster; yield the outcomes as they come, until all are there or a stop.

    The workers need this package, the model and the recordings under the same paths; results come
    back by the scheduler. What a lost worker was at is done by another.

    :raises UserError: when dask.distributed is missing, or there is no such cluster.
    """
    with _connected(address) as client:
        waiting = deque(jobs)
        pending: dict[Any, Job] = {}
        try:
            while (waiting or pending) and not stop:
                room = AHEAD * max(1, sum(client.nthreads().values())) - len(pending)
                for _ in range(min(room, len(waiting))):
                    job = waiting.popleft()
                    pending[client.submit(work, job, pure=False, retries=RETRIES)] = job
                done = [future for future in pending if future.done()]
                for future in done:
                    job = pending.pop(future)
                    yield _outcome(job, future)
                if not done:
                    stop.sleep_until(time.monotonic() + _LOOK)
        finally:
            client.cancel(list(pending), force=True)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise UserError(f'--scheduler {address}: needs dask.distributed; pip install -r '
                        'requirements/evaluate.txt') from None
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise UserError(f'--scheduler {address}: no scheduler answers there '
                        f'({" ".join(str(error).split())}). Start one: dask scheduler') from None


def _outcome(job: Job, future: Any) -> JobResult:
    error = future.exception()
    if error is None:
        outcome: JobResult = future.result()
        return outcome
    if isinstance(error, UserError):
        return JobResult(job.recording.name, {}, error=str(error))
    return JobResult(job.recording.name, {}, error=(
        f'{job.recording.path}: the cluster gave it up ({type(error).__name__}: '
        f'{" ".join(str(error).split())})'))
