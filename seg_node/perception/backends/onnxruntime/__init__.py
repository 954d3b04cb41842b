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

"""ONNX Runtime, on the CPU."""

from __future__ import annotations

from seg_node.perception.backends import Backend, BackendError
from seg_node.perception.backends.onnxruntime.precision import graph_for
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions, RegisteredBackend
from seg_node.perception.models.manifest import Model, ModelError


def _open(model: Model, options: BackendOptions, monitor: ProgressMonitor, because: str,
          warnings: tuple[str, ...]) -> Backend:
    try:
        from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
    except ImportError as error:
        raise BackendError(
            f'backend onnxruntime cannot be loaded ({error}); pip install onnxruntime'
        ) from error
    try:
        model = graph_for(model, options.precision)
    except ModelError as error:
        raise BackendError(str(error)) from error
    return OnnxRuntimeBackend(model, options.threads, because, warnings, options.max_batch)


BACKEND = RegisteredBackend('ONNX Runtime', 'a CPU', _open, on_cpu=True)
