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
Score a model folder: `python -m training.evaluate --data DATA --model models/road --split test`.

Uses the exported graph through the same Segmenter as the node, at the images' own size.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from pathlib import Path

from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.model import Precision
from seg_node.perception.segmenter import Segmenter
from seg_node.scoring.confusion import Confusion
from seg_node.scoring.ground_truth import path_truth
from seg_node.scoring.path_score import PathScore
from training import datasets, labels
from training.datasets import Sample


def evaluate(model: Path, data: Path, split: str) -> dict[str, dict[str, dict[str, float]]]:
    """
    Score each precision of a model on both sets.

    Path IoU and false-path rate, the share of pixels labelled as in fp32, and the IoU of the
    classes where the labels know them.
    """
    sets = {'lums': datasets.lums(data, split), 'roads': datasets.roads(data, split)}
    results: dict[str, dict[str, dict[str, float]]] = {}
    with _open(model, Precision.FP32) as first:
        for precision in Precision:
            with _open(model, precision) as segmenter:
                results[precision.value] = {name: _score(segmenter, first, samples)
                                            for name, samples in sets.items()}
    return results


def _open(model: Path, precision: Precision) -> Segmenter:
    return Segmenter.open(model, BackendOptions(precision=precision.value))


def _score(segmenter: Segmenter, first: Segmenter, samples: Sequence[Sample]) -> dict[str, float]:
    path, classes = PathScore(), Confusion.empty(len(labels.CLASSES))
    same = pixels = 0
    for sample in samples:
        found = segmenter.segment(sample.bgr)
        path += PathScore.of(found.path, path_truth(sample.codes, labels.DRIVABLE))
        classes += Confusion.of(found.mask, sample.codes, len(labels.CLASSES))
        ids = found.labels.copy()       # both may write to the same memory
        same += int((first.segment(sample.bgr).labels == ids).sum())
        pixels += ids.size
    return {'images': len(samples), 'path_iou': round(path.iou, 4),
            'false_path_rate': round(path.false_path_rate, 4),
            'as_fp32': round(same / pixels, 4),
            **{f'iou_{label}': round(float(iou), 4)
               for label, iou in zip(labels.CLASSES, classes.ious, strict=True)
               if classes.counts.any()}}


def main() -> None:
    """Evaluate from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', type=Path, required=True, help='folder with lums, roads, ...')
    parser.add_argument('--model', type=Path, required=True, help='folder of the model')
    parser.add_argument('--split', choices=('valid', 'test'), default='valid')
    options = parser.parse_args()
    found = evaluate(options.model, options.data, options.split)
    print(json.dumps(found, indent=2))


if __name__ == '__main__':
    main()
