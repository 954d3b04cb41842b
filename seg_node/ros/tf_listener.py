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

"""Listen to /tf and /tf_static, once for all cameras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from seg_node.parameters.declaration import ParameterError
from seg_node.ros.clocks import Clocks
from seg_node.ros.twists import seconds
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.transforms import Numbers, TransformTree

_DEPTH = 100      # as tf2_ros; every publisher of /tf_static keeps a message of its own


class TfListener:
    """
    Keep a tree of the newest transforms.

    :param limits: returns the present ones.
    :raises ParameterError: when tf2_msgs is not installed.
    """

    def __init__(self, node: Node, clocks: Clocks, limits: Callable[[], Limits]) -> None:
        try:
            from tf2_msgs.msg import TFMessage
        except ImportError as error:
            raise ParameterError(
                f'mounting_source: tf needs tf2_msgs ({error}); install it, or give mounting.* '
                'and choose parameters') from error
        self.tree = TransformTree()
        self._clocks = clocks
        self._limits = limits
        node.create_subscription(TFMessage, '/tf', self._receive, _DEPTH)
        node.create_subscription(
            TFMessage, '/tf_static', self._receive_static,
            QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL))

    def _receive(self, message: Any) -> None:
        arrival, limits = self._clocks.now(), self._limits().stop_go.transform_age
        for each in message.transforms:
            self.tree.put(each.child_frame_id, each.header.frame_id, _numbers(each),
                          seconds(each.header), arrival, limits)

    def _receive_static(self, message: Any) -> None:
        for each in message.transforms:
            self.tree.put_static(each.child_frame_id, each.header.frame_id, _numbers(each))


def _numbers(stamped: Any) -> Numbers:
    at, turn = stamped.transform.translation, stamped.transform.rotation
    return (at.x, at.y, at.z), (turn.x, turn.y, turn.z, turn.w)
