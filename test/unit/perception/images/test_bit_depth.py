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

"""Images of 16 bits: light as they are meant, whichever bits a camera uses."""

from __future__ import annotations

import numpy as np
import pytest

from helpers.plain_images import mosaic_of, noise_image, smooth
from seg_node.perception.images.bayer import BAYER16
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.raw import decode_raw, ENCODINGS16
from seg_node.perception.images.raw_image import RawImage


def message(values: np.ndarray, encoding: str, *, is_bigendian: bool = False, padding: int = 0,
            ) -> RawImage:
    """Return values, uint16 [H, W] or [H, W, C], as a message."""
    rows = values.astype('>u2' if is_bigendian else '<u2').reshape(len(values), -1).view(np.uint8)
    rows = np.pad(rows, ((0, 0), (0, padding)), constant_values=0xA5)
    return RawImage(len(values), values.shape[1], encoding, is_bigendian, rows.shape[1],
                    rows.tobytes())


def picture(bgr: np.ndarray, bits: int) -> np.ndarray:
    """Return a picture in that many bits; its brightest value is the brightest there is."""
    values = np.rint(bgr / 255 * (2**bits - 1)).astype(np.uint16)
    values.flat[0] = 2**bits - 1
    return values


@pytest.mark.parametrize('bits', [10, 12, 14, 16])
@pytest.mark.parametrize('is_bigendian', [False, True])
@pytest.mark.parametrize('padding', [0, 1, 2])
@pytest.mark.parametrize('encoding', ['mono16', '16UC1', 'rgb16', 'bgr16', 'rgba16', 'bgra16'])
def test_colours_and_byte_orders(encoding, bits, is_bigendian, padding):
    bgr = noise_image(9, 11)
    values = picture(bgr, bits)
    expected = np.rint(values / (2**bits - 1) * 255).astype(int)
    if encoding in ('mono16', '16UC1'):
        values = values[..., 0]
        expected = expected[..., :1].repeat(3, 2)
    elif encoding.startswith('rgb'):
        values = values[..., ::-1]
    if 'a16' in encoding:
        values = np.concatenate([values, values[..., :1]], 2)
    decoded = decode_raw(message(values, encoding, is_bigendian=is_bigendian, padding=padding))
    assert np.abs(decoded.astype(int) - expected).max() <= 1


@pytest.mark.parametrize('bits', [10, 12, 16])
@pytest.mark.parametrize('encoding', BAYER16)
def test_mosaics(encoding, bits):
    bgr = smooth(48, 64)
    values = picture(bgr, bits)
    mosaic = mosaic_of(values, encoding[6:10])
    mosaic[0, 0] = 2**bits - 1
    inner = np.s_[2:-2, 2:-2]
    decoded = decode_raw(message(mosaic, encoding))
    assert np.abs(decoded[inner].astype(int) - bgr[inner]).max() <= 7


def test_a_camera_that_gets_dark_gets_dark():
    depth = BitDepth()
    bright, dark = picture(noise_image(8, 8), 12), np.full((8, 8, 3), 40, np.uint16)
    decode_raw(message(bright, 'bgr16'), depth)
    assert depth.bits == 12
    assert decode_raw(message(dark, 'bgr16'), depth).max() <= 3
    assert depth.bits == 12


def test_the_depth_is_of_one_camera():
    depth = BitDepth()
    decode_raw(message(picture(noise_image(8, 8), 16), 'bgr16'), depth)
    assert depth.bits == 16
    assert decode_raw(message(picture(noise_image(8, 8), 10), 'bgr16')).max() == 255


def test_darkness_is_never_more_than_ten_bits():
    values = np.full((8, 8), 20, np.uint16)
    for encoding in ('mono16', '16UC1'):
        assert decode_raw(message(values, encoding)).max() == 5
    assert decode_raw(message(np.zeros((8, 8), np.uint16), 'mono16')).max() == 0


def test_the_encodings_with_16_bits():
    assert set(ENCODINGS16) == {'mono16', '16UC1', 'rgb16', 'bgr16', 'rgba16', 'bgra16', *BAYER16}
