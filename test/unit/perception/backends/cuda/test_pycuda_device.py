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

"""What happens without a GPU; and with one, that memory, kernels and graphs do what they say."""

from __future__ import annotations

import importlib.util
from pathlib import Path
import re
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pytest

from helpers.on_cpu import address, compiler, load, NO_COMPILER
from helpers.places import ROOT
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.input_plan import plan_input
from seg_node.perception.backends.cuda.kernels import FRAME_TO_INPUT, SOURCE
from seg_node.perception.backends.cuda.nvrtc import Binary, find_nvrtc, NvrtcError
from seg_node.perception.backends.cuda.pycuda_device import Device
from seg_node.perception.images.layout import Layout

CUDA = Path(Device.load.__code__.co_filename).parent
OPEN = 'from seg_node.perception.backends.cuda.pycuda_device import Device; Device()'


def said_without_gpu(code):
    """Open a device in a process of its own, after some code; give the message of DeviceError."""
    done = subprocess.run([sys.executable, '-c', f'{code}\n{OPEN}'], cwd=ROOT,
                          capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith('seg_node.perception.backends.cuda.device.DeviceError: '), done.stderr
    return last


def pycuda_that(folder, code):
    """Return code that puts a PyCUDA first whose driver module does something else."""
    (folder / 'pycuda').mkdir()
    (folder / 'pycuda/__init__.py').touch()
    (folder / 'pycuda/driver.py').write_text(textwrap.dedent(code))
    return f'import sys; sys.path.insert(0, {str(folder)!r})'


def test_without_pycuda():
    said = said_without_gpu('import sys; sys.modules["pycuda"] = None')
    assert 'PyCUDA is not installed: pip install pycuda' in said


def test_without_driver(tmp_path):
    said = said_without_gpu(pycuda_that(tmp_path, """
        raise ImportError('libcuda.so.1: cannot open shared object file')"""))
    assert 'there is no NVIDIA driver here' in said
    assert '--gpus all' in said


def test_without_what_pycuda_needs(tmp_path):
    said = said_without_gpu(pycuda_that(tmp_path, 'import pytools_of_pycuda'))
    assert 'pip install pytools_of_pycuda' in said


def test_pycuda_for_another_cuda(tmp_path):
    said = said_without_gpu(pycuda_that(tmp_path, """
        raise ImportError('undefined symbol: cuDevicePrimaryCtxRelease_v2')"""))
    assert 'undefined symbol' in said
    assert '--force-reinstall' in said


def test_without_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '-1')
    said = said_without_gpu(pycuda_that(tmp_path, 'class Error(Exception): pass'))
    assert 'no NVIDIA driver' in said or 'CUDA does not start (cuInit: ' in said
    assert '--gpus all' in said


def test_pycuda_has_the_names_that_are_used():
    package = importlib.util.find_spec('pycuda')
    if package is None:
        pytest.skip('PyCUDA is not installed')
    code = ''.join((CUDA / name).read_text() for name in ('pycuda_device.py', 'pycuda_parts.py'))
    used = set(re.findall(r'(?<!perception\.)\bcuda\.(\w+)', code)) - {'py'}
    used |= {'retain_primary_context', 'get_device_pointer', 'time_since', 'prepared_async_call',
             'DEVICEMAP', 'get_function'}
    folder = Path(package.submodule_search_locations[0])
    # Without a driver the compiled part cannot be imported, but it can be read.
    text = b''.join(path.read_bytes() for path in (folder / 'driver.py',
                                                   *folder.glob('_driver*.so')))
    assert {name for name in used if name.encode() not in text} == set()


@pytest.fixture
def device():
    try:
        opened = Device()
    except DeviceError as error:
        pytest.skip(str(error))
    with opened:
        yield opened


@pytest.fixture
def kernels(device):
    try:
        nvrtc = find_nvrtc(device.facts.driver)
    except NvrtcError as error:
        pytest.skip(str(error))
    device.load(nvrtc.compile(SOURCE.read_text(), SOURCE.name, device.facts.capability))
    if compiler() is None:
        pytest.skip(NO_COMPILER)
    return load()


def test_facts(device):
    facts = device.facts
    assert facts.name
    assert facts.capability >= (5, 0)
    assert facts.memory > 2**28
    assert facts.driver >= (11, 4)
    assert re.fullmatch(r'GPU-[0-9a-f-]{36}', facts.uuid)


def test_bytes_there_and_back(device):
    there_and_back(device, device.stream())


def there_and_back(device, stream):
    there = device.allocate(1000)
    sent, got = device.allocate_host(1000), device.allocate_host(1000)
    sent.array[:] = np.arange(1000) % 251
    stream.upload(sent.array, there.address)
    stream.clear(there.address + 10, 20)
    stream.copy(there.address, there.address + 500, 100)
    stream.download(there.address, got.array)
    stream.synchronize()
    expected = sent.array.copy()
    expected[10:30] = 0
    expected[500:600] = expected[:100]
    np.testing.assert_array_equal(got.array, expected)


@pytest.mark.parametrize('size', [(64, 48), (320, 200), (300, 200), (333, 222)])
def test_kernels_do_what_they_do_on_the_cpu(device, kernels, size):
    plan = plan_input(Layout.BGR8, *size, 150, 100)
    frame = np.random.default_rng(0).integers(0, 256, (size[1], size[0], 3), np.uint8)
    expected = np.empty((100, 150, 3), np.uint8)
    kernels.run(plan.launch(address(frame), size[0] * 3, address(plan.tables.data),
                            address(expected)))
    stream = device.stream()
    source, target = device.allocate(frame.nbytes), device.allocate(expected.nbytes)
    tables = device.allocate(max(1, plan.tables.data.size))
    got = np.empty_like(expected)
    stream.upload(plan.tables.data, tables.address)

    def work():
        stream.upload(frame, source.address)
        stream.launch(plan.launch(source.address, size[0] * 3, tables.address, target.address))
        stream.download(target.address, got)

    work()
    stream.synchronize()
    np.testing.assert_array_equal(got, expected)


def test_recorded_work_runs_when_it_is_told_to(device, kernels):
    plan = plan_input(Layout.RGB8, 64, 48, 64, 48)
    stream, size = device.stream(), 64 * 48 * 3
    source, target, tables = (device.allocate(count) for count in (
        size, size, plan.tables.data.size))
    sent, got = device.allocate_host(size), device.allocate_host(size)
    stream.upload(plan.tables.data, tables.address)
    stream.synchronize()

    def work():
        stream.upload(sent.array, source.address)
        stream.launch(plan.launch(source.address, 64 * 3, tables.address, target.address))
        stream.download(target.address, got.array)

    got.array[:] = 0
    graph = stream.capture(work)
    stream.synchronize()
    assert not got.array.any(), 'recording runs nothing'
    for value in (7, 200):
        sent.array[:] = value
        graph.run()
        stream.synchronize()
        assert (got.array == value).all()
    graph.free()
    graph.free()


def test_work_that_cannot_be_recorded_leaves_the_stream_usable(device):
    stream = device.stream()
    with pytest.raises(ZeroDivisionError):
        stream.capture(lambda: 1 / 0)
    there_and_back(device, stream)


def test_time_between_marks(device):
    stream = device.stream()
    there = device.allocate(2**20)
    begin, end = stream.event(), stream.event()
    begin.record()
    stream.clear(there.address, 2**20)
    end.record()
    assert 0 < end.milliseconds_since(begin) < 60_000


def test_mapped_memory_has_an_address_for_the_gpu(device):
    mapped, plain = device.map(100), device.allocate_host(100)
    stream = device.stream()
    stream.clear(mapped.address, 100)
    stream.synchronize()
    assert not mapped.array.any()
    with pytest.raises(DeviceError, match='map'):
        plain.address  # noqa: B018


def test_errors_of_the_gpu_name_what_failed(device):
    with pytest.raises(DeviceError, match=f'{2**50} bytes of GPU memory: .*memory'):
        device.allocate(2**50)
    with pytest.raises(DeviceError, match='kernels compiled for sm_00'):
        device.load(Binary(b'not machine code\0', 'sm_00'))
    launch = FRAME_TO_INPUT.over(1, arguments=(0,) * 11)
    with pytest.raises(DeviceError, match='frame_to_input: no kernels are loaded'):
        device.stream().launch(launch)


def test_only_the_thread_that_opened_it(device):
    held = device.allocate(10)
    said = []

    def elsewhere():
        for use in (lambda: device.allocate(1), device.stream, held.free, device.release):
            try:
                use()
            except DeviceError as error:
                said.append(str(error))

    thread = threading.Thread(target=elsewhere, name='elsewhere')
    thread.start()
    thread.join()
    assert len(said) == 4
    assert all('elsewhere' in each for each in said)
    assert held.address


def test_released_things_are_gone(device):
    buffer, host, stream = device.allocate(10), device.allocate_host(10), device.stream()
    buffer.free()
    buffer.free()
    with pytest.raises(DeviceError, match='freed'):
        buffer.address  # noqa: B018
    device.release()
    device.release()
    host.free()
    with pytest.raises(DeviceError, match='freed'):
        host.array  # noqa: B018
    for use in (lambda: device.allocate(1), stream.synchronize):
        with pytest.raises(DeviceError, match='released|freed'):
            use()


def test_opened_again_after_release(device):
    device.release()
    with Device() as again:
        assert again.facts == device.facts
