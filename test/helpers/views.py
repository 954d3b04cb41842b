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

"""
Views for tests, and what they would see.

The geometry is worked out a second time here, the other way round: from pixels to the world.
"""

from __future__ import annotations

from functools import lru_cache
import math

import cv2
from hypothesis import strategies as st
import numpy as np

from seg_node.stop_go import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.lens import Lens

BARREL = (-0.28, 0.07, 0.0008, -0.0006, 0.0)
"""Distortion of an ordinary wide-angle lens, plumb_bob."""
RATIONAL = (0.35, -0.11, 0.0003, -0.0002, 0.01, 0.75, -0.02, 0.005)
FISHEYE = (0.02, -0.004, 0.001, -0.0002)
PATH, POST = 1, 3


def make_view(size=(512, 288), fov=1.2, lens=('plumb_bob', ()), **mounting):
    """Return a view; `fov` is horizontal, without distortion, in radians."""
    width, height = size
    focal = width / 2 / math.tan(fov / 2)
    intrinsics = Intrinsics(
        width, height, focal, focal, (width - 1) / 2, (height - 1) / 2, Lens(*lens))
    angles = {'height': 1.0, 'pitch': 0.25, **mounting}
    return View(intrinsics, CameraPose.from_mounting(Mounting(**angles)))


LENSES = st.sampled_from([
    ('plumb_bob', ()), ('plumb_bob', BARREL), ('plumb_bob', RATIONAL),
    ('equidistant', FISHEYE)])
SIZES = st.sampled_from([(512, 288), (320, 240), (256, 144)])


@st.composite
def views(draw, yaw=0.1, left=0.3):
    """Draw views of cameras that look at the road ahead, as robots carry them."""
    return make_view(
        draw(SIZES), draw(st.floats(0.9, 1.6)), draw(LENSES),
        height=draw(st.floats(0.5, 2.5)), pitch=draw(st.floats(0.15, 0.6)),
        roll=draw(st.floats(-0.1, 0.1)), yaw=draw(st.floats(-yaw, yaw)),
        forward=draw(st.floats(-0.5, 0.5)), left=draw(st.floats(-left, left)))


def turn(axis, angle):
    """Return the rotation by an angle about an axis, by the right-hand rule."""
    return cv2.Rodrigues(np.asarray(axis, float) * angle)[0]


def body_axes(mounting):
    """Return the axes of the camera's body, looking along x, as columns in the vehicle frame."""
    return (turn((0, 0, 1), mounting.yaw) @ turn((0, 1, 0), mounting.pitch)
            @ turn((1, 0, 0), mounting.roll))


def undistort(model, coefficients, bent):
    """
    Return the undistorted points [..., 2] on the plane at distance 1 that a lens shows at `bent`.

    By fixed-point iteration on the formulas in OpenCV's documentation.
    """
    k1, k2, p1, p2, k3, k4, k5, k6 = (*coefficients, *[0.0] * 8)[:8]
    far = np.hypot(bent[..., 0], bent[..., 1])
    if model == 'equidistant':
        angle = far.copy()
        for _ in range(50):
            s = angle ** 2
            angle = far / (1 + s * (k1 + s * (k2 + s * (p1 + s * p2))))
        return bent * (np.tan(angle) / np.maximum(far, 1e-12))[..., None]
    plane = bent.copy()
    for _ in range(80):
        x, y = plane[..., 0], plane[..., 1]
        s = x * x + y * y
        radial = (1 + s * (k1 + s * (k2 + s * k3))) / (1 + s * (k4 + s * (k5 + s * k6)))
        aside = np.stack([2 * p1 * x * y + p2 * (s + 2 * x * x),
                          p1 * (s + 2 * y * y) + 2 * p2 * x * y], axis=-1)
        plane = (bent - aside) / radial[..., None]
    return plane


@lru_cache(maxsize=32)
def optical_rays(lens):
    """Return the direction in which each pixel's centre looks: [H, W, 3] in the optical frame."""
    u, v = np.meshgrid(np.arange(lens.width, dtype=float), np.arange(lens.height, dtype=float))
    bent = np.stack([(u - lens.cx) / lens.fx, (v - lens.cy) / lens.fy], axis=-1)
    plane = undistort(lens.lens.model, lens.lens.coefficients, bent)
    return np.concatenate([plane, np.ones((*plane.shape[:2], 1))], axis=-1)


@lru_cache(maxsize=32)
def rays(view):
    """Return the direction in which each pixel's centre looks: [H, W, 3] in the vehicle frame."""
    return optical_rays(view.intrinsics) @ view.pose.rotation


def ground_seen(view):
    """Return the ground points that the pixels show: [H, W, 2] x, y; NaN above the horizon."""
    looks = rays(view)
    reach = view.pose.position[2] / np.where(looks[..., 2] < -1e-9, -looks[..., 2], np.nan)
    return looks[..., :2] * reach[..., None] + view.pose.position[:2]


def draw_post(labels, view, x, y, width=0.1, tall=1.6):
    """
    Draw an upright round post of `width` on the ground at x, y into a label map.

    A pixel shows the post where its centre does.
    """
    labels[np.isfinite(post_depth(view, x, y, width, tall))] = POST


def ground_depth(view):
    """Return the depth of flat ground, float32 [H, W] along the optical axis; NaN for the sky."""
    down = -rays(view)[..., 2]
    return (view.pose.position[2] / np.where(down > 1e-9, down, np.nan)).astype(np.float32)


def post_depth(view, x, y, width=0.1, tall=1.6, low=0.0):
    """Return the depth of an upright round post from `low` to `tall`, NaN beside it; as above."""
    looks = rays(view)
    eye = view.pose.position
    flat = np.hypot(looks[..., 0], looks[..., 1])
    along = ((x - eye[0]) * looks[..., 0] + (y - eye[1]) * looks[..., 1]) / flat
    aside = ((x - eye[0]) * looks[..., 1] - (y - eye[1]) * looks[..., 0]) / flat
    meet = along - np.sqrt(np.maximum(0.0, width ** 2 / 4 - aside ** 2))
    up = eye[2] + looks[..., 2] / flat * meet
    shows = (np.abs(aside) <= width / 2) & (meet > 0) & (up >= low) & (up <= tall)
    return np.where(shows, meet / flat, np.nan).astype(np.float32)
