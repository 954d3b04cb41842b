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

"""Faults of what the corridor on the ground rests on: camera_info, odometry, and the way."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

from sensor_msgs.msg import CameraInfo

from benchmarks.faults.bench import Bench, BenchError
from benchmarks.faults.case import Fault, film, heal, Inject, once, road_frames
from benchmarks.faults.feeds import Feed, good_info, odometry
from benchmarks.faults.rigs import GROUND, SPEED
from benchmarks.faults.table import Clock, Moment


def _image_after(bench: Bench, moment: float, count: int) -> float:
    """Wait until that many images were published after a moment; return when the last was."""
    assert bench.camera is not None
    deadline = moment + 5.0
    while time.monotonic() < deadline:
        times = [t for t in bench.camera.times() if t > moment]
        if len(times) >= count:
            return times[count - 1]
        time.sleep(0.005)
    raise BenchError('the camera has stopped')


def _info(make: Callable[[], CameraInfo]) -> Inject:
    """Publish another camera_info; known with the next image."""
    def inject(bench: Bench) -> Moment:
        feed: Feed = bench.keep['info']
        now = feed.change(make)
        # Images and camera_info come on different topics: which is first is chance.
        return Moment(now, _image_after(bench, now + 0.01, 1), Clock.IMAGE)
    return inject


def _good_info_again(bench: Bench) -> None:
    bench.keep['info'].change(good_info)


def _no_info(bench: Bench) -> Moment:
    """Begin anew without camera_info."""
    bench.keep['info'].change(lambda: None)
    now = time.monotonic()
    for label in ('deactivate', 'activate'):
        if not bench.change_state(label):
            raise BenchError(f'{label} failed')
    return Moment(now, now, Clock.REQUEST)


def _other_size() -> CameraInfo:
    info = good_info()
    info.width, info.height = 2 * info.width, 2 * info.height
    return info


def _with_focal(focal: float) -> Callable[[], CameraInfo]:
    def make() -> CameraInfo:
        info = good_info()
        info.k[0] = info.k[4] = focal
        return info
    return make


def _zoomed() -> CameraInfo:
    info = good_info()
    info.k[0], info.k[4] = 1.2 * info.k[0], 1.2 * info.k[4]
    return info


def _far_obstacle(bench: Bench) -> None:
    """Show an obstacle that is far enough away at the present speed."""
    film(lambda _: bench.films.far_obstacle, once)(bench)


def _odometry_ends(make: Callable[[], object]) -> Inject:
    """Let the speed become unknown; known with the images after the end of its time."""
    def inject(bench: Bench) -> Moment:
        feed: Feed = bench.keep['odom']
        timeout, frames = bench.limit('vehicle.odometry_timeout'), road_frames(bench)
        begin = feed.change(feed.make)
        feed.make = make
        return Moment(begin, _image_after(bench, begin + timeout, frames), Clock.IMAGE)
    return inject


def _good_odometry_again(bench: Bench) -> None:
    bench.keep['odom'].change(odometry(SPEED))
    heal(bench)


GROUND_FAULTS = (
    Fault('info_missing', 'no camera_info at all', GROUND,
          ('no_camera_info',), _no_info, _good_info_again),
    Fault('info_other_size', 'camera_info of twice the size', GROUND,
          ('no_camera_info',), _info(_other_size), _good_info_again),
    Fault('info_zero', 'camera_info of an uncalibrated camera: a focal length of 0', GROUND,
          ('no_camera_info',), _info(_with_focal(0.0)), _good_info_again),
    Fault('info_nan', 'camera_info with NaN', GROUND,
          ('no_camera_info',), _info(_with_focal(math.nan)), _good_info_again),
    Fault('info_changed', 'the focal length changes: somebody zooms', GROUND,
          ('camera_changed',), _info(_zoomed), _good_info_again, hold=0.3),
    Fault('odometry_stale', 'odometry ends; too fast for an obstacle at 8 m, perhaps', GROUND,
          ('blocked',), _odometry_ends(lambda: None), _good_odometry_again,
          prepare=_far_obstacle),
    Fault('odometry_nan', 'odometry of NaN m/s, with an obstacle at 8 m', GROUND,
          ('blocked',), _odometry_ends(odometry(math.nan)), _good_odometry_again,
          prepare=_far_obstacle),
    Fault('ground_obstacle', 'a box 5 m ahead at 2 m/s', GROUND,
          ('blocked',), film(lambda bench: bench.films.obstacle, road_frames)),
    Fault('ground_post', 'a post of 0.1 m 5 m ahead', GROUND,
          ('blocked',), film(lambda bench: bench.films.post, road_frames)),
    Fault('ground_end_of_road', 'the road ends 5 m ahead', GROUND,
          ('blocked',), film(lambda bench: bench.films.end, road_frames)),
)
