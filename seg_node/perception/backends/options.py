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

"""What is wanted of a backend, and who watches while it opens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seg_node.perception.backends import BackendError
from seg_node.perception.backends.tensorrt.builder import ignore, never
from seg_node.perception.backends.tensorrt.options import AUTO, MAX_BATCH, PRECISIONS
from seg_node.perception.backends.tensorrt.progress import Progress

ONNXRUNTIME, TENSORRT = 'onnxruntime', 'tensorrt'

BACKENDS: tuple[str, ...] = (AUTO, ONNXRUNTIME, TENSORRT)
"""What may be asked for; auto is TensorRT where it and a GPU are there, else ONNX Runtime."""

MAX_THREADS = 64


@dataclass(frozen=True)
class BackendOptions:
    """
    What is wanted.

    name: one of BACKENDS. threads: CPU threads that inference may use. precision: one of
    PRECISIONS; auto is what is quick on the backend: fp16 with TensorRT, the model's own graph
    with ONNX Runtime. max_batch: most images at once, the number of cameras. workspace_mib,
    optimization_level and dla_core are TensorRT's, see EngineOptions; None leaves them to it.

    :raises BackendError: names what does not fit.
    """

    name: str = AUTO
    threads: int = 2
    precision: str = AUTO
    max_batch: int = 1
    workspace_mib: int | None = None
    optimization_level: int | None = None
    dla_core: int | None = None

    def __post_init__(self) -> None:
        if self.name not in BACKENDS:
            raise BackendError(f'backend {self.name!r} is not known; give {", ".join(BACKENDS)}')
        if self.precision not in PRECISIONS:
            raise BackendError(f'precision is {self.precision!r}; give {", ".join(PRECISIONS)}')
        for name, most in (('threads', MAX_THREADS), ('max_batch', MAX_BATCH)):
            if not 1 <= getattr(self, name) <= most:
                raise BackendError(f'{name} is {getattr(self, name)}; give 1 to {most}')


@dataclass(frozen=True)
class Watch:
    """
    Who watches while a backend opens, which takes minutes where an engine has to be built.

    progress is told how far that is; where cancelled becomes true, it ends soon. Both are called
    from the thread that opens.
    """

    progress: Callable[[Progress], None] = ignore
    cancelled: Callable[[], bool] = never
