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

"""The ONNX Runtime backend on real graphs, right and wrong ones."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import numpy as np
from onnx import helper, TensorProto
import pytest

from helpers.tiny_model import (
    CLASSES,
    finish,
    make_graph,
    SURE,
    UNSURE,
    write_model,
    write_tiny_model,
)
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.onnxruntime.session import (
    core_shares,
    running_on,
    thread_cores,
)
from seg_node.perception.backends.registry import BackendOptions, open_backend
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.model import load_model, ModelError
from seg_node.perception.segmenter import Segmenter

ONE_THREAD = BackendOptions(name='onnxruntime', threads=1)
NAMES = [entry['name'] for entry in CLASSES]


def open_graph(folder, graph, **fields):
    return open_backend(load_model(write_model(folder, graph, **fields)), ONE_THREAD)


def constant_graph(value, *, size=('N', 32, 64), output_size=None, shape=(1, 32, 64)):
    """Return a graph that gives one value as every label, whatever it sees."""
    data = np.full(shape, value, np.uint8)
    tensor = helper.make_tensor('value', TensorProto.UINT8, data.shape, data.tobytes(), raw=True)
    nodes = [helper.make_node('Identity', ['value'], [name]) for name in ('labels', 'confidence')]
    return finish(nodes, [tensor], size, output_size=output_size or size)


def red_graph():
    """Return a graph that gives each pixel's red as its label and confidence."""
    index = helper.make_tensor('index', TensorProto.INT64, [], [0])
    nodes = [helper.make_node('Gather', ['image', 'index'], [name], axis=3)
             for name in ('labels', 'confidence')]
    return finish(nodes, [index], (1, 32, 64))


@pytest.mark.parametrize('batch', ['N', 1])
def test_a_graph_under_the_contract_runs(tmp_path, batch):
    backend = open_graph(tmp_path, make_graph(64, 32, batch=batch, class_names=NAMES))
    bgr = np.zeros((32, 64, 3), np.uint8)
    bgr[:, :16] = (30, 200, 20)
    bgr[:, 16:32] = (20, 30, 200)
    bgr[:, 32:48] = (200, 30, 20)
    bgr[:, 48:] = (100, 125, 100)
    seen, = backend.infer([Pixels.of(bgr)])
    labels, confidence = seen.labels, seen.confidence
    assert labels.dtype == confidence.dtype == np.uint8
    assert labels.shape == confidence.shape == (32, 64)
    assert labels[5, [0, 20, 40, 60]].tolist() == [1, 3, 0, 1]
    assert confidence[5, [0, 20, 40, 60]].tolist() == [SURE, SURE, SURE, UNSURE]


def test_results_are_independent_of_later_frames(tmp_path):
    backend = open_backend(load_model(write_tiny_model(tmp_path)), ONE_THREAD)
    bgr = np.zeros((32, 64, 3), np.uint8)
    bgr[...] = (0, 255, 0)
    seen, = backend.infer([Pixels.of(bgr)])
    bgr[...] = (0, 0, 255)
    backend.infer([Pixels.of(bgr)])
    assert (seen.labels == 1).all()


def test_the_backend_says_what_it_is(tmp_path):
    model = load_model(write_tiny_model(tmp_path))
    backend = open_backend(model, BackendOptions(name='onnxruntime', threads=2))
    assert (backend.name, backend.precision) == ('onnxruntime', 'fp32')
    assert 'CPU, 2 threads' in backend.detail
    assert backend.chosen_because == 'onnxruntime: asked for by name'
    assert backend.model == model


def test_a_closed_backend_refuses_to_run(tmp_path):
    backend = open_backend(load_model(write_tiny_model(tmp_path)), ONE_THREAD)
    backend.close()
    backend.close()
    with pytest.raises(BackendError, match='closed'):
        backend.infer([Pixels.of(np.zeros((32, 64, 3), np.uint8))])


def test_a_file_that_is_no_graph_is_refused(tmp_path):
    class Garbage:
        @staticmethod
        def SerializeToString():  # noqa: N802
            return b'not a graph'

    with pytest.raises(ModelError, match='is not an ONNX file'):
        open_graph(tmp_path, Garbage)


def test_another_input_size_than_the_manifests_is_refused(tmp_path):
    with pytest.raises(BackendError, match='model.yaml says 64x32, graph takes 40x16'):
        open_graph(tmp_path, make_graph(40, 16))


@pytest.mark.parametrize(('names', 'message'), [
    (NAMES[:4], 'model.yaml: 5 classes, graph gives 4'),
    ([*NAMES, 'more'], 'model.yaml: 5 classes, graph gives 6'),
    (['background', 'sidewalk', 'path', *NAMES[3:]], 'class 1 is path, graph says sidewalk'),
])
def test_other_classes_than_the_manifests_are_refused(tmp_path, names, message):
    with pytest.raises(BackendError, match=message):
        open_graph(tmp_path, make_graph(64, 32, class_names=names))


def cast_graph(*, outputs=('labels', 'confidence'), input_name='image', dtype=TensorProto.UINT8):
    """Return a graph that gives one channel, with changes that break the contract."""
    index = helper.make_tensor('index', TensorProto.INT64, [], [0])
    nodes = [helper.make_node('Gather', [input_name, 'index'], ['plane'], axis=3)]
    nodes += [helper.make_node('Cast', ['plane'], [name], to=dtype)
              for name in ('labels', 'confidence')]
    graph = finish(nodes, [index], (1, 32, 64), input_name=input_name, output_type=dtype)
    kept = [item for item in graph.graph.output if item.name in outputs]
    del graph.graph.output[:]
    graph.graph.output.extend(kept)
    return graph


@pytest.mark.parametrize(('graph', 'message'), [
    (cast_graph(input_name='pixels'), "inputs are pixels; must be 'image'"),
    (cast_graph(outputs=('labels',)), "outputs are labels; 'confidence' is missing"),
    (cast_graph(dtype=TensorProto.INT32),
     r"output 'labels': is int32 \[1, 32, 64\]; must be uint8"),
    (make_graph(64, 32, batch=2), r'takes 2 image\(s\) at once; 1 wanted'),
    (make_graph('W', 'H'), 'height and width are dynamic'),
    (constant_graph(1, output_size=('N', 16, 64), shape=(1, 16, 64)),
     r'output labels is uint8 \[1, 16, 64\], must be uint8 \[1, 32, 64\]'),
    (constant_graph(1, output_size=('N', 32), shape=(1, 32)), r'must be uint8 \[N, H, W\]'),
    (constant_graph(5), 'gives label 5, the manifest has 5 classes'),
    (constant_graph(254), 'gives label 254'),
])
def test_graphs_that_break_the_contract_are_refused_when_opened(tmp_path, graph, message):
    with pytest.raises(BackendError, match=message):
        open_graph(tmp_path, graph)


def test_unlabelled_pixels_are_taken_but_do_not_hide_wrong_labels(tmp_path):
    seen, = open_graph(tmp_path / 'a', constant_graph(255)).infer(
        [Pixels.of(np.zeros((32, 64, 3), np.uint8))])
    assert (seen.labels == 255).all()
    backend = open_graph(tmp_path / 'b', red_graph())
    bgr = np.zeros((32, 64, 3), np.uint8)
    bgr[0, :2, 2] = (255, 7)
    with pytest.raises(BackendError, match='gives label 7'):
        backend.infer([Pixels.of(bgr)])


@pytest.mark.parametrize('threads, cores, shares', [
    (1, {0, 1}, [[]]),
    (2, {0}, [[]]),
    (2, {0, 1}, [[0], [1]]),
    (2, {4, 7}, [[4], [7]]),
    (2, set(range(8)), [[0, 1, 2, 3], [4, 5, 6, 7]]),
    (3, set(range(8)), [[0, 1], [2, 3, 4], [5, 6, 7]]),
    (4, {0, 1, 2, 3}, [[0], [1], [2], [3]]),
    (9, set(range(8)), [[]]),
])
def test_threads_spread_over_the_cores(threads, cores, shares):
    assert thread_cores(threads, cores) == shares


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason='one core')
def test_the_caller_keeps_to_its_cores_while_the_network_works():
    before = os.sched_getaffinity(0)
    first, *_, last = sorted(before)
    with pytest.raises(BackendError), running_on([last]):
        assert os.sched_getaffinity(0) == {last}
        with running_on([first]):   # not one that it may use
            assert os.sched_getaffinity(0) == {last}
        raise BackendError
    assert os.sched_getaffinity(0) == before
    with running_on([]):
        assert os.sched_getaffinity(0) == before


@pytest.mark.parametrize('cores, count, shares', [
    ({0, 1}, 2, [[0], [1]]),
    ({4, 7, 5}, 2, [[4], [5, 7]]),
    ({3}, 2, [[], [3]]),
    (set(range(8)), 3, [[0, 1], [2, 3, 4], [5, 6, 7]]),
])
def test_cores_are_shared_out(cores, count, shares):
    assert core_shares(cores, count) == shares


@pytest.mark.parametrize(
    'threads, cameras, together', [(1, 3, 1), (2, 1, 1), (2, 3, 2), (6, 3, 3)])
def test_as_many_images_together_as_there_are_threads(tmp_path, threads, cameras, together):
    backend = open_backend(
        load_model(write_tiny_model(tmp_path)),
        BackendOptions(name='onnxruntime', threads=threads, max_batch=cameras))
    assert backend.max_batch == together
    backend.close()


def test_images_together_are_seen_as_each_alone():
    random = np.random.default_rng(5)
    images = [random.integers(0, 256, (height, width, 3), np.uint8)
              for height, width in ((360, 640), (72, 96), (720, 1280), (256, 480))]
    options = BackendOptions(name='onnxruntime', threads=4, max_batch=4)
    with Segmenter.open('road', options) as segmenter:
        alone = [segmenter.segment(image) for image in images]
        for count in (4, 3, 2):
            together = segmenter.segment_together(list(map(Pixels.of, images[:count])))
            assert len(together) == count
            for one, other in zip(alone[:count], together, strict=True):
                np.testing.assert_array_equal(one.labels, other.labels)
                np.testing.assert_array_equal(one.confidence, other.confidence)
                assert (one.width, one.height) == (other.width, other.height)


def test_one_image_that_fails_fails_those_beside_it_and_no_later_ones(tmp_path):
    model = load_model(write_model(tmp_path, red_graph()))
    backend = open_backend(model, BackendOptions(name='onnxruntime', threads=2, max_batch=2))
    good, bad = np.zeros((2, 32, 64, 3), np.uint8)
    bad[0, 0, 2] = 7
    good, bad = Pixels.of(good), Pixels.of(bad)
    for images in ([good, bad], [bad, good]):
        with pytest.raises(BackendError, match='gives label 7'):
            backend.infer(images)
    assert [seen.labels.max() for seen in backend.infer([good, good])] == [0, 0]
    with pytest.raises(ValueError):
        backend.infer([good, good, good])
    backend.close()
    with pytest.raises(BackendError, match='closed'):
        backend.infer([good, good])


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason='one core')
def test_a_thread_of_the_pool_keeps_to_its_cores(tmp_path):
    model = load_model(write_tiny_model(tmp_path))
    before = set(os.listdir('/proc/self/task'))
    backend = open_backend(model, BackendOptions(name='onnxruntime', threads=2))
    cores = sorted(os.sched_getaffinity(0))
    pool = set(os.listdir('/proc/self/task')) - before
    # Each thread sets it for itself, once it runs.
    deadline = time.monotonic() + 30.0
    while set(cores[len(cores) // 2:]) not in [os.sched_getaffinity(int(task)) for task in pool]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert os.sched_getaffinity(0) == set(cores)
    backend.close()


def test_no_library_is_loaded_before_a_backend_is_chosen():
    code = ('import sys, seg_node.perception.segmenter; '
            'sys.exit(any(name in sys.modules for name in ("onnxruntime", "tensorrt", '
            '"tensorrt_rtx", "pycuda")))')
    assert subprocess.run([sys.executable, '-c', code], timeout=60).returncode == 0


def test_a_missing_library_is_explained(tmp_path, monkeypatch):
    model = load_model(write_tiny_model(tmp_path))
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    monkeypatch.delitem(
        sys.modules, 'seg_node.perception.backends.onnxruntime.backend', raising=False)
    with pytest.raises(BackendError, match='pip install onnxruntime'):
        open_backend(model, ONE_THREAD)
