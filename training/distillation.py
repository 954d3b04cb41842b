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

"""Soft labels: what a larger network makes of the images, for a smaller one to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray
import torch

from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore
from training import labels
from training.augment import plain
from training.datasets import Sample
from training.network import RoadNet
from training.pixels import normalise

SIZE = (128, 128)
"""Columns and rows of the soft labels: they carry what hard labels cannot, not the outlines."""
MIN_AGREEMENT = 0.5
"""Path IoU of hard and soft labels, below which the hard ones are taken for mistaken."""
MIN_PATH = 0.05
"""Share of the image that path must take for that to be judged."""


@torch.inference_mode()
def soften(network: RoadNet, samples: Sequence[Sample], size: tuple[int, int], batch: int = 8,
           ) -> list[Sample]:
    """
    Add soft labels to samples: the mean over the image and its mirror image.

    :param size: width and height of the network's input, px.
    """
    network.eval()
    found: list[Sample] = []
    for first in range(0, len(samples), batch):
        some = samples[first:first + batch]
        views = np.stack([plain(sample, size).bgr[..., ::-1] for sample in some])
        p = (_probabilities(network, views)
             + _probabilities(network, views[:, :, ::-1]).flip(-1)) / 2
        p = torch.nn.functional.interpolate(p, SIZE[::-1], mode='bilinear', align_corners=False)
        # The first class is what is left of one.
        soft = (p[:, 1:] * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
        found += [_doubted(replace(sample, soft=one))
                  for sample, one in zip(some, soft, strict=True)]
    return found


def _doubted(sample: Sample) -> Sample:
    """Forget hard labels that the larger network contradicts altogether: some are mistaken."""
    assert sample.soft is not None
    codes = cv2.resize(sample.codes, SIZE, interpolation=cv2.INTER_NEAREST)
    path = sum(sample.soft[..., k - 1].astype(int) for k in labels.DRIVABLE) > 127
    score = PathScore.of(path, path_truth(codes, labels.DRIVABLE))
    union = score.true + score.predicted - score.both
    # Where there is next to no path, a few pixels would decide.
    if union < MIN_PATH * codes.size or score.iou >= MIN_AGREEMENT:
        return sample
    return replace(sample, codes=np.full_like(sample.codes, labels.UNKNOWN))


def _probabilities(network: RoadNet, views: NDArray[np.uint8]) -> torch.Tensor:
    with torch.autocast('cpu', dtype=torch.bfloat16):
        logits = network(normalise(torch.from_numpy(np.ascontiguousarray(views))))
    return logits.float().softmax(dim=1)
