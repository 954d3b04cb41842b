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

"""Backend classical keeps to the contract of all backends, and doubts where there is no ground."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.model.no_roads import no_road_images
from seg_node.perception.backends import BackendError, registry
from seg_node.perception.backends.classical import backend as classical
from seg_node.perception.backends.classical.ensemble import (
    border_support,
    certainty,
    CUES,
    UNDECIDED,
)
from seg_node.perception.backends.classical.fitted import SHARPNESS, WEIGHTS
from seg_node.perception.backends.classical.seeded_image import SeededImage
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.self_test import run_self_test
from seg_node.perception.segmenter import Segmenter
from seg_node.simulation import demo_drive
from seg_node.stop_go.actions import class_rules
from seg_node.stop_go.corridor.measure import CorridorMeter, MeasureLimits
from seg_node.stop_go.corridor.trapezoid import build_image_corridor, Trapezoid
from seg_node.stop_go.thresholds import assess, Thresholds
from training.datasets import blank_images

HEIGHT, WIDTH = 192, 320


@pytest.fixture(scope='module')
def segmenter():
    with Segmenter.open(backend='classical') as opened:
        yield opened


def findings(seen):
    """Return what speaks against GO, as the node would see it, with its limits."""
    corridor = build_image_corridor(Trapezoid(), seen.model.width, seen.model.height)
    meter = CorridorMeter(class_rules(seen.model.classes))
    return assess(meter.measure(corridor, seen.labels, seen.confidence, 0.5,
                                MeasureLimits(2, 0.4)), Thresholds())


def nothing():
    """Return images without texture, by name: even, dark, noisy, with light that falls off."""
    rng = np.random.default_rng(0)
    rows, cols = np.mgrid[0:1:HEIGHT * 1j, 0:1:WIDTH * 1j]
    far = np.hypot(rows - 0.5, (cols - 0.5) * 1.4)
    lamp = np.exp(-((rows - 0.85) ** 2 + (cols - 0.5) ** 2) * 12)
    planes = {
        **{f'even {level}': np.full_like(rows, level) for level in (0, 4, 30, 128, 255)},
        'brighter below': 40 + 180 * rows, 'brighter above': 220 - 180 * rows,
        'brighter right': 40 + 180 * cols, 'lens shading': 180 - 200 * far ** 2,
        'lamp in fog': 20 + 220 * lamp}
    for name, plane in planes.items():
        for noise in (0, 3, 15):
            image = plane[..., None] + rng.normal(0, noise, (HEIGHT, WIDTH, 3))
            yield f'{name}, noise {noise}', np.clip(image, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(('name', 'bgr'), nothing())
def test_where_nothing_is_seen_nothing_is_path(segmenter, name, bgr):
    seen = segmenter.segment(bgr)
    assert not seen.drivable.any()
    assert (seen.confidence == UNDECIDED).all()
    assert findings(seen)


@pytest.mark.parametrize('kind', ['cover', 'noise', 'blur', 'room'])
def test_no_go_before_covers_noise_and_walls(segmenter, kind):
    for bgr in no_road_images(8, seed=5)[kind]:
        assert findings(segmenter.segment(bgr))


def test_no_go_before_blotches(segmenter):
    for sample in blank_images(20, 640, 480):
        assert findings(segmenter.segment(sample.bgr))


def test_a_road_is_good(segmenter):
    """So that the tests above are not passed by a backend that always doubts."""
    frame = demo_drive(640, 360).frame(2.0)
    seen = segmenter.segment(frame.bgr)
    assert findings(seen) == ()
    assert seen.confidence[150:, 110:210].mean() > 0.9 * 255


def test_the_self_test_passes(segmenter):
    assert run_self_test(segmenter).startswith('known image gives 100.0% of its labels')


def test_it_needs_no_model(segmenter, monkeypatch):
    monkeypatch.setattr('seg_node.perception.segmenter.load_model', pytest.fail)
    with Segmenter.open('no such model', 'classical') as opened:
        assert opened.model is segmenter.model
        assert opened.model.name == 'classical' and opened.model.drivable_ids == (1,)
        assert 'needs no model file' in opened.backend.chosen_because


def test_auto_never_chooses_it(monkeypatch):
    monkeypatch.setattr(registry, 'NAMES', ('onnxruntime', 'classical'))
    with Segmenter.open() as opened:
        assert opened.backend.name == 'onnxruntime'


def test_another_precision_is_refused():
    with pytest.raises(BackendError, match='computes in fp32 alone'):
        Segmenter.open(backend=BackendOptions('classical', precision='int8'))


def test_results_are_the_callers_and_repeat(segmenter):
    bgr = demo_drive(640, 360).frame(4.0).bgr
    first = segmenter.segment(bgr)
    kept = first.labels.copy(), first.confidence.copy()
    segmenter.segment(np.zeros_like(bgr))
    again = segmenter.segment(bgr)
    for values, before, after in zip((first.labels, first.confidence), kept,
                                     (again.labels, again.confidence), strict=True):
        assert values.dtype == np.uint8 and values.shape == (HEIGHT, WIDTH)
        assert np.array_equal(values, before) and np.array_equal(values, after)


def test_a_closed_one_says_so():
    opened = classical.together()
    opened.close()
    with pytest.raises(BackendError, match='closed'):
        opened.infer([Pixels.of(np.zeros((10, 10, 3), np.uint8))])


@pytest.mark.parametrize('size', [(1, 1), (3, 500), (900, 2), (720, 1280)])
def test_images_of_any_size(segmenter, size):
    seen = segmenter.segment(np.full((*size, 3), 90, np.uint8))
    assert seen.mask.shape == size and not seen.path.any()


def test_what_opencv_raises_is_an_error_of_the_backend(monkeypatch):
    def broken(image):
        raise cv2.error('out of memory')
    opened = classical.together()
    monkeypatch.setattr(opened, '_find', broken)
    with pytest.raises(BackendError, match='OpenCV failed'):
        opened.infer([Pixels.of(np.zeros((10, 10, 3), np.uint8))])


def test_a_technique_alone_claims_no_confidence():
    with Segmenter(classical.alone(TECHNIQUES[0])) as opened:
        seen = opened.segment(demo_drive(640, 360).frame(2.0).bgr)
        assert opened.backend.name == 'otsu' and seen.drivable.any()
        assert (seen.confidence == UNDECIDED).all()
        assert findings(seen)


def wedge():
    bgr = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    path = ((rows > 70) & (abs(cols - 160) < rows - 60)).astype(np.uint8)
    bgr[path == 1] = 140
    return SeededImage(bgr), path


def test_a_border_on_edges_is_believed():
    image, path = wedge()
    assert border_support(image, path) > 0.95 and certainty(image, path) == 1.0
    away = np.roll(path, 40, axis=0)
    away[:40] = 0
    assert border_support(image, away) < 0.35 and certainty(image, away) == 0.0


def test_without_a_border_nothing_is_believed():
    image, path = wedge()
    for mask in (np.zeros_like(path), np.ones_like(path)):
        assert certainty(image, mask) == 0.0


def test_what_reaches_the_upper_edge_is_no_ground():
    bgr = np.full((HEIGHT, WIDTH, 3), 60, np.uint8)
    bgr[:, 100:220] = 140
    path = (bgr[..., 0] == 140).astype(np.uint8)
    image = SeededImage(bgr)
    assert border_support(image, path) > 0.95
    assert certainty(image, path) == 0.0


def test_there_is_a_weight_for_each_cue():
    assert WEIGHTS.shape == (len(CUES),) and np.isfinite(WEIGHTS).all() and SHARPNESS > 0
    assert CUES[:len(TECHNIQUES)] == tuple(each.name for each in TECHNIQUES)
