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

"""Baselines: tiny networks in their place, with inputs and outputs like theirs."""

from __future__ import annotations

import sys

import numpy as np
import onnx
from onnx import helper, TensorProto
import pytest

from benchmarks.model.baselines import ADAS, FILES, open_baselines, PathAnswer, TWIN
from seg_node.errors import UserError
from seg_node.perception.input_scaler import InputScaler

HEIGHT, WIDTH = 32, 64


def write_twin(folder):
    """Write a TwinLiteNet whose `da` is sure of path where red is more than blue."""
    nodes = [
        helper.make_node('Split', ['images'], ['red', 'green', 'blue'], axis=1, num_outputs=3),
        helper.make_node('Mul', ['red', 'scale'], ['path']),
        helper.make_node('Mul', ['blue', 'scale'], ['background']),
        helper.make_node('Concat', ['background', 'path'], ['da'], axis=1),
        helper.make_node('Concat', ['path', 'background'], ['ll'], axis=1),
    ]
    shape = [1, 2, HEIGHT, WIDTH]
    graph = helper.make_graph(
        nodes, 'twin',
        [helper.make_tensor_value_info('images', TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ('da', 'll')],
        [helper.make_tensor('scale', TensorProto.FLOAT, [1], [4.0])])
    (folder / 'baselines').mkdir(exist_ok=True)
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid('', 18)], ir_version=8),
        folder / 'baselines' / FILES[TWIN])


def write_adas(folder):
    """Write an adas-0001 that takes blue for road, green for curb, red for mark."""
    import openvino
    from openvino import opset13 as ops
    image = ops.parameter([1, 3, HEIGHT, WIDTH], np.float32, name='data')
    blue, green, red = ops.split(image, ops.constant(np.int64(1)), 3).outputs()
    none = ops.constant(np.full((1, 1, HEIGHT, WIDTH), 100.0, np.float32))
    logits = ops.multiply(ops.concat([none, blue, green, red], 1), np.float32(0.05))
    (folder / 'baselines').mkdir(exist_ok=True)
    openvino.save_model(openvino.Model([ops.softmax(logits, 1)], [image], 'adas'),
                        str(folder / 'baselines' / FILES[ADAS]), compress_to_fp16=False)


def striped(*colors, height=48, width=96):
    """Paint upright stripes of BGR colours."""
    edges = np.linspace(0, width, len(colors) + 1).astype(int)
    bgr = np.zeros((height, width, 3), np.uint8)
    for left, right, color in zip(edges, edges[1:], colors, strict=False):
        bgr[:, left:right] = color
    return bgr


@pytest.fixture
def only(tmp_path):
    """Return a baseline, opened alone."""
    pytest.importorskip('openvino')
    opened = []

    def open_one(name):
        (write_twin if name == TWIN else write_adas)(tmp_path)
        found, left_out = open_baselines(tmp_path, threads=1)
        opened.extend(found)
        assert len(left_out) == 1
        return found[0]
    yield open_one
    for one in opened:
        one.close()


BLUE, GREEN, RED, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)


@pytest.mark.parametrize('name, colors, path', [
    (TWIN, (BLUE, RED), (0, 1)),
    (TWIN, (RED, BLUE), (1, 0)),
    (ADAS, (BLUE, GREEN, RED, BLACK), (1, 0, 1, 0)),
])
def test_the_mask_has_the_frame_s_size_and_the_network_s_meaning(only, name, colors, path):
    answer = only(name).segment(striped(*colors))
    assert answer.mask.shape == (48, 96) and answer.mask.dtype == np.uint8
    width = 96 // len(colors)
    for stripe, expected in enumerate(path):
        inside = slice(stripe * width + 4, (stripe + 1) * width - 4)
        assert (answer.mask[:, inside] == expected).all()
        assert (answer.path[:, inside] == bool(expected)).all()
        assert (answer.confidence_full[:, inside] > 220).all()
    assert answer.labels.shape == answer.confidence.shape == (HEIGHT, WIDTH)


def test_pixels_are_scaled_as_in_training(only):
    """Half of red, no blue: a logit of 4 x 0.5, a probability of 0.88."""
    answer = only(TWIN).segment(striped((0, 0, 128)))
    assert answer.probability == pytest.approx(np.full((HEIGHT, WIDTH), 0.881 * 255), abs=2)


def test_later_frames_leave_earlier_answers_alone(only):
    contender = only(TWIN)
    first = contender.segment(striped(RED))
    assert contender.inference_s > 0
    contender.segment(striped(BLUE))
    assert first.mask.all()


def test_it_says_what_it_is(only):
    facts = only(TWIN).facts
    assert facts.name == TWIN and facts.baseline
    assert (facts.width, facts.height) == (WIDTH, HEIGHT)
    assert facts.runtime.startswith('OpenVINO 20') and facts.parameters == 1
    assert facts.precision in ('fp32', 'bf16', 'fp16')


def test_confidence_is_that_of_the_label():
    answer = PathAnswer(np.array([[0, 100, 127, 128, 255]], np.uint8), 5, 1)
    assert answer.labels.tolist() == [[0, 0, 0, 1, 1]]
    assert answer.confidence.tolist() == [[255, 155, 128, 128, 255]]


def test_what_is_not_there_is_said(tmp_path):
    opened, left_out = open_baselines(tmp_path, threads=1)
    assert opened == []
    assert left_out == [
        f'{name}: left out, there is no baselines/{file} in the data folder'
        for name, file in FILES.items()]


def test_without_openvino_the_remedy_is_said(tmp_path, monkeypatch):
    write_twin(tmp_path)
    monkeypatch.setitem(sys.modules, 'openvino', None)
    opened, left_out = open_baselines(tmp_path, threads=1)
    assert opened == []
    assert left_out[1] == (f'{TWIN}: left out, OpenVINO is not installed; '
                           'pip install -r requirements/baselines.txt')


def test_a_damaged_file_is_named(tmp_path):
    pytest.importorskip('openvino')
    (tmp_path / 'baselines').mkdir()
    (tmp_path / 'baselines' / FILES[TWIN]).write_bytes(b'not a graph')
    with pytest.raises(UserError, match='twinlitenet.onnx: OpenVINO cannot use it'):
        open_baselines(tmp_path, threads=1)


def test_images_shrink_as_for_the_bundled_networks(only):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (HEIGHT * 8, WIDTH * 8, 3), np.uint8)
    small = InputScaler(WIDTH, HEIGHT).resize(noise)
    contender = only(TWIN)
    assert (contender.segment(noise).probability == contender.segment(small).probability).all()
