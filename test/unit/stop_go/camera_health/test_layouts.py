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

"""The checks of a camera find the same in every layout in which its images may come."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.sent_as import sent_as
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.decoding import decode_image
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.raw_image import RawImage
from seg_node.simulation import demo_drive
from seg_node.stop_go.camera_health.camera_health import CameraHealth
from seg_node.stop_go.verdict import Reason

WIDTH, HEIGHT = 640, 360
COUNT = 14


def drive():
    """Return views of a drive, with a camera's noise."""
    course, rng = demo_drive(WIDTH, HEIGHT), np.random.default_rng(0)
    for index in range(COUNT):
        noise = rng.normal(0, 1.5, (HEIGHT, WIDTH, 1))
        yield (course.frame(1.0 + index / 20).bgr + noise).clip(0, 255).astype(np.uint8)


VIEWS = list(drive())


def noisy(view):
    noise = np.random.default_rng(int(view.sum())).normal(0, 25, (HEIGHT, WIDTH, 1))
    return (view + noise).clip(0, 255).astype(np.uint8)


def hand(view):
    covered = view.copy()
    covered[:, :WIDTH // 2] = (60, 70, 80)
    return covered


def torn(view):
    return np.concatenate((view[:HEIGHT // 2], 255 - view[HEIGHT // 2:]))


def chroma_is_lost(sent, layout):
    """Return the bytes with no chroma in the lower half, which is what makes it green."""
    lost = sent.copy()
    if layout.is_planar:
        lost[HEIGHT * 5 // 4:] = 0
    else:
        first = 1 if layout is Layout.YUYV else 0
        lost[HEIGHT // 2:, first::2] = 0
    return lost


DAMAGES = {
    Reason.CAMERA_DARK: np.zeros_like,
    Reason.CAMERA_OVEREXPOSED: lambda view: np.full_like(view, 255),
    Reason.CAMERA_COVERED: lambda view: np.full_like(view, 128),
    Reason.CAMERA_FROZEN: lambda view: VIEWS[3],
    Reason.CAMERA_NOISY: noisy,
    Reason.CAMERA_BLOCKED: hand,
    Reason.CAMERA_BLURRED: lambda view: cv2.GaussianBlur(view, (0, 0), 8),
    Reason.CAMERA_TORN: torn,
}
COLOURED = [layout for layout in Layout if layout.shared != (1, 1)]


def message(sent, layout, padding=0):
    padded = np.pad(sent, ((0, 0), (0, padding)), constant_values=77)
    return decode_image(RawImage(HEIGHT, WIDTH, layout.name.lower(), False, padded.shape[1],
                                 padded.tobytes()), compressed=False)


def converted(image):
    """Return the image as it is judged where it has been decoded to BGR before."""
    return CameraImage.of(image.bgr, image.encoding)


@pytest.mark.parametrize('layout', Layout)
def test_the_same_is_measured_as_in_bgr(layout):
    for damage in (lambda view: view, *DAMAGES.values()):
        as_sent, in_bgr = CameraHealth(), CameraHealth()
        for view in (*VIEWS[:2], *map(damage, VIEWS[2:5])):
            image = message(sent_as(view, layout), layout, padding=32)
            assert image.pixels.layout is layout
            assert as_sent.check(image) == in_bgr.check(converted(image))
            assert as_sent.measured == in_bgr.measured


@pytest.mark.parametrize('layout', Layout)
def test_every_damage_is_found(layout):
    for reason, damage in DAMAGES.items():
        health = CameraHealth()
        found = [{one.reason for one in health.check(message(sent_as(view, layout), layout))}
                 for view in (*VIEWS[:2], *map(damage, VIEWS[2:]))]
        assert found[:2] == [set(), set()]
        assert reason in set.union(*found[2:]), reason


@pytest.mark.parametrize('layout', COLOURED)
def test_a_tear_in_the_colours_alone_is_found(layout):
    health = CameraHealth()
    sent = [sent_as(view, layout) for view in VIEWS[:3]]
    for each in sent[:2]:
        assert health.check(message(each, layout)) == ()
    found = {one.reason for one in health.check(message(chroma_is_lost(sent[2], layout), layout))}
    assert Reason.CAMERA_TORN in found
