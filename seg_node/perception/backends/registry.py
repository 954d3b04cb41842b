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

"""
The backends there are, what may be asked of them, and how one is opened.

A backend is a module or package of this folder, with a `BACKEND`, and a name in NAMES. It imports
its library only when it is opened. Node parameters, launch files and commands take their choices
from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import importlib

from seg_node.perception.backends import (
    Backend,
    BackendAbsentError,
    BackendCancelledError,
    BackendError,
)
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.models.manifest import Model, Precision
from seg_node.perception.models.model import at_precision

NAMES = ('tensorrt', 'onnxruntime', 'classical')
"""Modules of this folder, in the order in which `auto` tries those that run a graph."""

AUTO = 'auto'
PRECISIONS: tuple[str, ...] = (AUTO, *(each.value for each in Precision))
"""What may be asked for; auto is what is quick on the backend."""
MAX_BATCH = 16
MAX_THREADS = 64


@dataclass(frozen=True)
class OwnOption:
    """
    A whole number that one backend alone takes, also a parameter of the node.

    `unset`, outside of low to high, leaves the choice to the backend, which is then given None.
    """

    name: str
    unset: int
    low: int
    high: int
    meaning: str


@dataclass(frozen=True)
class BackendOptions:
    """
    What is wanted.

    name: one of choices(). threads: CPU threads that inference may use. precision: one of
    PRECISIONS. max_batch: maximum of images at once, the number of cameras. own: by the names of
    OwnOptions; what is not there is left to the backend.

    :raises BackendError: names what does not fit.
    """

    name: str = AUTO
    threads: int = 2
    precision: str = AUTO
    max_batch: int = 1
    own: Mapping[str, int | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.name not in choices():
            raise BackendError(f'backend {self.name!r} is not known; give {", ".join(choices())}')
        if self.precision not in PRECISIONS:
            raise BackendError(f'precision is {self.precision!r}; give {", ".join(PRECISIONS)}')
        for name, maximum in (('threads', MAX_THREADS), ('max_batch', MAX_BATCH)):
            if not 1 <= getattr(self, name) <= maximum:
                raise BackendError(f'{name} is {getattr(self, name)}; give 1 to {maximum}')


Open = Callable[[Model, BackendOptions, ProgressMonitor, str, tuple[str, ...]], Backend]
"""Opens a backend for a model; told why it was chosen, and warnings to pass on."""


@dataclass(frozen=True)
class RegisteredBackend:
    """
    What a backend's module declares as BACKEND.

    title: of its library, for people. needs: what a machine must have that `auto` chooses it, for
    people. open: raises BackendAbsentError where the machine has not what it is made for.
    on_cpu: whether it computes on the CPU, so that several of them share its cores. own_model:
    of one that runs no graph, its classes and size; `auto` does not choose it.
    """

    title: str
    needs: str
    open: Open
    own_options: tuple[OwnOption, ...] = ()
    on_cpu: bool = False
    own_model: Callable[[], Model] | None = None


def registered(name: str) -> RegisteredBackend:
    """Return a backend of NAMES."""
    module = importlib.import_module(f'{__package__}.{name}')
    found: RegisteredBackend = module.BACKEND
    return found


def choices() -> tuple[str, ...]:
    """Return what may be asked for."""
    return (AUTO, *NAMES)


def own_options() -> tuple[OwnOption, ...]:
    """Return the options that single backends take."""
    return tuple(option for name in NAMES for option in registered(name).own_options)


def own_model(name: str) -> Model | None:
    """Return what a backend of choices() brings in place of a model; None if it runs a graph."""
    brings = None if name == AUTO else registered(name).own_model
    return None if brings is None else brings()


def at_asked_precision(model: Model, asked: str, quick: Precision) -> Model:
    """
    Return a model with the graph of a precision of PRECISIONS, with `auto` of the quick one.

    A model that has none that is quick, or was loaded at a lower precision, stays as it is then.

    :raises ModelError: when the model has no such graph, or it is damaged.
    """
    if asked != AUTO:
        return at_precision(model, Precision(asked))
    lower = [variant.precision for variant in model.variants]
    if model.precision is Precision.FP32 and quick in lower:
        return at_precision(model, quick)
    return model


def open_backend(model: Model, options: BackendOptions | None = None,
                 monitor: ProgressMonitor | None = None) -> Backend:
    """
    Return a backend with the model loaded and warmed up.

    With 'auto' it is the first that works; one that should work and does not is a warning.

    :raises BackendCancelledError: soon after the monitor has cancelled.
    :raises BackendError: when it is not installed, refuses the model or its options.
    """
    options, monitor = options or BackendOptions(), monitor or ProgressMonitor()
    if options.name != AUTO:
        return registered(options.name).open(
            model, options, monitor, f'{options.name}: asked for by name', ())
    *preferred, last = (name for name in NAMES if registered(name).own_model is None)
    passed_over: list[str] = []
    warnings: tuple[str, ...] = ()
    for name in preferred:
        backend = registered(name)
        try:
            return backend.open(
                model, options, monitor,
                _because(name, passed_over or [f'it and {backend.needs} are there']), warnings)
        except BackendCancelledError:
            raise
        except BackendAbsentError as error:
            passed_over.append(str(error))
        except BackendError as error:
            passed_over.append(f'{backend.title} failed')
            warnings = (*warnings, f'{backend.title} cannot be used: {error}')
    return registered(last).open(model, options, monitor, _because(last, passed_over), warnings)


def _because(name: str, reasons: list[str]) -> str:
    return f'{AUTO}: {name}, because {"; ".join(reasons)}'
