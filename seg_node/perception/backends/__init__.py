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

"""
The libraries that can run a model, behind one interface.

A backend imports its library only when it is chosen, so that none has to be installed for the
others to work.
"""

from __future__ import annotations

from typing import Protocol, TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_node.perception.model import Model

AVAILABLE: tuple[str, ...] = ('onnxruntime',)
"""Names of the backends of this version, besides 'auto'."""

MAX_THREADS = 64


class BackendError(RuntimeError):
    """A backend that cannot be opened, failed, or broke the model contract."""


class Backend(Protocol):
    """A model loaded and ready to run; used by one thread at a time."""

    @property
    def name(self) -> str:
        """Name of the backend, e.g. 'onnxruntime'."""

    @property
    def precision(self) -> str:
        """Arithmetic of the network, e.g. 'fp32'."""

    @property
    def detail(self) -> str:
        """Library version, device and threads, for people."""

    @property
    def chosen_because(self) -> str:
        """Why this backend runs, for the log."""

    def infer(
        self, rgb: NDArray[np.uint8]
    ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """
        Return (labels, confidence), both uint8 [h, w], for an RGB uint8 [h, w, 3] picture.

        The picture has the model's input size. The arrays returned belong to the caller: they
        share no memory with the picture or with later results. Raises BackendError.
        """

    def close(self) -> None:
        """Release the library's memory; infer raises BackendError afterwards."""


def open_backend(name: str, model: Model, threads: int) -> Backend:
    """
    Return the backend of that name with the model loaded and warmed up.

    name is 'auto' or one of AVAILABLE, threads the number of CPU threads that inference may
    use. Raises BackendError if the backend is unknown, not installed, or refuses the model.
    """
    if not 1 <= threads <= MAX_THREADS:
        raise BackendError(f'threads is {threads}; give 1 to {MAX_THREADS}')
    if name == 'auto':
        because = 'auto: onnxruntime, because it is the only backend of this version'
    elif name in AVAILABLE:
        because = f'{name}: asked for by name'
    else:
        raise BackendError(
            f'backend {name!r} is not available in this version; '
            f'available are auto, {", ".join(AVAILABLE)}'
        )
    try:
        from seg_node.perception.backends.onnxruntime_cpu import OnnxRuntimeBackend
    except ImportError as error:
        raise BackendError(
            f'backend onnxruntime cannot be loaded ({error}); pip install onnxruntime'
        ) from error
    return OnnxRuntimeBackend(model, threads, because)
