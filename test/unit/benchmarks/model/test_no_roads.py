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

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.model.baselines import CLASSES
from benchmarks.model.no_roads import CorridorJudge, CorridorReading, no_road_images, tell_apart


def test_the_images_are_images_and_always_the_same():
    one, two = no_road_images(3), no_road_images(3)
    assert list(one) == ['cover', 'noise', 'sky', 'blur', 'room']
    for kind, images in one.items():
        assert len(images) == 3
        for image, again in zip(images, two[kind], strict=True):
            assert image.shape == (480, 640, 3) and image.dtype == np.uint8
            assert (image == again).all()
        assert not (images[0] == images[1]).all()


def test_other_seeds_give_other_images():
    assert not (no_road_images(1, seed=1)['room'][0] == no_road_images(1)['room'][0]).all()


def test_no_image_is_left_black():
    for kind, images in no_road_images(8).items():
        assert all(image.any(axis=2).mean() > 0.5 for image in images), kind


def test_only_the_corridor_is_looked_at():
    facts = SimpleNamespace(width=64, height=48)
    judge = CorridorJudge(SimpleNamespace(classes=CLASSES, facts=facts))
    labels = np.zeros((48, 64), np.uint8)
    confidence = np.full((48, 64), 51, np.uint8)
    labels[:24] = 1
    confidence[:24] = 255
    found = judge.read(SimpleNamespace(labels=labels, confidence=confidence))
    # Path by what is left of background's 0.2.
    assert found == CorridorReading(pytest.approx(0.8), 0.0)
    labels[24:] = 1
    found = judge.read(SimpleNamespace(labels=labels, confidence=confidence))
    assert found == CorridorReading(pytest.approx(0.2), 1.0)


def test_kinds_and_all_are_summed_up():
    found = tell_apart([CorridorReading(0.9, 1.0), CorridorReading(0.8, 0.5)],
                       {'sky': [CorridorReading(0.5, 1.0)],
                        'room': [CorridorReading(0.85, 0.0), CorridorReading(0.3, 0.5)]})
    assert found.road == pytest.approx(0.85) and found.no_road == pytest.approx(0.55)
    assert found.kinds == {'sky': 0.5, 'room': pytest.approx(0.575)}
    assert found.auroc == pytest.approx(5 / 6)
    assert found.called_path == pytest.approx(0.5)
