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

"""Engines, stages and endurance of gpu_check, on a device and an engine on the CPU."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.gpu import endurance, engines, other_ways, precisions, rivals, stages
from benchmarks.gpu.engines import Agreement, Engines, Referee
from benchmarks.gpu.outcome import Settings, Status, UnavailableError
from benchmarks.gpu.timing import Bandwidth, by_stage, wall
from benchmarks.model.images import rendered_scenes
from helpers.on_cpu import CpuDevice, CpuEngine, needs_compiler
from helpers.tiny_model import write_tiny_model
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
from seg_node.perception.backends.tensorrt.builder import BuildError, BuildFacts
from seg_node.perception.backends.tensorrt.cache import CachedEngine, EngineSource
from seg_node.perception.backends.tensorrt.layers import LayerInfo, LayerSummary
from seg_node.perception.backends.tensorrt.opening import OpenedEngine
from seg_node.perception.backends.tensorrt.runner import check_engine, EngineRunner, ImageForm
from seg_node.perception.images.layout import Layout
from seg_node.perception.models.model import load_model, Precision
from seg_node.scoring.path_score import PathScore
from seg_node.scoring.percentiles import Percentiles


@pytest.fixture
def model(tmp_path):
    return load_model(write_tiny_model(tmp_path / 'tiny'))


def on_cpu(model, **options):
    device = CpuDevice(**options)
    engine = CpuEngine(model.graph, device)
    runner = EngineRunner(device, engine, check_engine(engine, model))
    return OpenedEngine(model, 'fp16', 'a test', ('old driver',), runner, device)


def onnxruntime(model):
    return OnnxRuntimeBackend(model, 1, 'a test')


class WrongBackend(OnnxRuntimeBackend):
    """Takes some of what is no path for path."""

    def infer(self, images):
        return [replace(seen, labels=np.where(np.arange(seen.labels.size).reshape(
            seen.labels.shape) % 50, seen.labels, 1).astype(np.uint8))
            for seen in super().infer(images)]


def make(model):
    layers = LayerSummary((LayerInfo('conv', 'Convolution', 'fp16', 8),))
    return CachedEngine(
        b'engine', BuildFacts('TensorRT 10.3', 12.5, {}, layers), EngineSource.CACHE)


@pytest.mark.parametrize(('open_backend', 'failed'), [
    (onnxruntime, []),
    (lambda model: WrongBackend(model, 1, 'a test'), ['equal labels', 'path IoU'])])
def test_labels_of_an_engine(model, open_backend, failed):
    found = Engines(make, open_backend)
    found.add(model, Referee(model, rendered_scenes(2)))
    outcome = found.outcome()
    assert [check.what.partition(': ')[2] for check in outcome.checks
            if not check.passed] == failed
    (row,) = outcome.tables[0].rows
    assert row[:5] == ('tiny fp32', '12.5 s (from the cache)', '0.0 MB', 'fp16 (1 fp16)',
                       "TensorRT's own")
    assert (outcome.figures['tiny fp32']['equal'] == 1) is (not failed)


@pytest.mark.parametrize('where', ['make', 'open'])
def test_an_engine_that_fails_does_not_keep_the_next_from_running(model, where):
    def fail(model):
        raise BuildError('no such layer') if where == 'make' else BackendError('no such layer')

    working = {'make': make, 'open': onnxruntime}
    referee = Referee(model, rendered_scenes(1))
    found = Engines(**{**working, where: fail})
    found.add(model, referee)
    found.make, found.open = make, onnxruntime
    found.add(model, referee)
    first, *others = found.outcome().checks
    assert (first.found, first.passed) == ('no such layer', False)
    assert others and all(check.passed for check in others)


def test_other_precisions_are_those_that_the_node_does_not_use_of_itself():
    road = load_model('road')
    assert [graph.precision for graph in precisions._others(road)] == [
        Precision.FP32, Precision.INT8]


@pytest.mark.parametrize(('precision', 'equal', 'iou', 'passed'), [
    (Precision.FP16, 9950, 900, [True, True]), (Precision.FP16, 9949, 900, [False, True]),
    (Precision.FP16, 9999, 896, [True, False]), (Precision.INT8, 9800, 800, [True]),
    (Precision.INT8, 9799, 900, [False])])
def test_limits_of_agreement(precision, equal, iou, passed):
    one = Agreement(equal, 10_000, PathScore(iou, 1000, iou, 0), PathScore(900, 1000, 900, 0))
    assert [check.passed for check in one.checks('road', precision)] == passed


def test_images(tmp_path):
    items, told = engines.images(Settings(str(tmp_path), images=3))
    assert len(items) == 3
    assert 'rendered' in told
    with pytest.raises(UnavailableError, match='lums'):
        engines.images(Settings(str(tmp_path), data=str(tmp_path)))


@needs_compiler
@pytest.mark.parametrize('options', [{}, {'integrated': True}, {'refuses_graphs': True}], ids=str)
def test_stages_of_a_frame(model, monkeypatch, options):
    monkeypatch.setattr(stages, 'FORMS', (
        ImageForm(Layout.BGR8, 64, 48), ImageForm(Layout.NV12, 130, 70)))
    opened = []

    def open_runner(model):
        opened.append(on_cpu(model, **options))
        return opened[-1]

    outcome = stages.measure_model(model, 12, open_runner, onnxruntime)
    figures = outcome.figures['tiny fp32']
    assert [one['form'] for one in figures['frames']] == [('BGR8', 64, 48), ('NV12', 130, 70)]
    for one in figures['frames']:
        assert list(one['stages']) == ['upload', 'input kernel', 'network', 'download']
        assert sum(part['p50'] for part in one['stages'].values()) > 0
        assert one['run']['p50'] >= one['sum']['p50'] * 0.1 > 0
        assert (one['copies'] == 0) is bool(options.get('integrated'))
    assert len(outcome.tables) == 2
    assert 'tiny fp32: old driver' in outcome.notes
    assert len(outcome.checks) == 2
    assert opened[0].device.released


@needs_compiler
def test_stages_of_a_backend_that_fails(model):
    def fail(model):
        raise BackendError('the GPU fell off the bus')

    outcome = stages.measure_model(model, 12, on_cpu, fail)
    assert outcome.status is Status.FAILED
    assert 'fell off' in outcome.checks[0].found


@pytest.mark.parametrize(('run_ms', 'passed'), [(1.3, True), (1.31, False)])
def test_ratio(run_ms, passed):
    some = Percentiles(p50=0.1, p99=0.2)
    times = stages.FrameTimes(ImageForm(Layout.BGR8, 640, 480), {'upload': some}, some, some,
                              Percentiles(p50=run_ms, p99=9), some, 0.75, 0.9, 0.25)
    assert times.ratio == pytest.approx(run_ms)
    assert stages._check('road', times).passed is passed


def test_times():
    assert Percentiles.of([1.0, 3.0, 2.0]).p50 == 2
    calls = []
    wall(lambda: calls.append(1), 10, warm_up=5)
    assert len(calls) == 15
    assert Bandwidth(2e6, 1e6).limit_ms(1_000_000, 500_000) == pytest.approx(1.0)
    assert Bandwidth.of(CpuDevice(integrated=True)).limit_ms(1, 1) == 0


def test_the_plug_runs_before_the_stages_and_its_time_is_not_theirs():
    stream = CpuDevice().stream()
    order = []
    *each, total = by_stage(
        stream, [lambda: stream.work.append(lambda: order.append('a')),
                 lambda: stream.work.append(lambda: order.append('b'))],
        lambda: stream.work.append(lambda: order.append('plug')), 10, warm_up=1)
    assert order == ['plug', 'a', 'b'] * 11
    assert len(each) == 2
    assert total.p50 <= 1.0


class Probe:
    """Memory that grows by so much whenever it is asked for."""

    def __init__(self, gpu=0, process=0, shared=False):
        self._step, self.shared, self._asked = (gpu, process), shared, 0

    def gpu(self):
        self._asked += 1
        return self._asked * self._step[0]

    def process(self):
        return self._asked * self._step[1]


@pytest.mark.parametrize(('probe', 'failed'), [
    (Probe(), []), (Probe(gpu=1 << 20), ['memory of the GPU']),
    (Probe(gpu=1 << 20, shared=True), []),
    (Probe(process=1 << 20), ['memory of the process'])])
def test_what_grows_is_found(model, monkeypatch, probe, failed):
    monkeypatch.setattr(endurance, 'SIZE', (64, 48))
    found = endurance.endure(onnxruntime(model), probe, 40)
    again = endurance.reopen(lambda: onnxruntime(model), probe, 20)
    for growth in (found.growth, again):
        assert [name for check in growth.checks('road') if not check.passed
                for name in failed if name in check.what] == failed
    assert found.frames == 40
    outcome = endurance.report('tiny', found, again, 20)
    assert len(outcome.checks) == 5
    assert len(outcome.tables[1].rows) == 4


@pytest.mark.parametrize(('last', 'passed'), [(1.1, True), (1.2, False)])
def test_drift(last, passed):
    still = endurance.Memory(1, 1)
    run = endurance.Run(100, endurance.Growth(still, still, False), Percentiles(p50=1, p99=1),
                        Percentiles(p50=1, p99=2), Percentiles(p50=last, p99=2))
    assert run.checks('road')[-1].passed is passed


@pytest.mark.parametrize(('eager', 'passed'), [(10.0, [True]), (9.0, [False]), (None, [])])
def test_rivals(eager, passed):
    times = {} if eager is None else {rivals.EAGER: Percentiles(p50=eager, p99=eager)}
    times['ONNX Runtime CUDA fp32'] = Percentiles(p50=4.0, p99=5.0)
    rows, checks = rivals.compare('road', 'TensorRT fp16', Percentiles(p50=2.0, p99=2.5), times)
    assert [check.passed for check in checks] == passed
    assert rows[0] == ('road', 'TensorRT fp16', '2.000 (2.500)', '1')
    assert rows[-1][-1] == '2.0'


@pytest.mark.parametrize(('python', 'said'), [
    ('/no/python', 'No such file'), ('/bin/false', 'ended with exit code 1')])
def test_another_python_that_cannot_run_them_is_told(model, tmp_path, python, said):
    times, (absent,) = rivals.others(model, Settings(str(tmp_path), rival_python=python))
    assert times == {}
    assert python in absent and said in absent


def test_rivals_run_in_a_python_of_their_own(model, tmp_path):
    times, absent = rivals.others(model, Settings(str(tmp_path), timed=10))
    assert times == {}  # no GPU here, or no design of that name
    assert len(absent) == 2
    assert any('ONNX Runtime' in text for text in absent)


def test_rivals_that_are_not_there_say_what_would_be_needed(model, monkeypatch):
    def importing(name):
        if name == 'torch':
            raise ImportError('No module named torch')
        return SimpleNamespace(get_available_providers=lambda: ['CPUExecutionProvider'])

    monkeypatch.setattr(other_ways.importlib, 'import_module', importing)
    ways, absent = other_ways.others(model, np.zeros((48, 64, 3), np.uint8))
    assert ways == {}
    assert 'pip install torch' in absent[0]
    assert 'pip install onnxruntime-gpu' in absent[1]
