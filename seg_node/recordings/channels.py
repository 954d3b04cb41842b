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

"""Topics of bags and their messages, as every reader of a bag returns them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
IMAGES = (IMAGE, COMPRESSED)
CAMERA_INFO = 'sensor_msgs/msg/CameraInfo'
ODOMETRY = 'nav_msgs/msg/Odometry'
TRANSFORMS = 'tf2_msgs/msg/TFMessage'
CLOCK = 'rosgraph_msgs/msg/Clock'
ZSTD_MAGIC = b'\x28\xb5\x2f\xfd'
"""RFC 8878, 3.1.1; CDR never begins so: its first byte is 0."""
_LATCHED_TOPICS = ('/tf_static', '/robot_description', '/map')
"""Latched by convention, where no QoS was recorded."""


@dataclass(frozen=True)
class Channel:
    """
    A topic of a recording.

    type is its ROS 2 name (sensor_msgs/msg/Image); count the number of messages that the bag
    promises, None when unknown; offered the recorded QoS profiles of its publishers
    (rosbags.interfaces.Qos); latched says that late subscribers get the newest message; digest is
    the hash of the type's definition (RIHS01_...), where it was recorded; problem says why its
    messages cannot be read, where they cannot.
    """

    topic: str
    type: str
    count: int | None
    offered: tuple[Any, ...] = ()
    latched: bool = False
    digest: str = ''
    problem: str = ''

    @property
    def name(self) -> tuple[str, str]:
        """Topic and type: what tells it from others of a bag."""
        return self.topic, self.type

    @property
    def told(self) -> str:
        """The topic for people, with its problem."""
        return f'{self.topic} ({self.problem})' if self.problem else self.topic


class Message(NamedTuple):
    """A message: its channel, the time of its recording in ns, and its CDR bytes."""

    channel: Channel
    recorded_ns: int
    data: bytes


class Bag(Protocol):
    """
    What reads the messages of a bag in the order of recording; those of ROS 1 come as of ROS 2.

    start_ns and end_ns are the times of recording of its first and last message, 0 without any.
    notes: what the user should know of it.
    """

    path: Path
    channels: tuple[Channel, ...]
    notes: tuple[str, ...]
    start_ns: int
    end_ns: int

    def messages(self, channels: Collection[Channel], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield messages from start_ns on, before stop_ns; UserError where it cannot go on."""

    def close(self) -> None:
        """Close the files; safe to call twice."""


class BagFile(Protocol):
    """One file of a bag; channels go by their names."""

    channels: tuple[Channel, ...]
    start_ns: int
    end_ns: int

    def messages(self, channels: Collection[tuple[str, str]], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield messages from start_ns on, before stop_ns; UserError where it cannot go on."""

    def close(self) -> None:
        """Close the file; safe to call twice."""


def is_latched(topic: str, offered: Collection[Any]) -> bool:
    """Say whether late subscribers of a topic get its newest message, by the recorded QoS."""
    return any(qos.durability.name == 'TRANSIENT_LOCAL' for qos in offered) or (
        not offered and topic in _LATCHED_TOPICS)


def find_channel(channels: Collection[Channel], topic: str) -> Channel | None:
    """Return the channel of a topic, written with or without the first slash."""
    return next((channel for channel in channels
                 if channel.topic.strip('/') == topic.strip('/')), None)
