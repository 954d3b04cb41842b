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

"""How the ground of a scene looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from seg_node.simulation.camera import Camera
from seg_node.simulation.ground_plan import GroundPlan, GroundRegions, Mask, RoadView
from seg_node.simulation.lens import Light
from seg_node.simulation.materials import Material, texture
from seg_node.simulation.road import CentreLine, Pose, Profile
from seg_node.simulation.textures import Field, Image, Texture, to_bytes

# Lines thinner than a pixel only flicker; the haze hides the rest.
_PAINT_RANGE_M = 90.0


@dataclass(frozen=True)
class Surfaces:
    """What the ground is made of; `variant` picks each material's pattern."""

    road: Material | Texture
    verge: Material | Texture
    sidewalk: Material | Texture = Material.SLABS
    variant: int = 0

    def texture(self, surface: Material | Texture) -> Texture:
        """Return what a surface looks like."""
        return surface if isinstance(surface, Texture) else texture(surface, self.variant)


class Ground:
    """Draw the ground of one scene with one camera."""

    def __init__(
        self, line: CentreLine, profile: Profile, surfaces: Surfaces, light: Light, camera: Camera,
    ) -> None:
        """Precompute what does not depend on the pose."""
        self._plan = GroundPlan(line, profile, camera, surfaces.variant)
        self._profile, self._surfaces, self._light = profile, surfaces, light
        self._shade_tone = _shade_tone(light)
        self._haze = 1.0 - np.exp(-self._plan.rows.forward / np.float32(light.haze_m))

    def draw(self, image: Image, labels: Image, pose: Pose) -> None:
        """Paint the ground's rows, in place."""
        rows = self._plan.rows
        if rows.first_row >= image.shape[0]:
            return
        x, y = self._plan.world(pose)
        wide = self._plan.unevenness(x, y)
        verge = self._surfaces.texture(self._surfaces.verge)
        ground = verge.sample(x, y, self._plan.footprint)
        if self._profile.width_m > 0.0:
            view = self._plan.view(pose)
            regions = self._plan.regions(view, wide[..., 0])
            regions.label(labels[rows.first_row:])
            self._draw_road(ground, view, regions, wide[..., 0], x, y)
        ground = self._shade(ground, wide)
        image[rows.first_row:] = self._fade(ground)

    def _lay(self, ground: Image, surface: Material | Texture, x: Field, y: Field, where: Mask,
             ) -> None:
        left, top, width, height = cv2.boundingRect(where.view(np.uint8))
        if width == 0:
            return
        box = (slice(top, top + height), slice(left, left + width))
        look = self._surfaces.texture(surface).sample(
            x[box], y[box], self._plan.footprint[box[0]])
        _put(ground[box], look, where[box])

    def _draw_road(
        self, ground: Image, view: RoadView, regions: GroundRegions, edge: Image, x: Field,
        y: Field,
    ) -> None:
        profile = self._profile
        half = np.float32(profile.width_m / 2.0)
        if profile.beyond is not None:
            self._lay(ground, profile.beyond, x, y, ~regions.open_road & (
                view.lateral < half + np.float32(40.0)))
        self._lay(ground, self._surfaces.road, x, y, regions.road)
        for walkway in regions.walkways:
            walk, strip, lateral = walkway.sidewalk, walkway.where, walkway.lateral
            self._lay(ground, self._surfaces.sidewalk, x, y, strip)
            kerb = strip & (lateral < np.float32(walk.kerb_m))
            ground[kerb] = (ground[kerb] * np.float32(0.35) + np.float32(120)).astype(np.uint8)
            lip = kerb & (lateral < np.float32(walk.kerb_m * 0.25))
            ground[lip] = ground[lip] // 2
        self._wear(ground, regions.road, view, half)
        self._paint(ground, regions.road, view, edge)
        self._bumps(ground, regions, view)

    def _wear(self, ground: Image, inside: Mask, view: RoadView, half: np.float32) -> None:
        """Darken the road towards its edges, lighten it where the wheels roll."""
        tracks = np.linspace(0.0, 1.0, 256)
        distance = tracks * float(half) * 1.05
        level = 1.0 + 0.07 * np.exp(-((distance - 0.8) / 0.35) ** 2) - 0.16 * np.clip(
            (tracks - 0.82) / 0.18, 0, 1)
        index: Any = cv2.convertScaleAbs(view.lateral, alpha=255.0 / (float(half) * 1.05))
        factor: Any = cv2.LUT(index, (level * 200.0).astype(np.uint8))
        worn = cv2.multiply(ground, cv2.merge([factor, factor, factor]), scale=1.0 / 200.0)
        _put(ground, np.asarray(worn), inside)

    def _paint(self, ground: Image, inside: Mask, view: RoadView, edge: Image) -> None:
        profile = self._profile
        near = int(np.searchsorted(-view.rows.forward, -_PAINT_RANGE_M))
        part = slice(near, None)
        s, d = view.s[part], view.d[part]
        if s.size == 0 or not (profile.lines or profile.crossings):
            return
        per_px = np.float32(1.0) / view.rows.lateral_per_px[part, None]
        cover: Field = np.zeros_like(s)
        for line in profile.lines:
            gap = np.abs(d - np.float32(line.offset_m))
            # Coverage of a pixel by the line, for smooth edges.
            alpha = np.clip((np.float32(line.width_m / 2) - gap) * per_px + 0.5, 0.0, 1.0)
            alpha *= np.minimum(np.float32(line.width_m) * per_px, 1.0)
            if line.gap_m > 0.0:
                period = np.float32(line.dash_m + line.gap_m)
                alpha *= (s - period * np.floor(s / period)) < np.float32(line.dash_m)
            np.maximum(cover, alpha, out=cover)
        for at in profile.crossings:
            on = (np.abs(s - np.float32(at)) < 1.5) & (d - np.floor(d) < 0.5)
            cover[on] = 1.0
        cover *= inside[part]
        painted = cover > 0.02
        worn = np.clip(np.float32(1.3 - profile.wear) - np.abs(
            edge[part][painted].astype(np.float32) - 128.0) * np.float32(
                profile.wear / 60.0), 0.0, 1.0)
        weight = (cover[painted] * worn)[:, None]
        under = ground[part][painted].astype(np.float32)
        colour = np.asarray(profile.paint_bgr, np.float32)
        ground[part][painted] = (under + weight * (colour - under)).astype(np.uint8)

    def _bumps(self, ground: Image, regions: GroundRegions, view: RoadView) -> None:
        for area in regions.bumps:
            on = area.where
            if not on.any():
                continue
            # The side towards the camera catches the light of the sky, the far one is dark.
            slope = (np.float32(1.08) - area.across[on] * np.float32(0.25))[:, None]
            if area.bump.striped:
                part = view.d[on] / np.float32(area.bump.stripe_m * 2)
                first, second = (np.array(one, np.float32) for one in area.bump.colors)
                base = np.where((part - np.floor(part) < 0.5)[:, None], first, second)
                base = base * np.float32(0.85) + ground[on] * np.float32(0.15)
            else:
                base = ground[on].astype(np.float32) * np.float32(0.72)
            ground[on] = np.clip(base * slope, 0, 255).astype(np.uint8)

    def _shade(self, ground: Image, wide: Image) -> Image:
        tone: Any = cv2.LUT(wide[..., 1:], self._shade_tone)
        light = cv2.multiply(tone[..., 0], tone[..., 1], scale=1.0 / 200.0)
        return np.asarray(cv2.multiply(ground, cv2.merge([light, light, light]), scale=1 / 200.0))

    def _fade(self, ground: Image) -> Image:
        hazy = int(np.count_nonzero(self._haze > 0.02))
        amount = self._haze[:hazy, None, None]
        far = ground[:hazy].astype(np.float32)
        far += amount * (np.asarray(self._light.haze, np.float32) - far)
        ground[:hazy] = far
        return ground


def _shade_tone(light: Light) -> Image:
    """Map the wide noise to brightness (200 = 1.0): gentle variation, and tree shadows."""
    level = (np.arange(256) - 128.0) / 42.0
    gentle = 200.0 * (1.0 + 0.06 * np.clip(level, -2.5, 2.5))
    # The noise is about normal: shade what lies above the quantile of the cover.
    threshold = 1.6 - 3.2 * light.shadow_cover
    soft = np.clip((level - threshold) / 0.5, 0.0, 1.0)
    shadow = 200.0 * (1.0 - light.shadow * soft)
    return to_bytes(np.stack([gentle, shadow], -1))[None]


def _put(target: Image, source: Image, where: Mask) -> None:
    cv2.copyTo(source, where.view(np.uint8), target)
