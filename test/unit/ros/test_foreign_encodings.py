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

"""What the codec does not know is asked of cv_bridge, and nothing it says is trusted."""

from __future__ import annotations

import sys
import types

import numpy as np
import pytest

pytest.importorskip('rclpy')
pytest.importorskip('sensor_msgs')

from sensor_msgs.msg import Image

from helpers.plain_images import noise_image
from seg_node.perception.images.bayer import BAYER8
from seg_node.perception.images.errors import ImageError, UnknownEncodingError
from seg_node.ros import foreign_encodings
from seg_node.ros.messages import decode_message

BGR = noise_image(6, 8)


def message(encoding: str, *, step: int = 24, size: int = 144) -> Image:
    return Image(height=6, width=8, encoding=encoding, step=step, data=bytes(size))


@pytest.fixture
def cv_bridge(monkeypatch):
    """Return a function that installs a cv_bridge that gives a result."""
    foreign_encodings._cv_bridge.cache_clear()

    def install(result):
        asked = []

        class CvBridge:
            def imgmsg_to_cv2(self, image, encoding):
                asked.append((image.encoding, encoding))
                if isinstance(result, Exception):
                    raise result
                return result

        monkeypatch.setitem(sys.modules, 'cv_bridge', types.SimpleNamespace(CvBridge=CvBridge))
        return asked
    yield install
    foreign_encodings._cv_bridge.cache_clear()


def test_an_unknown_encoding_is_asked_of_it(cv_bridge):
    asked = cv_bridge(BGR)
    image = decode_message(message('rgb24'))
    np.testing.assert_array_equal(image.bgr, BGR)
    assert asked == [('rgb24', 'bgr8')]
    assert "'rgb24' is converted by cv_bridge" in image.note


def test_a_known_encoding_is_not(cv_bridge):
    asked = cv_bridge(BGR)
    decode_message(message('bgr8'))
    with pytest.raises(ImageError):
        decode_message(message('nv12', size=145))
    assert asked == []


@pytest.mark.parametrize('result', [
    None, BGR[:5], BGR[..., 0], BGR.astype(np.float32), BGR.tolist(), TypeError('32FC1'),
    RuntimeError('x'), KeyError('rgb24'), MemoryError()])
def test_what_it_cannot_do_is_malformed(cv_bridge, result):
    cv_bridge(result)
    with pytest.raises(ImageError):
        decode_message(message('rgb24'))


@pytest.mark.parametrize('image', [
    message('rgb24', size=143), message('rgb24', step=2**32 - 1), message('x' * 33),
    message('rgb24', size=0)])
def test_it_never_sees_data_that_is_too_short(cv_bridge, image):
    asked = cv_bridge(BGR)
    with pytest.raises(ImageError):
        decode_message(image)
    assert asked == []


@pytest.mark.parametrize('problem', [
    ModuleNotFoundError, ImportError, AttributeError, SystemError])
def test_without_it_the_encoding_is_unknown(cv_bridge, monkeypatch, problem):
    class Broken:
        def __getattr__(self, name):
            raise problem(name)

    monkeypatch.setitem(sys.modules, 'cv_bridge', Broken())
    with pytest.raises(UnknownEncodingError, match='supported are'):
        decode_message(message('rgb24'))


PIXEL_BYTES = {
    'bgr8': 3, 'rgb8': 3, 'bgra8': 4, 'rgba8': 4, 'mono8': 1, 'bgr16': 6, 'rgb16': 6, 'bgra16': 8,
    'rgba16': 8, 'mono16': 2, 'yuv422': 2, 'uyvy': 2, 'yuv422_yuy2': 2, 'yuyv': 2,
    **dict.fromkeys(BAYER8, 1)}


def test_the_real_one_gives_the_same_colours():
    """Where it is installed: all that both know."""
    bridge = pytest.importorskip('cv_bridge', reason='cv_bridge is not installed').CvBridge()
    rng = np.random.default_rng(1)
    compared = set()
    for encoding, pixel_bytes in PIXEL_BYTES.items():
        step = 64 * pixel_bytes
        values = rng.integers(0, 256, 48 * step, np.uint8)
        image = Image(height=48, width=64, encoding=encoding, step=step, data=values.tobytes())
        try:
            theirs = bridge.imgmsg_to_cv2(image, 'bgr8').astype(int)
        except Exception:      # ports of it lack some
            continue
        compared.add(encoding)
        assert np.abs(decode_message(image).bgr - theirs).max() <= 1, encoding
    assert {'rgb8', 'rgba8', 'mono8', 'bayer_rggb8'} <= compared
