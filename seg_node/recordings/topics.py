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

"""Which topics of a bag count: the image, its camera_info, odometry, what moves; and which not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from seg_node.errors import UserError
from seg_node.recordings.channels import (
    Bag,
    CAMERA_INFO,
    Channel,
    COMPRESSED,
    find_channel,
    IMAGE,
    IMAGES,
    ODOMETRY,
)
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.thresholds import AgeLimits

_ODOM = 'odom'
"""The node's own name for it."""
_TRANSPORTS = ('compressed', 'ffmpeg', 'foxglove')
"""Last parts of the topics that image_transport's plugins publish below an image topic."""


@dataclass(frozen=True)
class Topics:
    """
    Which topics of a bag count.

    :param cameras: names of the node's cameras; the topics of one of them are preferred.
    :param image: image topic; None: the one of the cameras, or the only one.
    :param odometry: None: `odom`, or the only one; '': none.
    :param odometry_age: how old odometry may be to be believed, as in the node.
    :param masks: a topic that holds ground truth, no camera.
    """

    cameras: Sequence[str] = ('camera',)
    transport: str = 'raw'
    image: str | None = None
    odometry: str | None = None
    odometry_age: AgeLimits = Limits().odometry_age
    masks: str | None = None


@dataclass(frozen=True)
class CameraChannels:
    """What was recorded of one camera and its vehicle; info and odometry None where missing."""

    image: Channel
    info: Channel | None
    odometry: Channel | None


def choose_channels(bag: Bag, topics: Topics) -> CameraChannels:
    """Return the channels that are meant; UserError when there are none, or several."""
    image = _choose_image(bag, topics)
    return CameraChannels(image, _info_of(image, bag), _choose_odometry(bag, topics))


def images_of(bag: Bag) -> list[Channel]:
    """Return the channels that hold images."""
    return [c for c in bag.channels if c.type in IMAGES and not c.problem]


def is_output(topic: str) -> bool:
    """Say whether an image topic is one that the node itself publishes, recorded along."""
    return topic.removesuffix('/compressed').endswith(
        ('/segmentation/mask', '/segmentation/confidence', '/segmentation/overlay'))


def _choose_image(bag: Bag, topics: Topics) -> Channel:
    images = [channel for channel in images_of(bag)
              if topics.masks is None or channel.topic.strip('/') != topics.masks.strip('/')]
    listing = ', '.join(channel.topic for channel in images)
    if not images:
        have = ', '.join(sorted({channel.told for channel in bag.channels})) or 'nothing'
        raise UserError(f'{bag.path}: no topic with images in this bag; it has '
                        f'{have}. Record the camera too: ros2 bag record TOPIC')
    if topics.image is not None:
        found = find_channel(images, topics.image)
        if found is None:
            raise UserError(f'{bag.path}: no image topic {topics.image}; it has {listing}. Choose '
                            'one of them with --topic')
        return found
    images = [channel for channel in images if not is_output(channel.topic)]
    if len(images) == 1:
        return images[0]
    names = [f'{camera.strip("/")}/image_raw' for camera in topics.cameras]
    ends = tuple(f'/{name}{last}' for name in names
                 for last in ('', *(f'/{transport}' for transport in _TRANSPORTS)))
    known = [channel for channel in images if f'/{channel.topic.strip("/")}'.endswith(ends)]
    if len(known) > 1:      # of one camera, raw and compressed
        wanted = COMPRESSED if topics.transport == 'compressed' else IMAGE
        known = [channel for channel in known if channel.type == wanted]
    if len(known) > 1:      # as images, and as a video that is decoded
        known = [channel for channel in known if not _is_below(channel)]
    if len(known) != 1:
        raise UserError(f'{bag.path}: several image topics, or none of a camera: {listing}. '
                        'Choose one with --topic')
    return known[0]


def _is_below(image: Channel) -> bool:
    return image.topic.rpartition('/')[2] in _TRANSPORTS


def _info_of(image: Channel, bag: Bag) -> Channel | None:
    # By convention (image_transport) camera_info lies beside image_raw, and the compressed topic
    # one level below: /front/image_raw/compressed, /front/camera_info.
    base = image.topic
    for _ in range(2 if image.type == COMPRESSED or _is_below(image) else 1):
        base = base.rsplit('/', 1)[0]
        found = find_channel(bag.channels, f'{base}/camera_info')
        if found is not None and found.type == CAMERA_INFO:
            return found
    return None


def _choose_odometry(bag: Bag, topics: Topics) -> Channel | None:
    if topics.odometry == '':
        return None
    known = [channel for channel in bag.channels
             if channel.type == ODOMETRY and not channel.problem]
    if topics.odometry is not None:
        found = find_channel(known, topics.odometry)
        if found is None:
            listing = ', '.join(channel.topic for channel in known) or 'none'
            raise UserError(f'{bag.path}: no Odometry topic {topics.odometry}; it has {listing}. '
                            'Choose one of them with --odom')
        return found
    if len(known) == 1:
        return known[0]
    return find_channel(known, _ODOM)
