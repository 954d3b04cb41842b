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
The way of a frame through an engine, with all but TensorRT and the GPU being real.

The kernels run on the CPU and the graph in ONNX Runtime, so the maps must be those of the backend
onnxruntime, byte for byte.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from helpers.on_cpu import CpuDevice, CpuEngine, needs_compiler
from helpers.tiny_model import make_graph, make_instances_graph, write_model
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
from seg_node.perception.backends.tensorrt.runner import (
    check_engine,
    EngineRunner,
    EngineShape,
    KEPT,
)
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.model import load_model

pytestmark = needs_compiler


@pytest.fixture(scope='module')
def model():
    return load_model('road')


@pytest.fixture(scope='module')
def backend(model):
    return OnnxRuntimeBackend(model, 2, 'a test')


def open_runner(model, max_batch=1, **options):
    device = CpuDevice(**options)
    engine = CpuEngine(model.graph, device, max_batch)
    return EngineRunner(device, engine, check_engine(engine, model)), device, engine


def images(*sizes):
    rng = np.random.default_rng(7)
    for width, height in sizes:
        coarse = rng.integers(0, 256, (height // 16 + 1, width // 16 + 1, 3), np.uint8)
        yield Pixels.of(np.ascontiguousarray(
            coarse.repeat(16, 0).repeat(16, 1)[:height, :width]))


def assert_same(results, expected):
    for one, other in zip(results, expected, strict=True):
        np.testing.assert_array_equal(one.labels, other.labels)
        np.testing.assert_array_equal(one.confidence, other.confidence)


@pytest.mark.parametrize('options', [
    {}, {'integrated': True}, {'refuses_graphs': True}], ids=str)
def test_frames_of_any_size_give_the_maps_of_the_cpu(model, backend, options):
    runner, device, _ = open_runner(model, **options)
    sizes = [(640, 480), (1280, 720), (320, 192), (201, 333), (640, 480), (960, 576)]
    for image in images(*sizes):
        assert_same(runner.run([image]), backend.infer([image]))
    assert device.graph_runs == (0 if options.get('refuses_graphs') else len(sizes))
    assert [note for note in runner.notes if 'without a CUDA graph' in note] == runner.notes
    assert len(runner.notes) == (1 if options.get('refuses_graphs') else 0)


def test_several_cameras_go_together(model, backend):
    runner, _, engine = open_runner(model, max_batch=4)
    frames = list(images((640, 480), (320, 192), (640, 480), (1280, 720)))
    for part in (frames, frames[::-1], frames[:2], frames[2:3], frames):
        alone = [seen for frame in part for seen in backend.infer([frame])]
        assert_same(runner.run(part), alone)
    assert engine.contexts == 4      # a way for each combination, and the first one again
    for count in (0, 5):
        with pytest.raises(ValueError, match=f'{count} images; the engine takes 1 to 4'):
            runner.run(frames[:1] * count)


def test_images_with_padded_rows_are_taken(model, backend):
    runner, _, _ = open_runner(model)
    wide, = images((700, 480))
    part = Pixels.of(wide.bgr[:, :640])
    assert_same(runner.run([part]), backend.infer([part]))


def test_results_share_no_memory_with_later_ones(model):
    runner, _, _ = open_runner(model)
    first, second = images((640, 480), (640, 480))
    seen, = runner.run([first])
    kept = seen.labels.copy(), seen.confidence.copy()
    runner.run([second])
    np.testing.assert_array_equal((seen.labels, seen.confidence), kept)


def test_memory_does_not_grow_with_the_sizes_seen(model):
    runner, device, _ = open_runner(model)
    for width in range(100, 100 + KEPT):
        runner.run([Pixels.of(np.zeros((80, width, 3), np.uint8))])
    full = len(device.held)
    for width in range(200, 205):
        runner.run([Pixels.of(np.zeros((80, width, 3), np.uint8))])
    assert len(device.held) == full
    runner.close()
    runner.close()
    assert device.held == []


def test_what_fails_on_the_gpu_is_told(model):
    runner, device, engine = open_runner(model)
    image, = images((320, 192))
    runner.run([image])
    device.broken = True
    with pytest.raises(DeviceError, match='illegal memory access'):
        runner.run([image])
    runner, device, engine = open_runner(model)
    engine.refuses = True
    with pytest.raises(DeviceError, match='could not put the network on the stream'):
        runner.run([image])


def test_instances_come_back_where_the_manifest_has_them(tmp_path):
    graph = make_instances_graph(64, 32)
    told = load_model(write_model(tmp_path / 'told', graph, instances=True))
    runner, _, _ = open_runner(told)
    image = np.zeros((32, 64, 3), np.uint8)
    image[10:20, 5:60] = (20, 30, 200)
    image = Pixels.of(image)
    (found,) = runner.run([image])
    assert set(np.unique(found.instances).tolist()) == {0, 1, 2}
    assert ((found.instances > 0) == (found.labels == 3)).all()
    (cpu,) = OnnxRuntimeBackend(told, 2, 'a test').infer([image])
    np.testing.assert_array_equal(cpu.instances, found.instances)
    silent = load_model(write_model(tmp_path / 'silent', graph))
    with pytest.raises(BackendError, match='instances; must be image in, labels and confidence'):
        open_runner(silent)
    (cpu,) = OnnxRuntimeBackend(silent, 2, 'a test').infer([image])
    assert cpu.instances is None
    lacking = load_model(write_model(tmp_path / 'lacking', make_graph(64, 32), instances=True))
    with pytest.raises(BackendError, match="'instances' is missing"):
        OnnxRuntimeBackend(lacking, 2, 'a test')


def test_an_engine_tells_its_batch(model):
    device = CpuDevice()
    assert check_engine(CpuEngine(model.graph, device, 3), model) == EngineShape(
        model.width, model.height, 3, ('labels', 'confidence'))
    assert check_engine(CpuEngine(model.graph, device, 2, fixed=True), model).max_batch == 2


def test_an_engine_of_another_network_is_refused(model):
    engine = CpuEngine(model.graph, CpuDevice())
    takes = f'model.yaml says 64x192, graph takes {model.width}x192'
    with pytest.raises(BackendError, match=takes):
        check_engine(engine, replace(model, width=64))
    engine.get_tensor_name = lambda index: ('image', 'scores', 'labels')[index]
    with pytest.raises(BackendError, match='are image, scores, labels; must be image in, labels'):
        check_engine(engine, model)
