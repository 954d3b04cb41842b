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
Whether a model on its backend still does what it did when it was exported.

A wrong engine, a broken GPU or a damaged library can give labels as quickly as ever. An image
with known labels finds them before the robot drives.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.perception.models.manifest import SelfTestFiles
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.regular_file import FileError, read_bytes

MIN_AGREEMENT = 0.98
"""Share of the known labels that must come out; lower precisions differ at edges of classes."""
MIN_CONFIDENCE = 0.5
"""Minimum of the mean confidence on the known image; a network that gives no numbers has 0."""

_MAX_IMAGE_BYTES = 64 << 20


class SelfTestError(RuntimeError):
    """The network does not give what it should; the message says what it gives."""


def run_self_test(segmenter: Segmenter) -> str:
    """
    Run the network on known input and say how it went.

    The model's own image, where it has one, must give its labels, and a black image must not.
    Any model must give the same answer twice, and only labels that it has classes for.

    :raises SelfTestError: when it does not; BackendError when the inference fails.
    """
    model = segmenter.model
    if model.self_test is None:
        image = _pattern(model.width, model.height)
        first = segmenter.segment(image)
        _check_labels(first)
        _check_repeats(first, segmenter.segment(image))
        return 'repeats itself on a test pattern; the model has no self_test image'
    image, expected = _read(model.self_test, model.width, model.height)
    first = segmenter.segment(image)
    _check_labels(first)
    _check_repeats(first, segmenter.segment(image))
    agreement = float((first.labels == expected).mean())
    if not agreement >= MIN_AGREEMENT:
        raise SelfTestError(
            f'the known image gives {agreement:.1%} of its labels, limit {MIN_AGREEMENT:.0%}; '
            'the network does not compute what it was exported to: rebuild the engine, check the '
            'GPU and its driver, or get the model again')
    confidence = float(first.confidence.mean()) / 255
    if not confidence >= MIN_CONFIDENCE:
        raise SelfTestError(
            f'mean confidence {confidence:.2f} on the known image, limit {MIN_CONFIDENCE:.2f}')
    if float((segmenter.segment(np.zeros_like(image)).labels == expected).mean()) >= agreement:
        raise SelfTestError(
            'a black image gives the labels of the known one: the network does not see its '
            'input')
    return f'known image gives {agreement:.1%} of its labels, confidence {confidence:.2f}'


def _read(files: SelfTestFiles, width: int, height: int,
          ) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    image = _decoded(files.image, cv2.IMREAD_COLOR)
    labels = _decoded(files.labels, cv2.IMREAD_GRAYSCALE)
    for path, found in ((files.image, image), (files.labels, labels)):
        if found.shape[:2] != (height, width):
            raise SelfTestError(f'{path}: {found.shape[1]}x{found.shape[0]}, the network takes '
                                f'{width}x{height}; get the model again')
    return image, labels


def _decoded(path: Path, flags: int) -> NDArray[np.uint8]:
    try:
        content = np.frombuffer(read_bytes(path, _MAX_IMAGE_BYTES), np.uint8)
    except FileError as error:
        raise SelfTestError(f'{path}: {error}; get the model again') from None
    found = cv2.imdecode(content, flags) if content.size else None
    if found is None:
        raise SelfTestError(f'{path}: cannot be read; get the model again')
    return np.asarray(found, np.uint8)


def _pattern(width: int, height: int) -> NDArray[np.uint8]:
    """Return a textured grey plane under a blue sky: BGR uint8 [H, W, 3]."""
    rows, cols = np.mgrid[:height, :width]
    image = np.empty((height, width, 3), np.uint8)
    image[...] = (90 + (rows * 7 + cols * 13) % 40)[..., None]
    sky = height // 2
    image[:sky] = np.linspace((235, 190, 150), (245, 225, 215), sky)[:, None]
    return image


def _check_labels(found: Segmentation) -> None:
    classes = len(found.model.classes)
    highest = int(found.labels.max())
    if highest >= classes:
        raise SelfTestError(f'label {highest} came out, the model has {classes} classes')


def _check_repeats(first: Segmentation, again: Segmentation) -> None:
    if not np.array_equal(first.labels, again.labels):
        changed = float((first.labels != again.labels).mean())
        raise SelfTestError(f'the same image gave {changed:.1%} other labels the second time')
