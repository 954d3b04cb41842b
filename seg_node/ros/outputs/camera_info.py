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

"""<camera>/segmentation/camera_info: the camera_info of mask, confidence and points."""

from __future__ import annotations

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo

from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.qos import IMAGES
from seg_node.stop_go.camera_view import fingerprint


class CameraInfoOutput(CameraOutput):
    """Publish what the camera told, for the size of the mask and with its header."""

    def __init__(self, node: Node, camera: str, model: Model, structure: Structure) -> None:
        super().__init__(node, camera, model, structure)
        self._info = self._publisher(CameraInfo, f'{camera}/segmentation/camera_info', IMAGES)
        self._known: tuple[object, ...] = ()

    def publish(self, result: CameraResult) -> None:
        """Publish it, once the camera has told any."""
        info = result.camera_info
        if info is None or not self._info.get_subscription_count():
            return
        size = result.image.rotation.size(result.output.width, result.output.height)
        known = size, fingerprint(info), info.r.tobytes(), info.d.tobytes()
        if self._known != known:
            self._scaled, self._known = scaled_info(info, *size), known
        self._scaled.header = result.header
        self._info.publish(self._scaled)


def scaled_info(info: CameraInfo, width: int, height: int) -> CameraInfo:
    """
    Return a camera_info for the same picture resized to width x height pixels, without header.

    The picture is what the region of interest and the binning leave of the sensor's; in what is
    returned it is the whole. Pixel centres are whole numbers, as in Intrinsics.scaled().
    """
    across, down = (info.roi.width or info.width), (info.roi.height or info.height)
    sx, sy = width / max(across, 1), height / max(down, 1)
    change = np.array([
        [sx, 0.0, (0.5 - info.roi.x_offset) * sx - 0.5],
        [0.0, sy, (0.5 - info.roi.y_offset) * sy - 0.5], [0.0, 0.0, 1.0]])
    k, p = np.reshape(info.k, (3, 3)), np.reshape(info.p, (3, 4))
    return CameraInfo(
        width=width, height=height, distortion_model=info.distortion_model, d=info.d,
        k=(change @ k).ravel(), r=info.r, p=(change @ p).ravel())
