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

"""Which pixel of the ground is what: road, sidewalk, speed bump, end of the road."""

from __future__ import annotations

from dataclasses import dataclass
import math

import numpy as np
from numpy.typing import NDArray

from seg_node.simulation.camera import Camera, GroundRows
from seg_node.simulation.labels import PATH, SIDEWALK, SPEED_BUMP
from seg_node.simulation.materials import variation
from seg_node.simulation.road import Bump, CentreLine, Pose, Profile, Sidewalk
from seg_node.simulation.textures import Field, Image

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RoadView:
    """Road coordinates of the ground's pixels; float32 [R, W] but for the rows."""

    rows: GroundRows
    s: Field
    d: Field
    lateral: Field  # |d|


@dataclass(frozen=True)
class Walkway:
    """A sidewalk with its kerb: bool [R, W], and float32 [R, W] metres from the road's edge."""

    sidewalk: Sidewalk
    where: Mask
    lateral: Field


@dataclass(frozen=True)
class BumpArea:
    """A speed bump: bool [R, W], and float32 [R, W], -1 to 1 from its near to its far side."""

    bump: Bump
    where: Mask
    across: Field


@dataclass(frozen=True)
class GroundRegions:
    """What lies where on the ground; bool [R, W]. `open_road`: the road has not ended yet."""

    open_road: Mask
    road: Mask
    walkways: tuple[Walkway, ...]
    bumps: tuple[BumpArea, ...]

    def label(self, labels: Image) -> None:
        """Write the class ids into the ground's rows, uint8 [R, W], in place."""
        labels[self.road] = PATH
        for walkway in self.walkways:
            labels[walkway.where] = SIDEWALK
        for bump in self.bumps:
            labels[bump.where] = SPEED_BUMP


class GroundPlan:
    """The layout of one road's ground as one camera sees it."""

    def __init__(self, line: CentreLine, profile: Profile, camera: Camera, variant: int) -> None:
        """Precompute what does not depend on the pose; `variant` picks the edge's wandering."""
        self._line, self._profile, self._variant = line, profile, variant
        self.rows = camera.ground_rows()
        columns = np.arange(camera.width, dtype=np.float32) - np.float32(camera.cx)
        self._lateral = -columns[None, :] * self.rows.lateral_per_px[:, None]
        self.footprint = np.maximum(
            self.rows.lateral_per_px, self.rows.depth_per_row * np.float32(0.35))

    def world(self, pose: Pose) -> tuple[Field, Field]:
        """Return the world position (x, y) of ground pixels, up to multiples of the tiles."""
        cos_y, sin_y = np.float32(math.cos(pose.yaw)), np.float32(math.sin(pose.yaw))
        forward = self.rows.forward[:, None]
        # Multiples of every tile can be taken off the position, which keeps float32 exact.
        x = np.float32(pose.x % 3720.0) + forward * cos_y - self._lateral * sin_y
        y = np.float32(pose.y % 3720.0) + forward * sin_y + self._lateral * cos_y
        return x, y

    def unevenness(self, x: Field, y: Field) -> Image:
        """Sample the wide noise of the ground; uint8 [R, W, 3], channel 0 moves the edges."""
        return variation(self._variant % 4).sample(x, y, self.footprint)

    def view(self, pose: Pose) -> RoadView:
        """Return the road coordinates of the ground's pixels."""
        at = self._line.crossing(pose, self.rows.forward)
        sin_h, cos_h = np.sin(at.heading)[:, None], np.cos(at.heading)[:, None]
        offset = self._lateral - at.lateral[:, None]
        along = offset * sin_h
        # Across a bend the centre line leaves its tangent by curvature * along^2 / 2.
        bent = np.clip(along, -6.0, 6.0)
        bent *= bent
        bent *= at.curvature[:, None] * np.float32(0.5)
        offset *= cos_h
        offset -= bent
        along += at.s[:, None]
        return RoadView(self.rows, along, offset, np.abs(offset))

    def regions(self, view: RoadView, edge: Image) -> GroundRegions:
        """
        Tell what lies where.

        edge: uint8, [R, W] or broadcastable to it; 128 leaves the road's edges straight.
        """
        profile = self._profile
        half = np.float32(profile.width_m / 2.0)
        wander: Field = edge.astype(np.float32)
        wander -= np.float32(128.0)
        wander *= np.float32(profile.edge_m / 42.0)
        open_road: Mask = view.s + wander < np.float32(profile.end_s)
        road: Mask = view.lateral + wander < half
        joined = self._side_roads(view, half)
        road |= joined
        road &= open_road
        walkways = []
        for walk in profile.sidewalks:
            lateral = view.d * np.float32(walk.side) - half
            strip: Mask = (lateral >= 0) & (lateral < np.float32(walk.width_m + walk.kerb_m))
            strip &= open_road & ~joined
            walkways.append(Walkway(walk, strip, lateral))
        bumps = []
        for bump in profile.bumps:
            across = (view.s - np.float32(bump.s)) / np.float32(bump.length_m / 2.0)
            bumps.append(BumpArea(
                bump, (np.abs(across) < 1.0) & road & (view.lateral < half), across))
        return GroundRegions(open_road, road, tuple(walkways), tuple(bumps))

    def label(self, labels: Image, pose: Pose) -> None:
        """Write the class ids of the ground into an image's labels, uint8 [H, W], in place."""
        if self.rows.first_row >= labels.shape[0] or not self._profile.width_m > 0.0:
            return
        # Where the edges do not wander, the noise that would move them need not be sampled.
        edge: NDArray[np.uint8] = np.full((1, 1), 128, np.uint8)
        if self._profile.edge_m > 0.0:
            edge = self.unevenness(*self.world(pose))[..., 0]
        self.regions(self.view(pose), edge).label(labels[self.rows.first_row:])

    def _side_roads(self, view: RoadView, half: np.float32) -> Mask:
        joined: Mask = np.zeros(view.d.shape, bool)
        for side in self._profile.side_roads:
            beyond = view.d * np.float32(side.side) - half
            # The corners are rounded over 3 m.
            corner = np.clip(np.float32(1.0) - beyond * np.float32(1 / 3.0), 0.0, 1.0)
            reach = np.float32(side.width_m / 2.0) + np.float32(3.0) * corner * corner
            joined |= (np.abs(view.s - np.float32(side.s)) < reach) & (beyond >= 0) & (
                beyond < 60.0)
        return joined
