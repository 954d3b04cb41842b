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

import pytest

from helpers.places import ROOT
from seg_node.errors import UserError
from seg_node.perception.models.manifest import Action
from seg_node.perception.models.model import load_model
from seg_node.tools.import_model.classes import read_classes
from seg_node.tools.import_model.presets import PRESETS


def write(folder, text):
    path = folder / 'classes.yaml'
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize('name', PRESETS)
def test_presets_are_whole(name):
    classes = read_classes(name, None).classes
    assert len({info.name for info in classes}) == len({info.color for info in classes})
    assert all(info.action is Action.STOP for info in classes if not info.drivable)
    assert all(info.action is not Action.STOP for info in classes if info.drivable)


def test_cityscapes_has_the_19_training_ids():
    classes = read_classes('cityscapes', None)
    names = [info.name for info in classes.classes]
    assert len(names) == 19
    assert [names.index(name) for name in ('road', 'sky', 'person', 'bicycle')] == [0, 10, 11, 18]
    assert classes.drivable_ids == (0,)


def test_drivable_replaces_what_the_list_says():
    classes = read_classes('bdd100k', ['alternative', 'background']).classes
    assert [(info.drivable, info.action) for info in classes] == [
        (False, Action.STOP), (True, Action.SLOW), (True, Action.GO)]


def test_a_file_needs_no_more_than_names(tmp_path):
    path = write(tmp_path, '- background\n- {name: road, drivable: true}\n'
                           '- {name: grass, color: [1, 2, 3], drivable: true, action: slow}\n')
    listed = read_classes(path, None)
    background, road, grass = listed.classes
    assert listed.source == 'classes.yaml'
    assert (background.color, background.drivable, background.action) == (
        (0, 0, 0), False, Action.STOP)
    assert (road.drivable, road.action) == (True, Action.GO)
    assert (grass.color, grass.action) == ((1, 2, 3), Action.SLOW)


def test_a_manifest_is_a_class_file_too():
    manifest = ROOT / 'models' / 'road' / 'model.yaml'
    assert read_classes(str(manifest), None).classes == load_model(manifest).classes


@pytest.mark.parametrize('text, message', [
    ('', 'None is not a list with at least one class'),
    ('a: b', 'is not a list with at least one class'),
    ('[a, [b', 'is no YAML'),
    ('[a, b]', 'no class is drivable; name some of them with --drivable, there are a, b'),
    ('[{name: a, drivable: true}]', 'every class is drivable'),
    ('[a, a]', "'a' is there 2 times"),
    ('[a, 7]', r'classes\[1\]: 7 is not a mapping'),
    ('[{name: a, colour: red}]', 'colour not known'),
    ('[{name: a, color: red}]', 'is not .red, green, blue.'),
    ('[{name: a, color: [0, 0, 256]}]', '256 is not a whole number from 0 to 255'),
    ('[{name: a, drivable: 1}]', '1 is neither true nor false'),
    ('[{name: a, action: halt}]', "'halt' is not one of go, slow, stop"),
    ("['a, b']", 'has a comma'),
    (str(list(map(str, range(256)))), '256 given, at most 255'),
])
def test_wrong_files_are_refused(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        read_classes(write(tmp_path, text), None)
