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

"""All limits of the decision together: what may change while the node runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from seg_node.stop_go.camera_health.camera_health import HealthThresholds
from seg_node.stop_go.corridor.ground_corridor import GroundLimits
from seg_node.stop_go.corridor.trapezoid import Trapezoid
from seg_node.stop_go.depth.limits import DepthLimits
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.memory.limits import MemoryLimits
from seg_node.stop_go.second_opinion.opinion_limits import OpinionLimits
from seg_node.stop_go.thresholds import AgeLimits, Thresholds
from seg_node.stop_go.vehicle import Vehicle


class Geometry(str, Enum):
    """Where the corridor lies: on the ground in metres, or chosen in the image."""

    GROUND = 'ground'
    TRAPEZOID = 'trapezoid'


@dataclass(frozen=True)
class Limits:
    """
    Each field is a group of parameters, but for the last two.

    `class_actions`: see actions.class_rules. `mountings` by the names of the cameras; of no
    account where they come from TF.
    """

    trapezoid: Trapezoid = field(default_factory=Trapezoid)
    ground: GroundLimits = field(default_factory=GroundLimits)
    vehicle: Vehicle = field(default_factory=Vehicle)
    stop_go: Thresholds = field(default_factory=Thresholds)
    camera_health: HealthThresholds = field(default_factory=HealthThresholds)
    depth_camera: DepthLimits = field(default_factory=DepthLimits)
    second_opinion: OpinionLimits = field(default_factory=OpinionLimits)
    memory: MemoryLimits = field(default_factory=MemoryLimits)
    class_actions: tuple[str, ...] = ()
    mountings: Mapping[str, Mounting] = field(default_factory=dict)

    @property
    def odometry_age(self) -> AgeLimits:
        """How old odometry may be."""
        return AgeLimits('odometry', self.vehicle.odometry_timeout, self.stop_go.max_future)
