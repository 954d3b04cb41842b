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

"""Two runs side by side on a terminal."""

from __future__ import annotations

from seg_node.tools.evaluate.compare.changes import Effect
from seg_node.tools.evaluate.compare.comparison import Comparison
from seg_node.tools.evaluate.compare.decisions import DecisionChange
from seg_node.tools.evaluate.report.words import count, number, plain, plural

_SHOWN = 12


def comparison_text(comparison: Comparison) -> str:
    """Return a short table: doubts, what differs, the scores that got worse or better."""
    lines = [f'  A {comparison.a.folder}', f'  B {comparison.b.folder}']
    lines += [f'  cannot be compared: {one}' for one in comparison.doubts]
    settings = [f'{one.name} {one.a} -> {one.b}' for one in comparison.differences
                if not one.name.endswith('sha256')]
    lines += [f'  differs: {line}' for line in settings[:_SHOWN]] or ['  differs: nothing']
    if len(settings) > _SHOWN:
        lines.append(f'  differs: {len(settings) - _SHOWN} more, see compare.html')
    for effect in (Effect.WORSE, Effect.BETTER):
        found = [one for one in comparison.changes if one.effect is effect]
        lines += [f'  {effect.value:<6}  {one.score.label}: {number(one.a, one.score.format)} -> '
                  f'{number(one.b, one.score.format)}' for one in found[:_SHOWN]]
        if len(found) > _SHOWN:
            lines.append(f'  {effect.value:<6}  {len(found) - _SHOWN} more, see compare.html')
    decisions = comparison.decisions
    kinds = [f'{count(decisions.frames(kind))} {kind.value}' for kind in DecisionChange
             if decisions.frames(kind)]
    lines.append(f'  decisions: {", ".join(kinds) or "none differ"}, of '
                 f'{plural(decisions.common, "frame")} in both')
    return plain('\n'.join(lines))
