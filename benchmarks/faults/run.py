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

"""Run faults one after the other: inject, listen, recover, and judge what was heard."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
import time

from benchmarks.common.processes import Domain
from benchmarks.faults.bench import Bench, BenchError
from benchmarks.faults.case import Fault, NotCaughtError, Rig
from benchmarks.faults.images import Films
from benchmarks.faults.table import Entry, judge

START_SECONDS = 30.0
"""Time for a node to start, load its model and give GO."""
_PATIENCE = 2.0      # seconds to wait for a STOP that is due, before the fault is given up

Report = Callable[[Entry], None]


class Runner:
    """Runs faults, each rig with a node of its own, and a new one where a node is used up."""

    def __init__(self, films: Films, model: Path, folder: Path, report: Report) -> None:
        """Prepare; `folder` takes the nodes' logs, `report` is told of each result."""
        self._films = films
        self._model = model
        self._folder = folder
        self._report = report
        self._domain = Domain()
        self._bench: Bench | None = None
        self._nodes = 0

    def run(self, faults: Sequence[Fault]) -> Iterable[Entry]:
        """Run the faults in their order and give the entries one by one."""
        for rig, members in groupby(faults, key=lambda fault: fault.rig):
            for fault in members:
                yield self._run_in(rig, fault)
            self._dismiss()

    def close(self) -> None:
        """End what is left and give the domain back."""
        self._dismiss()
        self._domain.close()

    def _run_in(self, rig: Rig, fault: Fault) -> Entry:
        blank = Entry(fault.name, rig.name, fault.about, fault.reasons)
        try:
            bench = self._bench or self._assemble(rig)
            entry = run(bench, fault, blank)
        except BenchError as error:
            entry = replace(blank, note=f'could not be injected: {error}')
        spent = fault.ends_node or bool(entry.crash) or entry.go_again_s is None
        if spent:
            ended = self._dismiss()
            if ended and not entry.crash:
                entry = replace(entry, crash=ended)
        self._report(entry)
        return entry

    def _assemble(self, rig: Rig) -> Bench:
        self._nodes += 1
        folder = self._folder / f'{self._nodes:02d}_{rig.name}'
        folder.mkdir(parents=True, exist_ok=True)
        self._bench = Bench(self._domain, self._films, self._model, folder)
        rig.assemble(self._bench)
        self._bench.start_node(rig.parameters)
        self._bench.wait_for_go(START_SECONDS)
        return self._bench

    def _dismiss(self) -> str:
        bench, self._bench = self._bench, None
        return bench.close() if bench is not None else ''


def run(bench: Bench, fault: Fault, blank: Entry) -> Entry:
    """
    Inject one fault, let it last, recover, and judge.

    :raises BenchError: when the fault could not be injected.
    """
    fault.prepare(bench)
    bench.wait_for_go()
    complained = bench.complaints()
    begin = time.monotonic()
    try:
        moment = fault.inject(bench)
    except (NotCaughtError, BenchError) as error:
        return _recovered(bench, fault, replace(blank, note=str(error)), complained)
    due = max(moment.knowable, time.monotonic())
    bench.wait_for_stop(max(moment.fault, begin), due - time.monotonic() + _PATIENCE)
    bench.wait_until(time.monotonic() + fault.hold)
    end = time.monotonic()
    entry = judge(blank, moment, bench.ears.stops_since(moment.fault),
                  bench.ears.states_since(moment.fault), end)
    return _recovered(bench, fault, entry, complained)


def _recovered(bench: Bench, fault: Fault, entry: Entry, complained: int) -> Entry:
    """Mend the fault and note how long GO takes to come back, and whether the node is well."""
    begin = time.monotonic()
    crash = bench.crash()
    again = None
    try:
        fault.recover(bench)
        again = round(bench.wait_for_go() - begin, 2)
    except BenchError as error:
        entry = replace(entry, note='; '.join(filter(None, (entry.note, str(error)))))
    complaints = bench.complaints() - complained
    crash = crash or bench.crash() or (
        f'{complaints} complaints in {bench.folder.name}' if complaints > 0 else '')
    return replace(entry, go_again_s=again, crash=crash)
