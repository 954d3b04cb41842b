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

"""Image files of folders: those that have a name here are read, none costs more than it holds."""

from __future__ import annotations

import struct
import time
import zlib

import cv2
import numpy as np
import pytest

from helpers.plain_images import smooth
from seg_node.errors import UserError
from seg_node.recordings.find import IMAGE_SUFFIXES
from seg_node.recordings.images import ImageFolder, read_image

BGR = smooth(12, 16)


def written(path, extension, image=BGR):
    path.write_bytes(cv2.imencode(extension, image)[1].tobytes())
    return path


@pytest.mark.parametrize('suffix', [suffix for suffix in IMAGE_SUFFIXES if suffix != '.pgm'])
def test_every_kind_that_has_a_name_is_read(tmp_path, suffix):
    image = read_image(written(tmp_path / f'a{suffix}', suffix))
    assert image.shape == BGR.shape
    assert np.abs(image.astype(int) - BGR).mean() < 5


def test_grey_maps_are_read(tmp_path):
    assert read_image(written(tmp_path / 'a.pgm', '.pgm', BGR[..., 0])).shape == BGR.shape


@pytest.mark.parametrize('extension', ['.jp2', '.hdr', '.ras', '.gif'])
def test_no_other_kind_is_under_any_name(tmp_path, extension):
    image = BGR.astype(np.float32) if extension == '.hdr' else BGR
    try:
        file = written(tmp_path / 'a.png', extension, image)
    except (cv2.error, AttributeError):
        pytest.skip(f'this OpenCV does not write {extension}')
    assert read_image(file) is None


def chunk(kind, content):
    return struct.pack('>I', len(content)) + kind + content + struct.pack(
        '>I', zlib.crc32(kind + content))


def test_bombs_are_left_out_at_once(tmp_path):
    png = cv2.imencode('.png', BGR)[1].tobytes()
    at = png.index(b'IDAT') - 4
    (tmp_path / '1.png').write_bytes(png[:at] + b'\xf0\0\0\0' + png[at + 4:])
    header = struct.pack('>IIBBBBB', 16384, 16384, 8, 2, 0, 0, 0)
    (tmp_path / '2.png').write_bytes(
        png[:8] + chunk(b'IHDR', header) + chunk(b'IDAT', zlib.compress(bytes(9)))
        + chunk(b'IEND', b''))
    jpeg = cv2.imencode('.jpg', BGR, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    last = jpeg[jpeg.rindex(b'\xff\xda'):-2]
    (tmp_path / '3.jpg').write_bytes(jpeg[:-2] + last * 5000 + b'\xff\xd9')
    (tmp_path / '4.png').write_bytes(b'')
    (tmp_path / '5.png').mkdir()
    begun = time.process_time()
    with pytest.raises(UserError, match='none of its 5 image files'):
        ImageFolder(tmp_path)
    written(tmp_path / '6.png', '.png')
    folder = ImageFolder(tmp_path)
    assert [frame.name for frame in folder] == ['6.png']
    assert folder.skipped == 5
    assert time.process_time() - begun < 0.5
