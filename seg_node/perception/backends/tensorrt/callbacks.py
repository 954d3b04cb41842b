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

"""The objects that TensorRT calls back: its logger and its progress monitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TYPE_CHECKING

from seg_node.perception.backends.tensorrt.reports import LogLine

if TYPE_CHECKING:
    from seg_node.perception.backends.progress import Progress
    from seg_node.perception.backends.tensorrt.progress import PhaseTree


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
