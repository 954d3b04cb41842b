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

"""Faults of a depth camera beside the camera, with what it shows and how it sends it."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from benchmarks.faults.case import Fault, image_after, Inject
from benchmarks.faults.feeds import Feed
from benchmarks.faults.images import CAMERA
from benchmarks.faults.setups import DEPTH, DEPTH_OFFSET, flat_depth, to_depth_message
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed

_Change = Callable[[NDArray[np.float32]], NDArray[Any]]


def _depth(change: _Change, after: float = 0.01, frames: int = 1, **fields: Any) -> Inject:
    """
    Publish other depth.

    :param after: seconds from which on an image has no better depth than this.
    :param frames: images that it takes to be known.
    :param fields: of the message that differ.
    """
    def make() -> Image:
        depth = change(flat_depth())
        message = to_depth_message(depth)
        for name, value in fields.items():
            setattr(message, name, value)
        return message

    return _sends(make, after, frames)


def _sends(make: Callable[[], Image | None], after: float, frames: int = 1) -> Inject:
    def inject(testbed: FaultTestbed) -> Moment:
        feed: Feed = testbed.keep['depth']
        now = feed.change(make)
        return Moment(now, image_after(testbed, now + after, frames), Clock.IMAGE)
    return inject


def _flat_again(testbed: FaultTestbed) -> None:
    testbed.keep['depth'].change(lambda: to_depth_message(flat_depth()))


def _with_wall(depth: NDArray[np.float32]) -> NDArray[np.float32]:
    """Put a wall of half a metre across the way, 5 m ahead."""
    upright = 5.0 / CAMERA.forward_per_depth()
    rows = np.arange(CAMERA.height)
    _, top = CAMERA.project(5.0, 0.0, 0.5)
    _, foot = CAMERA.project(5.0, 0.0, 0.0)
    wall = (rows >= top) & (rows <= foot)
    depth[wall] = upright[wall, None]
    return depth


def _in_other_frame() -> Image:
    message = to_depth_message(flat_depth())
    message.header.frame_id = 'camera_depth_optical_frame'
    return message


def _old() -> Image:
    message = to_depth_message(flat_depth())
    message.header.stamp.sec -= 1
    return message


def _unstamped() -> Image:
    message = to_depth_message(flat_depth())
    message.header.stamp.sec = message.header.stamp.nanosec = 0
    return message


_ROAD = 2
_NO_DEPTH, _BLOCKED = ('no_depth',), ('blocked_by_depth',)
DEPTH_FAULTS = (
    Fault('depth_wall', 'a wall of 0.5 m that the network takes for path', DEPTH, _BLOCKED,
          _depth(_with_wall, frames=_ROAD), _flat_again),
    Fault('depth_gone', 'the depth camera falls silent', DEPTH, _NO_DEPTH,
          _sends(lambda: None, DEPTH_OFFSET), _flat_again),
    Fault('depth_old', 'stamps of depth are a second old', DEPTH, _NO_DEPTH,
          _sends(_old, DEPTH_OFFSET), _flat_again),
    Fault('depth_unstamped', 'depth is not stamped', DEPTH, _NO_DEPTH,
          _sends(_unstamped, DEPTH_OFFSET), _flat_again),
    Fault('depth_other_frame', 'depth is not aligned: it has the frame of its own camera', DEPTH,
          _NO_DEPTH, _sends(_in_other_frame, 0.01), _flat_again),
    Fault('depth_other_size', 'depth is not aligned: half the size', DEPTH, _NO_DEPTH,
          _depth(lambda depth: depth[::2, ::2]), _flat_again),
    Fault('depth_colours', 'colours on the topic of depth', DEPTH, _NO_DEPTH,
          _depth(lambda depth: depth, encoding='bgr8'), _flat_again),
    Fault('depth_step', 'a step that is shorter than the row', DEPTH, _NO_DEPTH,
          _depth(lambda depth: depth, step=12), _flat_again),
    Fault('depth_cut', 'half of the bytes are missing', DEPTH, _NO_DEPTH,
          _depth(lambda depth: depth, data=array('B', b'\0' * 1000)), _flat_again),
    Fault('depth_bigendian', 'depth says that it is big-endian, and is not', DEPTH,
          (*_NO_DEPTH, *_BLOCKED), _depth(lambda depth: depth, frames=_ROAD, is_bigendian=1),
          _flat_again),
    Fault('depth_nan', 'no depth anywhere: NaN', DEPTH, _NO_DEPTH,
          _depth(lambda depth: np.full_like(depth, np.nan)), _flat_again),
    Fault('depth_infinite', 'no depth anywhere: infinite', DEPTH, _NO_DEPTH,
          _depth(lambda depth: np.full_like(depth, np.inf)), _flat_again),
    Fault('depth_thousandth', 'metres for millimetres: all is a thousandth of its distance', DEPTH,
          (*_NO_DEPTH, *_BLOCKED), _depth(lambda depth: depth / 1000, frames=_ROAD), _flat_again),
    Fault('depth_drop', 'the ground ahead is 0.8 m lower: stairs', DEPTH, _NO_DEPTH,
          _depth(lambda depth: depth * np.float32((CAMERA.height_m + 0.8) / CAMERA.height_m)),
          _flat_again),
)
