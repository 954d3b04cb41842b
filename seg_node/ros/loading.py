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

"""Load the model on a thread of its own: where an engine has to be built, that takes minutes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, wait
from functools import partial
import threading
import time
from typing import TypeVar

from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.perception.backends import BackendError
from seg_node.perception.backends.progress import Progress, ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.self_test import run_self_test
from seg_node.perception.segmenter import Segmenter

_SELF_TEST_TIMEOUT = 10.0      # seconds; the executor waits for it
_T = TypeVar('_T')


class Loading:
    """A segmenter that is being opened."""

    def __init__(self, model: str, options: BackendOptions, timeout: float,
                 build_timeout: float) -> None:
        """
        Begin to open it.

        :param timeout: seconds after which it has failed; build_timeout: where it builds.
        """
        self._model = model
        self._options = options
        self._begun = time.monotonic()
        self._timeout, self._build_timeout = timeout, build_timeout
        self._changed = threading.Condition()
        self._cancelled = False
        self._progress: Progress | None = None
        self._segmenter: Segmenter | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name='loading', daemon=True)
        self._thread.start()

    @property
    def is_done(self) -> bool:
        """Whether result() has something to give, or to raise."""
        with self._changed:
            return self._is_done or self._overdue is not None

    @property
    def text(self) -> str:
        """How far it is, for people."""
        with self._changed:
            progress = self._progress
        if progress is None:
            return 'loading the model'
        share = '' if progress.fraction is None else f', {100 * progress.fraction:.0f} %'
        return f'{progress.phase}{share}'

    def wait_while_short(self, timeout: float) -> None:
        """Wait until it is done, an engine is being built, or `timeout` seconds are over."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_done or self._progress, timeout)

    def result(self) -> Segmenter:
        """
        Return the segmenter, which is the caller's to close from here on.

        :raises ModelError, BackendError, ValueError: why there is none.
        """
        with self._changed:
            segmenter, self._segmenter = self._segmenter, None
            if self._error is not None:
                raise self._error
            if segmenter is None and (overdue := self._overdue) is not None:
                raise BackendError(overdue)
            if segmenter is None:
                raise BackendError('the model is not loaded yet, or was given away')
            return segmenter

    def cancel(self, timeout: float) -> bool:
        """End it, and give back what it has opened; False where that takes longer."""
        with self._changed:
            self._cancelled = True
            segmenter, self._segmenter = self._segmenter, None
        if segmenter is not None:
            segmenter.close()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    @property
    def _is_done(self) -> bool:
        return self._segmenter is not None or self._error is not None

    @property
    def _overdue(self) -> str | None:
        """What to say of it when it has taken too long."""
        name, limit = 'loading_timeout', self._timeout
        if self._progress is not None:
            name, limit = 'build_timeout', self._build_timeout
        if time.monotonic() - self._begun < limit:
            return None
        return (f'the model {self._model} was not loaded within {limit:g} s ({name}): its network '
                'may have no end, or the machine is too slow for it')

    def _run(self) -> None:
        monitor = ProgressMonitor(self._note, lambda: self._cancelled)
        segmenter, error = None, None
        try:
            segmenter = Segmenter.open(self._model, self._options, monitor)
        except Exception as problem:      # told by result()
            error = problem
        with self._changed:
            if not self._cancelled:
                self._segmenter, self._error, segmenter = segmenter, error, None
            self._changed.notify_all()
        if segmenter is not None:
            segmenter.close()

    def _note(self, progress: Progress) -> None:
        with self._changed:
            self._progress = progress
            self._changed.notify_all()


def announce(segmenter: Segmenter, logger: RcutilsLogger) -> None:
    """Log what was loaded, and what there is to warn of."""
    model, backend = segmenter.model, segmenter.backend
    logger.info(f'model {model.name} {model.version} ({model.width}x{model.height}, '
                f'{backend.precision}); {backend.chosen_because}')
    for warning in backend.warnings:
        logger.warning(warning)


def self_test_in_time(segmenter: Segmenter) -> str:
    """
    Run the self-test and say how it went; one that hangs goes on using the segmenter.

    :raises SelfTestError, BackendError: when it fails; TimeoutError when it hangs.
    """
    return in_time(partial(run_self_test, segmenter), _SELF_TEST_TIMEOUT, 'the self-test')


def in_time(work: Callable[[], _T], seconds: float, what: str) -> _T:
    """
    Return what a task returns, on a thread that is left behind where it hangs.

    :raises TimeoutError: when it has not ended within `seconds`; else what the task raises.
    """
    done: Future[_T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except Exception as error:
            done.set_exception(error)

    threading.Thread(target=run, name=what, daemon=True).start()
    if not wait([done], seconds).done:
        raise TimeoutError(f'{what} has not ended within {seconds:g} s')
    return done.result()
