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

"""The folder of a run, as evaluate leaves it."""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.tools.evaluate.row import Columns
from seg_node.tools.evaluate.scenario.summary import Expected, expected_of
from seg_node.tools.evaluate.table import read_table

TITLED = 3
"""Recordings that a title names."""
RUN, SUMMARY, RECORDINGS, REPORT = 'run.json', 'summary.json', 'recordings', 'report.html'


@dataclass(frozen=True)
class Film:
    """
    The overlay film of a recording: image k is frame k.

    place is its path in the folder of the run; sheet the frames of its contact sheet.
    """

    place: str
    fps: float
    sheet: tuple[int, ...]

    def picture(self, number: int) -> str:
        """Return the path of a frame's picture on the contact sheet in the folder of the run."""
        return f'{self.place.rpartition("/")[0]}/{place_on_sheet(number)}'


@dataclass(frozen=True)
class RecordingResults:
    """
    What is there of one recording.

    summary is None where nothing could be evaluated; error says why nothing, or not all of it,
    could be, '' for a recording that is whole.
    """

    name: str
    folder: Path
    summary: dict[str, Any] | None
    error: str

    @property
    def notes(self) -> list[str]:
        """What is worth knowing about it."""
        return [str(note) for note in (self.summary or {}).get('notes', [])]

    @property
    def film(self) -> Film | None:
        """Its overlay film; None without one."""
        told = (self.summary or {}).get('film')
        if not told or not told['file'] or Path(told['file']).name != told['file'] \
                or not (self.folder / told['file']).is_file():
            return None
        return Film(f'{RECORDINGS}/{self.name}/{told["file"]}', float(told['fps']),
                    tuple(told['sheet']))

    def table(self) -> Columns:
        """Read its frames; UserError when that is not possible."""
        return read_table(self.folder)

    def count(self, name: str) -> int:
        """Return a number of frames from its decisions; 0 where there is none."""
        decisions = {} if self.summary is None else self.summary['decisions']
        return int(decisions.get(name, 0))

    def score(self, name: str) -> float | None:
        """Return one of its scores."""
        value = None if self.summary is None else self.summary['scores'].get(name)
        return None if value is None else float(value)


@dataclass(frozen=True)
class RunResults:
    """A run: what was evaluated, all numbers together, and its recordings in their order."""

    folder: Path
    run: dict[str, Any]
    summary: dict[str, Any]
    recordings: tuple[RecordingResults, ...]

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.resolve().name

    @property
    def title(self) -> str:
        """What was evaluated."""
        names = [one.name for one in self.recordings]
        if len(names) > TITLED:
            return f'{", ".join(names[:TITLED - 1])} and {len(names) - TITLED + 1} more recordings'
        return ' and '.join(filter(None, (', '.join(names[:-1]), *names[-1:]))) or self.name

    @property
    def expected(self) -> list[Expected]:
        """What had to happen in the recordings, what did not happen first."""
        return expected_of(self.summary)

    @property
    def has_report(self) -> bool:
        """Whether its report.html is there."""
        return (self.folder / REPORT).is_file()

    @property
    def has_truth(self) -> bool:
        """Whether any frame had a mask."""
        return bool(self.summary['with_truth'])

    @property
    def has_true_decisions(self) -> bool:
        """Whether it is known of any frame what the truth would have decided."""
        return self.summary['decisions'].get('false_go') is not None

    @property
    def tells_early_go(self) -> bool:
        """Whether GO earlier than the truth is no false GO: not before version 0.2."""
        return not self.has_true_decisions or 'early_go' in self.summary['decisions']


def place_on_sheet(number: int) -> str:
    """Return the path of a frame's picture for the contact sheet in the recording's folder."""
    return f'sheet/{number:06d}.jpg'


def is_run(folder: Path) -> bool:
    """Say whether a folder holds a run that has come to its end."""
    return (folder / RUN).is_file() and (folder / SUMMARY).is_file()


def runs_in(folder: Path) -> list[RunResults]:
    """
    Return the run of a folder, or all runs that lie in it, by name.

    :raises UserError: when there is none, or one cannot be read.
    """
    if is_run(folder):
        return [read_run(folder)]
    runs = [read_run(one) for one in sorted(folder.iterdir()) if one.is_dir() and is_run(one)] \
        if folder.is_dir() else []
    if not runs:
        raise UserError(f'{folder}: is no run, and holds none')
    return runs


def read_run(folder: Path) -> RunResults:
    """
    Read a run.

    :raises UserError: when the folder holds none.
    """
    if not is_run(folder):
        raise UserError(f'{folder}: holds no {RUN} with {SUMMARY}. Give the --out folder of an '
                        'evaluation that has come to its end')
    run, summary = _read(folder / RUN), _read(folder / SUMMARY)
    try:
        names = [str(one['recording']) for one in run['recordings']]
        summary['scores'], summary['decisions'], summary['with_truth'], summary['failed']
    except (KeyError, TypeError) as error:
        raise UserError(f'{folder}: is no evaluation of this version ({error} is missing). Run '
                        'evaluate again') from None
    return RunResults(folder, run, summary, tuple(_recording(folder, name) for name in names))


def _recording(folder: Path, name: str) -> RecordingResults:
    place = folder / RECORDINGS / name
    failed = place.with_name(f'{place.name}.failed.json')
    error = str(_read(failed).get('error', 'failed')) if failed.is_file() else ''
    summary = _read(place / SUMMARY) if (place / SUMMARY).is_file() else None
    if summary is None and not error:
        error = 'not evaluated: the run was stopped before'
    return RecordingResults(name, place, summary, error)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror})') from None
    except ValueError as error:
        raise UserError(f'{path}: is no JSON ({error}). Run evaluate again') from None
    if not isinstance(content, dict):
        raise UserError(f'{path}: holds no JSON object. Run evaluate again')
    return content
