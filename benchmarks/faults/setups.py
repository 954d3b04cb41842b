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

"""The setups of the fault benchmark: nodes with their parameters, and the robots around them."""

from __future__ import annotations

from array import array
from pathlib import Path
import shutil
import time
from typing import Any

from nav_msgs.msg import Odometry
import numpy as np
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from benchmarks.faults.case import Setup
from benchmarks.faults.driving import Drive
from benchmarks.faults.faulty_camera import FaultyCamera, RATE, Show, to_jpeg
from benchmarks.faults.feeds import Feed, good_info, Mast, odometry, SimulatedTime, to_lens
from benchmarks.faults.images import CAMERA
from benchmarks.faults.testbed import FaultTestbed
from seg_node.tools.common.camera_messages import to_time

SPEED = 2.0
"""Speed in m/s of the vehicle in the ground setup: it needs about 6 m of clear path."""
ODOMETRY_RATE, TF_RATE = 50.0, 20.0
"""Messages of odom and of /tf a second."""
DEPTH_OFFSET = 0.3
"""Seconds by which stamps of depth may be off: two publishers on a busy machine."""
_DRIVE_RATE, _DRIVE_SPEED = 10.0, 1.0
"""Images a second of a drive that is rendered as it goes, and m/s."""
_IN_IMAGE = {'geometry': 'trapezoid'}
_ON_GROUND = {
    'geometry': 'ground', 'mounting.camera.height': CAMERA.height_m,
    'mounting.camera.pitch': CAMERA.pitch_rad, 'vehicle.width': 0.7, 'vehicle.max_speed': 4.0}


def _raw(testbed: FaultTestbed) -> None:
    testbed.start_camera(Show(testbed.clips.free))


def _compressed(testbed: FaultTestbed) -> None:
    testbed.start_camera(Show(testbed.clips.free, to_jpeg))


def _simulated(testbed: FaultTestbed) -> None:
    clock = SimulatedTime(testbed.node)
    testbed.at_end(clock.close)
    testbed.keep['clock'] = clock
    testbed.start_camera(Show(testbed.clips.free, stamp=clock.now))


def _give_odometry(testbed: FaultTestbed, speed: float) -> None:
    for name, feed in (
            ('info', Feed(testbed.node, CameraInfo, 'camera/camera_info', RATE, good_info)),
            ('odom', Feed(testbed.node, Odometry, 'odom', ODOMETRY_RATE, odometry(speed)))):
        testbed.at_end(feed.close)
        testbed.keep[name] = feed


def _on_ground(testbed: FaultTestbed) -> None:
    _give_odometry(testbed, SPEED)
    _raw(testbed)


def _driving(testbed: FaultTestbed) -> None:
    """Show images that move as odometry says."""
    _give_odometry(testbed, _DRIVE_SPEED)
    drive = testbed.keep['drive'] = Drive(_DRIVE_SPEED)
    testbed.start_camera(Show(drive, stamp=drive.stamp, rate=_DRIVE_RATE))


def flat_depth() -> NDArray[np.float32]:
    """Return the depth of flat ground as the rendered camera sees it, float32 [H, W], metres."""
    depth = np.repeat(CAMERA.ground_depth()[:, None], CAMERA.width, axis=1)
    noise = np.random.default_rng(time.time_ns()).normal(1.0, 0.002, depth.shape)
    return np.asarray(depth * noise, np.float32)


def to_depth_message(depth: NDArray[Any]) -> Image:
    """Make an Image, 32FC1, of depth in metres, stamped with the present."""
    pixels = array('B')
    pixels.frombytes(np.ascontiguousarray(depth).tobytes())
    height, width = depth.shape
    message = Image(height=height, width=width, encoding='32FC1', step=4 * width, data=pixels)
    message.header.stamp = to_time(time.time_ns())
    message.header.frame_id = 'camera_optical_frame'
    return message


def _with_depth(testbed: FaultTestbed) -> None:
    _on_ground(testbed)
    feed = Feed(testbed.node, Image, 'camera/depth_registered/image_raw', RATE,
                lambda: to_depth_message(flat_depth()))
    testbed.at_end(feed.close)
    testbed.keep['depth'] = feed


def _on_a_mast(testbed: FaultTestbed) -> None:
    from tf2_msgs.msg import TFMessage
    _on_ground(testbed)
    static = testbed.node.create_publisher(TFMessage, '/tf_static', QoSProfile(
        depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
    static.publish(TFMessage(transforms=[to_lens()]))
    testbed.at_end(lambda: testbed.node.destroy_publisher(static))
    feed = Feed(testbed.node, TFMessage, '/tf', TF_RATE,
                lambda: TFMessage(transforms=[Mast().transform()]))
    testbed.at_end(feed.close)
    testbed.keep['tf'] = feed


def _two_cameras(testbed: FaultTestbed) -> None:
    _raw(testbed)
    rear = FaultyCamera(testbed.node, Show(testbed.clips.free), 'rear')
    testbed.at_end(rear.close)
    testbed.keep['rear'] = rear


def _own_model(testbed: FaultTestbed) -> None:
    """Let the node load a model of its own, which can be damaged."""
    testbed.model = Path(shutil.copytree(testbed.model, testbed.folder / 'model'))
    _raw(testbed)


def _bundled_model(testbed: FaultTestbed) -> None:
    testbed.start_camera(Show(testbed.clips.free_plain))


PLAIN = Setup('plain', _IN_IMAGE, _raw)
COMPRESSED = Setup('compressed', {**_IN_IMAGE, 'transport': 'compressed'}, _compressed)
SIMULATED = Setup('sim_time', {**_IN_IMAGE, 'use_sim_time': True}, _simulated)
GROUND = Setup('ground', _ON_GROUND, _on_ground)
DEPTH = Setup('depth', {
    **_ON_GROUND, 'depth': True, 'depth_camera.max_range': 20.0,
    'depth_camera.max_offset': DEPTH_OFFSET}, _with_depth)
DRIVING = Setup('driving', {
    **_ON_GROUND, 'second_opinion.stands_up': 'stop', 'second_opinion.looks_different': 'stop'},
    _driving)
ON_A_MAST = Setup('tf', {**_ON_GROUND, 'mounting_source': 'tf'}, _on_a_mast)
TWO_CAMERAS = Setup('two_cameras', {**_IN_IMAGE, 'cameras': ['camera', 'rear']}, _two_cameras)
OWN_MODEL = Setup('own_model', _IN_IMAGE, _own_model)
SHORT_LOADING = Setup('short_loading', {**_IN_IMAGE, 'loading_timeout': 5.0}, _own_model)
BUNDLED = Setup('bundled', {**_IN_IMAGE, 'model': 'road'}, _bundled_model)
UNREAD = Setup('unread', _IN_IMAGE, _raw, 'benchmarks.faults.unread_node')
