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

"""How two runs were made differently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seg_node.tools.evaluate.report.results import RecordingResults, RunResults

_BORING = ('command', 'started', 'recordings', 'jobs')
"""What always differs, or makes no difference."""


@dataclass(frozen=True)
class Difference:
    """A setting with its two values, as text; None where a run has it not."""

    name: str
    a: str | None
    b: str | None


def differences(a: RunResults, b: RunResults) -> tuple[Difference, ...]:
    """Return the settings that differ: version, model, backend, parameters, truth, machine."""
    old, new = _settings(a.run), _settings(b.run)
    names = [*old, *(name for name in new if name not in old)]
    return tuple(Difference(name, old.get(name), new.get(name)) for name in names
                 if old.get(name) != new.get(name))


def doubts(a: RunResults, b: RunResults) -> tuple[str, ...]:
    """
    Say why numbers of the two runs must not be compared: they are not of the same frames.

    Empty when all recordings are in both, each with as many frames and as many with truth.
    """
    old, new = ({one.name: one for one in run.recordings if one.summary is not None}
                for run in (a, b))
    found = []
    for names, first, other in (
            ([name for name in old if name not in new], 'A', 'B'),
            ([name for name in new if name not in old], 'B', 'A')):
        if names:
            found.append(f'{len(names)} of the recordings of {first} are not in {other}: '
                         f'{_some(names)}')
    uneven = [name for name in old if name in new and _extent(old[name]) != _extent(new[name])]
    if uneven:
        found.append(f'{len(uneven)} recordings have not the same number of frames, or of frames '
                     f'with truth, in A and B: {_some(uneven)}')
    if a.run.get('truth') != b.run.get('truth') and _mapping(a) != _mapping(b):
        found.append('the truth is read by different mappings')
    if a.tells_early_go != b.tells_early_go:
        found.append(f'in {"B" if a.tells_early_go else "A"}, of an older version, false GO also '
                     'counts GO earlier than the truth: run evaluate again')
    return tuple(found)


def _mapping(run: RunResults) -> Any:
    truth = run.run.get('truth')
    return truth.get('mapping') if isinstance(truth, Mapping) else None


def _extent(one: RecordingResults) -> tuple[int, int]:
    assert one.summary is not None
    return int(one.summary['frames']), int(one.summary['with_truth'])


def _some(names: list[str]) -> str:
    return ', '.join(names[:5]) + (', ...' if len(names) > 5 else '')


def _settings(told: Mapping[str, Any], beginning: str = '') -> dict[str, str]:
    settings: dict[str, str] = {}
    for key, value in told.items():
        if not beginning and key in _BORING:
            continue
        if isinstance(value, Mapping):
            settings |= _settings(value, f'{beginning}{key}.')
        else:
            settings[beginning + key] = str(value)
    return settings
