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

"""What machine it is, and what of the GPU path is installed. Standard library and ctypes only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
import importlib.metadata
import os
from pathlib import Path
import platform
import subprocess
import sys

from benchmarks.gpu.outcome import Outcome, Settings, Table
from seg_node.perception.backends.cuda.device import DeviceError, DeviceFacts
from seg_node.perception.backends.cuda.driver_api import DriverApi
from seg_node.perception.backends.cuda.nvrtc import find_nvrtc, NvrtcError
from seg_node.perception.backends.tensorrt.library import find, Flavour, TensorRtMissingError

NAMES = ('/proc/device-tree/model', '/sys/class/dmi/id/product_name')
"""Where Linux tells what a machine is called: on ARM boards, on PCs."""

DRIVER = '/proc/driver/nvidia/version'


def run(settings: Settings) -> Iterator[Outcome]:
    """Collect the facts; figures['gpu'] is None where there is no GPU, and no_gpu says why."""
    facts: DeviceFacts | None = None
    no_gpu = ''
    try:
        facts = DriverApi().facts()
    except DeviceError as error:
        no_gpu = str(error)
    driver = facts.driver if facts is not None else None
    rows = {
        'machine': machine_name(), 'CPU': cpu_name(),
        'system': system_name(),
        'GPU': gpu_text(facts) if facts is not None else f'none: {no_gpu}',
        'driver': driver_text(driver), 'power mode': power_mode(),
        'TensorRT': told(lambda: find(tuple(Flavour)).title),
        'PyCUDA': version_of('pycuda'),
        'NVRTC': told(lambda: '.'.join(map(str, find_nvrtc(driver).version))),
        'ONNX Runtime': version_of('onnxruntime-gpu', 'onnxruntime'),
        'PyTorch': version_of('torch'),
        'Python': f'{platform.python_version()} ({platform.machine()})',
    }
    rows = {name: text for name, text in rows.items() if text}
    gpu = None if facts is None else {
        'name': facts.name, 'capability': list(facts.capability), 'memory': facts.memory,
        'integrated': facts.integrated, 'driver': list(facts.driver)}
    yield Outcome(tables=(Table('', ('what', 'value'), tuple(rows.items())),),
                  figures={**rows, 'gpu': gpu, 'no_gpu': no_gpu})


def gpu_text(facts: DeviceFacts) -> str:
    """Describe a GPU in a line."""
    major, minor = facts.capability
    shared = ' shared with the CPU' if facts.integrated else ''
    return (f'{facts.name}, compute capability {major}.{minor}, '
            f'{facts.memory / 2**30:.1f} GiB{shared}')


def machine_name() -> str:
    """Return what the maker calls the machine; never its name in the network."""
    return first_line(*NAMES) or 'unknown'


def cpu_name() -> str:
    """Name the processor, and how many there are."""
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8', errors='replace').splitlines()
    except OSError:
        lines = []
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    usable = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    return f'{names[0] if names else platform.machine()}, {usable} usable'


def system_name() -> str:
    """Return the distribution, and on a Jetson the release of its system."""
    names = []
    with suppress(OSError):
        names.append(platform.freedesktop_os_release().get('PRETTY_NAME', ''))
    names.append(first_line('/etc/nv_tegra_release').lstrip('# ').partition(', GCID')[0])
    return ', '.join(filter(None, names)) or platform.system()


def driver_text(cuda: tuple[int, int] | None) -> str:
    """Return the version of the driver, and of CUDA that it is made for."""
    words = first_line(DRIVER).split('  ')
    version = words[1].strip() if len(words) > 1 else ''
    made_for = '' if cuda is None else f'for CUDA {cuda[0]}.{cuda[1]}'
    return ' '.join(filter(None, (version, made_for)))


def power_mode() -> str:
    """Return the power mode of a Jetson, '' elsewhere."""
    try:
        done = subprocess.run(['nvpmodel', '-q'], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ''
    return ' '.join(done.stdout.split())[:120]


def told(look: Callable[[], str]) -> str:
    """Return what is there, or why it is not."""
    try:
        return look()
    except (TensorRtMissingError, NvrtcError) as error:
        return f'none: {error}'


def version_of(*packages: str) -> str:
    """Return the version of the first of the packages that is there."""
    for name in packages:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return f'none in {sys.prefix}'


def first_line(*paths: str) -> str:
    """Return the first line of the first file that has one."""
    for path in paths:
        try:
            text = Path(path).read_text(encoding='utf-8', errors='replace').strip('\0\n ')
        except OSError:
            continue
        if text:
            return text.splitlines()[0].strip()
    return ''
