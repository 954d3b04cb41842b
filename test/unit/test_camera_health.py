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

"""Tests of seg_node.stop_go.camera_health."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from seg_node.stop_go import CameraHealth, HealthThresholds, Reason

DATA = Path(os.environ.get(
    'SEG_NODE_DATA', Path(__file__).resolve().parents[2].parent / 'shared' / 'data'))


def scene(height: int = 360, width: int = 640) -> np.ndarray:
    """Render a grey road under a bright sky."""
    picture = np.full((height, width, 3), 200, np.uint8)
    picture[height // 2:] = (90, 100, 95)
    return picture


def reasons(picture: np.ndarray, thresholds: HealthThresholds | None = None) -> set[Reason]:
    return {finding.reason for finding in CameraHealth(thresholds).check(picture)}


@pytest.mark.parametrize('size', [(1, 1), (20, 30), (360, 640), (361, 643), (2160, 3840)])
def test_any_size_is_judged(size):
    assert reasons(np.zeros((*size, 3), np.uint8)) == {Reason.CAMERA_DARK, Reason.CAMERA_COVERED}


def test_ordinary_scene_has_no_findings():
    assert reasons(scene()) == set()


def test_dark_picture_says_how_dark():
    picture = scene() // 50
    finding = CameraHealth().check(picture)[0]
    assert finding.reason is Reason.CAMERA_DARK
    assert finding.limit == 5.0
    assert 1 < finding.measured < 4
    assert f'{finding.measured:.1f} of 255, limit 5.0' in finding.text


def test_night_with_lights_is_usable():
    picture = scene() // 25
    picture[180:, 200:440] = 60
    assert reasons(picture) == set()


def test_over_exposed_picture_is_found():
    picture = scene()
    picture[:200] = 255
    assert Reason.CAMERA_OVEREXPOSED in reasons(picture)
    picture = scene()
    picture[:160] = 255
    assert Reason.CAMERA_OVEREXPOSED not in reasons(picture)


def test_noise_does_not_hide_a_covered_lens():
    noise = np.random.default_rng(1).normal(120, 20, (360, 640, 3))
    assert reasons(noise.clip(0, 255).astype(np.uint8)) == {Reason.CAMERA_COVERED}


def test_padded_rows_are_judged_like_packed_ones():
    padded = np.full((360, 700, 3), 255, np.uint8)
    padded[:, :640] = scene()
    assert CameraHealth().check(padded[:, :640]) == CameraHealth().check(scene())


def test_limits_can_be_replaced():
    health = CameraHealth()
    health.thresholds = HealthThresholds(min_brightness=250.0)
    assert [finding.reason for finding in health.check(scene())] == [Reason.CAMERA_DARK]


@pytest.mark.parametrize('picture', [
    np.zeros((0, 4, 3), np.uint8), np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8),
    np.zeros((4, 4, 3), np.float32)])
def test_what_is_not_a_picture_is_refused(picture):
    with pytest.raises(ValueError, match=r'bgr: .* is not a picture'):
        CameraHealth().check(picture)


@pytest.mark.parametrize('change', [
    {'min_brightness': float('nan')}, {'max_saturated': 1.5}, {'min_contrast': -1}])
def test_bad_limits_are_refused_by_name(change):
    with pytest.raises(ValueError, match=next(iter(change))):
        HealthThresholds(**change)


@pytest.mark.data
@pytest.mark.parametrize('folder', ['lums/test', 'roads/test', 'street'])
def test_real_pictures_are_usable(folder):
    pictures = sorted((DATA / folder / 'images').glob('*.jpg'))[::10]
    if not pictures:
        pytest.skip(f'{folder}: no pictures under $SEG_NODE_DATA or beside the repository')
    health = CameraHealth()
    assert [path.name for path in pictures if health.check(cv2.imread(str(path)))] == []
