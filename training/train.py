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
Train the road network: `python -m training.train --data ../shared/data --out runs/road`.

Interrupted training goes on from the last checkpoint in the output folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
import json
import math
from pathlib import Path
import time

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training import datasets, labels
from training.augment import augment, obstacle_cutouts
from training.datasets import DataSet, Sample
from training.losses import segmentation_loss
from training.network import RoadNet
from training.scores import path_iou

MEAN = (0.485, 0.456, 0.406)       # ImageNet's, RGB, pixels scaled to 0..1
STD = (0.229, 0.224, 0.225)
SIZE = (512, 288)                  # width, height of the network's input
SMALL_SIZE = (352, 192)            # the first part of training: half the cost, the same shapes


@dataclass(frozen=True)
class Plan:
    """What one training run does."""

    steps: int = 3500
    small_share: float = 0.6       # of the steps, taken at SMALL_SIZE
    batch: int = 12
    peak_rate: float = 3e-3
    weight_decay: float = 0.02
    warmup: int = 100
    ema: float = 0.998
    seed: int = 1
    report_every: int = 300

    def size(self, step: int) -> tuple[int, int]:
        """Return (width, height) of the pictures of a step."""
        return SMALL_SIZE if step < self.small_share * self.steps else SIZE

    def rate(self, step: int) -> float:
        """Return the learning rate of a step: linear warm-up, then half a cosine."""
        if step < self.warmup:
            return self.peak_rate * (step + 1) / self.warmup
        progress = (step - self.warmup) / max(1, self.steps - self.warmup)
        return self.peak_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * progress)) / 2)


def load_sets(data: Path, rendered: int, with_street: bool) -> list[DataSet]:
    """
    Load every training source with its share of the draws at SMALL_SIZE and at SIZE.

    Rendered scenes join at full size only. With more of them, and from the start, the scores on
    rendered scenes rose (path IoU 0.80 to 0.86) and those on real pictures fell.
    """
    sets = [DataSet('lums', datasets.lums(data, 'train'), 0.36, 0.34),
            DataSet('roads', datasets.roads(data, 'train'), 0.34, 0.32)]
    if with_street:
        from training.teacher import teach, Teacher
        teacher = Teacher(data / 'baselines' / 'road-segmentation-adas-0001.xml')
        sets.append(DataSet('street', teach(teacher, datasets.street_pictures(data)), 0.27, 0.22))
        frames = datasets.video_frames(data / 'videos' / 'test_video.mp4')
        sets.append(DataSet('video', teach(teacher, frames), 0.03, 0.02))
    sets.append(DataSet('rendered', datasets.rendered(rendered, first_seed=0), 0.0, 0.10))
    return sets


def batches(sets: Sequence[DataSet], plan: Plan, first: int) -> Iterator[tuple[Tensor, Tensor]]:
    """
    Yield (pictures uint8 [N, H, W, 3] RGB, codes uint8 [N, H, W]) of steps first, first + 1, ...

    Each step draws from its own seed, so a resumed run sees what an unbroken one would have seen.
    """
    cutouts = obstacle_cutouts(next(s.samples for s in sets if s.name == 'lums'))
    def make(step: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((plan.seed, step))
        small = plan.size(step) == SMALL_SIZE
        shares = np.array([s.small_share if small else s.share for s in sets])
        draws = rng.choice(len(sets), plan.batch, p=shares / shares.sum())
        chosen = [sets[k].samples for k in draws]
        views = [augment(samples[rng.integers(len(samples))], plan.size(step), cutouts, rng)
                 for samples in chosen]
        return (torch.from_numpy(np.stack([v.bgr[..., ::-1] for v in views])),
                torch.from_numpy(np.stack([v.codes for v in views])))

    with ThreadPoolExecutor(1) as pool:
        ahead = [pool.submit(make, step) for step in range(first, min(first + 4, plan.steps))]
        for step in range(first, plan.steps):
            yield ahead.pop(0).result()
            if step + 4 < plan.steps:
                ahead.append(pool.submit(make, step + 4))


def normalise(pictures: Tensor) -> Tensor:
    """Turn uint8 [N, H, W, 3] RGB into the network's float input [N, 3, H, W]."""
    x = pictures.permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (MEAN, STD))
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def train(plan: Plan, sets: Sequence[DataSet], valid: dict[str, list[Sample]], out: Path) -> None:
    """Run the plan; `out` receives checkpoint.pt, network.pt (the averaged weights), log.jsonl."""
    torch.manual_seed(plan.seed)
    network = RoadNet(len(labels.CLASSES)).to(memory_format=torch.channels_last)
    average = deepcopy(network).eval().requires_grad_(False)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=plan.weight_decay)
    first = _resume(out / 'checkpoint.pt', network, average, optimizer)
    started = time.monotonic()
    running = 0.0
    for step, (pictures, codes) in enumerate(batches(sets, plan, first), start=first):
        for group in optimizer.param_groups:
            group['lr'] = plan.rate(step)
        network.train()
        with torch.autocast('cpu', dtype=torch.bfloat16):
            logits = network(normalise(pictures))
        half = (pictures.shape[1] // 2, pictures.shape[2] // 2)
        logits = F.interpolate(logits.float(), size=half, mode='bilinear', align_corners=False)
        loss = segmentation_loss(logits, codes[:, ::2, ::2])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        _blend(average, network, min(plan.ema, (step + 1) / (step + 10)))
        running += float(loss.detach())
        if (step + 1) % plan.report_every == 0 or step + 1 == plan.steps:
            scores = {name: round(path_iou(average, samples, SIZE), 4)
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
    parser.add_argument('--steps', type=int, default=Plan.steps)
    parser.add_argument('--rendered', type=int, default=600, help='number of rendered scenes')
    parser.add_argument('--without-street', action='store_true',
                        help='leave out the CC BY-SA street pictures and the teacher')
    parser.add_argument('--threads', type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    sets = load_sets(options.data, options.rendered, not options.without_street)
    print({s.name: len(s.samples) for s in sets}, flush=True)
    valid = {'lums': datasets.lums(options.data, 'valid'),
             'roads': datasets.roads(options.data, 'valid')}
    train(Plan(steps=options.steps), sets, valid, options.out)


if __name__ == '__main__':
    main()
