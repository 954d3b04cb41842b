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

"""Planes of YUV: one picture for what height, step and size can mean, or none."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from helpers.plain_images import smooth, yuv_planes
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.planar import PLANAR
from seg_node.perception.images.raw import decode_raw
from seg_node.perception.images.raw_image import RawImage

SHARED = [name for name in PLANAR if name != 'nv24']


def message(bgr: np.ndarray, encoding: str, *, height: int | None = None,
            step: int | None = None, padding: int = 0, data_size: int | None = None) -> RawImage:
    """Return a picture in planes, rows of luma padded; height and step are what is said of it."""
    rows, width = bgr.shape[:2]
    y, u, v = yuv_planes(bgr)
    pad = [(0, 0), (0, padding)]
    luma = np.pad(y, pad, constant_values=0xA5)
    if encoding == 'nv24':
        chroma = np.pad(np.stack([u, v], 2).reshape(rows, -1), [(0, 0), (0, 2 * padding)])
    elif encoding.startswith('nv'):
        pair = [plane[::2, ::2] for plane in ((u, v) if encoding == 'nv12' else (v, u))]
        chroma = np.pad(np.stack(pair, 2).reshape(rows // 2, -1), pad, constant_values=0xA5)
    else:
        order = (v, u) if encoding.lower() == 'yv12' else (u, v)
        chroma = np.concatenate([plane[::2, ::2] for plane in order])
        chroma = np.pad(chroma, [(0, 0), (0, padding // 2)], constant_values=0xA5)
    data = luma.tobytes() + chroma.tobytes()
    size = len(data) if data_size is None else data_size
    return RawImage(height or rows, width, encoding, False, step or width + padding,
                    data[:size] + bytes(max(0, size - len(data))))


def assert_shows(image: RawImage, bgr: np.ndarray) -> None:
    decoded = decode_raw(image)
    assert decoded.shape == bgr.shape
    assert np.abs(decoded.astype(int) - bgr).max() <= 10


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('encoding', PLANAR)
def test_height_and_step_as_they_are_defined(encoding, padding):
    assert_shows(message(smooth(24, 32), encoding, padding=padding), smooth(24, 32))


@pytest.mark.parametrize('encoding', PLANAR)
def test_the_last_row_may_come_without_its_padding(encoding):
    whole = message(smooth(24, 32), encoding, padding=8)
    last = {'nv24': 16, 'nv12': 8, 'nv21': 8}.get(encoding, 4)
    for missing in range(last + 1):
        assert_shows(message(smooth(24, 32), encoding, padding=8,
                             data_size=len(whole.data) - missing), smooth(24, 32))
    for size in (len(whole.data) - last - 1, len(whole.data) + 1):
        with pytest.raises(ImageError, match='exactly one way'):
            decode_raw(message(smooth(24, 32), encoding, padding=8, data_size=size))


@pytest.mark.parametrize('padding', [0, 6])
@pytest.mark.parametrize('encoding', SHARED)
def test_height_that_counts_the_chroma(encoding, padding):
    assert_shows(message(smooth(24, 32), encoding, height=36, padding=padding), smooth(24, 32))


@pytest.mark.parametrize('height', [24, 540, 22, 26])     # that divide by 3, and that do not
@pytest.mark.parametrize('encoding', PLANAR)
def test_a_step_that_counts_the_bytes_of_all_planes(encoding, height):
    bgr = smooth(height, 32)
    assert_shows(message(bgr, encoding, step=96 if encoding == 'nv24' else 48), bgr)
    assert_shows(message(bgr, encoding, step=64), bgr)     # two bytes a pixel: image_encodings


@pytest.mark.parametrize(('encoding', 'height', 'step', 'size'), [
    ('nv21', 24, 64, 24 * 64),            # step * height bytes of 2 W: packed, or padded rows?
    ('nv12', 24, 64, 24 * 64),
    ('i420', 24, 64, 24 * 64),
    ('nv12', 24, 48, 24 * 48 - 1),
    ('nv12', 24, 48, 24 * 48 + 1),
    ('nv12', 24, 32, 32 * 32 * 3 // 2),   # planes of 32 rows, of which 24 are the picture's?
    ('nv12', 24, 32, 24 * 32 * 3 // 2 + 32),
    ('nv12', 22, 32, 22 * 32),            # luma without chroma
    ('nv12', 24, 96, 24 * 48),
    ('nv24', 24, 32, 24 * 32),
    ('nv24', 24, 48, 24 * 48),
])
def test_what_is_not_clear_is_refused(encoding, height, step, size):
    image = message(smooth(height, 32), encoding, height=height, step=step, data_size=size)
    with pytest.raises(ImageError, match='in exactly one way'):
        decode_raw(image)


@pytest.mark.parametrize('encoding', SHARED)
@pytest.mark.parametrize(('width', 'height'), [(31, 24), (32, 23)])
def test_odd_sizes_are_refused(encoding, width, height):
    with pytest.raises(ImageError, match='must be even'):
        decode_raw(RawImage(height, width, encoding, False, width, bytes(width * height * 2)))


def test_nv24_may_have_odd_sides():
    bgr = smooth(7, 9)
    assert_shows(message(bgr, 'nv24'), bgr)


@settings(max_examples=300)
@given(st.sampled_from(PLANAR), st.integers(1, 40), st.integers(1, 40), st.integers(1, 130),
       st.integers(0, 6000))
@example('nv12', 2, 4, 3, 9)
def test_whatever_is_decoded_has_bytes_for_each_row(encoding, height, width, step, size):
    image = RawImage(height, width, encoding, False, step, bytes(size))
    try:
        decoded = decode_raw(image)
    except ImageError:
        return
    assert decoded.shape[1:] == (width, 3)
    assert decoded.shape[0] in (height, height * 2 // 3)
    # Never a part of the data alone: what is left over could be the picture.
    assert size > 2 * decoded.shape[0] * width * (2.9 if encoding == 'nv24' else 1.4) / 2
