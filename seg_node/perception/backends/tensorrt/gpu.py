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

"""What GPU there is, asked of the driver: an engine serves the very one it was built on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seg_node.perception.backends.cuda.device import DeviceFacts
from seg_node.perception.backends.cuda.driver_api import DriverApi

JETSON_RELEASE = Path('/etc/nv_tegra_release')


@dataclass(frozen=True)
class Gpu:
    """A GPU. driver: newest CUDA version that it serves, and the release of a Jetson's system."""

    name: str
    compute_capability: str
    driver: str

    @staticmethod
    def of(facts: DeviceFacts) -> Gpu:
        """Return what an engine depends on of a GPU of this machine."""
        driver = f'CUDA {_dotted(facts.driver)}{_jetson_release()}'
        return Gpu(facts.name, _dotted(facts.capability), driver)


NO_GPU = Gpu('none', 'none', 'none')
"""Stands in keys for machines where TensorRT for RTX builds engines without a GPU."""


def find_gpu(index: int = 0) -> Gpu:
    """
    Return a GPU by its number in CUDA's order.

    :raises DeviceError: where there is none; says what to do.
    """
    return Gpu.of(DriverApi().facts(index))


def _dotted(version: tuple[int, int]) -> str:
    return '.'.join(map(str, version))


def _jetson_release() -> str:
    """Return e.g. ', R36 (release), REVISION: 4.3' on a Jetson, else ''."""
    try:
        line = JETSON_RELEASE.read_text(encoding='utf-8', errors='replace').splitlines()[0]
    except (OSError, IndexError):
        return ''
    return ', ' + ','.join(line.lstrip('# ').split(',')[:2])
