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

"""~/free_distance: how far the way ahead is free, for consumers of range sensors."""

from __future__ import annotations

from collections.abc import Iterable
import math

from rclpy.node import Node
from rclpy.time import Time
from sensor_msgs.msg import Range

from seg_node.parameters.structure import Structure
from seg_node.ros.outputs.output import VehicleDecision, VehicleOutput
from seg_node.ros.qos import DECISIONS
from seg_node.stop_go.corridor.measure import CorridorMeasure
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.vehicle import Vehicle
from seg_node.stop_go.verdict import Decision, Reason, Verdict

MIN_RANGE = 0.01
"""Metres; what a STOP for another reason than distance is told as."""
_DISTANCE = frozenset({Reason.BLOCKED, Reason.BLOCKED_BY_DEPTH, Reason.BEYOND_RANGE})


class FreeDistanceOutput(VehicleOutput):
    """Publish the range ahead, where the corridor lies on the ground in metres."""

    def __init__(self, node: Node, structure: Structure) -> None:
        self._frame_id = structure.base_frame
        self._cameras = [name for name, role in structure.roles.items()
                         if role.direction is not Direction.REVERSE]
        self._range = None
        if structure.geometry is Geometry.GROUND:
            self._range = node.create_publisher(Range, '~/free_distance', DECISIONS)

    def publish(self, decision: VehicleDecision) -> None:
        """Publish the range, stamped with the present: it tells what is known now."""
        if self._range is None:
            return
        frames = [decision.frames[name] for name in self._cameras]
        message = to_range(
            decision.verdict, [frame.measure if frame else None for frame in frames],
            decision.limits.vehicle, decision.limits.ground.max_range)
        message.header.frame_id = self._frame_id
        message.header.stamp = Time(nanoseconds=round(decision.now.ros * 1e9)).to_msg()
        self._range.publish(message)


def to_range(verdict: Verdict, measures: Iterable[CorridorMeasure | None], vehicle: Vehicle,
             max_range: float) -> Range:
    """
    Make the message, without its header.

    The range is from the origin of the vehicle frame, the field of view spans the vehicle's width
    at that range. A STOP whose reason is no distance is told as MIN_RANGE, an obstacle right here.

    :param measures: of the cameras that look ahead; None for a frame that could not be assessed.
    :param max_range: farthest that is looked at, metres from the bumper.
    """
    seen = [measure.free_distance if measure else 0.0 for measure in measures]
    free = min(seen, default=0.0) + max(vehicle.front, 0.0)
    # A range that is no number would be no obstacle for some consumers.
    if not math.isfinite(free) or (
            verdict.decision is Decision.STOP and verdict.reason not in _DISTANCE):
        free = MIN_RANGE
    farthest = max_range + max(vehicle.front, 0.0)
    free = min(max(free, MIN_RANGE), farthest)
    return Range(
        radiation_type=Range.INFRARED, field_of_view=2 * math.atan2(vehicle.width / 2, free),
        min_range=MIN_RANGE, max_range=farthest, range=free)
