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

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import types

import pytest

from helpers.bindings_check import class_problems
from helpers.places import ROOT
from helpers.tensorrt_wheels import LISTED, missing_tools, MODULE, unpack, version, wheels
from seg_node.perception.backends.tensorrt import bindings
from seg_node.perception.backends.tensorrt.api import Api
from seg_node.perception.backends.tensorrt.library import (
    find,
    Flavour,
    Library,
    TensorRtAbsence,
    TensorRtMissingError,
)
from seg_node.perception.backends.tensorrt.options import EngineOptions, Precision

CHECK = ROOT / 'test' / 'helpers' / 'bindings_check.py'
TENSORRT = ROOT / 'seg_node' / 'perception' / 'backends' / 'tensorrt'
KNOW_THE_LIBRARY = ('api.py', 'library.py')

NEWER = {'optimization_level': True, 'for_other_gpus': True, 'for_later_versions': True,
         'host_code': True}
FLAGS = ['FP16', 'INT8']
TACTICS = ['CUBLAS', 'CUBLAS_LT', 'CUDNN']
FEATURES = {  # of the versions from each one on: what differs between them
    (8, 5): {'network_flags': [1, 1], 'permissions': FLAGS, 'library_tactics': TACTICS,
             'optimization_level': False,
             'for_other_gpus': False, 'for_later_versions': False, 'host_code': False,
             'progress': False, 'node_names': False},
    (8, 6): {'network_flags': [1, 1], 'permissions': FLAGS, 'library_tactics': TACTICS, **NEWER,
             'progress': False, 'node_names': False},
    (10, 0): {'network_flags': [3, 1], 'permissions': FLAGS, 'library_tactics': TACTICS, **NEWER,
              'progress': True, 'node_names': True},
    (11, 0): {'network_flags': [1, 1], 'permissions': [], 'library_tactics': [], **NEWER,
              'progress': True, 'node_names': True},
}

without_rtx = pytest.mark.skipif(
    importlib.util.find_spec('tensorrt_rtx') is None,
    reason='TensorRT-RTX is not installed: pip install -r requirements/tensorrt.txt')


def run(*arguments, **environment):
    done = subprocess.run(
        [sys.executable, *map(str, arguments)], capture_output=True, text=True, cwd='/',
        env={**os.environ, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


def path_with(*folders):
    return os.pathsep.join(map(str, (*folders, ROOT)))


def check(module, **environment):
    found = json.loads(run(CHECK, module, **environment).splitlines()[-1])
    numbers = tuple(int(part) for part in found['version'].split('.')[:2])
    return numbers, found


# --- the real bindings -----------------------------------------------------------------------

@pytest.mark.parametrize('wheel', [*wheels()] or [None], ids=lambda path: path and version(path))
def test_everything_used_is_in_the_bindings(wheel, tmp_path):
    if wheel is None:
        pytest.skip(f'no bindings to compare with: scripts/setup test gets '
                    f'those of {LISTED.name}')
    if missing_tools():
        pytest.skip(f'bindings cannot be loaded without {", ".join(missing_tools())}: '
                    f'apt install gcc binutils')
    libraries = unpack(wheel, tmp_path)
    numbers, found = check(MODULE, PYTHONPATH=path_with(tmp_path), LD_LIBRARY_PATH=str(libraries))
    assert found['problems'] == []
    assert found['features'] == FEATURES[max(each for each in FEATURES if each <= numbers)]


@without_rtx
def test_everything_used_is_in_tensorrt_rtx():
    _, found = check('tensorrt_rtx', PYTHONPATH=os.pathsep.join(filter(None, sys.path)))
    assert found['problems'] == []
    assert found['features'] == FEATURES[11, 0]


def test_the_comparison_misses_nothing(monkeypatch):
    class ProfileOfAnotherName:
        def set_shape(self, name, lowest):
            """Have parameters that no version has."""

    class Real:
        def set_shape(self):
            """set_shape(self: x.IOptimizationProfile, input: str, min: Dims[a, b]) -> None"""

    members = {name: types.SimpleNamespace(__members__={}) for name in bindings.MEMBERS}
    bare = types.SimpleNamespace(**members)
    missing = list(class_problems(bare))
    assert [f'no class {name}' in missing for name in bindings.CLASSES.values()] == (
        [True] * len(bindings.CLASSES))
    assert len(missing) == len(bindings.CLASSES) + len(bindings.MEMBERS)

    monkeypatch.setattr('helpers.bindings_check.CLASSES', {ProfileOfAnotherName: 'Real'})
    monkeypatch.setattr('helpers.bindings_check.MEMBERS', {})
    (problem,) = class_problems(types.SimpleNamespace(Real=Real))
    assert problem == ("Real.set_shape takes [['input', 'min']], used with ['name', 'lowest']")


# --- where tactics come from -----------------------------------------------------------------

class Logger:
    """TensorRT's, as far as it is needed to begin."""

    Severity = types.SimpleNamespace(__members__={})


class Sources:
    """A configuration that keeps tactic sources."""

    def __init__(self, sources):
        self.sources = sources

    def get_tactic_sources(self):
        return self.sources

    def set_tactic_sources(self, tactic_sources):
        self.sources = tactic_sources
        return True


@pytest.mark.parametrize('usual', [0b11111, 0b11000])
@pytest.mark.parametrize(('members', 'asked', 'used', 'complete'), [
    ([*TACTICS, 'EDGE_MASK_CONVOLUTIONS', 'JIT_CONVOLUTIONS'], None,
     ('edge_mask_convolutions', 'jit_convolutions'), True),
    ([*TACTICS, 'EDGE_MASK_CONVOLUTIONS', 'JIT_CONVOLUTIONS'], 1,
     ('cublas', 'cublas_lt', 'cudnn', 'edge_mask_convolutions', 'jit_convolutions'), True),
    (['', '', '', 'EDGE_MASK_CONVOLUTIONS', 'JIT_CONVOLUTIONS'], None,
     ('edge_mask_convolutions', 'jit_convolutions'), True),
    (['', '', '', 'EDGE_MASK_CONVOLUTIONS', 'JIT_CONVOLUTIONS'], 1,
     ('edge_mask_convolutions', 'jit_convolutions'), False),
])
def test_libraries_with_contexts_of_their_own_are_left_out(usual, members, asked, used, complete):
    known = {name: bit for bit, name in enumerate(members) if name}
    module = types.SimpleNamespace(
        TacticSource=types.SimpleNamespace(__members__=known), ILogger=Logger)
    api = Api(Library(module, Flavour.TENSORRT, '8.5.3'))
    config = Sources(usual & sum(1 << bit for bit in known.values()))
    assert api._choose_tactics(config, EngineOptions(library_tactics=asked)) is complete
    assert api.tactics(config) == used


class Configuration(Sources):
    """A configuration that keeps what it is told."""

    def __init__(self):
        super().__init__(0)
        self.flags = set()

    def set_flag(self, flag):
        self.flags.add(flag)

    def set_memory_pool_limit(self, pool, pool_size):
        self.limits = {pool: pool_size}


@pytest.mark.parametrize(('core', 'device', 'fallback'), [
    (None, 'GPU', False), (0, 'DLA', True), (1, 'DLA', True)])
def test_the_core_of_the_dla_reaches_the_builder(core, device, fallback):
    module = types.SimpleNamespace(
        ILogger=Logger, TacticSource=types.SimpleNamespace(__members__={}),
        ProfilingVerbosity=types.SimpleNamespace(DETAILED='detailed'),
        DeviceType=types.SimpleNamespace(DLA='DLA'),
        MemoryPoolType=types.SimpleNamespace(WORKSPACE='workspace'),
        BuilderFlag=types.SimpleNamespace(GPU_FALLBACK='fallback', FP16='fp16', INT8='int8'),
        NetworkDefinitionCreationFlag=types.SimpleNamespace(EXPLICIT_BATCH=0, STRONGLY_TYPED=1))
    api = Api(Library(module, Flavour.TENSORRT, '10.7.0'))
    config = Configuration()
    config.default_device_type, config.DLA_core = 'GPU', None
    builder = types.SimpleNamespace(create_builder_config=lambda: config)
    options = EngineOptions(precision=Precision.FP16, dla_core=core, workspace_mib=64)
    assert api.configure(builder, options, None)[0] is config
    assert (config.default_device_type, config.DLA_core) == (device, core)
    # A network whose types rule cannot run on a DLA: there flags permit half precision.
    assert config.flags == ({'fallback', 'fp16'} if fallback else set())
    assert config.limits == {'workspace': 64 << 20}
    assert api.network_flags(options) == (1 if fallback else 3)


# --- one place for what differs --------------------------------------------------------------

def version_forks(path):
    """Return the lines that ask what library or version there is."""
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            of_itself = node.args and isinstance(node.args[0], ast.Name) and (
                node.args[0].id == 'self')
            if node.func.id in ('hasattr', 'getattr') and not of_itself:
                yield node.lineno
        elif isinstance(node, ast.Attribute) and node.attr in ('__version__', 'numbers'):
            yield node.lineno
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else (
                [node.module or ''] if node.level == 0 else [])
            if any(re.match(r'tensorrt(_rtx)?(\.|$)', name) for name in names):
                yield node.lineno


def test_only_the_compatibility_module_asks_for_the_version():
    asking = {path.name: list(version_forks(path)) for path in TENSORRT.glob('*.py')}
    assert {name for name, lines in asking.items() if lines} == set(KNOW_THE_LIBRARY)


def test_nothing_imports_tensorrt_by_itself():
    for path in ROOT.glob('seg_node/**/*.py'):
        text = path.read_text(encoding='utf-8')
        assert not re.search(r'^\s*(import|from) tensorrt(_rtx)?\b', text, re.MULTILINE), path


# --- what is said where it is missing --------------------------------------------------------

LOOK = """
from seg_node.perception.backends.tensorrt.library import find, Flavour, TensorRtMissingError
try:
    found = find({flavours})
    print(found.flavour.value, found.version, *found.notes, sep='|')
except TensorRtMissingError as error:
    print(error.why.name, error, sep='|')
"""


def look(folder, flavours='tuple(Flavour)'):
    """Look for TensorRT with only a folder and the standard library to find it in."""
    return run('-I', '-c', f'import sys; sys.path[:0] = {[str(folder), str(ROOT)]}\n'
               + LOOK.format(flavours=flavours)).strip().split('|')


def put(folder, name, text):
    (folder / name).mkdir()
    (folder / name / '__init__.py').write_text(text)


@pytest.mark.parametrize('name', ['tensorrt', 'tensorrt_rtx'])
def test_a_library_that_cannot_be_loaded_is_not_called_absent(tmp_path, name):
    put(tmp_path, name, 'raise ImportError("libnvinfer.so.10: cannot open shared object file")')
    put(tmp_path, 'tensorrt_rtx' if name == 'tensorrt' else 'tensorrt',
        'raise ModuleNotFoundError(name=__name__)')
    why, text = look(tmp_path)
    assert why == 'LIBRARY'
    assert 'libnvinfer.so.10' in text and 'LD_LIBRARY_PATH' in text


def test_real_bindings_without_their_libraries(tmp_path):
    if not wheels():
        pytest.skip('no bindings: scripts/setup test gets them')
    unpack(wheels()[-1], tmp_path)  # its libraries are not in the path of the linker
    (tmp_path / MODULE).rename(tmp_path / 'tensorrt')
    why, text = look(tmp_path, '(Flavour.TENSORRT,)')
    assert why == 'LIBRARY'
    assert re.search(r'libnv\w+\.so\.\d+: cannot open shared object file', text)


def test_nothing_installed(tmp_path):
    for name in ('tensorrt', 'tensorrt_rtx'):
        put(tmp_path, name, 'raise ModuleNotFoundError(name=__name__)')
    why, text = look(tmp_path)
    assert why == 'NOT_INSTALLED'
    assert 'apt install' in text and 'pip install tensorrt' in text


def test_only_rtx_where_it_does_not_serve(tmp_path):
    put(tmp_path, 'tensorrt', 'raise ModuleNotFoundError(name=__name__)')
    put(tmp_path, 'tensorrt_rtx', '')
    why, text = look(tmp_path, '(Flavour.TENSORRT,)')
    assert why == 'RTX_ONLY'
    assert 'install TensorRT itself' in text


def test_rtx_in_place_of_a_broken_tensorrt_is_explained(tmp_path):
    put(tmp_path, 'tensorrt', 'raise ImportError("libnvinfer.so.10 is missing")')
    put(tmp_path, 'tensorrt_rtx', '__version__ = "1.7.1"\nclass Builder: pass')
    flavour, number, note = look(tmp_path)
    assert (flavour, number) == ('tensorrt_rtx', '1.7.1')
    assert 'libnvinfer.so.10 is missing' in note


@pytest.mark.parametrize('text, why, said', [
    ('__version__ = "8.4.1.5"\nclass Builder: pass', 'TOO_OLD', '8.4.1.5 is too old'),
    ('__version__ = "0.1"', 'NOT_INSTALLED', 'rename it'),
    ('', 'NOT_INSTALLED', 'tensorrt/__init__.py has the name of TensorRT, but is not it'),
])
def test_a_module_that_is_not_the_one(tmp_path, text, why, said):
    put(tmp_path, 'tensorrt', text)
    found, message = look(tmp_path)
    assert found == why
    assert said in message


def test_a_folder_of_that_name_is_not_tensorrt(tmp_path):
    (tmp_path / 'tensorrt').mkdir()
    why, message = look(tmp_path)
    assert why == 'NOT_INSTALLED'
    assert str(tmp_path / 'tensorrt') in message


@without_rtx
def test_rtx_is_found():
    assert find((Flavour.RTX,)).title.startswith('TensorRT-RTX 1.')


def test_the_error_says_which_kind_it_is():
    error = TensorRtMissingError(TensorRtAbsence.NO_GPU, 'no GPU')
    assert (error.why, str(error)) == (TensorRtAbsence.NO_GPU, 'no GPU')
