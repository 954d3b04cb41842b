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

"""Where the vehicle was when an image was taken, from odometry's poses."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.stop_go.vehicle import Motion

_KEPT = 256
"""Poses that are kept; 200 a second, and an image that is a second old, need fewer."""
_LONGEST = 0.5
"""Seconds between two poses, or beyond the newest, that are bridged."""
_JUMP, _TURN = 0.3, 0.2
"""Metres and radians beyond twice what its twist tells that a pose may be off without a jump."""
_WINDOW, _FOLLOWS = 1.0, 0.5
"""Way by the twist, metres and radians alike, after which the poses must show a share of it."""


@dataclass(frozen=True)
class Place:
    """
    Where the vehicle's origin is in odometry's frame: metres, and radians to the left.

    `leg` counts odometry's jumps: places of two legs have nothing to do with each other.
    """

    x: float
    y: float
    yaw: float
    frame: str = 'odom'
    leg: int = 0

    @classmethod
    def from_pose(cls, pose: Any, frame: str) -> Place:
        """
        Read a geometry_msgs/Pose, whichever library made it; roll and pitch are left out.

        :raises ValueError: for a number that is not finite, or a quaternion without length.
        """
        at, q = pose.position, pose.orientation
        numbers = [float(value) for value in (at.x, at.y, q.x, q.y, q.z, q.w)]
        x, y, qx, qy, qz, qw = numbers
        if not all(math.isfinite(value) for value in numbers):
            raise ValueError(f'pose {x}, {y} with quaternion {qx}, {qy}, {qz}, {qw} is no number')
        if not qx * qx + qy * qy + qz * qz + qw * qw > 1e-6:
            raise ValueError('the quaternion of the pose has no length')
        return cls(x, y, math.atan2(
            2 * (qw * qz + qx * qy), qw * qw + qx * qx - qy * qy - qz * qz), frame)

    def after(self, motion: Motion, seconds: float) -> Place:
        """Return the place after a constant motion."""
        turned = motion.yaw_rate * seconds
        # The chord of the arc: sinc keeps the straight way exact.
        chord = seconds * float(np.sinc(turned / (2 * math.pi)))
        cos, sin = math.cos(self.yaw + turned / 2), math.sin(self.yaw + turned / 2)
        return replace(self, yaw=self.yaw + turned,
                       x=self.x + chord * (motion.forward * cos - motion.left * sin),
                       y=self.y + chord * (motion.forward * sin + motion.left * cos))

    def toward(self, other: Place, share: float) -> Place:
        """Return the place a share of the way to another one."""
        turn = math.remainder(other.yaw - self.yaw, 2 * math.pi)
        return replace(self, x=self.x + share * (other.x - self.x),
                       y=self.y + share * (other.y - self.y), yaw=self.yaw + share * turn)

    def distance(self, other: Place) -> tuple[float, float]:
        """Return how far another place is: metres, and radians of the turn, 0 or more."""
        return (math.hypot(other.x - self.x, other.y - self.y),
                abs(math.remainder(other.yaw - self.yaw, 2 * math.pi)))

    def to_vehicle(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points [..., 2] of odometry's frame in the vehicle's."""
        return np.asarray((points - (self.x, self.y)) @ self._axes.T, np.float64)

    def from_vehicle(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points [..., 2] of the vehicle's frame in odometry's."""
        return np.asarray(points @ self._axes + (self.x, self.y), np.float64)

    @property
    def _axes(self) -> NDArray[np.float64]:
        cos, sin = math.cos(self.yaw), math.sin(self.yaw)
        return np.array([[cos, sin], [-sin, cos]])


@dataclass(frozen=True)
class _Pose:
    """A pose with its stamp in seconds, and how the vehicle moved there."""

    stamp: float
    place: Place
    motion: Motion


@dataclass(frozen=True)
class _Held:
    """The way by the twist and by the poses since they were last held against each other."""

    told: float = 0.0
    went: float = 0.0
    follows: bool = True

    def on(self, told: float, went: float) -> _Held:
        """Return what one more step makes of it."""
        told, went = self.told + told, self.went + went
        if told < _WINDOW:
            return _Held(told, went, self.follows)
        return _Held(follows=went >= _FOLLOWS * told)


class PlaceTrack:
    """
    Keep odometry's newest poses, to tell where the vehicle was at the stamp of an image.

    What is told may be asked for on any thread: one assignment publishes the poses.
    """

    def __init__(self) -> None:
        self._poses: tuple[_Pose, ...] = ()
        self.jumps = 0
        """Poses that did not go on from the one before, so far."""
        self._way, self._turn = _Held(), _Held()

    @property
    def follows(self) -> bool:
        """Whether the poses move as their twists tell; some drivers leave them at the origin."""
        return self._way.follows and self._turn.follows

    def add(self, stamp: float, place: Place, motion: Motion) -> None:
        """
        Take a pose with its twist.

        One that lies where the twist cannot have led, or goes back in time, begins another leg.
        """
        if self._poses and not self._leads_to(stamp, place, motion):
            self.jumps += 1
            self._poses = ()
        pose = _Pose(stamp, replace(place, leg=self.jumps), motion)
        self._poses = (*self._poses[1 - _KEPT:], pose)

    def at(self, stamp: float) -> Place | None:
        """Return the place at a time, seconds; None where no pose is near, or none is believed."""
        poses = self._poses
        index = bisect_right(poses, stamp, key=lambda pose: pose.stamp)
        if not (index and self.follows and math.isfinite(stamp)):
            return None
        before = poses[index - 1]
        since = stamp - before.stamp
        if index < len(poses):
            gap = poses[index].stamp - before.stamp
            if gap > _LONGEST:
                return None
            return before.place.toward(poses[index].place, since / gap)
        return before.place.after(before.motion, since) if since <= _LONGEST else None

    def _leads_to(self, stamp: float, place: Place, motion: Motion) -> bool:
        """Tell whether a pose goes on from the one before, and hold it against its twist."""
        before = self._poses[-1]
        seconds = stamp - before.stamp
        if not seconds > 0 or place.frame != before.place.frame:
            return False
        moved, turned = before.place.distance(place)
        speed = max(motion.speed, before.motion.speed)
        rate = max(abs(motion.yaw_rate), abs(before.motion.yaw_rate))
        if moved > 2 * speed * seconds + _JUMP or turned > 2 * rate * seconds + _TURN:
            return False
        mean = (motion.speed + before.motion.speed) / 2
        self._way = self._way.on(mean * seconds, moved)
        self._turn = self._turn.on(
            abs(motion.yaw_rate + before.motion.yaw_rate) / 2 * seconds, turned)
        return True
