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

"""What became of a drive."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FalseStop:
    """A STOP on a free way: when, why, and whether it was merely held for long."""

    time_s: float
    reason: str
    text: str


@dataclass(frozen=True)
class Moment:
    """One point of a drive's trace: seconds, m/s, and metres from the bumper."""

    time_s: float
    speed: float
    decision: str
    reason: str
    free: float
    seen: float
    required: float


@dataclass(frozen=True)
class Outcome:
    """
    What became of a drive.

    arrived: whether the goal was reached. collision: what was hit, None for nothing;
    collision_speed in m/s. margins: metres left before something in the corridor, at each
    standstill. min_room: the minimum distance that would have been left at full brakes, metres,
    at any moment; below 0 a collision is certain.
    """

    seed: int
    kind: str
    max_speed: float
    straight: bool
    odometry: bool
    arrived: bool
    seconds: float
    metres: float
    frames: int
    stops: int
    collision: str | None
    collision_speed: float
    margins: tuple[float, ...]
    min_room: float
    false_stops: tuple[FalseStop, ...]
    trace: tuple[Moment, ...] = ()
