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

"""The kernels compile for every GPU of interest, with each NVRTC that is installed."""

from __future__ import annotations

from pathlib import Path

import pytest

from seg_node.perception.backends.cuda.kernels import KERNELS, SOURCE
from seg_node.perception.backends.cuda.nvrtc import (
    candidates,
    find_nvrtc,
    LIBRARY_VARIABLE,
    Nvrtc,
    NvrtcError,
)

INSTALLED = [path for path in candidates() if Path(path).is_absolute()]
needs_nvrtc = pytest.mark.skipif(
    not INSTALLED, reason='NVRTC is not installed (pip install nvidia-cuda-nvrtc)')

CODE = SOURCE.read_text(encoding='utf-8')
GPUS = ((8, 7), (9, 0), (10, 1), (11, 0), (12, 0))
"""Orin, Hopper, Thor as CUDA 12 and as CUDA 13 call it, RTX 50."""


@pytest.fixture(scope='module', params=INSTALLED, ids=lambda path: Path(path).name)
def nvrtc(request):
    return Nvrtc(request.param)


def test_machine_code_for_gpus_that_it_knows(nvrtc):
    for major, minor in GPUS:
        if major * 10 + minor in nvrtc.architectures:
            binary = nvrtc.compile(CODE, SOURCE.name, (major, minor))
            assert binary.target == f'sm_{major}{minor}'
            assert binary.image.startswith(b'\x7fELF')
            assert all(f'.text.{each.name}\0'.encode() in binary.image for each in KERNELS)


def test_ptx_for_a_gpu_of_the_future(nvrtc):
    binary = nvrtc.compile(CODE, SOURCE.name, (99, 0))
    assert binary.target == f'compute_{nvrtc.architectures[-1]}'
    assert binary.image.endswith(b'\0'), 'the driver reads PTX up to a zero'
    assert all(f'.entry {kernel.name}('.encode() in binary.image for kernel in KERNELS)


def test_gpu_that_is_too_old(nvrtc):
    with pytest.raises(NvrtcError, match=r'the GPU has 1\.0: .*' + LIBRARY_VARIABLE):
        nvrtc.compile(CODE, SOURCE.name, (1, 0))


def test_error_in_the_source(nvrtc):
    with pytest.raises(NvrtcError, match=r'toy\.cu does not compile for sm_87') as caught:
        nvrtc.compile('__global__ void f() {\n  undefined = 1;\n}', 'toy.cu', (8, 7))
    assert 'toy.cu(2): error: identifier "undefined" is undefined' in str(caught.value)


@needs_nvrtc
def test_all_gpus_of_interest_are_compiled_for():
    known = {each for path in INSTALLED for each in Nvrtc(path).architectures}
    assert known >= {87, 90}
    newest = max(Nvrtc(path).version for path in INSTALLED)
    assert newest < (12, 8) or (known & {101, 110} and 120 in known)


@needs_nvrtc
def test_the_newest_is_taken(monkeypatch):
    monkeypatch.delenv(LIBRARY_VARIABLE, raising=False)
    assert find_nvrtc().version == max(Nvrtc(path).version for path in INSTALLED)


@needs_nvrtc
def test_never_one_that_the_driver_cannot_follow(monkeypatch):
    monkeypatch.delenv(LIBRARY_VARIABLE, raising=False)
    oldest = min(Nvrtc(path).version for path in INSTALLED)
    assert find_nvrtc((oldest[0], 0)).version[0] == oldest[0]


def test_none_for_the_driver(monkeypatch):
    monkeypatch.delenv(LIBRARY_VARIABLE, raising=False)
    with pytest.raises(NvrtcError, match='NVRTC for CUDA 9 .*pip install nvidia-cuda-nvrtc-cu9'):
        find_nvrtc((9, 0))


@pytest.mark.parametrize(('library', 'said'), [
    ('/nowhere/libnvrtc.so.13', 'No such file'), ('libc.so.6', 'nvrtcGetErrorString')])
def test_library_that_is_none(library, said, monkeypatch):
    monkeypatch.setenv(LIBRARY_VARIABLE, library)
    with pytest.raises(NvrtcError, match=f'{library} cannot be loaded as NVRTC: .*{said}'):
        find_nvrtc()
