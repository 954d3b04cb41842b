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

"""Every decision and reason has its colour."""

from __future__ import annotations

from seg_node.drawing.colors import bgr, color_of, DECISIONS, pale
from seg_node.stop_go.verdict import Decision, Reason


def test_every_decision_and_reason_has_a_colour_of_its_own():
    assert set(DECISIONS) == {each.value for each in Decision}
    colors = [color_of(reason.value) for reason in Reason]
    assert color_of('no such reason') not in colors
    assert len(set(colors)) == len(colors)


def test_forms_of_a_colour():
    assert bgr('#102030') == (0x30, 0x20, 0x10)
    assert pale('#000000') == '#aaaaaa'
    assert pale('#ffffff') == '#ffffff'
