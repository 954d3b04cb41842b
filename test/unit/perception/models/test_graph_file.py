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

"""Graphs with weights in files beside them: all is checked, and what is checked is loaded."""

from __future__ import annotations

from contextlib import suppress
import hashlib
import os

import numpy as np
import onnx
from onnx import helper, numpy_helper, onnx_ml_pb2, TensorProto
import pytest

from helpers.tiny_model import make_graph, write_model
from seg_node.perception.models import graph_file
from seg_node.perception.models.external_data import GraphError, NESTED, take_in
from seg_node.perception.models.graph_file import read_graph
from seg_node.perception.models.model import graph_content, load_model, ModelError
from seg_node.perception.models.self_test import run_self_test, SelfTestError
from seg_node.perception.segmenter import Segmenter

IMAGE = np.zeros((32, 64, 3), np.uint8)
IMAGE[16:, :] = (0, 200, 0)


def save(folder, *, locations=('weights.bin',), **fields):
    """Write the tiny model with its weights in other files, in turns, under its right checksum."""
    graph = make_graph(64, 32)
    for index, tensor in enumerate(graph.graph.initializer):
        move(tensor, folder, locations[index % len(locations)])
    data = graph.SerializeToString()
    others = b''.join((folder / name).read_bytes() for name in sorted(set(locations)))
    return write_model(folder, graph, **{'sha256': hashlib.sha256(data + others).hexdigest(),
                                         **fields})


def move(tensor, folder, location):
    """Put a tensor at the end of a file."""
    raw = numpy_helper.to_array(tensor).tobytes()
    path = folder / location
    path.parent.mkdir(parents=True, exist_ok=True)
    offset = path.stat().st_size if path.exists() else 0
    with path.open('ab') as file:
        file.write(raw)
    for name in ('raw_data', 'float_data', 'int64_data', 'int32_data'):
        tensor.ClearField(name)
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in (('location', location), ('offset', offset), ('length', len(raw))):
        tensor.external_data.add(key=key, value=str(value))


def labels(folder):
    with Segmenter.open(folder, 'onnxruntime') as segmenter:
        return segmenter.segment(IMAGE).labels


@pytest.mark.parametrize('locations', [('weights.bin',), ('b.bin', 'a.bin', 'sub/c.bin')], ids=str)
def test_weights_beside_the_graph_are_loaded_and_checked(tmp_path, locations):
    folder = save(tmp_path, locations=locations)
    read = read_graph(folder / 'model.onnx')
    assert read.others == tuple(sorted(locations))
    assert read.sha256 == load_model(folder).sha256
    assert np.array_equal(labels(folder), labels(write_model(tmp_path / 'alone',
                                                             make_graph(64, 32))))
    known = onnx.load(folder / 'model.onnx').graph.initializer
    found = onnx.load_from_string(read.content).graph.initializer
    for one, other in zip(known, found, strict=True):
        assert other.data_location == TensorProto.DEFAULT and not other.external_data
        assert np.array_equal(numpy_helper.to_array(one), numpy_helper.to_array(other))


def test_each_flipped_bit_of_the_weights_is_found(tmp_path):
    folder = save(tmp_path)
    whole = (folder / 'weights.bin').read_bytes()
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << position % 8
        (folder / 'weights.bin').write_bytes(damaged)
        with pytest.raises(ModelError, match=r'sha256 .*cat model.onnx weights.bin \| sha256sum'):
            load_model(folder)
    (folder / 'weights.bin').write_bytes(whole)
    load_model(folder)


def test_the_checksum_of_the_graph_alone_does_not_do(tmp_path):
    folder = save(tmp_path)
    alone = hashlib.sha256((folder / 'model.onnx').read_bytes()).hexdigest()
    manifest = folder / 'model.yaml'
    manifest.write_text(manifest.read_text().replace(load_model(folder).sha256, alone))
    with pytest.raises(ModelError, match='sha256'):
        load_model(folder)


def test_what_was_checked_is_what_is_loaded(tmp_path):
    folder = save(tmp_path)
    model = load_model(folder)
    expected = labels(folder)
    # Between the check and the use the files are replaced, and removed.
    for name in ('weights.bin', 'model.onnx'):
        (folder / name).write_bytes(bytes(100))
        (folder / name).unlink()
    with Segmenter.open(model, 'onnxruntime') as segmenter:
        assert np.array_equal(segmenter.segment(IMAGE).labels, expected)
        assert segmenter.model.content is None      # not kept twice
        with pytest.raises(ModelError, match='cannot be read'):
            graph_content(segmenter.model)


@pytest.mark.parametrize('location', [
    '../weights.bin', '/etc/passwd', 'sub/../../weights.bin', '..', '*/_ORT_MEM_ADDR_/*', '', '.',
    'missing.bin', 'a' * 5000, 'a\0b'], ids=lambda text: text[:20] or 'none')
def test_other_places_are_refused(tmp_path, location):
    (tmp_path / 'weights.bin').write_bytes(bytes(1000))
    folder = save(tmp_path / 'model')
    graph = onnx.load(folder / 'model.onnx', load_external_data=False)
    graph.graph.initializer[0].external_data[0].value = location
    data = graph.SerializeToString()
    (folder / 'model.onnx').write_bytes(data)
    with pytest.raises(GraphError) as error:
        read_graph(folder / 'model.onnx')
    assert len(str(error.value)) < 300 and str(error.value).isprintable()


@pytest.mark.parametrize(('key', 'value'), [
    ('offset', '-8'), ('offset', '99999999'), ('offset', 'x'), ('length', '-1'),
    ('length', '99999999'), ('length', ''), ('location', '')])
def test_parts_that_are_not_there_are_refused(tmp_path, key, value):
    folder = save(tmp_path)
    graph = onnx.load(folder / 'model.onnx', load_external_data=False)
    for entry in graph.graph.initializer[0].external_data:
        if entry.key == key:
            entry.value = value
    (folder / 'model.onnx').write_bytes(graph.SerializeToString())
    with pytest.raises(GraphError):
        read_graph(folder / 'model.onnx')


def test_weights_are_found_wherever_a_graph_may_hold_them(tmp_path):
    def tensor(name):
        made = numpy_helper.from_array(np.arange(3, dtype=np.float32), name)
        move(made, tmp_path, 'weights.bin')
        return made

    values = tensor('sparse')
    inner = helper.make_graph(
        [helper.make_node('Constant', [], ['c'], value=tensor('deep'))], 'inner', [],
        [helper.make_tensor_value_info('c', TensorProto.FLOAT, [3])])
    branch = helper.make_node('If', ['x'], ['y'], then_branch=inner, else_branch=inner)
    several = helper.make_node('Own', [], ['z'], all=[tensor('one'), tensor('two')])
    graph = helper.make_graph([branch, several], 'outer', [], [], [tensor('plain')])
    graph.sparse_initializer.add(values=values)
    function = helper.make_function('own', 'Own', [], ['c'], [
        helper.make_node('Constant', [], ['c'], value=tensor('of a function'))],
        [helper.make_opsetid('', 17)])
    model = helper.make_model(graph, functions=[function])
    model.training_info.add(initialization=inner)
    content = take_in(model.SerializeToString(),
                      lambda location: (tmp_path / location).read_bytes())
    assert b'weights.bin' not in content
    assert onnx.load_from_string(content).training_info[0].initialization.name == 'inner'
    assert content.count(np.arange(3, dtype=np.float32).tobytes()) == 8


def test_all_ways_to_a_tensor_are_known():
    """Compare with ONNX's own description of its messages."""
    def reach(message, seen=()):
        return message.name == 'TensorProto' or message.name not in seen and any(
            reach(field.message_type, (*seen, message.name))
            for field in message.fields if field.message_type)

    for name, fields in NESTED.items():
        message = getattr(onnx_ml_pb2, name).DESCRIPTOR
        assert fields == {field.number: field.message_type.name for field in message.fields
                          if field.message_type and reach(field.message_type)}


def test_a_graph_of_one_file_stays_as_it_is(tmp_path):
    data = make_graph(64, 32).SerializeToString()
    assert take_in(data, lambda location: b'') is data
    (tmp_path / 'a.onnx').write_bytes(data)
    assert read_graph(tmp_path / 'a.onnx').sha256 == hashlib.sha256(data).hexdigest()


def test_damaged_graphs_are_refused_or_whole(tmp_path):
    data = make_graph(64, 32).SerializeToString()
    for size in range(1, len(data), 7):
        with suppress(GraphError):
            take_in(data[:size], lambda location: b'')
    random = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(data)
        for position in random.integers(len(data), size=4):
            damaged[position] = random.integers(256)
        with suppress(GraphError):
            take_in(bytes(damaged), lambda location: b'')


def test_a_graph_that_is_nested_without_end():
    data = b''
    for _ in range(5000):      # graph in attribute in node in graph ...
        for number in (6, 5, 1):
            length, header = len(data), bytearray([number << 3 | 2])
            while length > 0x7F:
                header.append(length & 0x7F | 0x80)
                length >>= 7
            header.append(length)
            data = bytes(header) + data
    length, header = len(data), bytearray([7 << 3 | 2])
    while length > 0x7F:
        header.append(length & 0x7F | 0x80)
        length >>= 7
    with pytest.raises(GraphError, match='nested too deeply'):
        take_in(bytes(header) + bytes([length]) + data, lambda location: b'')


@pytest.mark.parametrize('name', ['model.onnx', 'weights.bin', 'model.yaml', 'self_test.png'])
@pytest.mark.parametrize('kind', ['fifo', 'device', 'loop', 'folder'])
def test_what_is_no_file_is_refused_at_once(tmp_path, name, kind):
    folder = save(tmp_path, self_test={'image': 'self_test.png', 'labels': 'self_test.png'})
    path = folder / name
    path.unlink(missing_ok=True)
    {'fifo': lambda: os.mkfifo(path), 'device': lambda: path.symlink_to('/dev/zero'),
     'loop': lambda: path.symlink_to(path), 'folder': path.mkdir}[kind]()
    with pytest.raises((ModelError, SelfTestError)), \
            Segmenter.open(folder, 'onnxruntime') as segmenter:
        run_self_test(segmenter)


def test_a_graph_that_is_too_large_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr(graph_file, 'MAX_BYTES', 1000)
    with (tmp_path / 'large.onnx').open('wb') as file:
        file.truncate(2**40)
    with pytest.raises(GraphError, match='is larger than 1000 bytes'):
        read_graph(tmp_path / 'large.onnx')
