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

"""What the scenarios of a run amount to, as its summary keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seg_node.tools.evaluate.row import Columns
from seg_node.tools.evaluate.scenario.expectation import judge, Outcome
from seg_node.tools.evaluate.scenario.reading import Scenario


@dataclass(frozen=True)
class Expected:
    """One line of what had to happen in a recording; times in seconds, problem '' when kept."""

    recording: str
    words: str
    since: float
    until: float | None
    problem: str
    at: float | None

    @property
    def kept(self) -> bool:
        """Whether it happened."""
        return not self.problem


def judge_scenario(scenario: Scenario, table: Columns | None) -> list[dict[str, Any]]:
    """
    Hold a scenario against the frames of its recording; for summary.json.

    :param table: None where the recording could not be evaluated: then nothing is kept.
    """
    outcomes = [Outcome(one, 'the recording could not be evaluated') if table is None
                else judge(one, table) for one in scenario]
    return [{'words': one.expectation.words, 'from': one.expectation.since,
             'until': one.expectation.until, 'problem': one.problem, 'at': one.at_s}
            for one in outcomes]


def scenario_summary(judged: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return what summary.json says of the scenarios of all recordings."""
    lines = [line for one in judged.values() for line in one]
    return {'expected': len(lines), 'broken': sum(bool(line['problem']) for line in lines),
            'recordings': dict(judged)}


def expected_of(summary: Mapping[str, Any]) -> list[Expected]:
    """Return what had to happen in a run, what did not happen first."""
    scenario = summary.get('scenario') or {'recordings': {}}
    found = [Expected(recording, line['words'], line['from'], line['until'], line['problem'],
                      line['at'])
             for recording, lines in scenario['recordings'].items() for line in lines]
    return sorted(found, key=lambda one: one.kept)
