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

"""Subscriptions that follow what the publishers of a topic offer: their type, their QoS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.topic_endpoint_info import TopicEndpointInfo

_LOOK_EVERY = 0.25      # seconds


@dataclass(frozen=True)
class Wanted:
    """How to subscribe."""

    kind: type
    qos: QoSProfile


class FollowingSubscription:
    """
    Subscribe to a topic as its publishers need it, until close().

    One subscription hears neither another type than its own, nor what a publisher keeps for later
    ones without refusing all who keep nothing; so the publishers are looked at again and again.

    :param choose: returns how to subscribe, from the endpoints of the publishers.
    """

    def __init__(self, node: Node, topic: str,
                 choose: Callable[[Sequence[TopicEndpointInfo]], Sequence[Wanted]],
                 take: Callable[[Any], None]) -> None:
        self.topic = node.resolve_topic_name(topic)
        self._node = node
        self._choose = choose
        self._take = take
        self._subscriptions: list[tuple[Wanted, Any]] = []
        self._look()
        self._timer = node.create_timer(
            _LOOK_EVERY, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def close(self) -> None:
        """Stop listening."""
        self._node.destroy_timer(self._timer)
        self._keep(())

    def _look(self) -> None:
        wanted = self._choose(self._node.get_publishers_info_by_topic(self.topic))
        self._keep(wanted)
        present = [made for made, _ in self._subscriptions]
        self._subscriptions += [
            (each, self._node.create_subscription(each.kind, self.topic, self._take, each.qos))
            for each in wanted if each not in present]

    def _keep(self, wanted: Sequence[Wanted]) -> None:
        """End the subscriptions that are not wanted: two types on one topic are refused."""
        for each, subscription in self._subscriptions:
            if each not in wanted:
                self._node.destroy_subscription(subscription)
        self._subscriptions = [made for made in self._subscriptions if made[0] in wanted]
