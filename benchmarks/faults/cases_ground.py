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

"""Faults of what the corridor on the ground rests on: camera_info, mounting, and the way."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

import numpy as np
from sensor_msgs.msg import CameraInfo

from benchmarks.faults.case import (
    clip,
    does,
    Fault,
    image_after,
    images,
    Inject,
    road_frames,
    sets,
)
from benchmarks.faults.faulty_camera import RATE
from benchmarks.faults.feeds import Feed, good_info
from benchmarks.faults.images import CAMERA
from benchmarks.faults.setups import GROUND
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed

_PITCH, _HEIGHT = 'mounting.camera.pitch', 'mounting.camera.height'


def _info(make: Callable[[], CameraInfo]) -> Inject:
    """Publish another camera_info; known with the next image."""
    def inject(testbed: FaultTestbed) -> Moment:
        feed: Feed = testbed.keep['info']
        now = feed.change(make)
        # Images and camera_info come on different topics: which is first is chance.
        return Moment(now, image_after(testbed, now + 0.01, 1), Clock.IMAGE)
    return inject


def _good_info_again(testbed: FaultTestbed) -> None:
    testbed.keep['info'].change(good_info)


def _no_info(testbed: FaultTestbed) -> Moment:
    """Begin again without camera_info."""
    testbed.keep['info'].change(lambda: None)
    now = time.monotonic()
    testbed.client.reach('deactivate', 'activate')
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


def _second_info(testbed: FaultTestbed) -> Moment:
    """Let somebody else publish another camera_info as well; both alternate."""
    begin = time.monotonic()
    rival = Feed(testbed.node, CameraInfo, 'camera/camera_info', RATE, _zoomed)
    testbed.keep['rival'] = rival
    testbed.wait_for(rival.subscribers, 'a subscription to the second camera_info', 10.0)
    return Moment(begin, image_after(testbed, time.monotonic() + 0.2, 1), Clock.IMAGE)


def _one_info(testbed: FaultTestbed) -> None:
    testbed.keep.pop('rival').close()


def _only_p() -> CameraInfo:
    info = good_info()
    info.p = [info.k[0], 0.0, info.k[2], 0.0, 0.0, info.k[4], info.k[5], 0.0, 0.0, 0.0, 1.0, 0.0]
    info.k = [0.0] * 9
    return info


def _with_lens(model: str, *coefficients: float) -> Callable[[], CameraInfo]:
    def make() -> CameraInfo:
        info = good_info()
        info.distortion_model, info.d = model, list(coefficients)
        return info
    return make


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
    Fault('info_only_p', 'camera_info of a driver that gives P and leaves K at zeros', GROUND,
          ('no_camera_info',), _info(_only_p), _good_info_again),
    Fault('info_unknown_lens', 'a distortion model that nobody knows', GROUND,
          ('no_camera_info',), _info(_with_lens('mei', 0.1, 0.0, 0.0, 0.0)), _good_info_again),
    Fault('info_odd_lens', 'six coefficients, of which no lens has a sixth alone', GROUND,
          ('no_camera_info',), _info(_with_lens('plumb_bob', *[0.1] * 6)), _good_info_again),
    Fault('lens_name_huge', 'the name of the distortion model is a megabyte of escapes', GROUND,
          ('no_camera_info',), _info(_with_lens('\x1b[2J' * 2**18, 0.1)), _good_info_again),
    Fault('lens_numbers_huge', 'the distortion has 100 000 numbers', GROUND,
          ('no_camera_info',), _info(_with_lens('plumb_bob', *[0.1] * 100_000)),
          _good_info_again),
    Fault('info_lens_changed', 'the lens becomes a fisheye', GROUND, ('camera_changed',),
          _info(_with_lens('fisheye', 0.1, -0.05, 0.01, 0.0)), _good_info_again, hold=0.3),
    Fault('mounting_too_flat', 'the pitch is set 0.2 rad too flat: obstacles seem farther', GROUND,
          ('mounting_doubtful', 'camera_changed', 'confirming'),
          does(sets(_PITCH, CAMERA.pitch_rad - 0.2)), sets(_PITCH, CAMERA.pitch_rad)),
    Fault('upside_down', 'the camera has turned over', GROUND,
          ('mounting_doubtful', 'blocked', 'low_coverage', 'mask_jump', 'no_path'),
          images(lambda image: np.ascontiguousarray(image[::-1, ::-1])), hold=0.5),
    Fault('mounting_set', 'another height is set: GO has to be earned under it', GROUND,
          ('camera_changed', 'confirming'), does(sets(_HEIGHT, CAMERA.height_m + 0.1)),
          sets(_HEIGHT, CAMERA.height_m), hold=0.3),
    Fault('info_rival', 'a second publisher of camera_info, for another lens', GROUND,
          ('camera_changed',), _second_info, _one_info),
    Fault('ground_obstacle', 'a box 5 m ahead at 2 m/s', GROUND,
          ('blocked',), clip(lambda testbed: testbed.clips.obstacle, road_frames)),
    Fault('ground_post', 'a post of 0.1 m 5 m ahead', GROUND,
          ('blocked',), clip(lambda testbed: testbed.clips.post, road_frames)),
    Fault('ground_end_of_road', 'the road ends 5 m ahead', GROUND,
          ('blocked',), clip(lambda testbed: testbed.clips.end, road_frames)),
)
