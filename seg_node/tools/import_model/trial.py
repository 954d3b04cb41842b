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

"""Try a model folder as the node would use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.models.graph_size import count_parameters
from seg_node.perception.segmenter import Segmenter
from seg_node.recordings.images import read_image
from seg_node.simulation import demo_drive

RENDERED = 'a rendered road'
SECONDS = 6.5
"""A moment of the demo drive with road, sidewalk and a pedestrian close by."""
_WIDTH, _HEIGHT = 640, 360
_MIN_RUNS, _MAX_RUNS, _ENOUGH_S = 3, 20, 2.0


@dataclass(frozen=True)
class Trial:
    """What a model gives for one image; seconds is the median of a whole segment()."""

    image: str
    path: float
    confidence: float
    seen: tuple[str, ...]
    seconds: float
    backend: str
    parameters: int
    file_bytes: int


def read_sample(path: Path | None) -> NDArray[np.uint8]:
    """Return the image of a file, or a rendered road, BGR uint8 [H, W, 3]."""
    if path is None:
        return demo_drive(_WIDTH, _HEIGHT).frame(SECONDS).bgr
    if not path.is_file():
        raise UserError(f'--image {path}: no such file')
    image = read_image(path)
    if image is None:
        raise UserError(f'--image {path}: cannot be read as an image; give a PNG or JPEG')
    return image


def try_model(folder: Path, image: NDArray[np.uint8], name: str) -> Trial:
    """
    Open a model folder and segment an image until its time is known.

    :raises ModelError, BackendError: when the node would refuse the model.
    """
    times: list[float] = []
    with Segmenter.open(folder) as segmenter:
        begun = time.perf_counter()
        while len(times) < _MIN_RUNS or (
                len(times) < _MAX_RUNS and time.perf_counter() - begun < _ENOUGH_S):
            start = time.perf_counter()
            found = segmenter.segment(image)
            times.append(time.perf_counter() - start)
        seen = np.bincount(found.labels.ravel(), minlength=256)
        names = [info.name for info in segmenter.model.classes]
        common = sorted((k for k in range(len(names)) if seen[k]), key=lambda k: -seen[k])
        graph = segmenter.model.graph
        return Trial(
            name, float(found.drivable.mean()), float(found.confidence.mean()) / 255,
            tuple(f'{names[k]} {seen[k] / found.labels.size:.1%}' for k in common),
            statistics.median(times), segmenter.backend.detail, count_parameters(graph) or 0,
            graph.stat().st_size)
