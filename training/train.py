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
Train the networks: `python -m training.train --pack FILE --out RUNS --minutes 150 60 60`.

First the teacher, then road_plus and road, which begin as slimmer ones of it and learn from its
answers too; on a GPU where there is one. RUNS/NETWORK receives begun.pt, what it began with,
network.pt, log.jsonl and trade.md.
Interrupted training goes on from the last checkpoint; a training by minutes has then as many left
as it had.
"""

from __future__ import annotations

import argparse
from copy import deepcopy
from dataclasses import dataclass
import json
import math
from pathlib import Path
import time

import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional as F

from training import labels
from training.bundled import load_graph
from training.designs import build, Design, DESIGNS, load_network, TEACHER
from training.fields import on_device
from training.losses import distillation_loss, path_logit, segmentation_loss
from training.network import RoadNet
from training.packed import read_pack, SIZE
from training.pixels import normalise
from training.pool import Batch, Pool, SHARES
from training.slim import slim
from training.trade import table, trade
from training.validation import path_odds, row, score, untuned, ValidSet

ENCODER_SHARE = 0.3                # of the learning rate, for an encoder that comes pretrained
SOFT_SHARE = 0.5                   # of the loss, where a larger network teaches
SMALL_PART = 0.5                   # of the training, that is done at the design's small size
MIN_AGREEMENT = 0.5
"""Path IoU of labels and teacher, below which the labels of a view are taken for mistaken."""
MIN_PATH = 0.05
"""Share of a view that path must take for that to be judged."""
SAVE_EVERY_S = 25.0
FIRST_LOOK = 24
"""Views on which a graph's batch normalisations are measured."""
SLIM_LOOKS = 22
"""As many times so many pictures, on which a network becomes slim."""
FEW_VIEWS = 48
"""
In a step, whose statistics differ so much from those of all that a trained network gets worse.

So batch normalisations keep the statistics that it begins with.
"""


@dataclass(frozen=True)
class Plan:
    """
    What one training run does.

    :ivar steps: how many at most, and `minutes`, how long at most; one of them is enough.
    :ivar reports: how many times the network is scored.
    :ivar keep_statistics: whether batch normalisations keep the statistics that they begin with.
    """

    network: str = 'road'
    steps: int | None = 3000
    minutes: float | None = None
    batch: int = 12
    peak_rate: float = 3e-3
    weight_decay: float = 0.02
    warmup: float = 0.03
    ema: float = 0.998
    seed: int = 1
    reports: int = 5
    keep_statistics: bool = False

    @property
    def design(self) -> Design:
        """What is trained."""
        return DESIGNS[self.network]

    def progress(self, step: int, seconds: float) -> float:
        """Return how much of the training is done, 0 to 1, after so many steps and seconds."""
        by_steps = 0.0 if self.steps is None else step / self.steps
        by_time = 0.0 if self.minutes is None else seconds / (60 * self.minutes)
        return min(1.0, max(by_steps, by_time))

    def size(self, progress: float) -> tuple[int, int]:
        """Return width and height of the views at this point."""
        return self.design.small_size if progress < SMALL_PART else self.design.size

    def rate(self, progress: float) -> float:
        """Return the learning rate: linear warm-up, then half a cosine."""
        if progress < self.warmup:
            return self.peak_rate * (progress + 0.001) / self.warmup
        rest = (progress - self.warmup) / (1 - self.warmup)
        return self.peak_rate * (0.01 + 0.99 * (1 + math.cos(math.pi * rest)) / 2)


class Training:
    """A network that learns, its averaged twin, and where it is in its plan."""

    def __init__(self, plan: Plan, network: RoadNet, teacher: RoadNet | None,
                 device: torch.device) -> None:
        """Begin; a teacher stays as it is."""
        self.plan = plan
        self.device = device
        self.network = network.to(device, memory_format=torch.channels_last)
        self.average = deepcopy(self.network).eval().requires_grad_(False)
        self.teacher = None if teacher is None else teacher.to(
            device, memory_format=torch.channels_last).eval().requires_grad_(False)
        encoder_share = ENCODER_SHARE if teacher is None else 1.0
        groups = [{'params': [p for name, p in self.network.named_parameters()
                              if name.startswith('encoder.') is inside], 'share': share}
                  for inside, share in ((True, encoder_share), (False, 1.0))]
        self.optimizer = torch.optim.AdamW(groups, weight_decay=plan.weight_decay,
                                           fused=device.type == 'cuda')
        self._old, self._new = ([value for value in one.state_dict().values()
                                 if value.is_floating_point()]
                                for one in (self.average, self.network))
        self.step = 0
        self.seconds = 0.0

    @property
    def progress(self) -> float:
        """How much of the plan is done."""
        return self.plan.progress(self.step, self.seconds)

    def learn(self, pool: Pool) -> Tensor:
        """Take one step, and return its loss; each step draws from a seed of its own."""
        rng = np.random.default_rng((self.plan.seed, self.step))
        size = self.plan.size(self.progress)
        # A teacher sees more in larger pictures than in those that it learned from.
        batch = pool.draw(self.plan.batch, size if self.teacher is None else SIZE, rng)
        for group in self.optimizer.param_groups:
            group['lr'] = self.plan.rate(self.progress) * group['share']
        self._prepare()
        loss = self._loss(batch, size)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self.step += 1
        keep = min(self.plan.ema, self.step / (self.step + 9))
        torch._foreach_lerp_(self._old, self._new, 1 - keep)
        return loss.detach()

    def _prepare(self) -> None:
        self.network.train()
        if self.plan.keep_statistics:
            for module in self.network.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def _loss(self, batch: Batch, size: tuple[int, int]) -> Tensor:
        width, height = size
        images = batch.images
        if images.shape[2:] != (height, width):
            images = F.interpolate(images, size=(height, width), mode='bilinear', antialias=True)
        with torch.autocast(self.device.type, dtype=torch.bfloat16):
            logits = self.network(normalise(images))
        logits = logits.float()
        half = (height // 2, width // 2)
        larger = F.interpolate(logits, size=half, mode='bilinear', align_corners=False)
        codes = F.interpolate(batch.codes[:, None].float(), size=half, mode='nearest-exact')
        codes = codes[:, 0].to(torch.uint8)
        if self.teacher is None or bool(batch.exact.all()):
            return segmentation_loss(larger, codes)
        # Chosen by numbers, not by a mask on the GPU: for that the CPU would wait.
        asked, known = (on_device(np.flatnonzero(places), self.device)
                        for places in (~batch.exact, batch.exact))
        with (torch.no_grad(), torch.autocast(self.device.type, dtype=torch.bfloat16),
              untuned()):
            shown = torch.cat([asked, known])[:_rounded(len(asked), len(batch.exact))]
            taught = self.teacher(normalise(batch.images[shown])).float()[:len(asked)]
        hard = segmentation_loss(larger[asked], doubted(codes[asked], taught))
        soft = F.interpolate(taught, size=logits.shape[2:], mode='bilinear', align_corners=False)
        loss = (1 - SOFT_SHARE) * hard + SOFT_SHARE * distillation_loss(logits[asked], soft)
        if not len(known):
            return loss
        exact = segmentation_loss(larger[known], codes[known])
        return torch.lerp(exact, loss, len(asked) / len(batch.exact))

    def save(self, out: Path) -> None:
        """Write checkpoint.pt, and network.pt, the averaged weights."""
        state = {'step': self.step, 'seconds': self.seconds, 'network': self.network.state_dict(),
                 'average': self.average.state_dict(), 'optimizer': self.optimizer.state_dict()}
        torch.save(state, out / 'checkpoint.tmp')
        (out / 'checkpoint.tmp').replace(out / 'checkpoint.pt')
        torch.save({name: value.cpu() for name, value in self.average.state_dict().items()},
                   out / 'network.pt')

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint, if there is one."""
        if path.exists():
            state = torch.load(path, weights_only=True, map_location=self.device)
            self.network.load_state_dict(state['network'])
            self.average.load_state_dict(state['average'])
            self.optimizer.load_state_dict(state['optimizer'])
            self.step, self.seconds = int(state['step']), float(state['seconds'])
            print(f'{path}: going on from step {self.step}, {self.seconds:.0f} s', flush=True)


def doubted(codes: Tensor, taught: Tensor) -> Tensor:
    """
    Forget the codes of views, uint8 [N, h, w], that the teacher contradicts altogether.

    Some masks lack the road.

    :param taught: the teacher's logits, float [N, C, h', w'].
    """
    odds = F.interpolate(path_logit(taught)[:, None], size=codes.shape[1:], mode='bilinear')[:, 0]
    known = codes != labels.UNKNOWN
    true = sum(((codes == k) for k in (*labels.DRIVABLE, labels.SOME_PATH)),
               torch.zeros_like(known))
    found = (odds > 0) & known
    both, union = (found & true).sum((1, 2)), (found | true).sum((1, 2))
    # Where there is next to no path, a few pixels would decide.
    wrong = (union > MIN_PATH * codes[0].numel()) & (both < MIN_AGREEMENT * union)
    return codes.masked_fill(wrong.view(-1, 1, 1), labels.UNKNOWN)


def train(training: Training, pool: Pool, valid: list[ValidSet], out: Path) -> None:
    """Run the plan; `out` receives checkpoint.pt, network.pt, log.jsonl."""
    plan = training.plan
    training.resume(out / 'checkpoint.pt')
    begun = time.monotonic() - training.seconds
    saved = time.monotonic()
    losses: list[Tensor] = []
    while training.progress < 1:
        before = training.progress
        losses.append(training.learn(pool))
        training.seconds = time.monotonic() - begun
        if int(before * plan.reports) < int(training.progress * plan.reports):
            _report(training, valid, torch.stack(losses).mean().item(), out)
            losses = []
            training.seconds = time.monotonic() - begun
        if training.progress >= 1 or time.monotonic() - saved > SAVE_EVERY_S:
            training.save(out)
            saved = time.monotonic()


def _report(training: Training, valid: list[ValidSet], loss: float, out: Path) -> None:
    plan = training.plan
    figures = {'step': training.step, 'seconds': round(training.seconds),
               'views_per_s': round(plan.batch * training.step / training.seconds),
               'loss': round(loss, 4)}
    for one in valid:
        odds = path_odds(training.average, one.images, plan.design.size, training.device)
        figures |= row(one.name, score(odds, one))
    print(json.dumps(figures), flush=True)
    with (out / 'log.jsonl').open('a') as log:
        log.write(json.dumps(figures) + '\n')


def _rounded(asked: int, views: int) -> int:
    """Return a few more than asked about: for each new number cuDNN plans anew, for seconds."""
    step = max(1, views // 8)
    return min(views, -(-asked // step) * step)


def begin(plan: Plan, encoder: dict[str, Tensor], graph: Path | None, teacher: RoadNet | None,
          pool: Pool) -> RoadNet:
    """
    Return the network to train.

    :param graph: of this design, fp32, whose weights it goes on from. Without one, it is a slimmer
        teacher, or its encoder begins with `encoder`, the weights of ImageNet.
    """
    torch.manual_seed(plan.seed)
    network, size = build(plan.network), plan.design.size
    rng = np.random.default_rng(plan.seed)
    if graph is not None:
        load_graph(network, graph, normalise(pool.draw(FIRST_LOOK, size, rng).images.cpu()))
    elif teacher is not None:
        looks = [normalise(pool.pictures(FIRST_LOOK, size, rng).cpu()) for _ in range(SLIM_LOOKS)]
        slim(teacher, network, plan.design.left_out, looks)
    else:
        network.encoder.load_state_dict(encoder, strict=False)
    return network


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--out', type=Path, required=True, help='folder of the runs')
    parser.add_argument('--networks', nargs='+', choices=tuple(DESIGNS), default=tuple(DESIGNS),
                        help='in this order; the others need a teacher in --out')
    parser.add_argument('--steps', type=int, nargs='+', help='of each network at most')
    parser.add_argument('--minutes', type=float, nargs='+',
                        help='for each network at most, with validation')
    parser.add_argument('--batch', type=int, help='views in a step (96 on a GPU, 12 on a CPU)')
    parser.add_argument('--begin', type=Path, metavar='MODELS',
                        help='go on from the graphs MODELS/NETWORK/model.onnx of the same design, '
                             'with their normalisations')
    parser.add_argument('--peak-rate', type=float, default=Plan.peak_rate)
    parser.add_argument('--reports', type=int, default=Plan.reports)
    parser.add_argument('--sources', nargs='+', choices=tuple(SHARES), default=tuple(SHARES),
                        help='sets to learn from; street and street_views are share-alike')
    parser.add_argument('--threads', type=int, default=2, help='of the CPU')
    options = parser.parse_args()
    nothing = [None] * len(options.networks)
    steps, minutes = options.steps or nothing, options.minutes or nothing
    if not len(options.networks) == len(steps) == len(minutes) or steps == minutes:
        parser.error('--steps or --minutes is needed, one for each network')
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = True
    pack = read_pack(options.pack)
    pool = Pool(pack, options.sources, device)
    print(device, {name: len(part.places) for name, part in pool.parts.items()}, flush=True)
    valid = [ValidSet.of(name, one) for name, one in pack.valid.items() if len(one.images)]
    print({one.name: (len(one.images), sum(map(len, one.obstacles))) for one in valid}, flush=True)
    batch = options.batch or (96 if device.type == 'cuda' else 12)
    for name, most, time_given in zip(options.networks, steps, minutes, strict=True):
        out = options.out / name
        out.mkdir(parents=True, exist_ok=True)
        teacher = None if name == TEACHER else load_network(
            TEACHER, options.out / TEACHER / 'network.pt')
        graph = options.begin and options.begin / name / 'model.onnx'
        plan = Plan(name, most, time_given, batch, options.peak_rate, reports=options.reports,
                    keep_statistics=batch < FEW_VIEWS and (graph or teacher) is not None)
        network = begin(plan, pack.encoder, graph, teacher, pool)
        torch.save(network.state_dict(), out / 'begun.pt')
        training = Training(plan, network, teacher, device)
        train(training, pool, valid, out)
        found = trade(training.average, plan.design.size, valid, device)
        (out / 'trade.md').write_text(table(found))
        print(table(found), flush=True)


if __name__ == '__main__':
    main()
