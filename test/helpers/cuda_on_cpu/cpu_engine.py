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

"""An engine with TensorRT's interface that runs its graph with ONNX Runtime, on a CpuDevice."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import numpy as np
import onnxruntime


class CpuContext:
    """Runs the graph for one input shape."""

    def __init__(self, engine, device):
        self._engine, self._device = engine, device
        self._addresses = {}
        self._shape = None

    def set_input_shape(self, name, shape):
        assert name == 'image'
        self._shape = tuple(shape)
        return 1 <= shape[0] <= self._engine.max_batch

    def set_tensor_address(self, name, memory):
        self._addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle):
        if self._engine.refuses:
            return False
        self._device.stream_of(stream_handle).work.append(self._run)
        return True

    def _run(self):
        image = _memory(self._addresses['image'], self._shape)
        for name, result in zip(self._engine.outputs, self._engine.run(image), strict=True):
            _memory(self._addresses[name], self._shape[:3])[...] = result


class CpuEngine:
    """Takes 1 to max_batch images; fixed: a batch of exactly that many, as in the graph."""

    def __init__(self, graph, device, max_batch=1, fixed=False):
        self._session = onnxruntime.InferenceSession(
            str(graph), providers=['CPUExecutionProvider'])
        self._device = device
        self.max_batch, self._fixed = max_batch, fixed
        self.refuses = False
        self.contexts = 0
        self._shapes = {item.name: tuple(item.shape[1:]) for item in (
            *self._session.get_inputs(), *self._session.get_outputs())}
        self.outputs = [item.name for item in self._session.get_outputs()]
        self.num_io_tensors = len(self._shapes)

    def run(self, image):
        results = [self._session.run(self.outputs, {'image': image[index:index + 1]})
                   for index in range(len(image))]
        return [np.concatenate(maps) for maps in zip(*results, strict=True)]

    def get_tensor_name(self, index):
        return list(self._shapes)[index]

    def get_tensor_dtype(self, name):
        return SimpleNamespace(name='UINT8')

    def get_tensor_shape(self, name):
        return (self.max_batch if self._fixed else -1, *self._shapes[name])

    def get_tensor_profile_shape(self, name, profile_index):
        return [(batch, *self._shapes[name]) for batch in (1, 1, self.max_batch)]

    def create_execution_context(self):
        self.contexts += 1
        return CpuContext(self, self._device)


def _memory(address, shape):
    size = int(np.prod(shape))
    return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(address)).reshape(shape)
