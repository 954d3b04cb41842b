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

"""A backend is one module and one name: the rest of the project takes it from the registry."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest

from helpers.tiny_model import write_tiny_model
from seg_node.perception.backends import BackendAbsentError, BackendError, Inference, registry
from seg_node.perception.backends.registry import (
    BackendOptions,
    open_backend,
    OwnOption,
    RegisteredBackend,
)
from seg_node.perception.images.layout import Layout
from seg_node.perception.models.model import load_model
from seg_node.perception.segmenter import Segmenter
from seg_node.tools.demo.__main__ import parse as demo


class Toy:
    """Says that everything is path."""

    name, precision, detail, max_batch = 'toy', 'fp32', 'a toy', 1
    layouts = frozenset({Layout.BGR8})

    def __init__(self, model, options, monitor, because, warnings):
        self.model, self.options = model, options
        self.chosen_because, self.warnings = because, warnings

    def infer(self, images):
        labels = np.ones((self.model.height, self.model.width), np.uint8)
        return [Inference(labels, np.full_like(labels, 255), 0.0, 0.0) for _ in images]

    def close(self):
        pass


@pytest.fixture
def register(monkeypatch):
    def add(name, open=Toy, first=False):
        module = ModuleType(name)
        module.BACKEND = RegisteredBackend(
            'Toy', 'a toy box', open, (OwnOption(f'{name}_bricks', -1, 0, 8, 'bricks'),))
        monkeypatch.setitem(sys.modules, f'{registry.__package__}.{name}', module)
        names = (name, *registry.NAMES) if first else (*registry.NAMES, name)
        monkeypatch.setattr(registry, 'NAMES', names)
    return add


@pytest.fixture
def model(tmp_path):
    return load_model(write_tiny_model(tmp_path))


def test_a_module_and_a_name_make_a_backend(register, model):
    register('toy')
    assert registry.choices() == ('auto', 'tensorrt', 'onnxruntime', 'classical', 'toy')
    assert 'toy_bricks' in {option.name for option in registry.own_options()}
    with Segmenter.open(model, 'toy') as segmenter:
        assert segmenter.backend.chosen_because == 'toy: asked for by name'
        assert segmenter.segment(np.zeros((20, 30, 3), np.uint8)).path.all()
    options = BackendOptions('toy', own={'toy_bricks': 3})
    assert open_backend(model, options).options.own == {'toy_bricks': 3}


def test_commands_and_parameters_take_their_choices_from_the_registry(
        register, monkeypatch, capsys):
    register('toy')
    spec = importlib.util.find_spec('seg_node.parameters.structure')
    structure = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, structure)
    spec.loader.exec_module(structure)
    declared = {item.name: item for item in structure.STRUCTURE}
    assert declared['backend'].choices == registry.choices()
    assert (declared['toy_bricks'].low, declared['toy_bricks'].high) == (-1, 8)
    with pytest.raises(SystemExit):
        demo(['--backend', 'nothing'])
    assert 'toy' in capsys.readouterr().err


def test_auto_takes_the_first_that_works(register, model):
    register('toy', first=True)
    assert open_backend(model).chosen_because == 'auto: toy, because it and a toy box are there'


def test_auto_says_what_it_passes_over(register, model):
    def absent(*given):
        raise BackendAbsentError('no toys here')

    def broken(*given):
        raise BackendError('a brick is missing')

    register('nothing', absent, first=True)
    register('broken', broken, first=True)
    backend = open_backend(model)
    assert backend.name == 'onnxruntime'
    assert backend.chosen_because.startswith('auto: onnxruntime, because Toy failed; no toys here')
    assert backend.warnings[0] == 'Toy cannot be used: a brick is missing'


def test_every_registered_backend_declares_itself():
    for name in registry.NAMES:
        backend = registry.registered(name)
        assert backend.title and backend.needs and callable(backend.open)
        for option in backend.own_options:
            assert option.unset < option.low <= option.high


def test_generic_code_imports_no_backend():
    """Only a test, a benchmark or a tool that is about one backend knows it."""
    from helpers.places import ROOT
    folders = [ROOT / 'seg_node' / 'perception' / 'backends' / name for name in registry.NAMES]
    allowed = [*folders, *(ROOT / 'seg_node' / 'tools' / name for name in (
        'build_engine', 'segment'))]
    for path in (ROOT / 'seg_node').rglob('*.py'):
        if not any(folder in path.parents for folder in allowed):
            text = path.read_text(encoding='utf-8')
            assert not any(f'backends.{name}' in text for name in registry.NAMES), path
