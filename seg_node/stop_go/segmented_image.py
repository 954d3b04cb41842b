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

"""What is judged: an image with what a network made of it, and what is known beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.camera_view import CameraInfo
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Finding


@dataclass(frozen=True, eq=False)
class Inspection:
    """
    What the camera's health says of one image, held against `limits`.

    small: the image, uint8 [h, w, 3], small; None where nobody else is asked about it. repeated:
    it is the same as the one before.
    """

    findings: tuple[Finding, ...]
    limits: Limits
    small: NDArray[np.uint8] | None = None
    repeated: bool = False


@dataclass(frozen=True, eq=False)
class SegmentedImage:
    """
    One segmented image.

    width and height are the camera's, in pixels; labels (class ids) and confidence (255 = 1.0)
    are uint8 [h, w] at the network's size. `inspection` is None where there is no image, only
    labels. `info` is the newest camera_info, None before the first; `info_changes` tells how often
    one has differed from the one before it, so far. `motion` is None without fresh odometry.
    `inference` in seconds. `depth` is upright and at the image's size, or why there is none; None
    where it was not asked for. `stamp_ns` is the image's, ROS time; without it nobody else is
    asked. `place` is where the vehicle was then, None without poses of odometry.
    """

    width: int
    height: int
    labels: NDArray[np.uint8]
    confidence: NDArray[np.uint8]
    inspection: Inspection | None = None
    info: CameraInfo | None = None
    motion: Motion | None = None
    inference: float = 0.0
    info_changes: int = 0
    depth: DepthImage | Finding | None = None
    stamp_ns: int | None = None
    place: Place | None = None
