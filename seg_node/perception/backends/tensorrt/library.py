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

"""Find TensorRT, or TensorRT for RTX, on this machine, and say what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
import importlib
import importlib.util
import re
from typing import Any, NamedTuple

MINIMUM = (8, 5)
"""The first TensorRT with uint8 inputs and outputs."""


class Flavour(str, Enum):
    """The libraries, by the name of their Python module, the preferred one first."""

    TENSORRT = 'tensorrt'
    RTX = 'tensorrt_rtx'

    @property
    def label(self) -> str:
        """Return the name for people."""
        return 'TensorRT' if self is Flavour.TENSORRT else 'TensorRT-RTX'


class TensorRtAbsence(Enum):
    """Why TensorRT cannot be used."""

    NOT_INSTALLED = 'not installed'
    LIBRARY = 'installed, but a library that it needs is missing'
    RTX_ONLY = 'only TensorRT for RTX is installed'
    TOO_OLD = 'too old'
    NO_GPU = 'no usable GPU'


class TensorRtMissingError(RuntimeError):
    """TensorRT cannot be used; the message says what is missing and what to do."""

    def __init__(self, why: TensorRtAbsence, message: str) -> None:
        super().__init__(why, message)      # both, so that it can be sent between processes
        self.why = why

    def __str__(self) -> str:
        """Return the message."""
        return str(self.args[1])


class Library(NamedTuple):
    """A library that was imported; notes say why it is not the preferred one."""

    module: Any
    flavour: Flavour
    version: str
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Return name and version for people."""
        return f'{self.flavour.label} {self.version}'

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the first two numbers of the version."""
        return tuple(int(part) for part in re.findall(r'\d+', self.version)[:2])


def find(flavours: Sequence[Flavour]) -> Library:
    """
    Import the first of the libraries that can be imported.

    :raises TensorRtMissingError: when there is none that can be used.
    """
    broken: list[tuple[Flavour, ImportError]] = []
    for flavour in flavours:
        try:
            module = importlib.import_module(flavour.value)
        except ImportError as error:
            if not (isinstance(error, ModuleNotFoundError) and error.name == flavour.value):
                broken.append((flavour, error))
            continue
        return _checked(Library(module, flavour, str(getattr(module, '__version__', '')), tuple(
            f'{other.label} is installed, but cannot be loaded ({error})'
            for other, error in broken)))
    if broken:
        raise _library_missing(*broken[0])
    raise _not_installed(flavours)


def _checked(library: Library) -> Library:
    module, flavour = library.module, library.flavour
    if not library.version or not hasattr(module, 'Builder'):
        where = getattr(module, '__file__', None) or ', '.join(getattr(module, '__path__', ()))
        raise TensorRtMissingError(
            TensorRtAbsence.NOT_INSTALLED,
            f'{where or flavour.value} has the name of {flavour.label}, but is not it: '
            f'rename it, or start elsewhere')
    if flavour is Flavour.TENSORRT and library.numbers < MINIMUM:
        raise TensorRtMissingError(
            TensorRtAbsence.TOO_OLD,
            f'{library.title} is too old: install {".".join(map(str, MINIMUM))} or later '
            f'(on a Jetson: JetPack 5.1 or later)')
    return library


def _library_missing(flavour: Flavour, error: ImportError) -> TensorRtMissingError:
    return TensorRtMissingError(
        TensorRtAbsence.LIBRARY,
        f'{flavour.label} is installed, but cannot be loaded ({error}): install the libraries of '
        f'just that version (on a Jetson apt install tensorrt; with pip its package that ends in '
        f'-libs), or add their folder to LD_LIBRARY_PATH')


def _not_installed(flavours: Sequence[Flavour]) -> TensorRtMissingError:
    if Flavour.RTX not in flavours and importlib.util.find_spec(Flavour.RTX.value) is not None:
        return TensorRtMissingError(
            TensorRtAbsence.RTX_ONLY,
            'only TensorRT-RTX is installed, which serves GeForce and RTX cards alone: install '
            'TensorRT itself (on a Jetson apt install tensorrt python3-libnvinfer; else pip '
            'install tensorrt)')
    return TensorRtMissingError(
        TensorRtAbsence.NOT_INSTALLED,
        f'TensorRT is not installed (no Python module {" or ".join(flavours)}): on a Jetson apt '
        f"install tensorrt python3-libnvinfer, and use the system's Python or a venv with "
        f'--system-site-packages; on a PC with an NVIDIA GPU pip install tensorrt')
