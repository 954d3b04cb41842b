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

"""The file beside a recording that says what must happen in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
import difflib
import math
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.outside_text import quoted
from seg_node.recordings.find import Recording
from seg_node.safe_yaml import read_yaml, YamlError
from seg_node.tools.evaluate.scenario.expectation import (
    DECISIONS,
    Expectation,
    Quantifier,
    REASONS,
)

ENDING = '.scenario.yaml'
_RULES = [rule.value for rule in Quantifier]
_KEYS = (*_RULES, 'from', 'until', 'because')
_EXAMPLE = '{always: stop, from: 12.0, until: 14.5, because: obstacle}'
Scenario = tuple[Expectation, ...]


def scenario_path(recording: Path) -> Path:
    """Return where the scenario of a recording lies: my_bag, or drive.mp4's drive, plus ENDING."""
    name = recording.name if recording.is_dir() else recording.stem
    return recording.with_name(name + ENDING)


def read_scenarios(recordings: Iterable[Recording], given: Sequence[Path],
                   ) -> dict[str, Scenario]:
    """
    Read the scenarios that lie beside recordings; by the names of the recordings.

    :param given: what the recordings were found in: a scenario in such a folder that belongs to
        none of them is an error, and nothing that is silently left out.
    :raises UserError: names the file, the value and the remedy.
    """
    recordings = list(recordings)
    places = {scenario_path(one.path.absolute()): one for one in recordings}
    for folder in {one.path.absolute().parent for one in recordings
                   if any(path.is_dir() and path.absolute() in one.path.absolute().parents
                          for path in given)}:
        for path in sorted(folder.glob(f'*{ENDING}')):
            if path not in places:
                raise UserError(f'{path}: belongs to no recording. It takes the name of one, '
                                f'my_bag{ENDING} beside my_bag or my_bag.mcap; rename it, or '
                                'move it away')
    return {one.name: read_scenario(path) for path, one in places.items() if path.exists()}


def read_scenario(path: Path) -> Scenario:
    """
    Read a scenario.

    :raises UserError: names the file, the value and the remedy.
    """
    try:
        content = read_yaml(path)
    except YamlError as error:
        raise UserError(f'{path}: {error}') from None
    if not isinstance(content, Mapping) or list(content) != ['expect'] \
            or not isinstance(content['expect'], list) or not content['expect']:
        raise UserError(f'{path}: is no scenario. Write expect: and below it a line for each '
                        f'thing that must happen, such as - {_EXAMPLE}')
    return tuple(_expectation(f'{path}: expect: entry {number}', entry)
                 for number, entry in enumerate(content['expect'], 1))


def _expectation(place: str, entry: Any) -> Expectation:
    if not isinstance(entry, Mapping) or not entry:
        raise UserError(f'{place}: {quoted(entry)} says nothing of what must happen. Write such '
                        f'as {_EXAMPLE}')
    for key in entry:
        if key not in _KEYS:
            raise UserError(f'{place}: {quoted(key)} is no key of it. {_near(key, _KEYS)}')
    rules = [rule for rule in Quantifier if rule.value in entry]
    if len(rules) != 1:
        raise UserError(f'{place}: has {len(rules)} of {", ".join(_RULES)}. Write one of them')
    rule = rules[0]
    what = entry[rule.value]
    if what not in (*DECISIONS, *REASONS):
        raise UserError(f'{place}: {rule.value}: {quoted(what)} is neither a decision '
                        f'({", ".join(DECISIONS)}) nor a reason. '
                        f'{_near(what, (*DECISIONS, *REASONS))}')
    since = _time(place, 'from', entry.get('from', 0.0))
    until = _time(place, 'until', entry['until']) if 'until' in entry else None
    if until is not None and until < since:
        raise UserError(f'{place}: until: {until:g} s lies before from: {since:g} s. Exchange '
                        'them')
    return Expectation(rule, str(what), since, until, _because(place, what, entry))


def _because(place: str, what: str, entry: Mapping[Any, Any]) -> tuple[str, ...]:
    given = entry.get('because', [])
    names = given if isinstance(given, list) else [given]
    for name in names:
        if not isinstance(name, str) or name not in REASONS:
            raise UserError(f'{place}: because: {quoted(name)} is no reason. '
                            f'{_near(name, REASONS)}')
    if 'because' in entry and (not names or what not in DECISIONS):
        raise UserError(f'{place}: because: {quoted(given)} tells for what reason a decision is '
                        f'made, and {quoted(what)} is none. Leave because out, or write reasons '
                        'of a decision')
    return tuple(map(str, names))


def _time(place: str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) \
            or not math.isfinite(value) or value < 0:
        raise UserError(f'{place}: {key}: {quoted(value)} is no time. Give seconds since the '
                        'first frame, 0 or more')
    return float(value)


def _near(name: Any, known: Collection[str]) -> str:
    near = difflib.get_close_matches(str(name), known, 3, 0.5)
    return f'Did you mean {", ".join(near)}?' if near else f'There are {", ".join(known)}'
