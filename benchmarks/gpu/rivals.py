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

"""The same network run in other ways on the same GPU; see other_ways.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
import json
import os
import subprocess
import sys
from typing import Any

from benchmarks.gpu.engines import open_tensorrt
from benchmarks.gpu.gpu import models_of, need_tensorrt
from benchmarks.gpu.other_ways import EAGER, SIZE
from benchmarks.gpu.outcome import Check, Outcome, Settings, Table, UnavailableError
from benchmarks.gpu.timing import image, p50_p99, wall
from seg_node.perception.backends.tensorrt.options import graph_for
from seg_node.perception.models.model import Model
from seg_node.places import ROOT
from seg_node.scoring.percentiles import Percentiles

MIN_TIMES = 5.0
"""How many times faster than PyTorch eager, in its usual fp32, a frame has to be."""
LIMIT_S = 600.0
_LAST_LINES = 3
_OF_THIS_PYTHON = ('PYTHONHOME', 'LD_LIBRARY_PATH')
"""What would mislead another Python."""


def run(settings: Settings) -> Iterator[Outcome]:
    """Race the models that were asked for against whatever else is installed."""
    need_tensorrt()
    rows: list[tuple[str, ...]] = []
    checks: list[Check] = []
    notes: list[str] = []
    figures: dict[str, Any] = {}
    for model in models_of(settings):
        times, absent = others(model, settings)
        notes += [f'{model.name}: {text}' for text in absent]
        if not times:
            continue
        frame = image(*SIZE)
        with closing(open_tensorrt(graph_for(model, 'auto'))) as backend:
            ours = wall(lambda: backend.infer([frame]), settings.timed)  # noqa: B023
        found = compare(model.name, f'TensorRT {backend.precision}', ours, times)
        rows += found[0]
        checks += found[1]
        figures[model.name] = {'ours': asdict(ours),
                               **{name: asdict(one) for name, one in times.items()}}
        title = f'Frames of {SIZE[0]}x{SIZE[1]}, milliseconds, p50 (p99)'
        columns = ('model', 'way', 'a frame', 'times as long')
        yield Outcome(tuple(checks), (Table(title, columns, tuple(rows)),), tuple(notes), figures)
    if not rows:
        raise UnavailableError('; '.join(dict.fromkeys(notes)))


def others(model: Model, settings: Settings) -> tuple[dict[str, Percentiles], list[str]]:
    """Return the times of the other ways that there are, and why there is not the rest."""
    python = settings.rival_python or sys.executable
    environment = dict(os.environ)
    if settings.rival_python:
        environment = {name: value for name, value in os.environ.items()
                       if name not in _OF_THIS_PYTHON} | {'PYTHONPATH': str(ROOT)}
    try:
        done = subprocess.run(
            [python, '-m', 'benchmarks.gpu.other_ways', str(model.graph.parent),
             str(settings.timed)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
            errors='replace', timeout=LIMIT_S, env=environment)
    except (OSError, subprocess.TimeoutExpired) as error:
        return {}, [f'{python}: {error}']
    if done.returncode:
        said = ' / '.join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        return {}, [f'{python} ended with exit code {done.returncode}: {said}']
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return ({name: Percentiles(**values) for name, values in found['times'].items()},
            found['absent'])


def compare(model: str, name: str, ours: Percentiles, times: dict[str, Percentiles]
            ) -> tuple[list[tuple[str, ...]], list[Check]]:
    """Return the rows of the table, and the check against PyTorch eager where it ran."""
    rows: list[tuple[str, ...]] = [(model, name, p50_p99(ours), '1')]
    rows += [(model, way, p50_p99(one), f'{one.p50 / ours.p50:.1f}') for way, one in times.items()]
    if EAGER not in times:
        return rows, []
    factor = times[EAGER].p50 / ours.p50
    return rows, [Check(f'{model}: times as fast as {EAGER}', f'{factor:.1f}',
                        f'at least {MIN_TIMES:g}', factor >= MIN_TIMES)]
