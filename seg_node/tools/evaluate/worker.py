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

"""What a process does with jobs: one after the other, with a network that stays open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
import threading

import cv2

from seg_node.errors import UserError
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.registry import registered
from seg_node.perception.models.model import ModelError
from seg_node.perception.segmenter import Segmenter
from seg_node.tools.evaluate.job import Job, JobResult, RunSettings
from seg_node.tools.evaluate.pipeline import evaluate
from seg_node.tools.evaluate.segmenting import SegmenterPool


def open_pool(settings: RunSettings) -> SegmenterPool:
    """
    Open the network of a run, as often as threads may work on it.

    :raises UserError: as open_segmenter() does.
    """
    # There is a thread for each frame already: OpenCV's own would be more than there are cores.
    cv2.setNumThreads(1)
    first = open_segmenter(settings)
    # A GPU works on one frame after the other.
    threads = settings.configuration.structure.backend.threads
    more = threads - 1 if registered(first.backend.name).on_cpu else 0
    return SegmenterPool([first, *(open_segmenter(settings) for _ in range(more))])


def open_segmenter(settings: RunSettings) -> Segmenter:
    """
    Open the network of a run, for one thread.

    :raises UserError: when it cannot be opened, or is another one on this machine.
    """
    structure = settings.configuration.structure
    try:
        segmenter = Segmenter.open(structure.model, replace(structure.backend, threads=1))
    except (ModelError, BackendError) as error:
        raise UserError(str(error)) from None
    found = segmenter.model.sha256
    if settings.sha256 and found != settings.sha256:
        segmenter.close()
        raise UserError(f'model {structure.model}: its graph has the sha256 {found} on this '
                        f'machine, {settings.sha256} where the run was started. Put the same '
                        'model there')
    if settings.precision and segmenter.backend.precision != settings.precision:
        precision = segmenter.backend.precision
        segmenter.close()
        raise UserError(f'model {structure.model}: would run in {precision} on this machine, '
                        f'in {settings.precision} where the run was started. Give --backend and '
                        '--precision')
    return segmenter


_lock = threading.Lock()
_idle: list[tuple[RunSettings, SegmenterPool]] = []
"""Pools that are open, and at work for no thread."""


@contextmanager
def _borrowed_pool(settings: RunSettings) -> Iterator[SegmenterPool]:
    with _lock:
        place = next((k for k, (own, _) in enumerate(_idle) if own == settings), None)
        pool = None if place is None else _idle.pop(place)[1]
    if pool is None:
        pool = open_pool(settings)
    yield pool
    with _lock:
        _idle.append((settings, pool))


def work(job: Job, stop: Callable[[], bool] = lambda: False) -> JobResult:
    """Do a job with a network of this process; never raises but Interrupted and UserError."""
    with _borrowed_pool(job.settings) as pool:
        return evaluate(job, pool, stop)
