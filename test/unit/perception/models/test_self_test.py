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

"""The self-test of a model on its backend."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from helpers.tiny_model import make_graph, write_model, write_tiny_model
from seg_node.perception.backends import BackendError
from seg_node.perception.models.self_test import run_self_test, SelfTestError
from seg_node.perception.segmenter import Segmenter

WIDTH, HEIGHT = 64, 32
GREEN, RED, BLUE = (0, 200, 0), (0, 0, 200), (200, 0, 0)      # BGR: path, obstacle, background


def image():
    bgr = np.full((HEIGHT, WIDTH, 3), BLUE, np.uint8)
    bgr[12:, 8:56] = GREEN
    bgr[16:24, 30:36] = RED
    return bgr


def known_labels():
    labels = np.zeros((HEIGHT, WIDTH), np.uint8)
    labels[12:, 8:56] = 1
    labels[16:24, 30:36] = 3
    return labels


@pytest.fixture
def folder(tmp_path):
    cv2.imwrite(str(tmp_path / 'seen.png'), image())
    cv2.imwrite(str(tmp_path / 'known.png'), known_labels())
    return write_model(tmp_path, make_graph(WIDTH, HEIGHT), width=WIDTH, height=HEIGHT,
                       self_test={'image': 'seen.png', 'labels': 'known.png'})


def check(folder):
    with Segmenter.open(folder) as segmenter:
        return run_self_test(segmenter)


def test_the_known_image_passes(folder):
    assert check(folder) == 'known image gives 100.0% of its labels, confidence 1.00'


def test_without_a_image_it_must_repeat_itself(tmp_path):
    assert check(write_tiny_model(tmp_path)).startswith('repeats itself on a test pattern')


@pytest.mark.parametrize(('wrong', 'passes'), [(40, True), (42, False)])
def test_two_percent_of_the_labels_may_differ(folder, wrong, passes):
    labels = known_labels()
    labels.reshape(-1)[:wrong] = 2      # of 2048
    cv2.imwrite(str(folder / 'known.png'), labels)
    if passes:
        check(folder)
    else:
        with pytest.raises(SelfTestError, match='known image gives 97.9% of its labels'):
            check(folder)


def test_wrong_labels_are_found(folder):
    cv2.imwrite(str(folder / 'known.png'), np.ones((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(SelfTestError, match='rebuild the engine'):
        check(folder)


def test_a_network_that_does_not_see_its_input_is_found(folder):
    # What a black image gives as well proves nothing.
    cv2.imwrite(str(folder / 'seen.png'), np.full((HEIGHT, WIDTH, 3), BLUE, np.uint8))
    cv2.imwrite(str(folder / 'known.png'), np.zeros((HEIGHT, WIDTH), np.uint8))
    with pytest.raises(SelfTestError, match='does not see its input'):
        check(folder)


def test_a_network_that_is_not_sure_is_found(folder):
    cv2.imwrite(str(folder / 'seen.png'), np.where(image() == 200, 25, 0).astype(np.uint8))
    with pytest.raises(SelfTestError, match='mean confidence 0.24 on the known image'):
        check(folder)


def test_labels_that_the_model_has_no_class_for_are_found(tmp_path):
    classes = [{'name': 'path', 'color': [0, 1, 0], 'drivable': True, 'action': 'go'},
               {'name': 'rest', 'color': [1, 0, 0], 'drivable': False, 'action': 'stop'}]
    bgr = image()
    cv2.imwrite(str(tmp_path / 'seen.png'), bgr)
    cv2.imwrite(str(tmp_path / 'known.png'), known_labels())
    folder = write_model(tmp_path, make_graph(WIDTH, HEIGHT), width=WIDTH, height=HEIGHT,
                         classes=classes, self_test={'image': 'seen.png', 'labels': 'known.png'})
    with pytest.raises((SelfTestError, BackendError), match='label 3.* 2 classes'):
        check(folder)


@pytest.mark.parametrize('name', ['seen.png', 'known.png'])
@pytest.mark.parametrize('damage', ['missing', 'no image', 'empty', 'another size'])
def test_files_that_do_not_fit_are_named(folder, name, damage):
    path = folder / name
    if damage == 'missing':
        path.unlink()
    elif damage == 'another size':
        cv2.imwrite(str(path), np.zeros((HEIGHT, WIDTH + 1, 3), np.uint8))
    else:
        path.write_bytes(b'' if damage == 'empty' else b'no image')
    expected = '65x32, the network takes 64x32' if damage == 'another size' else 'cannot be read'
    with pytest.raises(SelfTestError, match=f'{name}: {expected}'):
        check(folder)
