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

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import pytest

from helpers.foreign_network import Form, save
from seg_node.tools.import_model.__main__ import main


def refusal(capsys, network, *options, classes='cityscapes'):
    """Run the command, which must refuse in one line and leave nothing behind; gives the line."""
    out = network.parent / 'results' / 'model'
    out.parent.mkdir()
    try:
        code = main([str(network), '--out', str(out), '--classes', str(classes), *options])
    except SystemExit as error:  # argparse's way
        code = error.code
    assert code == 2
    assert list(out.parent.iterdir()) == []
    told = capsys.readouterr()
    assert told.out == ''
    (line,) = told.err.splitlines()
    return line


def changed(change):
    """Return a network after a change."""
    model = Form().model()
    change(model)
    return model


def poison(model):
    tensor = model.graph.initializer[0]
    values = numpy_helper.to_array(tensor).copy()
    values.flat[7] = np.nan
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))


def operator(domain, name):
    def change(model):
        model.graph.node[0].domain, model.graph.node[0].op_type = domain, name
        if domain:
            model.opset_import.append(helper.make_opsetid(domain, 1))
    return change


def infinite(model):
    values = np.full_like(numpy_helper.to_array(model.graph.initializer[1]), np.inf)
    model.graph.initializer[1].CopyFrom(numpy_helper.from_array(values, 'bias'))


def second_output(model):
    model.graph.output.append(model.graph.output[0])
    model.graph.output[1].name = 'Conv_0'


def second_input(model):
    model.graph.input.append(helper.make_tensor_value_info('speed', TensorProto.FLOAT, [1]))
    model.graph.node[-1].CopyFrom(
        helper.make_node('Add', [model.graph.node[-1].input[0], 'speed'], ['logits']))


def bytes_in(model):
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.UINT8
    model.graph.node[0].input[0] = 'floats'
    nodes = [helper.make_node('Cast', ['input'], ['floats'], to=TensorProto.FLOAT),
             *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def classifier(model):
    model.graph.node[-1].CopyFrom(
        helper.make_node('GlobalAveragePool', [model.graph.node[-1].input[0]], ['logits']))


def gelu(model):
    model.opset_import[0].version, model.ir_version = 20, 9
    model.graph.node[-1].op_type = 'Gelu'


def antialias(model):
    model.opset_import[0].version, model.ir_version = 18, 8
    model.graph.initializer.append(
        numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), 'scales'))
    model.graph.node[-1].CopyFrom(
        helper.make_node('Resize', [model.graph.node[-1].input[0], '', 'scales'], ['logits'],
                         'grow', mode='linear', antialias=1))


@pytest.mark.parametrize('change, text', [
    (poison, 'weight weight holds NaN'),
    (infinite, "output 'logits': NaN or infinite for an image"),
    (operator('', 'Convolve'), 'operator Convolve (node Conv_0) is not known in ONNX opset'),
    (operator('com.microsoft', 'FusedConv'), 'FusedConv (node Conv_0) is of com.microsoft'),
    (second_output, 'choose one with --output: '),
    (second_input, "needs 2 inputs, one image can be given: 'input' float"),
    (bytes_in, "'input' uint8 [1, 3, 32, 64]: must be float"),
    (classifier, "output 'logits' float32 [1, 19, 1, 1] is no map of the image, 64x32"),
    (gelu, 'Gelu came with opset 20, over 17'),
    (antialias, 'node grow: Resize with antialias=1 needs opset 18'),
])
def test_networks_that_cannot_be_used(tmp_path, capsys, change, text):
    assert text in refusal(capsys, save(changed(change), tmp_path))


@pytest.mark.parametrize('data, text', [
    (b'', 'holds no network'),
    (b'not a network\n' * 9, 'is not an ONNX file, or is cut off'),
    (Form().model().SerializeToString()[:2000], 'is not an ONNX file, or is cut off'),
])
def test_files_that_are_no_network(tmp_path, capsys, data, text):
    path = tmp_path / 'net.onnx'
    path.write_bytes(data)
    assert text in refusal(capsys, path)


def test_missing_file_and_folder(tmp_path, capsys):
    assert 'No such file' in refusal(capsys, tmp_path / 'a.onnx')
    (tmp_path / 'folder.onnx').mkdir()
    (tmp_path / 'results').rmdir()
    assert 'is a folder' in refusal(capsys, tmp_path / 'folder.onnx')


@pytest.mark.parametrize('kept', [0, 100])
def test_weights_beside_the_file_are_missing_or_cut_off(tmp_path, capsys, kept):
    path = tmp_path / 'net.onnx'
    onnx.save(Form().model(), path, save_as_external_data=True, location='net.data',
              size_threshold=0)
    weights = tmp_path / 'net.data'
    data = weights.read_bytes()[:kept]
    weights.unlink()
    if data:
        weights.write_bytes(data)
    text = 'wants more of net.data than its 100 bytes' if kept else "keeps weights in 'net.data'"
    assert text in refusal(capsys, path)


def test_more_weights_than_one_file_holds(tmp_path, capsys):
    model = Form().model()
    tensor = model.graph.initializer.add(name='huge', data_type=TensorProto.FLOAT, dims=[2**30])
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key='location', value='huge.data')
    with (tmp_path / 'huge.data').open('wb') as file:
        file.truncate(2**32)
    assert "keeps weights in 'huge.data', which is larger than" in refusal(
        capsys, save(model, tmp_path))


@pytest.mark.parametrize('options, text', [
    (['--output', 'logit'], "no such tensor; its outputs: 'logits' float"),
    (['--input-name', 'x'], "--input-name x: output 'logits' depends on no such input"),
    (['--size', '640x360'], '--size 640x360: input '),
    (['--size', '640'], "'640' is not WIDTHxHEIGHT"),
    (['--size', '4x4'], 'both sides must lie between 8 and 4096'),
    (['--layout', 'nhwc'], '--layout nhwc: input '),
    (['--output-layout', 'nhwc'], '--output-layout nhwc: output '),
    (['--values', 'labels'], 'has several channels; they are scores'),
    (['--values', 'probabilities'], 'those are logits'),
    (['--mean', '104', '117', '123'], 'give --scale 1'),
    (['--std', '1', '0', '1'], '--std 1 0 1'),
    (['--scale', '0'], '0 must be above 0'),
    (['--mean', 'a', '0', '0'], "'a' is not a number"),
    (['--drivable', 'street'], '--drivable street: cityscapes has no class of that name'),
    (['--image', 'nowhere.png'], 'nowhere.png: no such file'),
])
def test_options_that_do_not_fit(tmp_path, capsys, options, text):
    assert text in refusal(capsys, save(Form().model(), tmp_path), *options)


def test_free_sizes_need_one_that_the_network_can_take(tmp_path, capsys):
    path = save(Form(free_size=True).model(), tmp_path)
    assert 'has no size of its own; give --size' in refusal(capsys, path)
    model = Form(free_size=True).model()
    model.graph.initializer.append(
        numpy_helper.from_array(np.zeros((1, 19, 8, 16), np.float32), 'grid'))
    model.graph.node[-1].CopyFrom(
        helper.make_node('Add', [model.graph.node[-1].input[0], 'grid'], ['logits']))
    (tmp_path / 'results').rmdir()
    path = save(model, tmp_path)
    assert 'cannot run the network at 96x48' in refusal(capsys, path, '--size', '96x48')


@pytest.mark.parametrize('classes, text', [
    ('bdd100k', 'bdd100k: 3 classes, graph gives 19'),
    ('city', '--classes city: no such file, and no list of that name'),
])
def test_classes_that_do_not_fit(tmp_path, capsys, classes, text):
    assert text in refusal(capsys, save(Form().model(), tmp_path), classes=classes)


def test_the_number_of_classes_of_a_file(tmp_path, capsys):
    classes = tmp_path / 'classes.yaml'
    classes.write_text('[a, b, c, d, {name: e, drivable: true}]')
    line = refusal(capsys, save(Form().model(), tmp_path), classes=classes)
    assert line == 'import_model: classes.yaml: 5 classes, graph gives 19'
    (tmp_path / 'results').rmdir()
    labels = save(Form(after=('ArgMax',)).model(), tmp_path)
    assert 'classes.yaml: 5 classes, graph gives label 1' in refusal(
        capsys, labels, classes=classes)


def test_places_that_must_not_be_overwritten(tmp_path, capsys):
    network = save(Form().model(), tmp_path)
    given = [str(network), '--classes', 'cityscapes', '--out']
    model, other, file = (tmp_path / name for name in ('model', 'other', 'file'))
    assert main([*given, str(model)]) == 0
    before = {path.name: path.read_bytes() for path in model.iterdir()}
    other.mkdir()
    (other / 'thesis.txt').write_text('all of it')
    file.write_text('')
    for place, options, text in (
            (model, [], '--force replaces it'), (other, ['--force'], 'that is no model'),
            (file, ['--force'], 'is a file or link')):
        capsys.readouterr()
        assert main([*given, str(place), *options]) == 2
        assert text in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in model.iterdir()} == before
    assert (other / 'thesis.txt').read_text() == 'all of it'


def test_a_failed_import_leaves_the_model_that_was_there(tmp_path, capsys):
    network = save(Form().model(), tmp_path)
    out = tmp_path / 'model'
    assert main([str(network), '--out', str(out), '--classes', 'cityscapes']) == 0
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    network = save(changed(poison), tmp_path)
    assert main([str(network), '--out', str(out), '--classes', 'cityscapes', '--force']) == 2
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ['model', 'net.onnx']
