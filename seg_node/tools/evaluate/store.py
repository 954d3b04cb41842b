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

"""The folder of a run: what is done stays, whatever ends the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import json
from pathlib import Path
import shutil
from typing import Any

from seg_node.errors import UserError
from seg_node.recordings.find import Recording, RUN
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.evaluate.job import Job, JobResult
from seg_node.tools.evaluate.row import Columns
from seg_node.tools.evaluate.scenario.reading import Scenario
from seg_node.tools.evaluate.scenario.summary import judge_scenario, scenario_summary
from seg_node.tools.evaluate.scores import Counts
from seg_node.tools.evaluate.summary import summarize, Totals
from seg_node.tools.evaluate.table import read_table, write_all

KEPT = 'counts.json'


class Store:
    """
    A run's folder.

    A recording's folder appears by a rename, whole, and is replaced by a new one in the same way.
    """

    def __init__(self, out: Path) -> None:
        """Make the folder; UserError when that cannot be done, or it holds something else."""
        self._out = out
        self._parts = out / 'recordings'
        if out.is_dir() and any(out.iterdir()) and not (out / RUN).exists() \
                and not self._parts.is_dir():
            raise UserError(f'--out {out}: holds something else than an evaluation. Give an empty '
                            'or a new folder')
        try:
            self._parts.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f'--out {out}: cannot be made ({error.strerror})') from None
        for left in self._parts.glob('.*.partial'):      # of a run that was killed
            shutil.rmtree(left, ignore_errors=True)

    def is_done(self, job: Job) -> bool:
        """Say whether the results of a job are there, from the same files by the same rules."""
        kept = self._kept(job.recording.name)
        try:
            return kept is not None and kept['key'] == job.key()
        except OSError:
            return False

    def put(self, recording: Recording, outcome: JobResult) -> None:
        """Keep what came of a job; UserError when it cannot be written."""
        try:
            self._put(recording, outcome)
        except OSError as error:
            raise UserError(f'{self._parts}: {outcome.name} cannot be written '
                            f'({error.strerror}). Make room, then run again: what is done is '
                            'kept') from None

    def _put(self, recording: Recording, outcome: JobResult) -> None:
        failed = self._failed(outcome.name)
        place = self._parts / outcome.name
        partial = self._parts / f'.{outcome.name}.partial'
        if outcome.error:
            _write(failed, {'recording': outcome.name, 'path': str(recording.path),
                            'error': outcome.error, 'frames': outcome.frames})
        else:
            failed.unlink(missing_ok=True)
        shutil.rmtree(partial, ignore_errors=True)
        for name, data in outcome.files.items():
            file = partial / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        if place.exists():
            shutil.rmtree(place)
        if outcome.files:
            partial.rename(place)

    def write_run(self, content: Mapping[str, Any]) -> None:
        """Write run.json."""
        _write(self._out / RUN, content)

    def finish(self, recordings: Sequence[Recording], classes: Sequence[str], parquet: bool,
               scenarios: Mapping[str, Scenario]) -> dict[str, Any]:
        """
        Write the table of all frames and summary.json, from what the recordings left.

        :param classes: of the confusion.
        :param scenarios: what must happen, by the names of recordings.
        """
        totals = Totals(Counts.empty(len(classes)))
        failed: list[dict[str, Any]] = []
        unfinished: list[str] = []
        judged = {name: judge_scenario(one, None) for name, one in scenarios.items()}

        def tables() -> Iterator[Columns]:
            for recording in recordings:
                error = self._error(recording.name)
                if error is not None:
                    failed.append({'recording': recording.name, 'error': error})
                kept = self._kept(recording.name)
                if kept is None:
                    if error is None:
                        unfinished.append(recording.name)
                    continue
                table = read_table(self._parts / recording.name)
                if recording.name in scenarios:
                    judged[recording.name] = judge_scenario(scenarios[recording.name], table)
                totals.add(recording.name, table, Counts.from_json(kept['counts']), kept['worst'])
                yield table

        write_all(self._out, tables(), parquet)
        summary = {**summarize(totals, classes), 'failed': failed, 'unfinished': unfinished,
                   'scenario': scenario_summary(judged) if judged else None}
        _write(self._out / 'summary.json', summary)
        return summary

    def files(self, recordings: Sequence[Recording], name: str) -> list[Path]:
        """Return where the files of a name lie that the recordings have, in their order."""
        places = [self._parts / recording.name / name for recording in recordings]
        return [place for place in places if place.is_file()]

    def _failed(self, name: str) -> Path:
        return self._parts / f'{name}.failed.json'

    def _error(self, name: str) -> str | None:
        try:
            return str(json.loads(self._failed(name).read_bytes())['error'])
        except (OSError, ValueError, KeyError):
            return None

    def _kept(self, name: str) -> dict[str, Any] | None:
        try:
            kept: dict[str, Any] = json.loads((self._parts / name / KEPT).read_bytes())
        except (OSError, ValueError):
            return None
        return kept


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_whole(path, strict_json(content, None))
