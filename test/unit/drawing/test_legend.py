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

"""The legend explains what the overlay shows, whole at any width."""

from __future__ import annotations

import numpy as np
import pytest

from seg_node.drawing.colors import line_color
from seg_node.drawing.legend import draw_legend, entries
from seg_node.perception.models.manifest import Action, ClassInfo

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 180, 90), True, Action.GO),
           ClassInfo('sky', (0, 0, 0), False, Action.STOP))
GROUND = (250, 250, 250)


def test_what_is_drawn_is_explained():
    texts = [entry.text for entry in entries(CLASSES, 'm')]
    assert texts[0] == 'path'
    assert 'sky' not in texts
    assert {'corridor: GO', 'corridor: SLOW', 'corridor: STOP'} < set(texts)
    assert texts[-1] == 'red bar: the way ends here; free, needed: m'
    assert entries(CLASSES, '')[-1].text == 'red bar: the way ends here'
    assert entries(CLASSES, 'm')[0].color == (90, 180, 0)


@pytest.mark.parametrize('width', [640, 900, 2000])
def test_each_mark_is_there_and_nothing_reaches_the_edge(width):
    image = draw_legend(width, entries(CLASSES, 'of the corridor'), GROUND)
    assert image.shape[1] == width
    for color in ((90, 180, 0), line_color('go'), line_color('stop')):
        assert (image == color).all(axis=2).any()
    assert (image[:, -1] == GROUND).all()
    assert not np.array_equal(image, np.full_like(image, 250))
