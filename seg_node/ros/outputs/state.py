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

"""~/state: the decision with its reason, measured values and limits, and each camera's."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.ros.messages import key_values, stamp_text
from seg_node.ros.outputs.output import VehicleDecision, VehicleOutput
from seg_node.ros.qos import DECISIONS


class StateOutput(VehicleOutput):
    """Publish the decision described."""

    def __init__(self, node: Node, structure: Structure) -> None:
        self._name = node.get_fully_qualified_name()
        self._state = node.create_publisher(DiagnosticStatus, '~/state', DECISIONS)

    def publish(self, decision: VehicleDecision) -> None:
        """Publish the description."""
        self._state.publish(describe(decision, self._name))


def describe(decision: VehicleDecision, node: str) -> DiagnosticStatus:
    """Return the content of ~/state, also part of /diagnostics."""
    verdict = decision.verdict
    values: dict[str, Any] = {
        'decision': verdict.decision.value, 'reason': verdict.reason.value,
        'speed_limit': decision.speed_fraction,
        'measured': float(verdict.measured), 'limit': float(verdict.limit)}
    stamps = [frame.stamp_ns for frame in decision.frames.values() if frame is not None]
    if stamps:
        values['image_stamp'] = stamp_text(max(stamps))
    for camera in decision.verdicts:
        values.update({f'{camera}.{key}': value
                       for key, value in _camera_values(decision, camera).items()})
    return DiagnosticStatus(
        level=bytes([verdict.level]), name=f'{node}: stop_go', message=verdict.text,
        values=key_values(values))


def _camera_values(decision: VehicleDecision, camera: str) -> dict[str, Any]:
    verdict, frame = decision.verdicts[camera], decision.frames[camera]
    values: dict[str, Any] = {
        'decision': verdict.decision.value, 'reason': verdict.reason.value, 'text': verdict.text}
    if frame is None:
        return values
    values['image_stamp'] = stamp_text(frame.stamp_ns)
    values['image_age'] = decision.now.ros - frame.stamp_ns * 1e-9
    values['inference_ms'] = frame.inference * 1e3
    if frame.measure is not None:
        values['free_distance'] = frame.measure.free_distance
        values['unit'] = frame.measure.unit
        values['blocked_by'] = frame.measure.blocker
        values['required_distance'] = frame.measure.required
        values['coverage'] = frame.measure.coverage
        values['confidence'] = frame.measure.confidence
        values['confidence_low'] = frame.measure.confidence_low
    if frame.opinion is not None:
        values['second_opinion'] = frame.opinion.text
    return values
