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

"""The images that the latency benchmark shows: the rendered drive at any size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo

from seg_node.recordings.calibration import Calibration
from seg_node.ros.outputs.camera_info import scaled_info
from seg_node.simulation import demo_drive
from seg_node.stop_go.geometry import Mounting
from seg_node.tools.common.camera_messages import camera_info

LENGTH = 24
"""Images, shown again and again."""
_SECONDS = 2.4
_QUALITY = 90


def road_images(width: int, height: int) -> list[NDArray[np.uint8]]:
    """Return BGR images uint8 [height, width, 3] with a camera's noise."""
    drive, rng = demo_drive(), np.random.default_rng(1)
    images = []
    for index in range(LENGTH):
        image = cv2.resize(drive.frame(index * _SECONDS / LENGTH).bgr, (width, height),
                           interpolation=cv2.INTER_LINEAR)
        noise = rng.integers(-3, 4, (height, width, 1), np.int16)
        images.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return images


def road_camera(width: int, height: int) -> tuple[CameraInfo, Mounting]:
    """Return the camera_info of these images, without header, and where the camera sits."""
    camera = demo_drive().camera
    info = camera_info(Calibration.pinhole(
        camera.width, camera.height, camera.focal_px, camera.cx, camera.cy))
    return scaled_info(info, width, height), Mounting(
        height=camera.height_m, pitch=camera.pitch_rad)


def jpeg(bgr: NDArray[np.uint8]) -> bytes:
    """Compress an image as cameras do."""
    done, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    assert done
    return bytes(data)
