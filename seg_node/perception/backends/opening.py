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

"""Choose a backend for a model, and open it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seg_node.perception.backends import (
    Backend,
    BackendAbsentError,
    BackendCancelledError,
    BackendError,
)
from seg_node.perception.backends.options import (
    BackendOptions,
    ONNXRUNTIME,
    TENSORRT,
    Watch,
)
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
from seg_node.perception.backends.tensorrt.options import AUTO
from seg_node.perception.models.model import at_precision, ModelError, Precision

if TYPE_CHECKING:
    from seg_node.perception.models.model import Model


def open_backend(
    model: Model, options: BackendOptions | None = None, watch: Watch | None = None
) -> Backend:
    """
    Return a backend with the model loaded and warmed up.

    With 'auto' a TensorRT that does not work gives way to ONNX Runtime, which says so.

    :raises BackendCancelledError: soon after the watch has cancelled.
    :raises BackendError: when it is not installed, refuses the model or its options.
    """
    options, watch = options or BackendOptions(), watch or Watch()
    asked = f'{options.name}: asked for by name'
    if options.name == ONNXRUNTIME:
        return _open_onnxruntime(model, options, asked)
    if options.name == TENSORRT:
        return TensorRtBackend(model, options, watch, asked)
    try:
        return TensorRtBackend(
            model, options, watch, 'auto: tensorrt, because it and a GPU are there')
    except BackendAbsentError as error:
        return _open_onnxruntime(model, options, f'auto: onnxruntime, because {error}')
    except BackendCancelledError:
        raise
    except BackendError as error:
        failed = f'TensorRT cannot be used: {error}'
        return _open_onnxruntime(model, options, 'auto: onnxruntime, because TensorRT failed',
                                 (failed,))


def _open_onnxruntime(model: Model, options: BackendOptions, because: str,
                      warnings: tuple[str, ...] = ()) -> Backend:
    try:
        from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
    except ImportError as error:
        raise BackendError(
            f'backend onnxruntime cannot be loaded ({error}); pip install onnxruntime'
        ) from error
    if options.precision != AUTO:
        try:
            model = at_precision(model, Precision(options.precision))
        except ModelError as error:
            raise BackendError(str(error)) from error
    return OnnxRuntimeBackend(
        model, options.threads, because, warnings, options.max_batch)
