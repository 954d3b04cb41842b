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

"""Run a model on an NVIDIA GPU with TensorRT."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from seg_node.perception.backends import (
    BackendAbsentError,
    BackendCancelledError,
    BackendError,
    Inference,
)
from seg_node.perception.backends.contract import check_labels
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.nvrtc import NvrtcError
from seg_node.perception.backends.cuda.owner_thread import OwnerThread
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.backends.tensorrt.builder import BuildCancelledError, BuildError
from seg_node.perception.backends.tensorrt.library import TensorRtAbsence, TensorRtMissingError
from seg_node.perception.backends.tensorrt.opening import open_engine, OpenedEngine
from seg_node.perception.backends.tensorrt.options import OptionsError
from seg_node.perception.images.layout import Layout
from seg_node.perception.models.model import ModelError

if TYPE_CHECKING:
    from seg_node.perception.images.pixels import Pixels
    from seg_node.perception.models.model import Model

_ABSENT = (TensorRtAbsence.NOT_INSTALLED, TensorRtAbsence.NO_GPU)
"""What a machine that is not made for TensorRT lacks."""

_Result = TypeVar('_Result')


class TensorRtBackend:
    """
    An engine on the GPU.

    The GPU belongs to a thread of the backend's own, so that any thread may use the backend and
    close it, and so that it is given back in whatever way the process ends.
    """

    name = 'tensorrt'
    layouts = frozenset(Layout)

    def __init__(
        self, model: Model, options: BackendOptions, monitor: ProgressMonitor,
        chosen_because: str, warnings: tuple[str, ...] = (),
        open_engine: Callable[[Model, BackendOptions, ProgressMonitor], OpenedEngine]
        = open_engine,
    ) -> None:
        """
        Open the engine, which is built where there is none yet; see opening.open_engine().

        :raises BackendCancelledError: soon after the monitor has cancelled.
        :raises BackendAbsentError: where there is no TensorRT, or no GPU.
        :raises BackendError: for anything else that stands in the way.
        """
        self.chosen_because = chosen_because
        self._engine: OpenedEngine | None = None
        self._thread = OwnerThread('tensorrt')
        try:
            opened = self._do(lambda: open_engine(model, options, monitor))
        except BaseException:
            self._thread.end()
            raise
        self._engine = opened
        atexit.register(self.close)
        self.model, self.precision = opened.model, opened.precision
        self.detail, self.warnings = opened.detail, (*warnings, *opened.warnings)
        self.max_batch = opened.runner.max_batch

    def infer(self, images: Sequence[Pixels]) -> list[Inference]:
        """Return what Backend.infer() describes."""
        engine = self._engine
        if engine is None:
            raise BackendError('backend tensorrt is closed; open it again')
        results = self._do(lambda: engine.runner.run(images))
        for result in results:
            check_labels(result.labels, self.model)
        return results

    def close(self) -> None:
        """Release the GPU."""
        engine, self._engine = self._engine, None
        if engine is None:
            return
        atexit.unregister(self.close)
        try:
            self._do(engine.close)
        finally:
            self._thread.end()

    def _do(self, work: Callable[[], _Result]) -> _Result:
        """Let the owning thread work, and turn what goes wrong into BackendError."""
        try:
            return self._thread.call(work)
        except TensorRtMissingError as error:
            kind = BackendAbsentError if error.why in _ABSENT else BackendError
            raise kind(str(error)) from error
        except BuildCancelledError as error:
            raise BackendCancelledError(str(error)) from error
        except (BuildError, DeviceError, NvrtcError, OptionsError, ModelError) as error:
            raise BackendError(str(error)) from error
