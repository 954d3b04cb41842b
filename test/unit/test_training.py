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

"""What labels teach, and what augmentation may do to them; the losses need torch."""

from __future__ import annotations

import numpy as np
import pytest

from training import labels
from training.augment import augment, obstacle_cutouts, plain
from training.datasets import Sample

CODES = {*range(len(labels.CLASSES)), labels.SOME_PATH, labels.NOT_PATH, labels.UNKNOWN}


def half_road(top: int, bottom: int) -> Sample:
    codes = np.full((96, 128), top, np.uint8)
    codes[48:] = bottom
    return Sample(np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8), codes)


def test_source_masks_become_codes():
    assert labels.FROM_LUMS[[0, 1, 2, 3, 4, 7]].tolist() == [0, 3, 1, 2, 4, labels.UNKNOWN]
    assert labels.FROM_ROADS[[0, 1, 2]].tolist() == [
        labels.NOT_PATH, labels.SOME_PATH, labels.UNKNOWN]


def test_path_counts_speed_bumps_and_partial_labels():
    codes = np.array([0, 1, 2, 3, 4, labels.SOME_PATH, labels.NOT_PATH, labels.UNKNOWN], np.uint8)
    assert labels.is_path(codes).tolist() == [False, True, False, False, True, True, False, False]


def test_views_keep_their_size_and_their_codes():
    sample = half_road(labels.NOT_PATH, labels.SOME_PATH)
    obstacle = Sample(np.zeros((40, 20, 3), np.uint8), np.ones((40, 20), np.uint8))
    for seed in range(60):
        view = augment(sample, (64, 36), [obstacle], np.random.default_rng(seed))
        assert view.bgr.shape == (36, 64, 3) and view.bgr.dtype == np.uint8
        assert view.codes.shape == (36, 64)
        assert set(np.unique(view.codes)) <= CODES


def test_the_same_seed_gives_the_same_view():
    sample = half_road(0, 1)
    one, two = (augment(sample, (64, 36), [], np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(one.bgr, two.bgr) and np.array_equal(one.codes, two.codes)


def test_the_plain_view_is_the_whole_picture():
    view = plain(half_road(0, 1), (64, 48))
    assert (view.codes[:24] == 0).all() and (view.codes[24:] == 1).all()


def test_obstacles_are_cut_out_whole_and_only_away_from_the_sides():
    sample = half_road(0, 1)
    sample.codes[20:60, 40:60] = labels.OBSTACLE
    sample.codes[20:60, :30] = labels.OBSTACLE      # may go on outside of the picture
    [cutout] = obstacle_cutouts([sample])
    assert cutout.codes.shape == (40, 20) and cutout.codes.all()


def test_partial_labels_teach_only_what_they_know():
    torch = pytest.importorskip('torch')
    from training.losses import segmentation_loss
    logits = torch.zeros(1, 5, 2, 2, requires_grad=True)
    codes = torch.full((1, 2, 2), labels.NOT_PATH, dtype=torch.uint8)
    segmentation_loss(logits, codes).backward()
    gradient = logits.grad[0, :, 0, 0]
    # Which of the classes that are no path it is, the label does not say.
    assert torch.allclose(gradient[[0, 2, 3]], gradient[0].expand(3))
    assert gradient[0] < 0 < gradient[1]


def test_unknown_pixels_teach_nothing():
    torch = pytest.importorskip('torch')
    from training.losses import segmentation_loss
    logits = torch.randn(1, 5, 2, 2, requires_grad=True)
    codes = torch.full((1, 2, 2), labels.UNKNOWN, dtype=torch.uint8)
    segmentation_loss(logits, codes).backward()
    assert logits.grad.abs().max() == 0
