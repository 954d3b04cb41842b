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

from benchmarks.faults.case import Fault, NotCaughtError, Setup
from benchmarks.faults.images import Clips
from benchmarks.faults.table import Entry, judge
from benchmarks.faults.testbed import FaultTestbed, START_SECONDS
from seg_node.errors import UserError
from seg_node.tools.common.testbed.domain import Domain

_PATIENCE = 2.0      # seconds to wait for a STOP that is due, before the fault is given up

Report = Callable[[Entry], None]


class Runner:
    """Runs faults, each setup with a node of its own, and a new one where a node is used up."""

    def __init__(self, clips: Clips, model: Path, folder: Path, report: Report) -> None:
        """Prepare; `folder` takes the nodes' logs, `report` is told of each result."""
        self._clips = clips
        self._model = model
        self._folder = folder
        self._report = report
        self._domain = Domain.claim()
        self._testbed: FaultTestbed | None = None
        self._nodes = 0

    def run(self, faults: Sequence[Fault]) -> Iterable[Entry]:
        """Run the faults in their order and give the entries one by one."""
        for setup, members in groupby(faults, key=lambda fault: fault.setup):
            for fault in members:
                yield self._run_in(setup, fault)
            self._dismiss()

    def close(self) -> None:
        """End what is left and give the domain back."""
        self._dismiss()
        self._domain.close()

    def _run_in(self, setup: Setup, fault: Fault) -> Entry:
        blank = Entry(fault.name, setup.name, fault.about, fault.reasons)
        try:
            testbed = self._testbed or self._assemble(setup)
            entry = run(testbed, fault, blank)
        except UserError as error:
            entry = replace(blank, note=f'could not be injected: {_first_line(error)}')
        spent = fault.ends_node or bool(entry.crash) or entry.go_again_s is None
        if spent:
            ended = self._dismiss()
            if ended and not entry.crash:
                entry = replace(entry, crash=ended)
        self._report(entry)
        return entry

    def _assemble(self, setup: Setup) -> FaultTestbed:
        self._nodes += 1
        folder = self._folder / f'{self._nodes:02d}_{setup.name}'
        folder.mkdir(parents=True, exist_ok=True)
        self._testbed = FaultTestbed(self._domain, self._clips, self._model, folder)
        setup.assemble(self._testbed)
        self._testbed.start_node(
            {'model': str(self._testbed.model), 'autostart': True, **setup.parameters},
            module=setup.module)
        self._testbed.wait_for_go(START_SECONDS)
        return self._testbed

    def _dismiss(self) -> str:
        testbed, self._testbed = self._testbed, None
        return testbed.finish() if testbed is not None else ''


def run(testbed: FaultTestbed, fault: Fault, blank: Entry) -> Entry:
    """
    Inject one fault, let it last, recover, and judge.

    :raises UserError: when the fault could not be injected.
    """
    fault.prepare(testbed)
    testbed.wait_for_go()
    complained = testbed.complaints()
    begin = time.monotonic()
    try:
        moment = fault.inject(testbed)
    except (NotCaughtError, UserError) as error:
        return _recovered(testbed, fault, replace(blank, note=_first_line(error)), complained)
    due = max(moment.knowable, time.monotonic())
    testbed.wait_for_stop(max(moment.fault, begin), due - time.monotonic() + _PATIENCE)
    testbed.wait_until(time.monotonic() + fault.hold)
    end = time.monotonic()
    entry = judge(blank, moment, testbed.listener.stops_since(moment.fault),
                  testbed.listener.states_since(moment.fault), end)
    return _recovered(testbed, fault, entry, complained)


def _recovered(testbed: FaultTestbed, fault: Fault, entry: Entry, complained: int) -> Entry:
    """Mend the fault and note how long GO takes to come back, and whether the node is well."""
    begin = time.monotonic()
    crash = testbed.crash()
    again = None
    try:
        fault.recover(testbed)
        again = round(testbed.wait_for_go() - begin, 2)
    except UserError as error:
        entry = replace(entry, note='; '.join(filter(None, (entry.note, _first_line(error)))))
    complaints = testbed.complaints() - complained
    crash = crash or testbed.crash() or (
        f'{complaints} complaints in {testbed.folder.name}' if complaints > 0 else '')
    return replace(entry, go_again_s=again, crash=crash)


def _first_line(error: Exception) -> str:
    return str(error).partition('\n')[0]
