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

"""Networks that tell objects apart: what becomes of their outputs, and what is refused."""

from __future__ import annotations

import importlib.util

import numpy as np
import onnx
from onnx import numpy_helper, version_converter
import onnxruntime
import pytest

from helpers.foreign_network import save
from helpers.instance_networks import expected, MaskRcnn, Yolo
from seg_node.perception.backends.tensorrt.builder import build
from seg_node.perception.backends.tensorrt.library import Flavour
from seg_node.perception.backends.tensorrt.options import EngineOptions
from seg_node.perception.models.model import load_model
from seg_node.perception.segmenter import Segmenter
from seg_node.tools.import_model.__main__ import main
from training.random_scene import random_scene

BACKGROUND = 'background'


def class_file(folder, names, drivable):
    path = folder / 'classes.yaml'
    path.write_text('\n'.join(
        f'- {{name: {name}, drivable: {str(name in drivable).lower()}}}' for name in names))
    return path


def names_of(count):
    return ['road', *(f'thing {k}' for k in range(1, count))]


def imported(tmp_path, model, names, *options, drivable=('road',)):
    network = save(model, tmp_path)
    out = tmp_path / 'model'
    assert main([str(network), '--out', str(out), '--classes',
                 str(class_file(tmp_path, names, drivable)), *options]) == 0
    return out


def outputs(folder, rgb):
    session = onnxruntime.InferenceSession(
        str(folder / 'model.onnx'), providers=['CPUExecutionProvider'])
    found = session.run(['labels', 'confidence', 'instances'], {'image': rgb[None]})
    assert [each.dtype for each in found] == [np.uint8] * 3
    return [each[0] for each in found]


def image(form, seed=1):
    return np.ascontiguousarray(random_scene(seed, form.width, form.height).bgr[..., ::-1])


def assert_same(found, wanted):
    """Allow for pixels that lie on a limit but for rounding."""
    for name, one, other in zip(('labels', 'confidence', 'instances'), found, wanted, strict=True):
        apart = np.abs(one.astype(int) - other.astype(int)) > (name == 'confidence')
        assert apart.mean() < 0.002, name
    assert len(np.unique(wanted[2])) > 3


@pytest.mark.parametrize('seed', range(3))
@pytest.mark.parametrize('form', ['channels first', 'objectness', 'chosen'])
def test_yolo(tmp_path, form, seed):
    network = Yolo(form, seed=seed, likely=0.1 if form == 'chosen' else 0.4)
    names = [*names_of(network.classes), BACKGROUND]
    out = imported(tmp_path, network.model(), names)
    rgb = image(network)
    found = network.instances(rgb, {0})
    if form != 'chosen':
        assert len(found) > 10
    assert_same(outputs(out, rgb), expected(
        found, {0}, network.classes, network.width, network.height))


@pytest.mark.parametrize('form', [
    MaskRcnn(), MaskRcnn(on_box=True), MaskRcnn(joined=True), MaskRcnn(joined=True, on_box=True),
    MaskRcnn(alone=True), MaskRcnn(count=1), MaskRcnn(count=30)], ids=str)
def test_boxes_and_masks(tmp_path, form):
    names = [BACKGROUND, *names_of(form.classes)]
    out = imported(tmp_path, form.model(), names)
    rgb = image(form)
    found = form.instances(rgb)
    wanted = expected(found, {1}, 0, form.width, form.height) if found else None
    if form.count == 1:
        labels, _, instances = outputs(out, rgb)
        assert set(np.unique(instances)) <= {0, 1}
        assert (labels[instances == 0] == 0).all()
    else:
        assert_same(outputs(out, rgb), wanted)


def test_newer_opsets_say_the_same(tmp_path):
    network = Yolo(likely=0.4)
    model = version_converter.convert_version(network.model(), 18)
    out = imported(tmp_path, model, [*names_of(network.classes), BACKGROUND], '--max-opset', '18')
    assert onnx.load(str(out / 'model.onnx')).opset_import[0].version == 18
    rgb = image(network)
    assert_same(outputs(out, rgb), expected(
        network.instances(rgb, {0}), {0}, network.classes, network.width, network.height))


def test_nothing_found_is_background_everywhere(tmp_path):
    form = MaskRcnn(count=0)
    out = imported(tmp_path, form.model(), [BACKGROUND, *names_of(form.classes)])
    labels, confidence, instances = outputs(out, image(form))
    assert not labels.any() and not instances.any() and (confidence == 255).all()


def test_the_segmenter_gives_the_instances(tmp_path):
    network = Yolo(likely=0.4)
    out = imported(tmp_path, network.model(), [*names_of(network.classes), BACKGROUND])
    assert load_model(out).instances
    rgb = image(network)
    with Segmenter.open(out) as segmenter:
        found = segmenter.segment(np.ascontiguousarray(rgb[..., ::-1]))
    labels, confidence, instances = outputs(out, rgb)
    assert np.array_equal(found.labels, labels)
    assert np.array_equal(found.instances, instances)


def overlapping(network, road, thing):
    """Return the network with a sure road and an unsure thing all over its image."""
    model = network.model()
    (rows,) = (each for each in model.graph.initializer if each.name == 'output0/base')
    values = numpy_helper.to_array(rows).copy()
    values[0, 4:4 + network.classes] = 0
    values[0, :4, :2] = np.array([network.width, network.height] * 2)[:, None] * (
        (0.5,), (0.5,), (1.1,), (1.1,))
    values[0, 4, 0], values[0, 5, 1] = road, thing
    values[0, -8:, :2] = 0
    rows.CopyFrom(numpy_helper.from_array(values, rows.name))
    for each in model.graph.initializer:
        if each.name == 'output1/base':
            protos = np.ones_like(numpy_helper.to_array(each))
            each.CopyFrom(numpy_helper.from_array(protos, each.name))
    values[0, -8:, :2] = 1
    rows.CopyFrom(numpy_helper.from_array(values, rows.name))
    return model


def test_an_unsure_thing_on_a_sure_road_is_not_path(tmp_path):
    network = Yolo()
    names = [*names_of(network.classes), BACKGROUND]
    alone = imported(tmp_path / 'a', overlapping(network, 0.95, 0.0), names)
    labels, _, instances = outputs(alone, image(network))
    assert (labels == 0).mean() > 0.95 and (instances == 1).mean() > 0.95
    both = imported(tmp_path / 'b', overlapping(network, 0.95, 0.3), names)
    labels, _, instances = outputs(both, image(network))
    assert not (labels == 0).any()
    assert (labels == 1).mean() > 0.95 and (instances == 2).mean() > 0.95


def test_a_box_that_may_be_a_thing_is_no_road(tmp_path):
    network = Yolo()
    model = overlapping(network, 0.9, 0.0)
    for each in model.graph.initializer:
        if each.name == 'output0/base':
            values = numpy_helper.to_array(each).copy()
            values[0, 6, 0] = 0.3
            each.CopyFrom(numpy_helper.from_array(values, each.name))
    out = imported(tmp_path, model, [*names_of(network.classes), BACKGROUND])
    labels, _, _ = outputs(out, image(network))
    assert not (labels == 0).any() and (labels == 2).any()


@pytest.mark.parametrize('form', ['yolo', 'masks'])
def test_more_than_can_be_told_apart_is_no_confidence(tmp_path, form):
    if form == 'yolo':
        network = Yolo('chosen', count=300, likely=0.9)
        names = [*names_of(4), BACKGROUND]
    else:
        network = MaskRcnn(count=400, on_box=True)
        names = [BACKGROUND, *names_of(4)]
    out = imported(tmp_path, network.model(), names)
    _, confidence, instances = outputs(out, image(network))
    assert not confidence.any(), 'which is a STOP'
    assert instances.any()


def test_a_class_id_that_is_not_listed_is_background(tmp_path):
    form = MaskRcnn(classes=9)
    out = imported(tmp_path, form.model(), [BACKGROUND, 'road', 'thing'])
    labels, _, instances = outputs(out, image(form))
    assert labels.max() <= 2
    assert (instances[labels == 0] > 0).any()


@pytest.mark.parametrize(('names', 'drivable', 'words'), [
    (['road', 'a', 'b', 'c'], ('road',), "add the class 'background'"),
    (['road', 'a', 'b', BACKGROUND], ('road',), '3 classes besides background do not fit'),
    (['road', 'a', 'b', BACKGROUND], ('road',), 'or choose one with --output'),
    (['car', 'a', 'b', 'c', BACKGROUND], (), 'no class is drivable')])
def test_what_does_not_fit_is_refused(tmp_path, capsys, names, drivable, words):
    network = save(Yolo().model(), tmp_path)
    code = main([str(network), '--out', str(tmp_path / 'model'), '--classes',
                 str(class_file(tmp_path, names, drivable))])
    assert code == 2 and not (tmp_path / 'model').exists()
    assert words in capsys.readouterr().err


def test_every_operator_is_one_that_tensorrt_8_reads(tmp_path):
    known = {
        'Abs', 'Add', 'And', 'ArgMax', 'Cast', 'Clip', 'Concat', 'Div', 'Gather', 'Greater',
        'Less', 'MatMul', 'Max', 'Min', 'Mul', 'Not', 'Relu', 'ReduceMax', 'Reshape', 'Resize',
        'Shape', 'Sigmoid', 'Slice', 'Squeeze', 'Sub', 'TopK', 'Transpose', 'Unsqueeze', 'Where'}
    for k, (model, names) in enumerate((
            (Yolo().model(), [*names_of(4), BACKGROUND]),
            (MaskRcnn(on_box=True).model(), [BACKGROUND, *names_of(4)]))):
        graph = onnx.load(str(imported(tmp_path / str(k), model, names) / 'model.onnx'))
        assert graph.opset_import[0].version == 13
        own = {node.op_type for node in graph.graph.node if node.name.startswith('seg_node/')}
        assert own <= known


@pytest.mark.skipif(
    importlib.util.find_spec('tensorrt_rtx') is None,
    reason='TensorRT-RTX is not installed: pip install -r requirements/tensorrt.txt')
@pytest.mark.parametrize('form', [
    Yolo(count=600), Yolo('chosen'), MaskRcnn(), MaskRcnn(on_box=True)], ids=str)
def test_tensorrt_builds_it(tmp_path, form):
    names = names_of(form.classes)
    names = [*names, BACKGROUND] if isinstance(form, Yolo) else [BACKGROUND, *names]
    graph = imported(tmp_path, form.model(), names) / 'model.onnx'
    built = build(graph.read_bytes(), graph, EngineOptions(), flavours=(Flavour.RTX,))
    assert built.data and built.facts.notes == ()
