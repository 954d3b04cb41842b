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

"""Messages to images: what is told of them, and what one camera's images have in common."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np

from helpers.plain_images import noise_image, smooth
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.decoding import decode_image


def raw(values, encoding):
    rows = values.reshape(len(values), -1)
    return SimpleNamespace(height=len(values), width=values.shape[1], encoding=encoding,
                           is_bigendian=0, step=rows.strides[0], data=rows.tobytes())


def compressed(image, format='', extension='.jpg'):
    return SimpleNamespace(format=format, data=cv2.imencode(extension, image)[1].tobytes())


def test_a_raw_image_has_its_encoding_and_nothing_to_note():
    image = decode_image(raw(noise_image(4, 6), 'bgr8'), compressed=False)
    assert (image.width, image.height, image.encoding, image.note) == (6, 4, 'bgr8', '')


def test_the_bits_that_are_used_are_told_and_a_change_of_them_is_another_encoding():
    depth = BitDepth()
    values = np.full((4, 6), 1023, np.uint16)
    told = [decode_image(raw(values * factor, 'mono16'), False, depth=depth).encoding
            for factor in (1, 4, 1, 64, 4)]
    assert told == [f'mono16, {bits} of 16 bits' for bits in (10, 12, 12, 16, 16)]
    assert decode_image(raw(values, '16UC1'), False).note == '16UC1, 10 of 16 bits'


def test_files_share_the_depth_with_the_camera():
    depth = BitDepth()
    deep = np.full((4, 6), 4095, np.uint16)
    image = decode_image(compressed(deep, 'mono16; png compressed ', '.png'), True, depth=depth)
    assert image.encoding == 'mono16; png compressed , 12 of 16 bits'
    assert depth.bits == 12


def test_a_reduced_file_keeps_the_size_of_the_camera():
    image = decode_image(compressed(smooth(64, 96), 'jpeg'), True, (20, 20))
    assert (image.width, image.height, image.bgr.shape) == (96, 64, (32, 48, 3))
