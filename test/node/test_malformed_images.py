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
"""Images that cannot be used: a STOP with its reason and a count, and GO when they are over."""

from __future__ import annotations

from array import array
import itertools
import time

from builtin_interfaces.msg import Time
import cv2
import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage, Image

from helpers.fake_camera import compressed, HEIGHT, raw, road, WIDTH
from helpers.testbed import run_testbed

JPEG = bytes(compressed(road(), 'jpeg').data)
PNG = bytes(compressed(road(), 'png').data)
WEBP = bytes(compressed(road(), 'webp').data)
SCANS = cv2.imencode('.jpg', road(), [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()


def changed(**fields):
    """Return an image of a free road with some fields changed."""
    return raw(road(), **fields)


def nv12(step, size, height=HEIGHT):
    """Return the road in packed planes of nv12, and what is said of it."""
    i420 = cv2.cvtColor(road(), cv2.COLOR_BGR2YUV_I420).ravel()
    luma, chroma = i420[:WIDTH * HEIGHT], i420[WIDTH * HEIGHT:].reshape(2, -1).T.ravel()
    data = np.resize(np.concatenate([luma, chroma]), size)
    return changed(encoding='nv12', step=step, height=height, data=array('B', data.tobytes()))


PLANES = WIDTH * HEIGHT * 3 // 2


def file(data, kind='jpeg'):
    return CompressedImage(format=kind, data=array('B', data))


MALFORMED = {
    'no data': changed(data=array('B')),
    'one byte': changed(data=array('B', [1])),
    'a byte too short': changed(data=array('B', road().tobytes()[:-1])),
    'step of 0': changed(step=0),
    'step a byte too small': changed(step=WIDTH * 3 - 1),
    'step larger than the data': changed(step=WIDTH * 3 + 1),
    'huge step': changed(step=2**32 - 1),
    'unknown encoding': changed(encoding='rgb9'),
    'no encoding': changed(encoding=''),
    'encoding of another length': changed(encoding='rgba8'),
    'zero width': changed(width=0),
    'zero height': changed(height=0),
    'no image at all': Image(),
    'height of 2**31': changed(height=2**31),
    'everything huge': changed(height=2**32 - 1, width=2**32 - 1, step=2**32 - 1),
    'planes of more rows': nv12(WIDTH, PLANES + 8 * WIDTH * 3 // 2),
    'planes or padded rows': nv12(2 * WIDTH, 2 * WIDTH * 66, height=66),
    'planes a byte too long': nv12(WIDTH, PLANES + 1),
    'odd width of pixel pairs': changed(width=63, encoding='yuv422', step=126),
}
MALFORMED_FILES = {
    'no data': file(b''),
    'cut-off jpeg': file(JPEG[:len(JPEG) // 2]),
    'jpeg header alone': file(JPEG[:20]),
    'cut-off png': file(PNG[:len(PNG) // 2], 'png'),
    'garbage': file(bytes(range(256)) * 20),
    'png chunk of a gigabyte': file(PNG.replace(
        PNG[PNG.index(b'IDAT') - 4:PNG.index(b'IDAT')], b'\x40\x00\x00\x00', 1), 'png'),
    'thousand scans': file(SCANS[:-2] + SCANS[SCANS.rindex(b'\xff\xda'):-2] * 1000 + b'\xff\xd9'),
    'cut-off webp': file(WEBP[:len(WEBP) // 2], 'webp'),
    'tiff': file(cv2.imencode('.tiff', road())[1].tobytes()),
    'colours said to be a mosaic': file(JPEG, 'bayer_rggb8; jpeg compressed '),
    'zeros': file(bytes(5000)),
    'unknown format': file(JPEG, 'h264'),
    'depth': file(PNG, '16UC1; compressedDepth png'),
}


@pytest.fixture(scope='module')
def raw_testbed(shared_testbed):
    shared_testbed.start_seg_node(autostart=True)
    shared_testbed.front = shared_testbed.start_camera(changed())
    return shared_testbed


@pytest.fixture(scope='module')
def compressed_testbed(tiny_model):
    for testbed in run_testbed(tiny_model):
        testbed.start_seg_node(autostart=True, transport='compressed')
        testbed.front = testbed.start_camera(compressed(road()))
        yield testbed


def check_malformed(testbed, message):
    good = testbed.front.message
    testbed.wait_for_go()
    before = testbed.counted('malformed')
    testbed.front.message = message
    try:
        testbed.wait_for_stop('malformed')
        assert all(testbed.next_stops())
    finally:
        testbed.front.message = good
    testbed.wait_for_go()
    assert testbed.counted('malformed') > before


@pytest.mark.parametrize('kind', MALFORMED)
def test_malformed_raw_images(raw_testbed, kind):
    check_malformed(raw_testbed, MALFORMED[kind])


@pytest.mark.parametrize('kind', MALFORMED_FILES)
def test_malformed_compressed_images(compressed_testbed, kind):
    check_malformed(compressed_testbed, MALFORMED_FILES[kind])


@pytest.mark.parametrize('kind', {
    'padded rows': (HEIGHT, WIDTH * 3 + 7), 'longer than needed': (HEIGHT + 3, WIDTH * 3)}.items(),
    ids=lambda kind: kind[0])
def test_unusual_images_that_are_fine(raw_testbed, kind):
    _, (rows, step) = kind
    data = np.zeros((rows, step), np.uint8)
    data[:HEIGHT, :WIDTH * 3] = road().reshape(HEIGHT, -1)
    good = raw_testbed.front.message
    raw_testbed.wait_for_go()
    before = raw_testbed.counted('malformed')
    raw_testbed.front.message = raw(data, width=WIDTH, height=HEIGHT)
    try:
        sent = len(raw_testbed.front.sent)
        raw_testbed.wait_for_diagnostics(
            'camera', lambda _: len(raw_testbed.front.sent) > sent + 50, 'more images')
        raw_testbed.wait_for_go()
    finally:
        raw_testbed.front.message = good
    assert raw_testbed.counted('malformed') == before


@pytest.mark.parametrize('step', [WIDTH, WIDTH * 3 // 2, 2 * WIDTH])
def test_planes_with_each_meaning_of_step(raw_testbed, step):
    good = raw_testbed.front.message
    raw_testbed.wait_for_go()
    before = raw_testbed.counted('malformed')
    begin = time.monotonic()
    raw_testbed.front.message = nv12(step, PLANES)
    try:
        raw_testbed.wait_for_stop('camera_changed', since=begin)
        raw_testbed.wait_for_go()
    finally:
        raw_testbed.front.message = good
    raw_testbed.wait_for_go()
    assert raw_testbed.counted('malformed') == before


def test_a_camera_that_needs_more_of_16_bits_has_changed(raw_testbed):
    good = raw_testbed.front.message
    raw_testbed.wait_for_go()
    try:
        for bits, factor in ((10, 4), (12, 16)):
            values = road().astype(np.uint16) * factor
            begin = time.monotonic()
            raw_testbed.front.message = raw(values, encoding='bgr16')
            raw_testbed.wait_for_stop('camera_changed', since=begin)
            raw_testbed.wait_for_go()
            raw_testbed.wait_for_diagnostics(
                'camera', lambda values, bits=bits: values.get('note', '')
                == f'bgr16, {bits} of 16 bits', f'{bits} bits')
    finally:
        raw_testbed.front.message = good
    raw_testbed.wait_for_go()


def test_colours_that_were_lost_are_told(compressed_testbed):
    good = compressed_testbed.front.message
    grey = cv2.imencode('.jpg', cv2.cvtColor(road(), cv2.COLOR_BGR2GRAY))[1].tobytes()
    compressed_testbed.front.message = file(grey, 'yuv422_yuy2; jpeg compressed mono8')
    try:
        told = compressed_testbed.wait_for_diagnostics(
            'camera', lambda values: 'note' in values, 'a note on the image')
        assert "though the camera sends 'yuv422_yuy2'" in told['note']
    finally:
        compressed_testbed.front.message = good
    compressed_testbed.wait_for_go()


def at(second):
    """Return a stamp in whole seconds."""
    return Time(sec=int(second))


def backwards(start):
    """Return a source of stamps that run backwards by a millisecond each."""
    steps = itertools.count()

    def stamp():
        nanoseconds = start.sec * 10**9 + start.nanosec - next(steps) * 10**6
        return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
    return stamp


def frozen(start):
    """Return a source of one and the same stamp."""
    return lambda: start


@pytest.mark.parametrize(('reason', 'stamps'), {
    'stale_stamp': lambda now: lambda: at(0),
    'stale_stamp ': lambda now: lambda: Time(sec=-2**31),
    'stamp_in_future': lambda now: lambda: at(now().sec + 10),
    'stamp_in_future ': lambda now: lambda: Time(sec=2**31 - 1, nanosec=2**32 - 1),
    'stamp_backwards': lambda now: backwards(now()),
    'stamp_backwards ': lambda now: frozen(now()),
}.items(), ids=['zero', 'before 1970', '10 s ahead', 'far ahead', 'backwards', 'frozen'])
def test_stamps_that_make_no_sense(raw_testbed, reason, stamps):
    camera = raw_testbed.front
    raw_testbed.wait_for_go()
    camera.stamps = stamps(camera.now)
    try:
        raw_testbed.wait_for_stop(reason.strip())
        assert all(raw_testbed.next_stops())
    finally:
        camera.stamps = camera.now
    raw_testbed.wait_for_go()


@pytest.mark.parametrize('message', [
    changed(encoding='\x1b[2J\u202e' * 2**17), file(JPEG, '\x1b]0;owned\x07\n' * 2**17)],
    ids=['encoding', 'format'])
def test_texts_of_messages_are_told_short_and_printable(testbed, message):
    node = testbed.start_seg_node(
        autostart=True, transport='raw' if isinstance(message, Image) else 'compressed')
    testbed.start_camera(message)
    testbed.wait_for_stop('malformed')
    testbed.wait_for(lambda: 'camera: malformed' in node.output, 'a warning')
    testbed.wait_for_diagnostics('camera', lambda values: int(values['malformed']), 'a count')
    told = [text for state in testbed.states for text in (state.text, *state.values.values())]
    told += [text for array in testbed.diagnostics for status in array.status
             for text in (status.message, *(value.value for value in status.values))]
    told += [line.replace('\x1b[33m', '').replace('\x1b[0m', '')      # rclpy's own colours
             for line in node.output.splitlines()]
    assert all(text.isprintable() and len(text) < 1200 for text in told)
