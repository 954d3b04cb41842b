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

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
from hypothesis import assume, given, settings
from hypothesis import strategies as st
import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest

from helpers.foreign_network import enlarged, expected, Form, run_graph, save, softmax
from helpers.places import DATA
from seg_node.perception.models.model import load_model
from seg_node.perception.models.self_test import run_self_test
from seg_node.perception.segmenter import Segmenter
from seg_node.tools.import_model.__main__ import main
from training.random_scene import random_scene

ROAD = (0,)


def images(form, count=1, seed=1):
    """Return RGB images with smooth and with sharp parts."""
    scenes = [random_scene(seed + k, form.width, form.height).bgr for k in range(count)]
    return np.ascontiguousarray(np.stack(scenes)[..., ::-1])


def imported(tmp_path, model, *options, classes='cityscapes'):
    network = model if isinstance(model, Path) else save(model, tmp_path)
    out = tmp_path / 'model'
    assert main([str(network), '--out', str(out), '--classes', str(classes), *options]) == 0
    return out


def class_file(folder, count, drivable=ROAD):
    path = folder / 'classes.yaml'
    path.write_text('\n'.join(f'- {{name: class {k}, drivable: {str(k in drivable).lower()}}}'
                              for k in range(count)))
    return path


def pixels(rgb):
    return np.moveaxis(rgb.astype(np.float64) / 255, 3, 1)


def assert_same(found, wanted):
    """Allow for pixels on which two classes are equal but for rounding."""
    labels, confidence = found
    assert labels.dtype == confidence.dtype == np.uint8
    assert (labels == wanted[0]).mean() > 0.998
    assert np.abs(confidence.astype(int) - wanted[1]).max() <= 1


@pytest.mark.parametrize('form', [
    Form(), Form(stride=1), Form(stride=8), Form(nhwc=True), Form(width=70, height=34),
    Form(batch='N'), Form(names=('image', 'labels')), Form(opset=11),
], ids=str)
def test_logits_become_labels_and_confidence(tmp_path, form):
    out = imported(tmp_path, form.model())
    rgb = images(form)
    logits = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    assert len(np.unique(labels)) > 3
    assert_same((labels[0], confidence[0]), expected(softmax(logits), ROAD))


@settings(max_examples=25)
@given(st.data())
def test_any_classes_and_sizes(tmp_path_factory, data):
    count = data.draw(st.integers(2, 6), 'classes')
    ids = st.sets(st.integers(0, count - 1), min_size=1, max_size=count - 1)
    drivable = data.draw(ids, 'drivable')
    form = Form(count, data.draw(st.integers(32, 90)), data.draw(st.integers(32, 90)),
                data.draw(st.integers(1, 8), 'stride'))
    # Nobody can tell which dimension of [1, 4, 4, 4] has the classes.
    assume(len({count, *form.raw(pixels(images(form))).shape[2:]}) > 1)
    folder = tmp_path_factory.mktemp('any')
    out = imported(folder, form.model(), classes=class_file(folder, count, drivable))
    rgb = images(form)
    labels, confidence = run_graph(out, rgb)
    logits = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    assert_same((labels[0], confidence[0]), expected(softmax(logits), tuple(drivable)))


def test_normalisation_and_channel_order(tmp_path):
    form = Form()
    mean, std = np.array([104.0, 117, 123]), np.array([57.0, 58, 59])
    out = imported(tmp_path, form.model(), '--order', 'bgr', '--scale', '1',
                   '--mean', *map(str, mean), '--std', *map(str, std))
    rgb = images(form)
    given = np.moveaxis((rgb[..., ::-1] - mean) / std, 3, 1)
    logits = enlarged(form.raw(given)[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]), expected(softmax(logits), ROAD))


def test_half_precision(tmp_path):
    form = Form(half=True)
    out = imported(tmp_path, form.model())
    rgb = images(form)
    logits = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    wanted = expected(softmax(logits), ROAD)
    assert (labels[0] == wanted[0]).mean() > 0.99
    assert np.abs(confidence[0].astype(int) - wanted[1]).max() <= 3
    with Segmenter.open(out) as segmenter:
        assert segmenter.backend.precision == 'fp16'


@pytest.mark.parametrize('nhwc', [False, True])
def test_probabilities_are_recognised(tmp_path, nhwc):
    form = Form(after=('Softmax',), nhwc=nhwc)
    out = imported(tmp_path, form.model())
    rgb = images(form)
    probabilities = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]), expected(probabilities, ROAD))


@pytest.mark.parametrize('after', [('Sigmoid',), ()])
def test_one_score_tells_two_classes(tmp_path, after):
    form = Form(classes=1, after=after)
    out = imported(tmp_path, form.model(), classes='binary')
    rgb = images(form)
    score = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)[0]
    path = score if after else 1 / (1 + np.exp(-score))
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]), expected(np.stack([1 - path, path]), (1,)))


@pytest.mark.parametrize('count', [2, 5])
def test_independent_probabilities_do_not_exclude_each_other(tmp_path, count):
    form = Form(classes=count, after=('Sigmoid',))
    drivable = {1} if count == 2 else {0, 3}
    out = imported(tmp_path, form.model(), classes=class_file(tmp_path, count, drivable))
    rgb = images(form)
    each = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    others = [k for k in range(count) if k not in drivable]
    none = [np.prod([1 - each[k] for k in ids], axis=0) for ids in (sorted(drivable), others)]
    path = (1 - none[0]) * none[1]
    labels, confidence = run_graph(out, rgb)
    assert (np.isin(labels[0], sorted(drivable)) == (path > 0.5)).mean() > 0.998
    wanted = np.floor(255 * np.maximum(path, 1 - path) + 0.5)
    assert np.abs(confidence[0].astype(int) - wanted).max() <= 1
    # The pixel that is road and obstacle at once is none to drive on.
    both = (each[sorted(drivable)].max(0) > 0.6) & (each[others].max(0) > 0.6)
    assert both.any()
    assert not np.isin(labels[0][both], sorted(drivable)).any()


def test_probabilities_that_are_independent_are_not_called_exclusive(tmp_path, capsys):
    form = Form(classes=3, after=('Sigmoid',))
    path = save(form.model(), tmp_path)
    assert main([str(path), '--out', str(tmp_path / 'model'), '--classes',
                 str(class_file(tmp_path, 3, {1})), '--values', 'probabilities']) == 2
    assert 'do not sum to 1' in capsys.readouterr().err


def test_label_maps_have_no_confidence(tmp_path, capsys):
    form = Form(after=('ArgMax',))
    out = imported(tmp_path, form.model())
    assert 'confidence is 255 everywhere' in capsys.readouterr().err
    rgb = images(form)
    labels, confidence = run_graph(out, rgb)
    wanted = form.raw(pixels(rgb))[0, 0].repeat(4, 0).repeat(4, 1)
    assert (labels[0] == wanted).mean() > 0.998
    assert (confidence == 255).all()
    assert 'means nothing' in (out / 'MODEL_CARD.md').read_text()


def test_scores_inside_the_network_can_be_used(tmp_path, capsys):
    form = Form(after=('ArgMax',))
    out = imported(tmp_path, form.model(), '--output', 'Conv_0')
    assert 'confidence is 255' not in capsys.readouterr().err
    rgb = images(form)
    logits = enlarged(replace(form, after=()).raw(pixels(rgb))[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]), expected(softmax(logits), ROAD))


def test_any_number_of_images(tmp_path):
    form = Form(batch='N')
    out = imported(tmp_path, form.model())
    rgb = images(form, 3)
    together = run_graph(out, rgb)
    alone = [run_graph(out, image[None]) for image in rgb]
    for found, single in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(found, np.concatenate(single))


def test_a_network_that_only_pretends_to_take_many_images(tmp_path, capsys):
    form = Form(batch='N')
    model = form.model()
    shape = [1, form.classes, form.height // form.stride, form.width // form.stride]
    model.graph.initializer.append(numpy_helper.from_array(np.array(shape), 'shape'))
    model.graph.node[-1].CopyFrom(
        helper.make_node('Reshape', [model.graph.node[-1].input[0], 'shape'], ['logits']))
    out = imported(tmp_path, model)
    assert 'takes one image at a time' in capsys.readouterr().err
    graph = onnx.load(out / 'model.onnx').graph
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_value == 1
    assert run_graph(out, images(form))[0].shape == (1, form.height, form.width)


def test_a_free_size_is_fixed(tmp_path):
    form = Form(free_size=True, width=96, height=48)
    out = imported(tmp_path, form.model(), '--size', '96x48')
    assert (load_model(out).width, load_model(out).height) == (96, 48)
    rgb = images(form)
    logits = enlarged(form.raw(pixels(rgb))[0], form.width, form.height)
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]), expected(softmax(logits), ROAD))


def test_opset_20_as_torch_writes_it_comes_down_to_17(tmp_path):
    form = Form(opset=20)
    model = form.model()
    graph = model.graph
    for name, value in (('axes', np.array([2, 3])),
                        ('scales', np.array([1, 1, 2, 2], np.float32))):
        graph.initializer.append(numpy_helper.from_array(value, name))
    graph.node[-1].output[0] = 'low'
    graph.node.extend([
        helper.make_node('ReduceMean', ['low', 'axes'], ['mean'], keepdims=1,
                         noop_with_empty_axes=0),
        helper.make_node('Sub', ['low', 'mean'], ['centred']),
        helper.make_node('Split', ['centred'], ['left', 'right'], axis=3, num_outputs=2),
        helper.make_node('Concat', ['left', 'right'], ['whole'], axis=3),
        helper.make_node('Resize', ['whole', '', 'scales'], ['logits'], mode='linear',
                         antialias=0, keep_aspect_ratio_policy='stretch')])
    out = imported(tmp_path, model)
    written = onnx.load(out / 'model.onnx')
    assert [(entry.domain, entry.version) for entry in written.opset_import] == [('', 17)]
    assert written.ir_version == 8
    rgb = images(form)
    low = form.raw(pixels(rgb))[0]
    middle = enlarged(low - low.mean((1, 2), keepdims=True), form.width // 2, form.height // 2)
    labels, confidence = run_graph(out, rgb)
    assert_same((labels[0], confidence[0]),
                expected(softmax(enlarged(middle, form.width, form.height)), ROAD))


def test_unused_outputs_and_what_only_they_need_fall_away(tmp_path):
    model = Form().model()
    model.graph.initializer.append(numpy_helper.from_array(np.ones(7777, np.float32), 'extra'))
    model.graph.node.append(helper.make_node('ReduceSum', ['extra'], ['other']))
    model.graph.output.append(helper.make_tensor_value_info('other', TensorProto.FLOAT, [1]))
    out = imported(tmp_path, model, '--output', 'logits')
    written = onnx.load(out / 'model.onnx').graph
    assert 'extra' not in {tensor.name for tensor in written.initializer}
    assert [value.name for value in written.output] == ['labels', 'confidence']


def test_weights_in_a_file_beside_come_into_the_graph(tmp_path):
    path = tmp_path / 'large.onnx'
    onnx.save(Form().model(), path, save_as_external_data=True, location='large.data',
              size_threshold=0)
    assert (tmp_path / 'large.data').stat().st_size > 3000
    out = imported(tmp_path, path)
    assert sorted(file.name for file in out.iterdir() if file.suffix == '.onnx') == ['model.onnx']
    assert run_graph(out, images(Form()))[0].any()


def test_the_folder_is_a_model_that_the_node_takes(tmp_path, capsys):
    form = Form(width=256, height=128, stride=8)
    image = tmp_path / 'road.png'
    cv2.imwrite(str(image), random_scene(3, 320, 200).bgr)
    out = imported(
        tmp_path, form.model(), '--drivable', 'road', 'sidewalk', '--license', 'MIT',
        '--name', 'city', '--version', '2.1', '--image', str(image))
    model = load_model(out)
    assert (model.name, model.version, model.license) == ('city', '2.1', 'MIT')
    assert model.drivable_ids == (0, 1)
    assert model.self_test is not None
    with Segmenter.open(model) as segmenter:
        assert '100.0% of its labels' in run_self_test(segmenter)
    told = capsys.readouterr().out
    for text in ('19 from cityscapes; drivable: road, sidewalk', '256x128', 'road.png', 'MIT'):
        assert text in told + (out / 'MODEL_CARD.md').read_text()


def test_the_graph_tells_nothing_of_where_it_was_exported(tmp_path):
    model = Form().model()
    model.doc_string = model.graph.doc_string = model.graph.node[0].doc_string = 'secret'
    helper.set_model_props(model, {'trace': 'secret'})
    out = imported(tmp_path, model)
    assert b'secret' not in (out / 'model.onnx').read_bytes()


def test_force_replaces_a_model_but_not_its_card(tmp_path):
    out = imported(tmp_path, Form().model())
    (out / 'MODEL_CARD.md').write_text('filled in')
    (out / 'model_fp16.onnx').write_text('of the model that was')
    first = load_model(out).sha256
    imported(tmp_path, Form(stride=8).model(), '--force')
    assert load_model(out).sha256 != first
    assert (out / 'MODEL_CARD.md').read_text() == 'filled in'
    assert '# model' in (out / 'MODEL_CARD.new.md').read_text()
    assert not (out / 'model_fp16.onnx').exists()


@pytest.mark.data
def test_twinlitenet_agrees_with_the_baseline(tmp_path):
    pytest.importorskip('openvino', reason='the baseline runs on requirements/baselines.txt')
    from benchmarks.model.baselines import Baseline, TWIN
    data = data_folder()
    network = data / 'baselines' / 'twinlitenet.onnx'
    out = imported(tmp_path, network, '--output', 'da', classes='binary')
    baseline = Baseline(TWIN, network, 2)
    with Segmenter.open(out) as segmenter:
        for name in sorted((data / 'lums' / 'test' / 'images').iterdir())[:3]:
            image = cv2.imread(str(name))
            same = segmenter.segment(image).labels == baseline.segment(image).labels
            assert same.mean() > 0.97  # OpenVINO computes in bfloat16 where that is quicker


def data_folder():
    folder = DATA
    if not (folder / 'baselines').is_dir():
        pytest.skip(f'{folder} has no baselines; set SEG_NODE_DATA to the folder with the data')
    return folder
