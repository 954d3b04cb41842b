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

"""
Train a network: `python -m training.train --data ../shared/data --network road --out runs/road`.

Interrupted training goes on from the last checkpoint in the output folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace
import json
import math
from pathlib import Path
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training import datasets
from training.augment import augment, obstacle_cutouts
from training.datasets import DataSet, Sample
from training.designs import build, Design, DESIGNS, load_network, SMALL_SIZE
from training.distillation import soften
from training.efficientnet import efficientnet_lite0, inherit, load_imagenet_weights
from training.losses import distillation_loss, segmentation_loss
from training.network import RoadNet
from training.pixels import normalise
from training.scores import path_iou

ENCODER_SHARE = 0.3                # of the learning rate: the encoder comes pretrained
TEACHER = 'road_plus'
SOFT_SHARE = 0.6                   # of the loss, where a larger network gives soft labels
SOURCES = ('lums', 'roads', 'street')
EXACT = ('above', 'blank', 'rendered')     # sets on which a larger network knows nothing better


@dataclass(frozen=True)
class Plan:
    """What one training run does."""

    network: str = 'road'
    steps: int = 3000
    batch: int = 12
    peak_rate: float = 3e-3
    weight_decay: float = 0.02
    warmup: int = 100
    ema: float = 0.998
    seed: int = 1
    report_every: int = 300

    @property
    def design(self) -> Design:
        """What is trained."""
        return DESIGNS[self.network]

    def size(self, step: int) -> tuple[int, int]:
        """Return (width, height) of the images of a step."""
        return self.design.size if self.has_all_sets(step) else SMALL_SIZE

    def has_all_sets(self, step: int) -> bool:
        """Tell whether a step draws from the sets of the second part, too."""
        return step >= self.design.small_share * self.steps

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: linear warm-up, then half a cosine."""
        if step < self.warmup:
            return self.peak_rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.peak_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


def load_sets(data: Path, size: tuple[int, int], rendered: int, sources: Sequence[str],
              ) -> list[DataSet]:
    """
    Load training sources with their share of the draws in the two parts of training.

    Rendered scenes join in the second part only. With more of them, and from the start, the scores
    on rendered scenes rose (path IoU 0.80 to 0.86) and those on real images fell.

    :param sources: some of SOURCES.
    """
    sets = []
    if 'lums' in sources:
        sets.append(DataSet('lums', datasets.lums(data, 'train'), 0.34, 0.32))
    if 'roads' in sources:
        sets.append(DataSet('roads', datasets.roads(data, 'train'), 0.34, 0.32))
    if 'street' in sources:
        from training.teacher import teach, Teacher
        teacher = Teacher(data / 'baselines' / 'road-segmentation-adas-0001.xml')
        sets.append(DataSet('street', teach(teacher, datasets.street_images(data)), 0.24, 0.20))
        frames = datasets.video_frames(data / 'videos' / 'test_video.mp4')
        sets.append(DataSet('video', teach(teacher, frames), 0.03, 0.02))
    above = datasets.above_the_road([sample for each in sets for sample in each.samples])
    sets.append(DataSet('above', above, 0.06, 0.05))
    sets.append(DataSet('blank', datasets.blank_images(100, *size), 0.02, 0.02))
    sets.append(DataSet('rendered', datasets.rendered(rendered, 0, *size), 0.0, 0.14))
    return sets


@dataclass(frozen=True)
class Batch:
    """
    What one step learns from.

    images: uint8 [N, H, W, 3] RGB. codes: uint8 [N, H, W]. soft: uint8 [N, H/4, W/4, classes],
    see losses.distillation_loss; None without a larger network.
    """

    images: Tensor
    codes: Tensor
    soft: Tensor | None


def batches(sets: Sequence[DataSet], plan: Plan, first: int) -> Iterator[Batch]:
    """
    Yield the batches of steps first, first + 1, ...

    Each step draws from its own seed, so a resumed run sees what an unbroken one would have seen.
    """
    cutouts = obstacle_cutouts([sample for s in sets if s.name == 'lums' for sample in s.samples])
    def make(step: int) -> Batch:
        rng = np.random.default_rng((plan.seed, step))
        shares = np.array([s.share if plan.has_all_sets(step) else s.small_share for s in sets])
        draws = rng.choice(len(sets), plan.batch, p=shares / shares.sum())
        chosen = [sets[k].samples for k in draws]
        views = [augment(samples[rng.integers(len(samples))], plan.size(step), cutouts, rng)
                 for samples in chosen]
        return Batch(torch.from_numpy(np.stack([v.bgr[..., ::-1] for v in views])),
                     torch.from_numpy(np.stack([v.codes for v in views])), _soft_batch(views))

    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(make, step) for step in range(first, min(first + 4, plan.steps))]
        for step in range(first, plan.steps):
            yield ahead.pop(0).result()
            if step + 4 < plan.steps:
                ahead.append(pool.submit(make, step + 4))


def _soft_batch(views: Sequence[Sample]) -> Tensor | None:
    known = [v.soft for v in views if v.soft is not None]
    if not known:
        return None
    unknown = np.zeros_like(known[0])
    return torch.from_numpy(np.stack([unknown if v.soft is None else v.soft for v in views]))


def begin(plan: Plan, teacher: RoadNet | None) -> RoadNet:
    """Return the network to train: with as much of the teacher's weights as fit, or ImageNet's."""
    torch.manual_seed(plan.seed)
    network = build(plan.network)
    if teacher is None:
        source = efficientnet_lite0()
        load_imagenet_weights(source)
    else:
        source = teacher.encoder
        own = network.state_dict()
        network.load_state_dict({
            **own, **{name: value for name, value in teacher.state_dict().items()
                      if name in own and value.shape == own[name].shape}})
    inherit(network.encoder, plan.design.blocks, source)
    return network


def train(plan: Plan, network: RoadNet, sets: Sequence[DataSet], valid: dict[str, list[Sample]],
          out: Path) -> None:
    """Run the plan; `out` receives checkpoint.pt, network.pt (the averaged weights), log.jsonl."""
    network = network.to(memory_format=torch.channels_last)
    average = deepcopy(network).eval().requires_grad_(False)
    groups = [{'params': [p for name, p in network.named_parameters()
                          if name.startswith('encoder.') is inside], 'share': share}
              for inside, share in ((True, ENCODER_SHARE), (False, 1.0))]
    optimizer = torch.optim.AdamW(groups, weight_decay=plan.weight_decay)
    first = _resume(out / 'checkpoint.pt', network, average, optimizer)
    started = time.monotonic()
    running = 0.0
    for step, batch in enumerate(batches(sets, plan, first), start=first):
        for group in optimizer.param_groups:
            group['lr'] = plan.rate(step) * group['share']
        network.train()
        with torch.autocast('cpu', dtype=torch.bfloat16):
            logits = network(normalise(batch.images)).float()
        half = (batch.codes.shape[1] // 2, batch.codes.shape[2] // 2)
        larger = F.interpolate(logits, size=half, mode='bilinear', align_corners=False)
        loss = segmentation_loss(larger, batch.codes[:, ::2, ::2])
        if batch.soft is not None:
            loss = (1 - SOFT_SHARE) * loss + SOFT_SHARE * distillation_loss(logits, batch.soft)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        _blend(average, network, min(plan.ema, (step + 1) / (step + 10)))
        running += float(loss.detach())
        if (step + 1) % plan.report_every == 0 or step + 1 == plan.steps:
            scores = {name: round(path_iou(average, samples, plan.design.size), 4)
                      for name, samples in valid.items()}
            row = {'step': step + 1, 'loss': round(running / plan.report_every, 4), **scores,
                   'seconds': round(time.monotonic() - started)}
            running = 0.0
            print(json.dumps(row), flush=True)
            with (out / 'log.jsonl').open('a') as log:
                log.write(json.dumps(row) + '\n')
            state = {'step': step + 1, 'network': network.state_dict(),
                     'average': average.state_dict(), 'optimizer': optimizer.state_dict()}
            torch.save(state, out / 'checkpoint.tmp')
            (out / 'checkpoint.tmp').replace(out / 'checkpoint.pt')
            torch.save(average.state_dict(), out / 'network.pt')


def _resume(path: Path, network: torch.nn.Module, average: torch.nn.Module,
            optimizer: torch.optim.Optimizer) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state['network'])
    average.load_state_dict(state['average'])
    optimizer.load_state_dict(state['optimizer'])
    print(f'{path}: going on from step {state["step"]}')
    return int(state['step'])


@torch.no_grad()
def _blend(average: torch.nn.Module, network: torch.nn.Module, keep: float) -> None:
    for old, new in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
        if old.dtype.is_floating_point:
            old.lerp_(new, 1 - keep)
        else:
            old.copy_(new)


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, required=True, help='folder with lums, roads, ...')
    parser.add_argument('--out', type=Path, required=True, help='folder of the run')
    parser.add_argument('--network', choices=tuple(DESIGNS), default=Plan.network)
    parser.add_argument('--steps', type=int, default=Plan.steps)
    parser.add_argument('--peak-rate', type=float, default=Plan.peak_rate)
    parser.add_argument('--rendered', type=int, default=600, help='number of rendered scenes')
    parser.add_argument('--sources', nargs='+', choices=SOURCES, default=SOURCES,
                        help='real images to learn from; street: CC BY-SA, by the teacher')
    parser.add_argument('--teacher', type=Path,
                        help='folder of a run of road_plus, whose layers and labels to begin from')
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.network, options.steps, peak_rate=options.peak_rate)
    sets = load_sets(options.data, plan.design.size, options.rendered, options.sources)
    print({s.name: len(s.samples) for s in sets}, flush=True)
    teacher = None
    if options.teacher is not None:
        teacher = load_network(TEACHER, options.teacher / 'network.pt')
        size = DESIGNS[TEACHER].size
        sets = [s if s.name in EXACT else replace(s, samples=soften(teacher, s.samples, size))
                for s in sets]
    valid = {'lums': datasets.lums(options.data, 'valid'),
             'roads': datasets.roads(options.data, 'valid')}
    train(plan, begin(plan, teacher), sets, valid, options.out)


if __name__ == '__main__':
    main()
