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

"""A teacher of what is path: Intel's road-segmentation-adas-0001 (Apache-2.0) under OpenVINO."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 896, 512
ROAD, MARK = 1, 3      # channels of background, road, curb, mark


class Teacher:
    """Estimate the probability of path, float32 [512, 896], in a BGR image."""

    def __init__(self, model: Path, threads: int = 2) -> None:
        import openvino
        self._infer = openvino.Core().compile_model(
            str(model), 'CPU', {'INFERENCE_NUM_THREADS': threads})

    def path_probability(self, bgr: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the mean over the image and its mirror image."""
        image = cv2.resize(bgr, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
        plain = self._one(image)
        mirrored = self._one(image[:, ::-1])[:, ::-1]
        return (plain + mirrored) / 2

    def _one(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        blob = np.ascontiguousarray(image.transpose(2, 0, 1)[None], np.float32)
        scores = self._infer(blob)[0][0]
        return scores[ROAD] + scores[MARK]
