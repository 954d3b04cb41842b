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

"""The objects that TensorRT calls back: its logger, and its progress monitor with its phases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import threading
from typing import Any

from seg_node.perception.backends.progress import Progress
from seg_node.perception.backends.tensorrt.reports import LogLine


@dataclass
class _Phase:
    name: str
    parent: str | None
    steps: int
    done: int = 0
    within: float = 0.0
    """The share of the current step that phases inside it have done."""

    @property
    def fraction(self) -> float:
        return min((self.done + min(self.within, 1.0)) / self.steps, 1.0)


@dataclass
class PhaseTree:
    """
    Makes one fraction of the nested phases that TensorRT's progress monitor reports.

    TensorRT may report from several threads, and may finish a phase before all of its steps are
    reported (IProgressMonitor). A step with phases inside it advances with them.
    """

    _open: dict[str, _Phase] = field(default_factory=dict)
    _best: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, name: str, parent: str | None, steps: int) -> Progress:
        """Note that a phase has begun, inside its parent if it has one."""
        with self._lock:
            self._open[name] = _Phase(name, parent, max(steps, 1))
            return self._progress(name)

    def step(self, name: str, step: int) -> Progress:
        """Note that a step, counted from 0, of a phase is done."""
        with self._lock:
            phase = self._open.get(name)
            if phase is not None and step + 1 > phase.done:
                phase.done, phase.within = min(step + 1, phase.steps), 0.0
            return self._progress(name)

    def finish(self, name: str) -> Progress:
        """Note that a phase has ended."""
        with self._lock:
            phase = self._open.get(name)
            if phase is not None:
                phase.done, phase.within = phase.steps, 0.0
            progress = self._progress(name)
            self._open.pop(name, None)
            return progress

    def _progress(self, name: str) -> Progress:
        phase = self._open.get(name)
        seen: set[str] = set()
        while phase is not None and phase.parent is not None and phase.name not in seen:
            seen.add(phase.name)
            parent = self._open.get(phase.parent)
            if parent is None:
                break
            parent.within = max(parent.within, phase.fraction)
            phase = parent
        # A phase whose parents are over says nothing of the whole.
        if phase is not None and phase.parent is None:
            self._best = max(self._best, phase.fraction)
        return Progress(name, self._best)


def make_logger(base: Any, log: Callable[[LogLine], None]) -> Any:
    """Make a logger (base: ILogger) that gives every message to a function."""
    levels = {int(level): name.lower() for name, level in base.Severity.__members__.items()}

    # The parameters' names are the bindings'.
    def write(self: Any, severity: Any, msg: str) -> None:
        log(LogLine(levels.get(int(severity), 'info'), msg))

    return _implement(base, 'Logger', {'log': write})


def make_monitor(base: Any, tree: PhaseTree, report: Callable[[Progress], None]) -> Any:
    """Make a monitor (base: IProgressMonitor) that gives all progress to a function."""
    def phase_start(self: Any, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        report(tree.start(phase_name, parent_phase, num_steps))

    def step_complete(self: Any, phase_name: str, step: int) -> bool:
        report(tree.step(phase_name, step))
        return True

    def phase_finish(self: Any, phase_name: str) -> None:
        report(tree.finish(phase_name))

    return _implement(base, 'Monitor', {
        'phase_start': phase_start, 'step_complete': step_complete, 'phase_finish': phase_finish})


def _implement(base: Any, name: str, methods: dict[str, Callable[..., Any]]) -> Any:
    # pybind11 wants the base's own __init__ called, not object's.
    implementation = type(name, (base,), {'__init__': lambda self: base.__init__(self), **methods})
    return implementation()
