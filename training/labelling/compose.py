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
Compose label codes from what the networks saw: the ground, and what stands on it.

Whatever is not sure becomes unknown, and where something stands no pixel stays path.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.label_files import Thing
from training.labelling import curation
from training.labelling.masks import box_slices, Outline, outline
from training.labelling.sight import Sight
from training.labelling.things import agree
from training.labelling.views import Array

SURE, DENIED = 0.80, 0.35
"""Path from this probability on, and none up to this; unknown between them."""
LIKELY, SECONDED = 0.65, 0.95
"""Path from this probability on, too, where the other network is as sure as this."""
CURB = 0.3
PAVED, SURELY_PAVED = 0.5, 0.7
"""Probability of pavement where the teacher sees no path, and where it does not know."""
LEAST = 800
"""A pavement takes at least one in so many pixels."""
STANDS = 0.5
"""Probability of an obstacle that disputes a path."""
GREEN = 12
"""Pavement is not greener than this: excess of green over the mean of red and blue."""
FOOT = 0.4
"""Share of a box's height, from below, that is no path although no outline was found."""
CONTACT = 0.04
"""Share of a box's height below an outline that is no path: contact shadow, tyres, shoes."""


def compose(bgr: Array, sight: Sight, ground: Array) -> tuple[Array, list[Thing]]:
    """
    Put what stands in a picture onto the codes of its ground, uint8 [H, W].

    Return the codes, and the things, the surest first.
    """
    height, width = ground.shape
    codes = ground.copy()
    things = agree(sight.found, height, width)
    outlines = [outline(bgr, sight, thing) if thing.certain else None for thing in things]
    for thing in things:
        box = codes[box_slices(thing, height, width)]
        box[labels.is_path(box)] = labels.UNKNOWN
        box[box == labels.SIDEWALK] = labels.NOT_PATH
    for thing, shape in zip(things, outlines, strict=True):
        if thing.certain:
            codes[_foot(thing, shape, height, width)] = labels.NOT_PATH
    for shape in outlines:
        if shape is not None:
            codes[shape.mask] = labels.OBSTACLE
    described = [_described(thing, shape, codes)
                 for thing, shape in zip(things, outlines, strict=True)]
    return codes, described


def street_ground(name: str, bgr: Array, sight: Sight) -> Array:
    """
    Return the codes of the ground as adas-0001 and a network that knows pavements see it.

    Path where the one is sure and the other sees neither pavement nor obstacle. Pavement where
    the one sees no path, and the other pavement, or ground of any kind beside a curb. What is
    no path for the one alone, in the midst of a path, is unknown: a marking, or a small thing.
    """
    height, width = bgr.shape[:2]
    path, curb = (_enlarged(plane, width, height) for plane in (sight.path, sight.curb))
    classes = {name: _enlarged(plane, width, height)
               for name, plane in zip(labels.CLASSES, sight.classes, strict=True)}
    codes = np.full((height, width), labels.UNKNOWN, np.uint8)
    denied = (classes['sidewalk'] >= PAVED) | (classes['obstacle'] >= STANDS)
    other = classes['path'] + classes['speed_bump'] >= SECONDED
    codes[((path >= SURE) | (path >= LIKELY) & other) & ~denied] = labels.SOME_PATH
    no_path = (path <= DENIED) | (curb >= CURB)
    disputed = other & (path > 1 - SURE) & (curb < CURB)
    codes[no_path & ~disputed] = labels.NOT_PATH
    ground = classes['path'] + classes['speed_bump'] + classes['sidewalk'] >= SURE
    paved = ((classes['sidewalk'] >= PAVED) & no_path
             | (classes['sidewalk'] >= SURELY_PAVED) & (path < LIKELY))
    paved |= no_path & _beside(ground & no_path, curb >= CURB)
    paved &= (curb < CURB) & ~_is_green(bgr)
    codes[paved] = labels.SIDEWALK
    codes[_small(paved)] = labels.UNKNOWN
    codes[_islands(codes == labels.NOT_PATH, classes['path'])] = labels.UNKNOWN
    return curation.corrected(name, codes, path)


def _beside(areas: NDArray[np.bool_], curb: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected areas that have a curb along a fifth of their length."""
    number, parts, stats, _ = cv2.connectedComponentsWithStats(
        (areas & ~curb).astype(np.uint8))
    rim = (cv2.dilate(curb.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0) & ~curb
    touching = np.bincount(parts[rim], minlength=number) / 2     # the rim is two pixels wide
    extent = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    good = (touching >= 0.2 * extent) & (stats[:, cv2.CC_STAT_AREA] >= areas.size // LEAST)
    good[0] = False
    return good[parts]


def _small(areas: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the connected areas that are too small for a pavement: bright markings, walls."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats(areas.astype(np.uint8))
    return (stats[:, cv2.CC_STAT_AREA] < areas.size // LEAST)[parts] & areas


def _islands(no_path: NDArray[np.bool_], path: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return the connected areas away from the picture's edges that the other takes for path."""
    number, parts, stats, _ = cv2.connectedComponentsWithStats(no_path.astype(np.uint8))
    height, width = no_path.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    inner = (left > 0) & (top > 0) & (left + stats[:, cv2.CC_STAT_WIDTH] < width) & (
        top + stats[:, cv2.CC_STAT_HEIGHT] < height)
    mean = np.bincount(parts.ravel(), path.ravel(), number) / np.maximum(
        stats[:, cv2.CC_STAT_AREA], 1)
    good = inner & (mean >= SURE)
    good[0] = False
    return good[parts]


def _is_green(bgr: Array) -> NDArray[np.bool_]:
    blue, green, red = (cv2.blur(plane, (5, 5)).astype(np.int16) for plane in cv2.split(bgr))
    return 2 * green - red - blue > 2 * GREEN


def _foot(thing: Thing, shape: Outline | None, height: int, width: int) -> NDArray[np.bool_]:
    """Return where a thing meets the ground, bool [H, W]: never path."""
    rows, columns = box_slices(thing, height, width)
    tall = thing.box[3] - thing.box[1]
    foot = np.zeros((height, width), np.uint8)
    if shape is None:
        # The corners of the box of a car that stands aslant are road.
        left, top, right, bottom = thing.box
        inset = 0.15 * (right - left)
        corners = [(left, bottom - FOOT * tall), (right, bottom - FOOT * tall),
                   (right - inset, bottom), (left + inset, bottom)]
        cv2.fillPoly(foot, [np.rint(corners).astype(np.int32)], 1)
        foot[rows.stop:] = 0
        return foot > 0
    # Between wheels, between legs.
    low = max(rows.start, round(thing.box[3] - 0.4 * tall))
    points = np.argwhere(shape.mask[low:rows.stop, columns])[:, ::-1].astype(np.int32)
    if len(points):
        hull = cv2.convexHull(points + np.array([columns.start, low], np.int32))
        cv2.fillConvexPoly(foot, hull, 1)
    reach = max(2, round(CONTACT * tall))
    below = np.zeros((2 * reach + 1, 1), np.uint8)
    below[:reach + 1] = 1      # a pixel is reached from those above it
    return cv2.dilate(foot, below) > 0


def _described(thing: Thing, shape: Outline | None, codes: Array) -> Thing:
    rows, columns = box_slices(thing, *codes.shape)
    quarter = codes[rows.stop - max(1, (rows.stop - rows.start) // 4):rows.stop, columns]
    known = ~labels.is_path(quarter) & (quarter != labels.UNKNOWN)
    return replace(thing, mask='none' if shape is None else shape.by,
                   foot=round(float(known.mean()) if quarter.size else 0.0, 3))


def _enlarged(plane: Array, width: int, height: int) -> NDArray[np.float32]:
    return cv2.resize(plane, (width, height)).astype(np.float32) / 255
