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

"""The rigs of the fault benchmark: nodes with their parameters, and the robots around them."""

from __future__ import annotations

from pathlib import Path
import shutil

from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo

from benchmarks.faults.bench import Bench
from benchmarks.faults.camera import Camera, RATE, Show, to_jpeg
from benchmarks.faults.case import Rig
from benchmarks.faults.feeds import Feed, good_info, odometry, SimulatedTime
from benchmarks.faults.images import CAMERA

SPEED = 2.0
"""Speed in m/s of the vehicle in the ground rig: it needs about 6 m of clear path."""
_IN_IMAGE = {'geometry': 'trapezoid'}
_ON_GROUND = {
    'geometry': 'ground', 'mounting.camera.height': CAMERA.height_m,
    'mounting.camera.pitch': CAMERA.pitch_rad, 'vehicle.width': 0.7, 'vehicle.max_speed': 4.0}


def _raw(bench: Bench) -> None:
    bench.start_camera(Show(bench.films.free))


def _compressed(bench: Bench) -> None:
    bench.start_camera(Show(bench.films.free, to_jpeg))


def _simulated(bench: Bench) -> None:
    clock = SimulatedTime(bench.node)
    bench.at_end(clock.close)
    bench.keep['clock'] = clock
    bench.start_camera(Show(bench.films.free, stamp=clock.now))


def _on_ground(bench: Bench) -> None:
    for name, feed in (
            ('info', Feed(bench.node, CameraInfo, 'camera/camera_info', RATE, good_info)),
            ('odom', Feed(bench.node, Odometry, 'odom', 50.0, odometry(SPEED)))):
        bench.at_end(feed.close)
        bench.keep[name] = feed
    _raw(bench)


def _two_cameras(bench: Bench) -> None:
    _raw(bench)
    rear = Camera(bench.node, Show(bench.films.free), 'rear')
    bench.at_end(rear.close)
    bench.keep['rear'] = rear


def _own_model(bench: Bench) -> None:
    """Let the node load a model of its own, which can be damaged."""
    bench.model = Path(shutil.copytree(bench.model, bench.folder / 'model'))
    _raw(bench)


def _bundled_model(bench: Bench) -> None:
    bench.start_camera(Show(bench.films.free_plain))


PLAIN = Rig('plain', _IN_IMAGE, _raw)
COMPRESSED = Rig('compressed', {**_IN_IMAGE, 'transport': 'compressed'}, _compressed)
SIMULATED = Rig('sim_time', {**_IN_IMAGE, 'use_sim_time': True}, _simulated)
GROUND = Rig('ground', _ON_GROUND, _on_ground)
TWO_CAMERAS = Rig('two_cameras', {**_IN_IMAGE, 'cameras': ['camera', 'rear']}, _two_cameras)
OWN_MODEL = Rig('own_model', _IN_IMAGE, _own_model)
BUNDLED = Rig('bundled', {**_IN_IMAGE, 'model': 'road'}, _bundled_model)

