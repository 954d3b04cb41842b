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

"""Everything that two runs have been found to differ in; compare.json."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.evaluate.compare.changes import Change, changes
from seg_node.tools.evaluate.compare.decisions import (
    decision_changes,
    DecisionChange,
    DecisionChanges,
)
from seg_node.tools.evaluate.compare.differences import Difference, differences, doubts
from seg_node.tools.evaluate.report.results import RunResults


@dataclass(frozen=True)
class Comparison:
    """Run A, run B, and what differs; doubts say why their numbers must not be compared."""

    a: RunResults
    b: RunResults
    differences: tuple[Difference, ...]
    doubts: tuple[str, ...]
    changes: tuple[Change, ...]
    decisions: DecisionChanges


def compare(a: RunResults, b: RunResults) -> Comparison:
    """
    Compare two runs.

    :raises UserError: when a table of frames cannot be read.
    """
    decisions = decision_changes(a, b)
    found = doubts(a, b)
    if decisions.other:
        found += (f'{len(decisions.other)} recordings hold other images in A than in B, by '
                  f'their stamps: {", ".join(decisions.other[:5])}',)
    return Comparison(a, b, differences(a, b), found, changes(a, b), decisions)


def to_json(comparison: Comparison) -> str:
    """Return compare.json."""
    decisions = comparison.decisions
    content: dict[str, Any] = {
        'a': str(comparison.a.folder), 'b': str(comparison.b.folder),
        'doubts': comparison.doubts,
        'differences': {one.name: {'a': one.a, 'b': one.b} for one in comparison.differences},
        'scores': {one.score.name: {
            'a': one.a, 'b': one.b, 'difference': one.difference, 'noise': one.noise,
            'better': one.score.better.value, 'verdict': one.effect.value}
            for one in comparison.changes},
        'frames': {'common': decisions.common, 'only_a': decisions.only_a,
                   'only_b': decisions.only_b, 'other_images': decisions.other,
                   'other_truth': decisions.other_truth},
        'decisions': {kind.name.lower(): decisions.frames(kind) for kind in DecisionChange},
        'differing': [{**asdict(one), 'kind': one.kind.name.lower()}
                      for one in decisions.stretches]}
    return strict_json(content, None)
