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

"""Manifests, checksums and the places where models are found."""

from __future__ import annotations

import hashlib
from pathlib import Path
import sys

import pytest
import yaml

from helpers.tiny_model import CLASSES, make_graph, write_tiny_model
from seg_node.perception.models.model import (
    Action,
    bundled_models,
    load_model,
    ModelError,
    Precision,
)


@pytest.fixture
def folder(tmp_path):
    return write_tiny_model(tmp_path / 'tiny')


def change(folder: Path, **fields) -> None:
    manifest = folder / 'model.yaml'
    content = {**yaml.safe_load(manifest.read_text()), **fields}
    kept = {key: value for key, value in content.items() if value is not ...}
    manifest.write_text(yaml.safe_dump(kept))


@pytest.mark.parametrize('place', [lambda f: f, lambda f: str(f), lambda f: f / 'model.yaml'])
def test_a_model_is_loaded_with_all_its_fields(folder, place):
    model = load_model(place(folder))
    assert (model.name, model.version, model.license) == ('tiny', '0.1.0', 'Apache-2.0')
    assert (model.width, model.height) == (64, 32)
    assert model.graph == folder / 'model.onnx'
    assert model.sha256 == hashlib.sha256(model.graph.read_bytes()).hexdigest()
    assert [info.name for info in model.classes] == [entry['name'] for entry in CLASSES]
    assert model.classes[4].color == (250, 220, 50)
    assert model.classes[4].action is Action.SLOW
    assert model.drivable_ids == (1, 4)
    assert model.description == ''


def test_a_description_is_kept(folder):
    change(folder, description='for tests')
    assert load_model(folder).description == 'for tests'


def test_instances_and_stuff_are_said_by_those_that_have_them(folder):
    plain = load_model(folder)
    assert not plain.instances and not any(info.stuff for info in plain.classes)
    assert [info.name for info in plain.classes if info.is_thing] == ['sidewalk', 'obstacle']
    classes = [{**entry, **({'stuff': True} if entry['name'] == 'sidewalk' else {})}
               for entry in CLASSES]
    change(folder, instances=True, classes=classes)
    told = load_model(folder)
    assert told.instances
    assert [info.name for info in told.classes if info.is_thing] == ['obstacle']


def test_what_lies_on_the_ground_is_no_thing(folder):
    plain = load_model(folder)
    assert [info.name for info in plain.classes if info.is_ground] == ['path', 'speed_bump']
    change(folder, classes=[{**entry, **({'flat': True} if entry['name'] == 'sidewalk' else {})}
                            for entry in CLASSES])
    told = load_model(folder).classes
    assert [info.name for info in told if info.is_ground] == ['path', 'sidewalk', 'speed_bump']
    assert [info.name for info in told if info.is_thing] == ['obstacle']


def test_a_self_test_is_optional_and_names_two_files(folder):
    assert load_model(folder).self_test is None
    change(folder, self_test={'image': 'seen.png', 'labels': 'known.png'})
    files = load_model(folder).self_test
    assert (files.image, files.labels) == (folder / 'seen.png', folder / 'known.png')


def test_lower_precisions_have_graphs_of_their_own(folder):
    half = make_graph(64, 32, class_names=['half']).SerializeToString()
    (folder / 'half.onnx').write_bytes(half)
    change(folder, graphs={'fp16': {'graph': 'half.onnx',
                                    'sha256': hashlib.sha256(half).hexdigest()}})
    assert load_model(folder).graph.name == 'model.onnx'
    model = load_model(folder, Precision.FP16)
    assert (model.graph.name, model.precision) == ('half.onnx', Precision.FP16)
    with pytest.raises(ModelError, match='has no int8 graph; it has fp32, fp16'):
        load_model(folder, Precision.INT8)
    (folder / 'half.onnx').write_bytes(half + b'\x7a\x00')
    with pytest.raises(ModelError, match='half.onnx: sha256'):
        load_model(folder, Precision.FP16)


def test_another_graph_is_refused(folder):
    with (folder / 'model.onnx').open('ab') as file:
        file.write(b'\x7a\x00')
    with pytest.raises(ModelError, match=r'model\.onnx: sha256 is .*model\.yaml says'):
        load_model(folder)


def test_a_missing_graph_is_refused(folder):
    (folder / 'model.onnx').unlink()
    with pytest.raises(ModelError, match=r'model\.onnx: cannot be read \(No such file'):
        load_model(folder)


def classes(**fields):
    return [{**CLASSES[0], **fields}, *CLASSES[1:]]


@pytest.mark.parametrize(('fields', 'message'), [
    ({'name': ...}, 'name missing'),
    ({'name': ' '}, 'name: is empty'),
    ({'version': 1.0}, 'version: 1.0 is not text; put it in quotes'),
    ({'license': None}, 'license: None is not text'),
    ({'description': 3}, 'description: 3 is not text'),
    ({'graph': '../model.onnx'}, 'graph: .* in the same folder'),
    ({'graph': '..'}, 'graph: .* in the same folder'),
    ({'graph': '/etc/passwd'}, 'graph: .* in the same folder'),
    ({'sha256': 'abc'}, "sha256: 'abc' is not 64 hex digits"),
    ({'input': [64, 32]}, r'input: \[64, 32\] is not a mapping with width, height'),
    ({'input': {'width': 64}}, 'input: height missing'),
    ({'input': {'width': 0, 'height': 32}}, 'input.width: 0 is not a whole number from 8 to 4096'),
    ({'input': {'width': 64, 'height': 99999}}, 'input.height: 99999'),
    ({'input': {'width': 64.0, 'height': 32}}, 'input.width: 64.0'),
    ({'input': {'width': True, 'height': 32}}, 'input.width: True'),
    ({'self_test': None}, 'self_test: None is not a mapping with image, labels'),
    ({'self_test': 'seen.png'}, "self_test: 'seen.png' is not a mapping"),
    ({'self_test': {'image': 'seen.png'}}, 'self_test: labels missing'),
    ({'self_test': {'image': 'a.png', 'labels': '../b.png'}}, 'self_test.labels: .* same folder'),
    ({'self_test': {'image': '/a.png', 'labels': 'b.png'}}, 'self_test.image: .* same folder'),
    ({'self_test': {'image': 'a.png', 'labels': 'b.png', 'c': 1}}, 'self_test: c not known'),
    ({'graphs': []}, r'graphs: \[\] is not a mapping with fp16, int8'),
    ({'graphs': {'fp64': {}}}, 'graphs: fp64 not known; known are fp16, int8'),
    ({'graphs': {'fp16': {'graph': 'a.onnx'}}}, 'graphs.fp16: sha256 missing'),
    ({'graphs': {'fp16': {'graph': '../a', 'sha256': 64 * 'a'}}}, 'graphs.fp16.graph: .* folder'),
    ({'graphs': {'int8': {'graph': 'a.onnx', 'sha256': 'a'}}}, 'graphs.int8.sha256: .* 64 hex'),
    ({'colour': 'red'}, 'colour not known; known are name'),
    ({'classes': []}, r'classes: \[\] is not a list with at least one'),
    ({'classes': 'path'}, "classes: 'path' is not a list"),
    ({'classes': ['path']}, r"classes\[0\]: 'path' is not a mapping"),
    ({'classes': classes(name=7)}, r'classes\[0\].name: 7 is not text'),
    ({'classes': classes(name='a,b')}, r"classes\[0\].name: 'a,b' has a comma"),
    ({'classes': classes(name='path')}, "classes: 'path' is there 2 times"),
    ({'classes': classes(color=[1, 2])}, r'classes\[0\].color: \[1, 2\] is not \[red'),
    ({'classes': classes(color=[1, 2, 256])}, r'classes\[0\].color: 256 is not .* 0 to 255'),
    ({'classes': classes(color='red')}, r"classes\[0\].color: 'red' is not"),
    ({'classes': classes(drivable='no')}, r"classes\[0\].drivable: 'no' is neither true nor"),
    ({'classes': classes(action='halt')}, r"classes\[0\].action: 'halt' is not one of go, slow"),
    ({'classes': classes(action=['go'])}, r"classes\[0\].action: \['go'\] is not one of"),
    ({'classes': [CLASSES[0]]}, 'none is drivable'),
    ({'classes': [{**CLASSES[1], 'name': f'c{i}'} for i in range(256)]}, '256 given, at most 255'),
])
def test_wrong_fields_are_named_with_file_and_remedy(folder, fields, message):
    change(folder, **fields)
    with pytest.raises(ModelError, match=message) as error:
        load_model(folder)
    assert str(folder / 'model.yaml') in str(error.value)


@pytest.mark.parametrize(('content', 'message'), [
    (b'', 'None is not a mapping'),
    (b'- 1', 'is not a mapping'),
    (b'a: [', 'is no YAML'),
    (b'a: 2024-99-99', 'a value that YAML cannot read'),
    (b'\xff\xfe\x00', 'is no YAML'),
    (b'[' * 10000, 'nested too deeply'),
    (b'#' * (1 << 21), 'larger than'),
    (b'!!python/object/apply:os.system [true]', 'is no YAML'),
])
def test_damaged_manifests_are_refused(folder, content, message):
    (folder / 'model.yaml').write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_255_classes_are_taken(folder):
    change(folder, classes=[{**CLASSES[1], 'name': f'c{index}'} for index in range(255)])
    assert len(load_model(folder).classes) == 255


@pytest.mark.parametrize('variable', [True, False])
def test_installed_models_are_found_by_name(tmp_path, monkeypatch, variable):
    write_tiny_model(tmp_path / 'share' / 'seg_node' / 'models' / 'tiny_installed')
    if variable:
        monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}')
    else:
        monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
        monkeypatch.setattr(sys, 'prefix', str(tmp_path))
    assert load_model('tiny_installed').name == 'tiny'
    assert 'tiny_installed' in bundled_models()


def test_a_bundled_name_means_the_same_in_every_folder(tmp_path, monkeypatch):
    bundled = write_tiny_model(tmp_path / 'share' / 'seg_node' / 'models' / 'same')
    write_tiny_model(tmp_path / 'here' / 'same')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.chdir(tmp_path / 'here')
    assert load_model('same').graph == bundled / 'model.onnx'
    assert load_model('./same').graph.resolve() == tmp_path / 'here' / 'same' / 'model.onnx'


@pytest.mark.parametrize('name', ['no_such_model', '/no/such/folder', ''])
def test_an_unknown_model_is_refused_with_the_known_ones(tmp_path, monkeypatch, name):
    write_tiny_model(tmp_path / 'share' / 'seg_node' / 'models' / 'known')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    with pytest.raises(ModelError, match=f"model '{name}': no such folder .*bundled: .*known"):
        load_model(name)


def test_other_files_and_folders_are_refused(folder, tmp_path):
    with pytest.raises(ModelError, match=r'model\.onnx: not a manifest'):
        load_model(folder / 'model.onnx')
    with pytest.raises(ModelError, match=r'has no model\.yaml'):
        load_model(tmp_path)
