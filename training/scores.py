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

"""Scores of a network on labelled samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
import torch
from torch.nn import functional as F

from training import labels
from training.augment import plain
from training.datasets import Sample

Array = NDArray[np.uint8]
Predict = Callable[[Array], Array]     # BGR [H, W, 3] of any size -> class ids of that size


@dataclass
class PathScore:
    """Counts of path pixels over many pictures; unknown pixels are left out."""

    both: int = 0
    predicted: int = 0
    true: int = 0
    background: int = 0

    def add(self, predicted: Array, codes: Array) -> None:
        """Count one picture: class ids and label codes, uint8 [H, W] each."""
        known = codes != labels.UNKNOWN
        guess, truth = labels.is_path(predicted) & known, labels.is_path(codes) & known
        self.both += int((guess & truth).sum())
        self.predicted += int(guess.sum())
        self.true += int(truth.sum())
        self.background += int((known & ~truth).sum())

    @property
    def iou(self) -> float:
        """Intersection over union of path."""
        return self.both / max(1, self.predicted + self.true - self.both)

    @property
    def false_path_rate(self) -> float:
        """Share of the background called path."""
        return (self.predicted - self.both) / max(1, self.background)


def score(predict: Predict, samples: Iterable[Sample]) -> PathScore:
    """Score predictions at the labels' own size."""
    result = PathScore()
    for sample in samples:
        result.add(predict(sample.bgr), sample.codes)
    return result


def class_ious(predict: Predict, samples: Sequence[Sample]) -> dict[str, float]:
    """Return the IoU of every class on fully labelled samples."""
    n = len(labels.CLASSES)
    confusion = np.zeros((n, n), np.int64)
    for sample in samples:
        known = sample.codes < n
        pairs = sample.codes[known].astype(np.int64) * n + predict(sample.bgr)[known]
        confusion += np.bincount(pairs, minlength=n * n).reshape(n, n)
    union = confusion.sum(0) + confusion.sum(1) - confusion.diagonal()
    return {name: float(confusion[k, k] / max(1, union[k]))
            for k, name in enumerate(labels.CLASSES)}


@torch.inference_mode()
def path_iou(network: torch.nn.Module, samples: Sequence[Sample], size: tuple[int, int],
             batch: int = 8) -> float:
    """Return the path IoU of a network at its own size (quick: for progress reports)."""
    from training.train import normalise
    network.eval()
    result = PathScore()
    for first in range(0, len(samples), batch):
        views = [plain(sample, size) for sample in samples[first:first + batch]]
        pictures = torch.from_numpy(np.stack([v.bgr[..., ::-1] for v in views]))
        with torch.autocast('cpu', dtype=torch.bfloat16):
            logits = network(normalise(pictures)).float()
        logits = F.interpolate(logits, size=size[::-1], mode='bilinear', align_corners=False)
        for view, predicted in zip(
                views, logits.argmax(1).to(torch.uint8).numpy(), strict=True):
            result.add(predicted, view.codes)
    return result.iou
