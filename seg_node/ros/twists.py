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

"""Velocity commands, which come as Twist or as TwistStamped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.topic_endpoint_info import TopicEndpointInfo
from std_msgs.msg import Header

from seg_node.ros.following import FollowingSubscription, Wanted

Kind = type[Twist] | type[TwistStamped]
_TYPES: dict[str, Kind] = {
    'geometry_msgs/msg/Twist': Twist, 'geometry_msgs/msg/TwistStamped': TwistStamped}


class TwistInput:
    """
    Listen to velocity commands of the type that is published, found by itself.

    :param take: gets the command, and its header where it has one.
    """

    def __init__(self, node: Node, topic: str, qos: QoSProfile,
                 take: Callable[[Twist, Header | None], None]) -> None:
        self.kind: Kind = Twist
        self._qos = qos
        self._take = take
        self._subscription = FollowingSubscription(node, topic, self._choose, self._receive)

    @property
    def topic(self) -> str:
        """Name of the topic, resolved."""
        return self._subscription.topic

    def _choose(self, publishers: Sequence[TopicEndpointInfo]) -> Sequence[Wanted]:
        self.kind = kind_of(publishers, self.kind)
        return (Wanted(self.kind, self._qos),)

    def _receive(self, message: Any) -> None:
        if isinstance(message, TwistStamped):
            self._take(message.twist, message.header)
        else:
            self._take(message, None)


def kind_of(others: Iterable[TopicEndpointInfo], present: Kind) -> Kind:
    """Return what the others on a topic speak: the present kind as long as one of them does."""
    spoken = [_TYPES[each.topic_type] for each in others if each.topic_type in _TYPES]
    return present if present in spoken or not spoken else spoken[0]


def seconds(header: Header) -> float:
    """Return a stamp in seconds."""
    return float(header.stamp.sec + header.stamp.nanosec * 1e-9)
