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

"""Depth images: what they hold, and what is refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.perception.images.depth import decode_depth, ENCODINGS
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.raw_image import RawImage

NAN, INF = float('nan'), float('inf')


def message(values, dtype, padding=0, **fields):
    values = np.asarray(values, dtype)
    rows = b''.join(row.tobytes() + b'\xff' * padding for row in values)
    return RawImage(**{
        'height': values.shape[0], 'width': values.shape[1], 'encoding': '16UC1',
        'is_bigendian': dtype.startswith('>'),
        'step': values.shape[1] * values.itemsize + padding, 'data': rows, **fields})


@pytest.mark.parametrize('padding', [0, 4, 7])
@pytest.mark.parametrize(('encoding', 'dtype', 'values'), [
    ('16UC1', '<u2', [[0, 1000], [65535, 1]]), ('16UC1', '>u2', [[0, 1000], [65535, 1]]),
    ('mono16', '<u2', [[0, 1000], [65535, 1]]),
    ('32FC1', '<f4', [[NAN, 1.0], [65.535, 1e-3]]), ('32FC1', '>f4', [[NAN, 1.0], [65.535, 1e-3]]),
    *(('32FC1', '<f4', [[none, 1.0], [65.535, 1e-3]]) for none in (INF, -INF, 0.0, -2.0))])
def test_metres_and_none(encoding, dtype, values, padding):
    metres = decode_depth(message(values, dtype, padding, encoding=encoding))
    assert metres.dtype == np.float32
    np.testing.assert_allclose(metres, [[NAN, 1.0], [65.535, 0.001]], rtol=1e-6)


@pytest.mark.parametrize(('changed', 'text'), [
    ({'encoding': 'rgb8'}, "depth in encoding 'rgb8'; what is read are 16UC1, mono16, 32FC1"),
    ({'encoding': '32FC1'}, 'has step 8; a row takes at least 16 bytes'),
    ({'step': 7}, 'has step 7'), ({'width': 0}, 'at least 1'), ({'height': 10 ** 6}, 'largest'),
    ({'data': b''}, 'no data'), ({'data': b'\0' * 15}, 'needs 16'), ({'data': 3}, 'buffer')])
def test_what_is_malformed_is_refused(changed, text):
    with pytest.raises(ImageError, match=text):
        decode_depth(message([[1, 2, 3, 4], [5, 6, 7, 8]], '<u2', **changed))


@given(st.sampled_from([*ENCODINGS, 'mono8', '']), st.integers(-1, 6), st.integers(-1, 6),
       st.integers(0, 30), st.booleans(), st.binary(max_size=200))
def test_any_bytes_are_metres_none_or_refused(encoding, width, height, step, big, data):
    try:
        metres = decode_depth(RawImage(height, width, encoding, big, step, data))
    except ImageError:
        return
    assert metres.shape == (height, width)
    assert (np.isnan(metres) | ((metres > 0) & (metres < np.inf))).all()
