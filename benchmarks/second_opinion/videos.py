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

"""
Real drives on a highway, as they are and with things put in the way that a network swallows.

The two videos have neither odometry nor a calibration: the camera's place and the speed assumed
here are those with which the ground of one image fits best on that of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.simulation import obstacles
from seg_node.simulation.billboards import Billboard, draw_things
from seg_node.simulation.camera import Camera
from seg_node.simulation.lens import Light
from seg_node.simulation.road import Pose
from seg_node.simulation.sprite import Sprite
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.second_opinion.level_camera import small_image
from seg_node.stop_go.second_opinion.opinion import Opinion
from seg_node.stop_go.second_opinion.opinion_limits import OpinionLimits
from seg_node.stop_go.second_opinion.second_opinion import SecondOpinion
from seg_node.stop_go.second_opinion.witness_frame import WitnessFrame
from seg_node.stop_go.vehicle import Motion, Vehicle, Way

Image = NDArray[np.uint8]

_RATE, _HEIGHT, _NEEDED, _IN_TIME = 25.0, 1.3, 30.0, 15.0
"""Images a second; metres: of the camera, to look ahead, and at which a doubt is in time."""
_FIRST, _SHOWN = 75.0, 80.0
"""Metres from the image of its number to a thing, and from which on it is drawn."""
_NEAR = 8.0
"""Metres by which the distance of a doubt may be off that is about the thing."""


@dataclass(frozen=True)
class _Video:
    """A video, its focal length and row of the horizon, px, and the speed, m/s."""

    name: str
    focal: float
    horizon: float
    speed: float


_PLAIN = (_Video('solidWhiteRight.mp4', 862.0, 311.0, 26.0),
          _Video('test_video.mp4', 1150.0, 425.0, 40.0))
_THINGS: dict[str, Callable[[int], Sprite]] = {
    'box': obstacles.box, 'cone': lambda variant: obstacles.cone(variant).scaled(1.5),
    'pedestrian': lambda variant: obstacles.pedestrian(variant, 3, 1), 'car': obstacles.car,
    'barrier': lambda variant: obstacles.barrier(variant, 1.5)}
_PLACES = ((10, -0.5), (70, 0.1), (130, 0.6))
"""Number of an image, and metres to the left."""


def tried_on(folder: Path, odometry: bool) -> str:
    """
    Ask the witnesses about the videos of a folder and return what came of it, for the terminal.

    :param odometry: whether they are told the speed; else their images tell it.
    :raises UserError: when a video is not there.
    """
    lines = []
    for video in _PLAIN:
        said = [opinion for _, opinion in _asked(folder, video, odometry, None)]
        lines.append(f'  {video.name:<22}{len(said)} images, '
                     f'{sum(bool(one.doubted) for one in said)} with a doubt, '
                     f'{sum(bool(one.silent) for one in said)} with a witness that is silent')
    video = _PLAIN[0]
    for kind, make in _THINGS.items():
        found = [_found(folder, video, odometry, _FIRST + number * video.speed / _RATE, aside,
                        make(variant)) for variant, (number, aside) in enumerate(_PLACES)]
        told = ', '.join('never' if one is None else f'{one:.1f} m' for one in found)
        in_time = sum(one is not None and one > _IN_TIME for one in found)
        lines.append(f'  {kind:<22}{in_time} of {len(found)} doubted before {_IN_TIME:g} m '
                     f'({told})')
    return '\n'.join(lines)


def _found(folder: Path, video: _Video, odometry: bool, s: float, aside: float, sprite: Sprite,
           ) -> float | None:
    """Return how far away a thing at s metres along the drive is when it is first doubted."""
    for driven, opinion in _asked(folder, video, odometry, Billboard(s, aside, sprite)):
        if any(abs(s - driven - one.distance) < _NEAR for one in opinion.doubted):
            return s - driven
    return None


def _asked(folder: Path, video: _Video, odometry: bool, thing: Billboard | None,
           ) -> Iterator[tuple[float, Opinion]]:
    """Yield for each image the metres driven, and what the witnesses say."""
    opinion: SecondOpinion | None = None
    for number, bgr in enumerate(_images(folder / video.name)):
        height, width = bgr.shape[:2]
        pitch = math.atan((height / 2 - video.horizon) / video.focal)
        if opinion is None:
            opinion = SecondOpinion(
                Limits(vehicle=Vehicle(width=1.8, max_speed=40.0), second_opinion=OpinionLimits()),
                Direction.FORWARD)
            view = View(Intrinsics(width, height, video.focal, video.focal, width / 2, height / 2),
                        CameraPose.from_mounting(Mounting(height=_HEIGHT, pitch=pitch)))
        driven = number * video.speed / _RATE
        if thing is not None and 3.0 < thing.x - driven < _SHOWN:
            draw_things(bgr, np.zeros((height, width), np.uint8), (thing,), Pose(driven, 0.0, 0.0),
                        Camera(width, height, video.focal, _HEIGHT, pitch), Light())
        yield driven, opinion.ask(WitnessFrame(
            small_image(bgr), round(number / _RATE * 1e9), view,
            Motion(video.speed) if odometry else None, Way(), 4.0, _NEEDED, 2 * _NEEDED))


def _images(path: Path) -> Iterator[Image]:
    capture = cv2.VideoCapture(str(path))
    try:
        if not capture.isOpened():
            raise UserError(f'{path}: no video that can be read; --videos takes the folder of '
                            f'{" and ".join(video.name for video in _PLAIN)}')
        while True:
            read, bgr = capture.read()
            if not read:
                return
            yield np.asarray(bgr, np.uint8)
    finally:
        capture.release()
