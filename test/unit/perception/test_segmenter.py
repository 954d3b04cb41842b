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

"""Images of any size in, labels and masks out, on a real tiny graph."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from helpers.tiny_model import SURE, UNSURE, write_tiny_model
import seg_node
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.model import load_model, ModelError
from seg_node.perception.segmenter import Segmenter

ONE_THREAD = BackendOptions(name='onnxruntime', threads=1)
GREEN, RED, BLUE, GREY = (30, 200, 20), (20, 30, 200), (200, 30, 20), (110, 110, 110)


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp('model'))


@pytest.fixture(scope='module')
def segmenter(folder):
    with Segmenter.open(folder, ONE_THREAD) as opened:
        yield opened


def quarters(height: int, width: int) -> np.ndarray:
    """Return a BGR image of a green, red, blue and grey quarter, row by row."""
    bgr = np.empty((height, width, 3), np.uint8)
    bgr[:height // 2, :width // 2], bgr[:height // 2, width // 2:] = GREEN, RED
    bgr[height // 2:, :width // 2], bgr[height // 2:, width // 2:] = BLUE, GREY
    return bgr


@pytest.mark.parametrize(('height', 'width'), [
    (32, 64), (16, 32), (48, 80), (128, 256), (720, 1280), (200, 70), (8, 900),
])
def test_every_quarter_gets_its_class_at_both_sizes(segmenter, height, width):
    result = segmenter.segment(quarters(height, width))
    assert (result.width, result.height) == (width, height)
    assert result.model is segmenter.model
    for labels, confidence in ((result.labels, result.confidence),
                               (result.mask, result.confidence_full)):
        assert labels.dtype == confidence.dtype == np.uint8
        assert labels.shape == confidence.shape
        y, x = labels.shape[0] // 4, labels.shape[1] // 4
        places = np.ix_([y, 3 * y], [x, 3 * x])
        assert labels[places].tolist() == [[1, 3], [0, 0]]
        assert confidence[places].tolist() == [[SURE, SURE], [SURE, UNSURE]]
    assert result.labels.shape == result.drivable.shape == (32, 64)
    assert result.mask.shape == result.path.shape == (height, width)
    assert result.path.dtype == result.drivable.dtype == np.bool_
    np.testing.assert_array_equal(result.path, result.mask == 1)
    np.testing.assert_array_equal(result.drivable, result.labels == 1)


def test_one_pixel_is_enough(segmenter):
    assert segmenter.segment(np.full((1, 1, 3), GREEN, np.uint8)).mask.tolist() == [[1]]


def test_padded_and_read_only_images_are_taken(segmenter):
    wide = np.zeros((100, 250, 3), np.uint8)
    wide[:, :200] = quarters(100, 200)
    view = wide[:, :200]
    view.flags.writeable = False
    np.testing.assert_array_equal(
        segmenter.segment(view).labels, segmenter.segment(view.copy()).labels)
    exact = quarters(32, 64)
    exact.flags.writeable = False
    assert segmenter.segment(exact).labels[0, 0] == 1


def test_derived_maps_are_computed_once(segmenter):
    result = segmenter.segment(quarters(40, 40))
    assert result.mask is result.mask
    assert result.path is result.path


@pytest.mark.parametrize('size', [(32, 64), (40, 100), (300, 400)])
def test_results_and_images_are_independent_of_later_ones(segmenter, size):
    green = np.full((*size, 3), GREEN, np.uint8)
    first = segmenter.segment(green)
    segmenter.segment(np.full((*size, 3), RED, np.uint8))
    assert (first.labels == 1).all()
    assert (first.mask == 1).all()
    assert (green == GREEN).all()


@pytest.mark.parametrize('image', [
    np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32),
    np.zeros((0, 4, 3), np.uint8), np.zeros((4, 0, 3), np.uint8), b'bytes', None,
])
def test_other_images_are_refused(segmenter, image):
    with pytest.raises(ValueError, match='image is'):
        segmenter.segment(image)


def test_open_takes_a_loaded_model_and_passes_on_errors(folder, tmp_path):
    model = load_model(folder)
    with Segmenter.open(model, ONE_THREAD) as opened:
        assert opened.model == model
        assert opened.backend.name == 'onnxruntime'
    with pytest.raises(BackendError, match='closed'):
        opened.segment(quarters(32, 64))
    with pytest.raises(ModelError):
        Segmenter.open(tmp_path)
    with pytest.raises(BackendError, match='labels'):
        Segmenter.open(model, BackendOptions(name='labels'))


def test_a_reduced_image_has_a_mask_of_the_cameras_size(segmenter):
    bgr = np.zeros((32, 64, 3), np.uint8)
    bgr[:, 32:] = GREEN
    seen = segmenter.segment(bgr)
    assert seen.mask.shape == (32, 64)
    full = seen.at(640, 320)
    assert (full.width, full.height) == (640, 320)
    assert full.mask.shape == full.path.shape == full.confidence_full.shape == (320, 640)
    assert full.path[:, 320:].all() and not full.path[:, :320].any()
    assert seen.at(64, 32) is seen
    assert seen.mask.shape == (32, 64)


def test_the_package_offers_it_and_loads_it_only_when_asked(tmp_path):
    code = """
import sys
import seg_node
assert 'numpy' not in sys.modules
from seg_node import Segmenter
print(Segmenter.__module__, hasattr(seg_node, 'segmentor'))
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout == 'seg_node.perception.segmenter False\n', done.stderr


def test_a_backend_by_name(tmp_path):
    with seg_node.Segmenter.open(write_tiny_model(tmp_path), 'onnxruntime') as segmenter:
        assert segmenter.backend.chosen_because == 'onnxruntime: asked for by name'
