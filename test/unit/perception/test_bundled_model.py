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

"""The bundled model does its job on rendered frames and, where they are at hand, real images."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from helpers.places import DATA
from seg_node.perception.backends.onnxruntime.precision import multiplies_bytes
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.model import bundled_models, Precision
from seg_node.perception.segmenter import Segmenter
from seg_node.simulation import demo_drive

PATH_IDS = {'lums': (2, 4), 'roads': (1,)}      # in the masks of each data set
DRIVABLE = (1, 4)                               # of the rendered labels


SIZES = {'road': (352, 192), 'road_plus': (512, 320)}


@pytest.fixture(scope='module', params=SIZES)
def segmenter(request):
    with Segmenter.open(request.param) as opened:
        yield opened


def test_the_default_is_the_small_one():
    with Segmenter.open() as opened:
        assert opened.model.name == 'road'


def test_all_that_are_bundled_are_tested():
    assert bundled_models() == tuple(SIZES)


@pytest.mark.parametrize('precision', Precision)
@pytest.mark.parametrize('name', SIZES)
def test_each_precision_gives_nearly_the_same_labels(name, precision):
    if precision is Precision.UINT8 and not multiplies_bytes():
        pytest.skip('this CPU has no instructions for it, and its results are clipped')
    image = demo_drive().frame(3.0).bgr
    first, other = (Segmenter.open(name, BackendOptions('onnxruntime', precision=each))
                    for each in ('fp32', precision.value))
    with first, other:
        same = first.segment(image).labels == other.segment(image).labels
    assert same.mean() > (0.97 if precision in (Precision.INT8, Precision.UINT8) else 0.998)


def iou(found, wanted):
    return (found & wanted).sum() / (found | wanted).sum()


def test_it_has_the_five_classes(segmenter):
    model = segmenter.model
    assert [info.name for info in model.classes] == [
        'background', 'path', 'sidewalk', 'obstacle', 'speed_bump']
    assert model.drivable_ids == DRIVABLE
    assert (model.width, model.height) == SIZES[model.name]


def test_it_finds_the_path_of_the_rendered_drive(segmenter):
    drive = demo_drive()
    frames = [drive.frame(t) for t in np.arange(0.0, drive.duration, 2.0)]
    found = np.array([segmenter.segment(frame.bgr).path for frame in frames])
    wanted = np.isin([frame.labels for frame in frames], DRIVABLE)
    assert iou(found, wanted) > 0.88


@pytest.mark.parametrize('name', PATH_IDS)
def test_it_finds_the_path_of_real_images(segmenter, name):
    folder = DATA / name / 'valid'
    if not folder.is_dir():
        pytest.skip(f'no data set in {folder}; set SEG_NODE_DATA')
    both = either = 0
    for image in sorted((folder / 'images').iterdir())[::8]:
        [mask] = (folder / 'masks').glob(f'{image.stem}.*')
        wanted = np.isin(cv2.imread(str(mask), cv2.IMREAD_GRAYSCALE), PATH_IDS[name])
        found = segmenter.segment(cv2.imread(str(image))).path
        both += (found & wanted).sum()
        either += (found | wanted).sum()
    assert both / either > 0.9
