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

"""Where borders run between the pixels that they are seen by."""

from __future__ import annotations

import numpy as np

from seg_node.stop_go.ground_rays import GroundRays, LEAST, RayRanges

_NEIGHBOURS = 8
"""Rays on each side over which a border is taken for straight."""
_STEEPEST = 3.0
"""Samples from one ray to the next, at most, where both see the same border."""
_PIXEL = 1.5
"""Samples by which a foot may be off where its own pixel shows it."""


def join_feet(rays: GroundRays, ranges: RayRanges) -> RayRanges:
    """
    Return the ranges with feet that follow the border through its staircase of pixels.

    A straight line on the ground is one in the image, where 1 / distance grows evenly across: so
    the mean of as many rays on both sides of one is where the border passes it. At the end of a
    border there are none, and a foot stays where it is; nowhere does it leave its own pixel.
    What is free is never more than before.
    """
    seen = np.isfinite(ranges.foot) & (ranges.foot > rays.start)
    near = np.where(seen, 1 / np.maximum(ranges.foot, LEAST), 0.0)
    # What a sample spans, where the foot is.
    step = rays.steps[np.searchsorted(rays.borders, ranges.foot).clip(max=len(rays.steps) - 1)]
    ray = np.arange(len(near))
    begins, ends = np.ones((2, len(near)), np.bool_)
    begins[1:] = ends[:-1] = ~(seen[1:] & seen[:-1]) | (
        np.abs(np.diff(near)) > _STEEPEST * np.maximum(step[1:], step[:-1]))
    first = np.maximum.accumulate(np.where(begins, ray, 0))
    last = np.minimum.accumulate(np.where(ends, ray, len(ray))[::-1])[::-1]
    reach = np.minimum(np.minimum(ray - first, last - ray), _NEIGHBOURS)
    sums = np.concatenate([[0.0], np.cumsum(near)])
    joined = (sums[ray + reach + 1] - sums[ray - reach]) / (2 * reach + 1)
    joined = np.clip(joined, near - _PIXEL * step, near + _PIXEL * step)
    foot = ranges.foot.copy()
    foot[seen] = np.maximum(1 / joined[seen], rays.start[seen])
    return RayRanges(foot, np.maximum(np.minimum(ranges.free, foot), rays.start))
