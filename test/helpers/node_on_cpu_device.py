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

"""The node with backend tensorrt, its kernels compiled for the CPU, its graph in ONNX Runtime."""

from __future__ import annotations

from dataclasses import replace

from helpers.cuda_on_cpu.cpu_device import CpuDevice
from helpers.cuda_on_cpu.cpu_engine import CpuEngine
from seg_node.perception.backends import tensorrt
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
from seg_node.perception.backends.tensorrt.opening import OpenedEngine
from seg_node.perception.backends.tensorrt.runner import check_engine, EngineRunner
from seg_node.ros.node import main


def open_engine(model, options, monitor):
    """Stand in for opening.open_engine()."""
    device = CpuDevice()
    engine = CpuEngine(model.graph, device, options.max_batch)
    runner = EngineRunner(device, engine, check_engine(engine, model))
    return OpenedEngine(model, 'fp32', 'kernels on the CPU', (), runner, device)


def open_backend(model, options, monitor, because, warnings):
    """Stand in for what opens backend tensorrt."""
    return TensorRtBackend(model, options, monitor, because, warnings, open_engine)


if __name__ == '__main__':
    tensorrt.BACKEND = replace(tensorrt.BACKEND, open=open_backend)
    main()
