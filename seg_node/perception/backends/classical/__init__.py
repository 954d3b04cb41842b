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
Segmentation by OpenCV alone, without a network and without a model file.

One module a technique; ensemble.py weighs what they find. docs/techniques.md explains them.
"""

from __future__ import annotations

from seg_node.perception.backends import Backend, BackendError
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import AUTO, BackendOptions, RegisteredBackend
from seg_node.perception.models.manifest import Model, Precision


def _own_model() -> Model:
    from seg_node.perception.backends.classical.backend import own_model
    return own_model()


def _open(model: Model, options: BackendOptions, monitor: ProgressMonitor, because: str,
          warnings: tuple[str, ...]) -> Backend:
    from seg_node.perception.backends.classical.backend import together
    if options.precision not in (AUTO, Precision.FP32):
        raise BackendError(f'precision is {options.precision!r}: backend classical computes in '
                           f'fp32 alone; give {AUTO} or fp32')
    return together(f'{because}; it needs no model file, so `model` is not read')


BACKEND = RegisteredBackend(
    'the classical techniques', 'a CPU', _open, on_cpu=True, own_model=_own_model)
