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

"""The line of a drive at every width of a terminal."""

from __future__ import annotations

from hypothesis import given, strategies

from seg_node.stop_go.verdict import Reason
from seg_node.tools.demo.progress import progress_line


@given(strategies.integers(1, 200), strategies.sampled_from(Reason), strategies.integers(0, 500),
       strategies.none() | strategies.integers(1, 500), strategies.floats(0, 100))
def test_no_width_cuts_a_part(width, reason, sent, total, fps):
    line = progress_line(width, 'stop', reason.value, sent, total, fps)
    assert len(line) <= width
    words, _, bar = line.partition('  [')
    count = f'{sent} frames' if total is None else f'{sent}/{total} frames'
    for part in filter(None, words.split('  ')):
        assert part in ('STOP', reason.value, count, f'{fps:.1f}/s') or part.endswith(' s left')
    assert bar == '' or bar.endswith(']')
    if width >= 4:
        assert line.startswith('STOP')


def test_a_usual_line():
    assert progress_line(79, 'go', 'clear', 200, 400, 20.0) == (
        'GO  clear  200/400 frames  20.0/s  10 s left  [' + '#' * 16 + '.' * 15 + ']')
    narrow = progress_line(20, 'stop', 'blocked_remembered', 200, 400, 20.0)
    assert narrow == 'STOP  200/400 frames'
    assert progress_line(79, 'go', 'clear', 7, None, 20.0) == 'GO  clear  7 frames  20.0/s'
