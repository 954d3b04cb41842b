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

"""What is drawn into an image, where, and that nothing breaks it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.drawing import caption
from seg_node.drawing.caption import Caption
from seg_node.drawing.overlay import ALPHA, draw
from seg_node.perception.models.model import Action, ClassInfo

CLASSES = (
    ClassInfo('background', (90, 90, 90), False, Action.STOP),
    ClassInfo('path', (0, 200, 100), True, Action.GO),
    ClassInfo('plain', (0, 0, 0), False, Action.STOP),
)
GO = Caption('GO', 'path clear', ('clear 0.82', 'coverage 97 %'))
STOP = Caption('STOP', 'corridor blocked at 0.31, limit 0.50')


def grey(height: int = 180, width: int = 320) -> np.ndarray:
    return np.full((height, width, 3), 128, np.uint8)


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return (before != after).any(2)


def test_classes_are_blended_and_the_rest_is_left_alone():
    mask = np.zeros((180, 320), np.uint8)
    mask[:, 80:160], mask[:, 160:240], mask[:, 240:] = 1, 255, 2
    bgr = grey()
    drawn = draw(bgr, mask, CLASSES)
    expected = (1 - ALPHA) * 128 + ALPHA * np.array([100, 200, 0])
    assert np.abs(drawn[:, 80:160] - expected).max() <= 1
    assert (np.flatnonzero(changed(bgr, drawn).any(0)) == np.arange(80, 160)).all()
    assert (bgr == 128).all()


def test_the_image_may_be_a_read_only_padded_view():
    bgr = grey(100, 200)[:, :150]
    bgr.flags.writeable = False
    drawn = draw(bgr, np.ones((100, 150), np.uint8), CLASSES, caption=GO)
    assert drawn.flags.writeable
    assert not np.shares_memory(bgr, drawn)


@pytest.mark.parametrize(('caption', 'channel'), [(GO, 1), (STOP, 2), (Caption('?', ''), 2)])
def test_the_banner_is_green_for_go_and_red_for_all_else(caption, channel):
    drawn = draw(grey(), np.zeros((180, 320), np.uint8), CLASSES, caption=caption)
    rows, columns = np.nonzero(changed(grey(), drawn))
    assert rows.max() < 60
    assert columns.max() >= 300
    badge = drawn[:rows.max(), :columns.max() // 6].reshape(-1, 3).astype(int)
    others = np.delete(badge, channel, 1).max(1)
    assert (badge[:, channel] > others + 60).mean() > 0.3


def test_texts_change_the_banner_and_stay_inside_it():
    long = 'very long text ' * 40
    mask = np.zeros((180, 320), np.uint8)
    short = draw(grey(), mask, CLASSES, caption=Caption('GO', 'a', ('b',)))
    drawn = draw(grey(), mask, CLASSES, caption=Caption('GO', long, (long,)))
    assert changed(short, drawn).any()
    np.testing.assert_array_equal(changed(grey(), short).any(1), changed(grey(), drawn).any(1))
    np.testing.assert_array_equal(changed(grey(), short).any(0), changed(grey(), drawn).any(0))


def test_corridor_and_blocked_line_are_drawn_where_they_are():
    mask = np.zeros((180, 320), np.uint8)
    corridor = np.array([[60, 170], [130, 100], [190, 100], [260, 170]], np.float32)
    outline = changed(grey(), draw(grey(), mask, CLASSES, corridor=corridor))
    assert outline[100, 150]
    assert outline[170, 150]
    assert not outline[140, 150]
    line = changed(grey(), draw(grey(), mask, CLASSES, blocked_line=((100, 140), (220, 140))))
    assert line[140, 100:220].all()
    assert not line[:130].any()


def test_the_corridor_has_the_colour_of_the_decision():
    mask = np.zeros((180, 320), np.uint8)
    corridor = np.array([[60, 170], [130, 100], [190, 100], [260, 170]], np.float32)
    go, stop = (draw(grey(), mask, CLASSES, corridor=corridor, caption=caption)[100, 160]
                for caption in (GO, STOP))
    assert go[1] > go[2]
    assert stop[2] > stop[1]


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
def test_lines_that_are_not_finite_are_left_out(value):
    mask = np.zeros((180, 320), np.uint8)
    corridor = np.array([[0, 10], [value, 20], [30, 100]], np.float32)
    drawn = draw(grey(), mask, CLASSES, corridor=corridor, blocked_line=((0, value), (9, 9)))
    np.testing.assert_array_equal(drawn, grey())


@pytest.mark.parametrize(('bgr', 'mask', 'corridor', 'message'), [
    (np.zeros((4, 4), np.uint8), np.zeros((4, 4), np.uint8), None, 'image is uint8'),
    (np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), None, 'image is float64'),
    (grey(4, 4), np.zeros((4, 5), np.uint8), None, r'mask is uint8 \[4, 5\]'),
    (grey(4, 4), np.zeros((4, 4), bool), None, 'mask is bool'),
    (grey(4, 4), np.zeros((4, 4), np.uint8), np.zeros((3, 3)), r'corridor is \[3, 3\]'),
])
def test_other_shapes_are_refused(bgr, mask, corridor, message):
    with pytest.raises(ValueError, match=message):
        draw(bgr, mask, CLASSES, corridor=corridor)


@pytest.mark.parametrize('size', [(360, 640), (480, 640), (720, 1280), (240, 320), (180, 320)])
def test_numbers_are_drawn_whole_or_not_at_all(size, monkeypatch):
    """The line below the reason, at the sizes of usual cameras."""
    drawn = []
    put = caption.cv2.putText

    def noted(image, text, origin, font, scale, *rest):
        drawn.append((text, origin[0] + caption.cv2.getTextSize(text, font, scale, rest[1])[0][0]))
        return put(image, text, origin, font, scale, *rest)

    monkeypatch.setattr(caption.cv2, 'putText', noted)
    details = ('free 12.34, needed 2.10 m', 'coverage 100%', 'confidence 0.97',
               'inference 123.4 ms')
    title = ('obstacle at 4.61 m', 'and more that is to be known of it', 'and even more of that')
    draw(grey(*size), np.zeros(size, np.uint8), CLASSES,
         caption=Caption('STOP', '; '.join(title), details))
    assert next(text for text, _ in drawn if text.startswith('obstacle')) in [
        '; '.join(title[:count]) for count in range(1, 4)]
    [line] = [text for text, _ in drawn if text.startswith('free')]
    assert line in ['   '.join(details[:count]) for count in range(1, 5)]
    assert all(end <= size[1] for _, end in drawn)
    if size[0] * size[1] >= 640 * 480:
        assert 'inference' in line


@settings(max_examples=80, deadline=None)
@given(
    st.integers(0, 130), st.integers(0, 130), st.text(max_size=30), st.text(max_size=60),
    st.lists(st.tuples(st.floats(width=32), st.floats(width=32)), max_size=5),
)
def test_nothing_breaks_the_drawing(height, width, title, detail, points):
    mask = np.random.default_rng(0).integers(0, 256, (height, width), dtype=np.uint8)
    corridor = np.array(points, np.float32).reshape(-1, 2)
    line = (points[0], points[-1]) if points else None
    drawn = draw(grey(height, width), mask, CLASSES, corridor=corridor, blocked_line=line,
                 caption=Caption(title, detail, (title,)))
    assert drawn.shape == (height, width, 3)
    assert drawn.dtype == np.uint8
