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
"""What augmentation may do to pictures and labels; needs torch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training import labels

torch = pytest.importorskip('torch')

CODES = {*range(len(labels.CLASSES)), labels.SOME_PATH, labels.NOT_PATH, labels.UNKNOWN}
WHOLE = np.array([[0.0, 0.0, 1.0, 1.0]])


def half_road(count: int = 1, top: int = labels.NOT_PATH, bottom: int = labels.SOME_PATH):
    codes = torch.full((count, 96, 128), top, dtype=torch.uint8)
    codes[:, 48:] = bottom
    images = torch.randint(0, 256, (count, 96, 128, 3), dtype=torch.uint8,
                           generator=torch.Generator().manual_seed(0))
    images[:, 48:] = images[:, 48:] // 4
    return images, codes


def a_box(held_out: bool = False):
    from training.packed import Cutout
    bgra = np.zeros((40, 20, 4), np.uint8)
    bgra[..., 3] = 255
    return Cutout(bgra, 'box', 1.0, 1.0, held_out)


def test_the_plain_view_is_the_whole_picture():
    from training.geometry import look, plain_views
    images, codes = half_road()
    views = torch.from_numpy(plain_views(WHOLE).astype(np.float32))
    pixels, found = look(images, codes, views, (128, 96))
    assert torch.equal(found, codes)
    assert torch.allclose(pixels, images.permute(0, 3, 1, 2).float() / 255, atol=1e-4)


def test_random_views_keep_the_labels_on_their_pixels():
    from training.geometry import look, random_views
    images, codes = half_road(40)
    boxes = np.repeat(WHOLE, 40, 0)
    views = torch.from_numpy(random_views(boxes, np.random.default_rng(1)).astype(np.float32))
    pixels, found = look(images, codes, views, (64, 36))
    assert pixels.shape == (40, 3, 36, 64) and found.shape == (40, 36, 64)
    assert set(found.unique().tolist()) <= CODES
    dark = pixels.mean(1) < 0.25
    known = found != labels.UNKNOWN
    assert ((found == labels.SOME_PATH) == dark)[known].float().mean() > 0.85
    assert 0.0 < (~known).float().mean() < 0.3


def test_views_of_a_part_show_nothing_beyond_it_as_known():
    from training.geometry import look, random_views
    images, codes = half_road(30)
    boxes = np.repeat(np.array([[0.0, 0.0, 1.0, 0.3]]), 30, 0)
    views = torch.from_numpy(random_views(boxes, np.random.default_rng(1)).astype(np.float32))
    _, found = look(images, codes, views, (64, 36))
    assert not (found == labels.SOME_PATH).float().mean() > 0.02


def test_what_is_pasted_is_an_obstacle_that_stands_on_the_path():
    from training.pasting import Cutouts, paste
    _, codes = half_road(30)
    images = torch.full((30, 3, 96, 128), 0.5)
    store = Cutouts.of([a_box()], torch.device('cpu'))
    pasted, changed = paste(images, codes, store, np.random.default_rng(3))
    obstacle = changed == labels.OBSTACLE
    assert (obstacle.sum((1, 2)) > 0).float().mean() > 0.9
    assert pasted[obstacle[:, None].expand_as(pasted)].max() < 0.45      # the box is black
    # Its lowest row lies where path was.
    for mask in obstacle[obstacle.any(2).any(1)]:
        assert mask.any(1).nonzero().max() >= 47
    assert set(changed.unique().tolist()) <= CODES


def test_nothing_is_pasted_where_there_is_no_path():
    from training.pasting import Cutouts, paste
    _, codes = half_road(5, bottom=labels.NOT_PATH)
    images = torch.full((5, 3, 96, 128), 0.5)
    store = Cutouts.of([a_box()], torch.device('cpu'))
    pasted, changed = paste(images, codes, store, np.random.default_rng(3))
    assert torch.equal(changed, codes) and torch.allclose(pasted, images)


def test_lights_leave_the_size_and_the_range():
    from training.lights import random_light
    images = torch.rand(24, 3, 40, 64)
    found = random_light(images, np.random.default_rng(0))
    assert found.shape == images.shape and found.isfinite().all()
    assert found.min() >= 0 and found.max() <= 1
    assert not torch.equal(found, images)


@pytest.mark.parametrize('number', range(13))
def test_every_effect_alone(number):
    from training.lights import _EFFECTS
    images = torch.rand(3, 3, 40, 64)
    found = _EFFECTS[number][1](images, np.random.default_rng(0))
    assert found.shape == images.shape and found.isfinite().all()


def test_a_pack_gives_back_what_was_put_in(tmp_path):
    from training.datasets import Sample
    from training.packed import Example, PackWriter, read_pack, SIZE, Standing
    bgr = np.full((96, 128, 3), (10, 120, 240), np.uint8)
    codes = np.full((96, 128), labels.NOT_PATH, np.uint8)
    codes[48:] = labels.SOME_PATH
    writer = PackWriter(tmp_path / 'a.pack')
    standing = (Standing('person', (0.1, 0.2, 0.3, 0.9)),)
    writer.add('train', 'lums', [Example(Sample(bgr, codes))] * 2)
    writer.add('valid', 'street', [Example(Sample(bgr, codes), standing)])
    writer.add_cutouts([a_box(), a_box(held_out=True)])
    writer.add_encoder({'a': torch.ones(2)})
    assert not (tmp_path / 'a.pack').exists()
    writer.close()
    pack = read_pack(tmp_path / 'a.pack')
    assert pack.train['lums'].images.shape == (2, SIZE[1], SIZE[0], 3)
    assert (pack.train['lums'].images[0, 10, 10].int() - torch.tensor([240, 120, 10])
            ).abs().max() < 12
    assert (pack.train['lums'].codes[1, SIZE[1] // 2 + 2:] == labels.SOME_PATH).all()
    assert pack.valid['street'].standing == [standing]
    assert [one.held_out for one in pack.cutouts] == [False, True]
    assert pack.cutouts[0].bgra.shape == (40, 20, 4)
    assert torch.equal(pack.encoder['a'], torch.ones(2))


def test_scenes_of_training_hold_nothing_that_is_share_alike_or_kept_for_validation():
    from training.pack import stocks
    from training.packed import Cutout
    from training.swatches import Swatches

    def cutout(height_m, source, held_out):
        return Cutout(np.full((20, 10, 4), 255, np.uint8), 'person', height_m, 1.0, held_out,
                      source)

    learned, kept = stocks(Swatches(Path()), [
        cutout(1.1, '', False), cutout(1.2, 'street', False), cutout(1.3, 'street_views', False),
        cutout(1.4, 'roads', False), cutout(1.5, 'street', True), cutout(1.6, 'lums', True)])
    assert [one.height_m for one in learned.things] == [1.1, 1.4]
    assert [one.height_m for one in kept.things] == [1.5, 1.6]


def test_a_step_of_training_on_a_pack_and_a_resumed_one(tmp_path):
    from training.datasets import Sample
    from training.packed import Example, Pack, PackedSet, SIZE
    from training.pool import Pool
    from training.train import begin, Plan, train, Training
    del Sample, Example
    width, height = SIZE
    codes = torch.full((2, height, width), labels.NOT_PATH, dtype=torch.uint8)
    codes[:, height // 2:] = labels.SOME_PATH
    images = torch.randint(0, 256, (2, height, width, 3), dtype=torch.uint8)
    pack = Pack({'lums': PackedSet(images, codes, [(), ()])}, {}, [a_box()], {})
    cpu = torch.device('cpu')
    pool = Pool(pack, ('lums',), cpu)
    assert set(pool.parts) == {'lums', 'blank', 'above'}
    looks = pool.pictures(8, (width, height), np.random.default_rng(2))
    assert all(any(torch.allclose(look, image, atol=1e-3) for image in (*whole, *whole.flip(3)))
               for whole in [images.permute(0, 3, 1, 2) / 255] for look in looks)
    plan = Plan('road', steps=2, batch=2, reports=1)
    first = Training(plan, begin(plan, {}, None, None, pool), None, cpu)
    train(first, pool, [], tmp_path)
    assert first.step == 2 and (tmp_path / 'network.pt').exists()
    again = Training(Plan('road', steps=3, batch=2), begin(plan, {}, None, None, pool), None, cpu)
    again.resume(tmp_path / 'checkpoint.pt')
    assert again.step == 2
    again.learn(pool)
    assert again.step == 3


def test_a_plan_ends_by_steps_or_by_minutes_whichever_comes_first():
    from training.train import Plan
    plan = Plan(steps=100, minutes=1.0)
    assert plan.progress(50, 6.0) == 0.5 and plan.progress(10, 30.0) == 0.5
    assert plan.progress(0, 61.0) == 1.0 and plan.rate(1.0) < 0.02 * plan.peak_rate
    assert Plan(network='teacher').size(0.1) == (320, 192)
