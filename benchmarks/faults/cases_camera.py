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

"""Faults of the camera and of its messages."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import replace

import cv2
from sensor_msgs.msg import CompressedImage, Image

from benchmarks.faults import damage
from benchmarks.faults.case import clip, Fault, images, messages, once, road_frames, shows
from benchmarks.faults.faulty_camera import Message, to_message
from benchmarks.faults.images import Pixels
from benchmarks.faults.setups import COMPRESSED, PLAIN
from benchmarks.faults.testbed import FaultTestbed

_HUGE = 2**20


def fields(**values: object) -> Callable[[Message], Message]:
    """Return what replaces fields of a message."""
    def spoil(message: Message) -> Message:
        for name, value in values.items():
            setattr(message, name, value)
        return message
    return spoil


def _truncated(share: float) -> Callable[[Message], Message]:
    def spoil(message: Message) -> Message:
        message.data = array('B', bytes(message.data)[:int(len(message.data) * share)])
        return message
    return spoil


def _rgb(bgr: Pixels) -> Image:
    message = to_message(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
    message.encoding = 'rgb8'
    return message


def _not_a_jpeg(message: CompressedImage) -> CompressedImage:
    data = bytearray(message.data)
    data[:64] = bytes(64)
    message.data = array('B', bytes(data))
    return message


def _frozen_images(testbed: FaultTestbed) -> int:
    # The first of them is new; then each repeats the one before.
    return int(testbed.limit('camera_health.max_identical')) + 2


def _blocked_images(testbed: FaultTestbed) -> int:
    return int(testbed.limit('camera_health.blocked_after'))


CAMERA_FAULTS = (
    Fault('dark', 'no light reaches the sensor', PLAIN,
          ('camera_dark',), images(damage.dark)),
    Fault('overexposed', 'exposure stuck too long', PLAIN,
          ('camera_overexposed',), images(damage.overexposed)),
    Fault('covered', 'lens covered or fogged', PLAIN,
          ('camera_covered',), images(damage.covered)),
    Fault('partly_blocked', 'mud on both sides of the lens, beside the corridor', PLAIN,
          ('camera_blocked',), images(damage.partly_blocked, _blocked_images)),
    Fault('blurred', 'out of focus', PLAIN,
          ('camera_blurred',), images(damage.blurred)),
    Fault('frozen', 'the same image again and again, with new stamps', PLAIN,
          ('camera_frozen',), clip(lambda testbed: damage.frozen(testbed.clips.free),
                                   _frozen_images)),
    Fault('noisy', 'noise of a broken sensor', PLAIN,
          ('camera_noisy',), clip(lambda testbed: damage.noisy(testbed.clips.free))),
    Fault('torn', 'the first lines of each image are missing', PLAIN,
          ('camera_torn',), clip(lambda testbed: damage.torn(testbed.clips.free))),
    Fault('shifted', 'the lower lines of each image are shifted aside', PLAIN,
          ('camera_torn', 'blocked'),
          clip(lambda testbed: damage.shifted(testbed.clips.free), road_frames)),
    Fault('size_changed', 'the camera changes to half its resolution', PLAIN,
          ('camera_changed',), images(damage.half_size), hold=0.3),
    Fault('encoding_changed', 'the camera changes from bgr8 to rgb8', PLAIN,
          ('camera_changed',), shows(lambda _, show: replace(show, encode=_rgb), once),
          hold=0.3),
)

MESSAGE_FAULTS = (
    Fault('data_truncated', 'half of the image data is missing', PLAIN,
          ('malformed',), messages(_truncated(0.5))),
    Fault('data_empty', 'no image data at all', PLAIN,
          ('malformed',), messages(_truncated(0.0))),
    Fault('wrong_step', 'step shorter than a row', PLAIN,
          ('malformed',), messages(fields(step=100))),
    Fault('zero_size', 'width and height are 0', PLAIN,
          ('malformed',), messages(fields(width=0, height=0))),
    Fault('huge_size', 'width and height of a million', PLAIN,
          ('malformed',), messages(fields(width=_HUGE, height=_HUGE))),
    Fault('unknown_encoding', 'an encoding that does not exist', PLAIN,
          ('malformed',), messages(fields(encoding='rgb9'))),
    Fault('encoding_huge', 'an encoding of a megabyte that clears terminals', PLAIN,
          ('malformed',), messages(fields(encoding='\x1b[2J' * 2**18))),
    Fault('wrong_encoding', 'the encoding says two bytes per pixel, the data has three', PLAIN,
          ('malformed', 'camera_changed'), messages(fields(encoding='mono16'))),
    Fault('jpeg_broken', 'a JPEG without its header', COMPRESSED,
          ('malformed',), messages(_not_a_jpeg)),
    Fault('jpeg_truncated', 'the second half of the JPEG is missing', COMPRESSED,
          ('malformed', 'camera_torn', 'camera_blocked', 'blocked'), messages(_truncated(0.4))),
    Fault('jpeg_empty', 'a compressed image without data', COMPRESSED,
          ('malformed',), messages(_truncated(0.0))),
)
