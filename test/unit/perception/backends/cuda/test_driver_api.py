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

"""What GPU there is, asked of a driver that is compiled here; and what is said without one."""

from __future__ import annotations

import subprocess

import pytest

from helpers.on_cpu import needs_compiler
from seg_node.perception.backends.cuda import driver_api
from seg_node.perception.backends.cuda.device import DeviceError, DeviceFacts
from seg_node.perception.backends.cuda.driver_api import DriverApi
from seg_node.perception.backends.tensorrt import gpu
from seg_node.perception.backends.tensorrt.gpu import find_gpu, Gpu

ORIN_AND_THOR = r"""
#include <cstdio>
#include <cstdlib>
#include <cstring>
static bool started = false;
extern "C" {
int cuInit(unsigned) {
  if (const char * status = getenv("DRIVER_STATUS")) return atoi(status);
  started = true;
  return 0;
}
int cuGetErrorName(int status, const char ** name) {
  *name = status == 100 ? "CUDA_ERROR_NO_DEVICE" : nullptr;
  return !*name;
}
int cuDeviceGetCount(int * count) { *count = 2; return started ? 0 : 3; }
int cuDeviceGet(int * device, int index) { *device = index + 40; return 0; }
int cuDeviceGetName(char * name, int size, int device) {
  snprintf(name, size, device == 40 ? "Orin" : "Thor \xb5");
  return 0;
}
int cuDeviceTotalMem_v2(size_t * bytes, int device) {
  *bytes = (size_t(1) << 36) + device;
  return 0;
}
int cuDriverGetVersion(int * version) { *version = 12060; return 0; }
int cuDeviceGetAttribute(int * value, int attribute, int device) {
  *value = attribute == 18 ? device == 40 : attribute == 75 ? 8 : attribute == 76 ? 7 : -1;
  return 0;
}
#ifndef OLD
int cuDeviceGetUuid_v2(unsigned char * uuid, int device) { memset(uuid, device, 16); return 0; }
#endif
}
"""


@pytest.fixture(scope='module')
def compiled(tmp_path_factory):
    """Return a function that compiles the driver, with g++'s flags."""
    def compile_with(*flags):
        library = tmp_path_factory.mktemp('driver') / 'libcuda.so.1'
        subprocess.run(['g++', '-shared', '-fPIC', *flags, '-x', 'c++', '-', '-o', str(library)],
                       input=ORIN_AND_THOR, text=True, check=True)
        return str(library)
    return compile_with


@pytest.fixture
def driver(compiled, monkeypatch):
    monkeypatch.setattr(driver_api, 'LIBRARY', compiled())


@needs_compiler
def test_facts(driver):
    orin, thor = DriverApi().facts(), DriverApi().facts(1)
    assert orin == DeviceFacts('Orin', (8, 7), True, 2**36 + 40, (12, 6),
                               'GPU-28282828-2828-2828-2828-282828282828')
    assert (thor.name, thor.integrated, thor.memory) == ('Thor \ufffd', False, 2**36 + 41)


@needs_compiler
@pytest.mark.parametrize(('release', 'driver_text'), [
    ('# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic\n',
     'CUDA 12.6, R36 (release), REVISION: 4.3'),
    ('', 'CUDA 12.6'), (None, 'CUDA 12.6')])
def test_what_an_engine_depends_on(driver, release, driver_text, tmp_path, monkeypatch):
    file = tmp_path / 'nv_tegra_release'
    if release is not None:
        file.write_text(release)
    monkeypatch.setattr(gpu, 'JETSON_RELEASE', file)
    assert find_gpu() == Gpu('Orin', '8.7', driver_text)


@needs_compiler
@pytest.mark.parametrize('index', [-1, 2])
def test_no_such_gpu(driver, index):
    with pytest.raises(DeviceError, match=f'no GPU {index}: there are 2, .*CUDA_VISIBLE_DEVICES'):
        DriverApi().facts(index)


@needs_compiler
@pytest.mark.parametrize(('status', 'said'), [
    ('100', r'CUDA_ERROR_NO_DEVICE \(100\)'), ('4321', r'error \(4321\)')])
def test_cuda_does_not_start(driver, monkeypatch, status, said):
    monkeypatch.setenv('DRIVER_STATUS', status)
    with pytest.raises(DeviceError, match=f'cuInit: {said}.*nvidia-smi.*group.*--runtime nvidia'):
        DriverApi().facts()


@needs_compiler
def test_a_driver_that_is_too_old(compiled, monkeypatch):
    monkeypatch.setattr(driver_api, 'LIBRARY', compiled('-DOLD'))
    with pytest.raises(DeviceError, match='no cuDeviceGetUuid_v2: CUDA 11.4 or later'):
        DriverApi().facts()


def test_no_driver(monkeypatch):
    monkeypatch.setattr(driver_api, 'LIBRARY', 'libcuda_that_is_missing.so.1')
    with pytest.raises(DeviceError, match='libcuda_that_is_missing.*install it.*--gpus all'):
        DriverApi()
