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

"""The fitted numbers of the ensemble, written by `python -m training.classical`."""

from __future__ import annotations

import numpy as np

SHARPNESS = 1.075
"""What the log-odds are multiplied with; fitted on the validation sets."""
WEIGHTS = np.array((
    0.0727,  # otsu
    0.3157,  # adaptive
    0.3653,  # k_means
    0.3541,  # mean_shift
    0.5892,  # sobel
    0.0501,  # canny
    0.2164,  # laplacian_of_gaussian
    0.1099,  # region_growing
    -0.0684,  # split_and_merge
    -0.0309,  # watershed
    0.8795,  # consensus
    -0.4093,  # difference
    1.5812,  # likelihood
    -0.0914,  # one
    1.3648,  # v
    1.1319,  # vv
    -0.8312,  # u
    -0.7220,  # uu
    0.4794,  # uv
    0.1864,  # uuv
    0.5970,  # uvv
), np.float32)
"""Log-odds by each of ensemble.CUES; fitted on the training sets."""
