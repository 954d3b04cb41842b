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
import re

from hypothesis import assume, given, settings
from hypothesis import strategies as st
import pytest

from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.tensorrt.builder import BuildFacts
from seg_node.perception.backends.tensorrt.cache import default_folder
from seg_node.perception.backends.tensorrt.engine_file import (
    EngineFileError,
    EngineKey,
    MAGIC,
    pack,
    unpack,
)
from seg_node.perception.backends.tensorrt.gpu import find_gpu, Gpu, NO_GPU
from seg_node.perception.backends.tensorrt.layers import LayerInfo, LayerSummary
from seg_node.perception.backends.tensorrt.options import EngineOptions
from seg_node.perception.models.model import Precision

ORIN = Gpu('Orin', '8.7', 'CUDA 12.6')
KEY = EngineKey('road', '0' * 64, 'TensorRT 10.3.0', ORIN, EngineOptions())
FACTS = BuildFacts('TensorRT 10.3.0', 93.5, {'float16': 40}, LayerSummary((
    LayerInfo('stem', 'CaskConvolution', 'fp16', 432),)), ('has no optimization level',),
    ('cudnn',))


# --- keys ------------------------------------------------------------------------------------

WORDS = st.text(max_size=60)
GPUS = st.builds(Gpu, name=WORDS, compute_capability=WORDS, driver=WORDS)
OPTIONS = st.builds(
    EngineOptions, precision=st.sampled_from([Precision.FP16, Precision.INT8]),
    workspace_mib=st.none() | st.integers(1, 4096),
    optimization_level=st.none() | st.integers(0, 5), dla_core=st.none() | st.integers(0, 1),
    library_tactics=st.none() | st.just(1),
    max_batch=st.integers(1, 16), version_compatible=st.booleans())
KEYS = st.builds(EngineKey, model=WORDS, graph_sha256=WORDS, library=WORDS, gpu=GPUS,
                 options=OPTIONS)


@given(KEYS)
def test_file_names_are_plain_and_short(key):
    for name in (key.file_name, key.timing_name):
        assert re.fullmatch(r'[a-z0-9][a-z0-9._-]*', name)
        assert len(name) < 240


@given(KEYS, KEYS)
def test_other_keys_have_other_files(one, other):
    same_driver = replace(other, gpu=replace(other.gpu, driver=one.gpu.driver))
    assume(one != same_driver)
    assert one.file_name != other.file_name
    assert one.text != other.text


@pytest.mark.parametrize('change', [
    {'graph_sha256': '1' * 64}, {'library': 'TensorRT 10.3.1'}, {'model': 'road_plus'},
    {'gpu': replace(ORIN, name='Thor')}, {'gpu': replace(ORIN, compute_capability='8.6')},
    {'options': EngineOptions(precision=Precision.FP16)}, {'options': EngineOptions(max_batch=2)},
    {'options': EngineOptions(workspace_mib=64)}, {'options': EngineOptions(optimization_level=3)},
    {'options': EngineOptions(version_compatible=True)},
    {'options': EngineOptions(hardware_compatible=True)},
])
def test_whatever_differs_makes_another_engine(change):
    assert replace(KEY, **change).file_name != KEY.file_name


def test_the_driver_counts_for_a_dla_only():
    updated = replace(ORIN, driver='CUDA 13.0')
    assert replace(KEY, gpu=updated).file_name == KEY.file_name
    on_dla = replace(KEY, options=EngineOptions(precision=Precision.FP16, dla_core=0))
    assert replace(on_dla, gpu=updated).file_name != on_dla.file_name


def test_a_name_tells_what_the_file_is():
    assert KEY.file_name.startswith('road-fp32-b1-orin-tensorrt_10.3.0-')
    assert KEY.timing_name.startswith('orin-8.7-tensorrt_10.3.0-')


def test_facts_survive_being_kept():
    assert BuildFacts.from_json(FACTS.to_json()) == FACTS


def test_the_default_folder_is_the_users(monkeypatch):
    monkeypatch.setenv('HOME', '/home/robot')
    monkeypatch.delenv('XDG_CACHE_HOME', raising=False)
    assert default_folder() == Path('/home/robot/.cache/seg_node/engines')
    monkeypatch.setenv('XDG_CACHE_HOME', 'relative')
    assert default_folder() == Path('/home/robot/.cache/seg_node/engines')
    monkeypatch.setenv('XDG_CACHE_HOME', '/var/cache')
    assert default_folder() == Path('/var/cache/seg_node/engines')


def test_a_machine_without_a_driver_says_so():
    try:
        gpu = find_gpu()
    except DeviceError as error:
        assert 'driver' in str(error) and '--runtime nvidia' in str(error)
    else:
        assert gpu.name and re.fullmatch(r'\d+\.\d+', gpu.compute_capability)
        assert gpu.driver.startswith('CUDA ') and gpu != NO_GPU


# --- files -----------------------------------------------------------------------------------

HEADERS = st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.booleans())


@given(HEADERS, st.binary())
def test_what_is_packed_is_unpacked(header, data):
    assert unpack(pack(header, data)) == (header, data)


@given(HEADERS, st.binary(), st.data())
def test_every_damage_is_noticed(header, data, draw):
    content = bytearray(pack(header, data))
    position = draw.draw(st.integers(0, len(content) - 1))
    content[position] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(EngineFileError):
        unpack(bytes(content))


@given(HEADERS, st.binary(), st.data())
def test_every_cut_is_noticed(header, data, draw):
    content = pack(header, data)
    with pytest.raises(EngineFileError):
        unpack(content[:draw.draw(st.integers(0, len(content) - 1))])


@given(st.binary())
@settings(max_examples=300)
def test_anything_else_is_no_engine(content):
    with pytest.raises(EngineFileError):
        unpack(content)
    with pytest.raises(EngineFileError):
        unpack(MAGIC + content)
