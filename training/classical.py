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
Fit the weights of backend classical: `python -m training.classical --data DATA`.

Writes fitted.py beside the ensemble. The weights are a logistic regression on the training sets,
each of which counts the same; the sharpness of the confidence is fitted on the validation sets.
Nothing is fitted on the test sets.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.backends.classical import ensemble, fitted
from seg_node.perception.backends.classical.backend import HEIGHT, own_model, WIDTH
from seg_node.perception.backends.classical.seeded_image import SeededImage
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.perception.input_scaler import InputScaler
from seg_node.perception.labels import resize_labels
from seg_node.perception.segmenter import Segmenter
from seg_node.simulation import demo_drive
from seg_node.tools.import_model.trial import SECONDS
from training import labels
from training.datasets import lums, roads, Sample
from training.random_scene import random_scene

Array = NDArray[np.float32]

_IMAGES, _RENDERED = 300, 150
_PIXELS = 400
"""Pixels drawn of each image."""
_VALID_SEED = 500_000
_RIDGE = 1e-3
_ROUNDS = 25


def sets(data: Path, split: str) -> Iterator[list[Sample]]:
    """Yield the samples of each set: lums, roads, rendered."""
    for load in (lums, roads):
        samples = load(data, split)
        yield samples[::max(1, len(samples) // _IMAGES)]
    first = 0 if split == 'train' else _VALID_SEED
    scenes = (random_scene(first + k, 640, 360) for k in range(_RENDERED))
    yield [Sample(scene.bgr, scene.labels) for scene in scenes]


def pixels(samples: Sequence[Sample], rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return cues [N, CUES], whether path [N], and the certainty of the image [N]."""
    scaler = InputScaler(WIDTH, HEIGHT)
    drawn: list[tuple[Array, Array, Array]] = []
    for sample in samples:
        image = SeededImage(scaler.resize(sample.bgr))
        planes = ensemble.cues(image, [each.find(image) for each in TECHNIQUES])
        path = image.grown((ensemble.log_odds(planes) > 0).view(np.uint8))
        certainty = ensemble.certainty(image, path)
        codes = resize_labels(sample.codes, (WIDTH, HEIGHT)).reshape(-1)
        known = np.flatnonzero(codes != labels.UNKNOWN)
        chosen = rng.choice(known, _PIXELS)
        drawn.append((planes.reshape(len(planes), -1)[:, chosen].T,
                      labels.is_path(codes[chosen]).astype(np.float32),
                      np.full(_PIXELS, certainty, np.float32)))
    cues, truth, certain = (np.concatenate(parts) for parts in zip(*drawn, strict=True))
    return cues, truth, certain


def regress(cues: Array, truth: Array, weight: Array) -> Array:
    """Return the weights of a logistic regression by Newton's method, float32 [CUES]."""
    share = weight / weight.sum()
    found = np.zeros(cues.shape[1])
    for _ in range(_ROUNDS):
        likely = 1 / (1 + np.exp(-(cues @ found)))
        slope = cues.T @ (share * (likely - truth)) + _RIDGE * found
        bend = (cues * (share * likely * (1 - likely))[:, None]).T @ cues
        found -= np.linalg.solve(bend + _RIDGE * np.eye(len(found)), slope)
    return found.astype(np.float32)


def sharpness(odds: Array, truth: Array, weight: Array) -> float:
    """Return the factor on the log-odds with the smallest cross-entropy."""
    factors = np.linspace(0.5, 2.0, 61)
    signed = np.where(truth > 0, odds, -odds)
    losses = [(weight * np.logaddexp(0, -factor * signed)).sum() for factor in factors]
    return float(factors[int(np.argmin(losses))])


def _pooled(data: Path, split: str) -> tuple[Array, Array, Array, Array]:
    """Return the pixels of all sets of a split, and weights by which each set counts the same."""
    rng = np.random.default_rng(0)
    parts = [pixels(samples, rng) for samples in sets(data, split)]
    cues, truth, certain = (np.concatenate(each) for each in zip(*parts, strict=True))
    return cues, truth, certain, np.concatenate(
        [np.full(len(part[1]), 1 / len(part[1]), np.float32) for part in parts])


def _write(weights: Array, sharp: float) -> None:
    rows = ''.join(f'    {weight:.4f},  # {cue}\n'
                   for cue, weight in zip(ensemble.CUES, weights, strict=True))
    path = Path(fitted.__file__)
    head, _, _ = path.read_text(encoding='utf-8').partition('SHARPNESS')
    path.write_text(
        f'{head}SHARPNESS = {sharp:.3f}\n'
        '"""What the log-odds are multiplied with; fitted on the validation sets."""\n'
        f'WEIGHTS = np.array((\n{rows}), np.float32)\n'
        '"""Log-odds by each of ensemble.CUES; fitted on the training sets."""\n',
        encoding='utf-8')


def _write_self_test() -> None:
    files = own_model().self_test
    assert files is not None
    cv2.imwrite(str(files.image), demo_drive(WIDTH, HEIGHT).frame(SECONDS).bgr,
                (cv2.IMWRITE_JPEG_QUALITY, 88))
    with Segmenter.open(backend='classical') as segmenter:
        found = segmenter.segment(np.asarray(cv2.imread(str(files.image)), np.uint8))
    cv2.imwrite(str(files.labels), found.labels)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--data', type=Path, required=True, help='folder with lums and roads')
    data = parser.parse_args(argv).data
    cues, truth, _, weight = _pooled(data, 'train')
    fitted.WEIGHTS = regress(cues, truth, weight)
    cues, truth, certain, weight = _pooled(data, 'valid')
    fitted.SHARPNESS = sharpness(cues @ fitted.WEIGHTS * certain, truth, weight)
    _write(fitted.WEIGHTS, fitted.SHARPNESS)
    _write_self_test()


if __name__ == '__main__':
    main()
