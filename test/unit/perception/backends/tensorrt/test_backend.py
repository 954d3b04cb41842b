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

"""The backend tensorrt: who owns the GPU, what is told when something is missing or fails."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from helpers.on_cpu import CpuDevice, CpuEngine, needs_compiler
from helpers.tiny_model import write_tiny_model
from seg_node.perception.backends import (
    BackendAbsentError,
    BackendCancelledError,
    BackendError,
)
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.nvrtc import NvrtcError
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.registry import BackendOptions, open_backend
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
from seg_node.perception.backends.tensorrt.builder import BuildCancelledError, BuildError
from seg_node.perception.backends.tensorrt.library import TensorRtAbsence, TensorRtMissingError
from seg_node.perception.backends.tensorrt.opening import OpenedEngine
from seg_node.perception.backends.tensorrt.runner import check_engine, EngineRunner
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.model import load_model

IMAGE = Pixels.of(np.full((32, 64, 3), (30, 200, 20), np.uint8))


class Opener:
    """Opens the model's graph on the CPU, and notes which threads use the device."""

    def __init__(self):
        self.threads = set()

    def __call__(self, model, options, monitor):
        self.threads.add(threading.get_ident())
        self.device = CpuDevice()
        self.engine = CpuEngine(model.graph, self.device, options.max_batch)
        runner = EngineRunner(self.device, self.engine, check_engine(self.engine, model))
        usual = self.device.stream

        def run(images, run=runner.run):
            self.threads.add(threading.get_ident())
            return run(images)

        def release(release=self.device.release):
            self.threads.add(threading.get_ident())
            release()

        runner.run, self.device.release = run, release
        assert usual == self.device.stream
        return OpenedEngine(model, 'fp16', 'a test', ('old driver',), runner, self.device)


@pytest.fixture
def model(tmp_path):
    return load_model(write_tiny_model(tmp_path))


def open_with(model, opener):
    return TensorRtBackend(
        model, BackendOptions(max_batch=2), ProgressMonitor(), 'a test', (), opener)


@needs_compiler
def test_one_thread_owns_the_gpu_whoever_asks(model):
    opener = Opener()
    backend = open_with(model, opener)
    assert (backend.precision, backend.max_batch, backend.warnings) == ('fp16', 2, ('old driver',))
    results = []
    threads = [threading.Thread(target=lambda: results.append(backend.infer([IMAGE, IMAGE])))
               for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((seen.labels == 1).all() for result in results for seen in result)
    closer = threading.Thread(target=backend.close)
    closer.start()
    closer.join()
    assert len(opener.threads) == 1
    assert opener.threads.isdisjoint({threading.get_ident(), *(t.ident for t in threads)})
    assert opener.device.released and opener.device.held == []
    backend.close()
    with pytest.raises(BackendError, match='closed'):
        backend.infer([IMAGE])


@needs_compiler
def test_the_gpu_is_given_back_after_a_fault(model):
    opener = Opener()
    backend = open_with(model, opener)
    opener.device.broken = True
    with pytest.raises(BackendError, match='illegal memory access'):
        backend.infer([IMAGE])
    with pytest.raises(BackendError, match='illegal memory access'):
        backend.infer([IMAGE])
    backend.close()
    assert opener.device.released


@needs_compiler
def test_a_label_without_a_class_is_an_error(model):
    opener = Opener()
    backend = open_with(model, opener)
    opener.engine.run = lambda image: [np.full(image.shape[:3], 9, np.uint8)] * 2
    with pytest.raises(BackendError, match='gives label 9'):
        backend.infer([IMAGE])
    backend.close()


def test_the_gpu_is_given_back_when_the_process_ends():
    code = """
import sys
from types import SimpleNamespace
from seg_node.perception.backends.tensorrt.backend import TensorRtBackend
opened = SimpleNamespace(model=None, precision='', detail='', warnings=(),
                         runner=SimpleNamespace(max_batch=1), close=lambda: print('given back'))
backend = TensorRtBackend(None, None, None, '', (), lambda *given: opened)
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, 'given back\n'), done.stderr


@pytest.mark.parametrize(('error', 'kind'), [
    (TensorRtMissingError(TensorRtAbsence.NOT_INSTALLED, 'TensorRT is not installed'),
     BackendAbsentError),
    (TensorRtMissingError(TensorRtAbsence.NO_GPU, 'no GPU'), BackendAbsentError),
    (TensorRtMissingError(TensorRtAbsence.TOO_OLD, 'too old'), BackendError),
    (BuildError('road.onnx: no'), BackendError), (DeviceError('no PyCUDA'), BackendError),
    (NvrtcError('no NVRTC'), BackendError), (BuildCancelledError('enough'), BackendCancelledError),
], ids=str)
def test_every_error_is_a_backend_error_and_auto_falls_back(model, monkeypatch, error, kind):
    def refuse(*given):
        raise error

    with pytest.raises(BackendError, match=str(error)) as caught:
        open_with(model, refuse)
    assert type(caught.value) is kind
    assert 'tensorrt' not in {thread.name for thread in threading.enumerate()}
    monkeypatch.setattr(
        'seg_node.perception.backends.tensorrt.backend.TensorRtBackend',
        lambda *given: TensorRtBackend(*given, refuse))
    with pytest.raises(BackendError, match=str(error)):
        open_backend(model, BackendOptions(name='tensorrt'))
    if kind is BackendCancelledError:
        with pytest.raises(BackendCancelledError):
            open_backend(model)
        return
    backend = open_backend(model)
    assert backend.name == 'onnxruntime'
    told = backend.chosen_because if kind is BackendAbsentError else backend.warnings[0]
    assert str(error) in told
    assert len(backend.warnings) == (0 if kind is BackendAbsentError else 1)


@pytest.mark.parametrize(('wrong', 'message'), [
    ({'name': 'labels'}, "backend 'labels' is not known; give auto, tensorrt, onnxruntime"),
    ({'name': 'TensorRT'}, 'is not known'), ({'name': ''}, 'is not known'),
    ({'threads': 0}, 'threads is 0; give 1 to 64'), ({'threads': -1}, 'threads is -1'),
    ({'threads': 65}, 'threads is 65'), ({'max_batch': 17}, 'max_batch is 17; give 1 to 16'),
    ({'precision': 'half'}, "precision is 'half'; give auto, fp32, fp16, int8, uint8"),
], ids=str)
def test_senseless_options_are_refused(wrong, message):
    with pytest.raises(BackendError, match=message):
        BackendOptions(**wrong)


def test_a_precision_that_the_model_has_not_is_refused(model):
    with pytest.raises(BackendError, match='has no int8 graph; it has fp32'):
        open_backend(model, BackendOptions(name='onnxruntime', precision='int8'))


def test_the_cpu_runs_the_precision_that_was_asked_for():
    options = BackendOptions(name='onnxruntime', precision='int8')
    backend = open_backend(load_model('road'), options)
    assert (backend.precision, backend.model.precision.value) == ('int8', 'int8')


def test_a_machine_without_a_gpu_is_told_from_one_that_fails(model):
    code = f"""
import sys
from seg_node.perception.backends.registry import BackendOptions, open_backend
from seg_node.perception.backends.cuda import driver_api
driver_api.LIBRARY = 'no_driver.so'
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.model import load_model
backend = open_backend(load_model({str(model.graph.parent)!r}))
print(backend.chosen_because, backend.warnings, 'tensorrt_rtx' in sys.modules)
open_backend(backend.model, BackendOptions(name='tensorrt'))
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(
        'auto: onnxruntime, because there is no NVIDIA driver here (no_driver.so')
    assert done.stdout.endswith('() False\n')
    assert 'BackendAbsentError: there is no NVIDIA driver here' in done.stderr
