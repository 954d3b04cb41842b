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

"""Scores of a network that is being trained."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional as F

from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore
from training import labels
from training.augment import plain
from training.datasets import Sample
from training.pixels import normalise


@torch.inference_mode()
def path_iou(network: torch.nn.Module, samples: Sequence[Sample], size: tuple[int, int],
             batch: int = 8) -> float:
    """Return the path IoU of a network at its own size (quick: for progress reports)."""
    network.eval()
    result = PathScore()
    for first in range(0, len(samples), batch):
        views = [plain(sample, size) for sample in samples[first:first + batch]]
        images = torch.from_numpy(np.stack([v.bgr[..., ::-1] for v in views]))
        with torch.autocast('cpu', dtype=torch.bfloat16):
            logits = network(normalise(images)).float()
        logits = F.interpolate(logits, size=size[::-1], mode='bilinear', align_corners=False)
        for view, predicted in zip(
                views, logits.argmax(1).to(torch.uint8).numpy(), strict=True):
            result += PathScore.of(labels.is_path(predicted),
                                   path_truth(view.codes, labels.DRIVABLE))
    return result.iou
