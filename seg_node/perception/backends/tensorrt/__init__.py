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
TensorRT engines: building, keeping and inspecting them.

api knows the library and all that differs between its versions; nothing else here does.
options say what engine is wanted, builder makes it in a process of its own, cache keeps it,
engines joins the three. diagnosis says what an ONNX file needs changed, layers what an engine
really computes in. TensorRT is imported only when api.load() is called.
"""

from __future__ import annotations

from seg_node.perception.backends import Backend
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions, RegisteredBackend
from seg_node.perception.backends.tensorrt.options import OWN_OPTIONS
from seg_node.perception.models.manifest import Model


def _open(model: Model, options: BackendOptions, monitor: ProgressMonitor, because: str,
          warnings: tuple[str, ...]) -> Backend:
    from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
    return TensorRtBackend(model, options, monitor, because, warnings)


BACKEND = RegisteredBackend('TensorRT', 'a GPU', _open, OWN_OPTIONS)
