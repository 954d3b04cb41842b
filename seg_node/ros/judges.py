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

"""The judges of all cameras, which share the vehicle's memory."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.ros.clocks import Clocks
from seg_node.ros.views import make_views
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.memory import Memory


def make_judges(node: Node, wanted: Structure, clocks: Clocks, limits: Callable[[], Limits],
                memory: Memory) -> dict[str, CameraJudge]:
    """
    Make the judge of each camera.

    :param limits: returns the present ones.
    """
    views = make_views(node, wanted, clocks, limits)
    return {name: CameraJudge(limits(), wanted.geometry, views.get(name), role.direction, memory)
            for name, role in wanted.roles.items()}
