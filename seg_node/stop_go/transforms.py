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
The newest transforms between frames, each with its age.

tf2's buffer answers with what it last had, tells one stamp for the whole way, and refuses for long
what comes after a stamp that lay ahead. Where a camera sits is needed as it is now, and every
transform on the way to it must be known to be fresh.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seg_node.outside_text import quoted
from seg_node.stop_go.camera_view import ViewError
from seg_node.stop_go.geometry import CameraPose
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.thresholds import AgeLimits
from seg_node.stop_go.timing import follow, Instant, Trust
from seg_node.stop_go.verdict import most_serious, Reason

MOST_FRAMES = 2000
"""Frames that are kept; robots have some hundred."""
_DEEPEST = 100

Numbers = tuple[tuple[float, float, float], tuple[float, float, float, float]]
"""Translation x, y, z in metres and quaternion x, y, z, w, as TF tells them."""


@dataclass(frozen=True)
class Link:
    """A frame in its parent; `trust` is None for a static one, which has no age."""

    frame: str
    parent: str
    numbers: Numbers
    trust: Trust | None = None


class TransformTree:
    """
    What /tf and /tf_static told last. One thread may write while others read.

    A frame that is told on both counts as moving: it needs to be told again and again.
    """

    def __init__(self) -> None:
        self._links: dict[str, Link] = {}

    def put_static(self, frame: str, parent: str, numbers: Numbers) -> None:
        """Take in a transform that holds until another is told."""
        before = self._links.get(frame)
        if before is None or before.trust is None:
            self._put(Link(frame, parent, numbers))

    def put(self, frame: str, parent: str, numbers: Numbers, stamp: float, arrival: Instant,
            limits: AgeLimits) -> None:
        """Take in a transform that holds for as long as it may be old; stamp in seconds."""
        before = self._links.get(frame)
        trust = follow(before.trust if before else None, stamp, arrival, limits)
        self._put(Link(frame, parent, numbers, trust))

    def _put(self, link: Link) -> None:
        if link.frame in self._links or len(self._links) < MOST_FRAMES:
            self._links[link.frame] = link

    def way_up(self, frame: str) -> list[Link]:
        """Return the links from a frame up to the root of its tree, or as far as a loop allows."""
        found: list[Link] = []
        while (link := self._links.get(frame)) is not None and len(found) < _DEEPEST:
            found.append(link)
            frame = link.parent
        return found


class TreePose:
    """
    The pose of optical frames in the vehicle's, by a tree; a :class:`PoseSource`.

    :param now: returns this moment.
    """

    def __init__(self, tree: TransformTree, base_frame: str, now: Callable[[], Instant],
                 limits: Limits) -> None:
        self._tree = tree
        self._base = _plain(base_frame)
        self._now = now
        self.apply(limits)
        self._last: tuple[list[Numbers], CameraPose] | None = None

    def apply(self, limits: Limits) -> None:
        """Take over how old a moving transform may be; TF tells the mounting."""
        self._limits = limits.stop_go.transform_age

    def pose(self, frame_id: str) -> CameraPose:
        """Return the newest pose of an optical frame; the same object while it stays."""
        up, down = self._way(_plain(frame_id))
        now = self._now()
        for link in (*up, *down):
            if link.trust is not None and (doubts := link.trust.doubts(now, self._limits)):
                worst = most_serious(doubts)
                raise ViewError(
                    f'the transform from {quoted(link.parent)} to {quoted(link.frame)} cannot be '
                    f'believed: {worst.text}', Reason.NO_TRANSFORM, worst.measured, worst.limit)
        numbers = [link.numbers for link in (*up, *down)]
        if self._last is None or self._last[0] != numbers:
            self._last = numbers, _composed(up).relative_to(_composed(down))
        return self._last[1]

    def _way(self, frame: str) -> tuple[list[Link], list[Link]]:
        """Return the links from a frame, and from the vehicle's, up to where they meet."""
        up, down = self._tree.way_up(frame), self._tree.way_up(self._base)
        above = [self._base, *(link.parent for link in down)]
        for count, name in enumerate([frame, *(link.parent for link in up)]):
            if name in above:
                return up[:count], down[:above.index(name)]
        lacking = next((name for name, links in ((frame, up), (self._base, down)) if not links),
                       None)
        why = f'nothing tells where {quoted(lacking)} is' if lacking is not None else \
            f'they hang on {quoted(up[-1].parent)} and {quoted(down[-1].parent)}'
        raise ViewError(
            f'no transform from {quoted(self._base)} to {quoted(frame)}: {why}; publish it on '
            '/tf_static, or give mounting.*', Reason.NO_TRANSFORM)


def _composed(links: list[Link]) -> CameraPose:
    """Return the pose of the first link's frame in the last one's parent."""
    pose = CameraPose.origin()
    for link in links:
        try:
            pose = pose.on(CameraPose.from_transform(*link.numbers))
        except ValueError as error:
            raise ViewError(f'{quoted(link.parent)} to {quoted(link.frame)}: {error}',
                            Reason.NO_TRANSFORM) from error
    return pose


def _plain(frame: str) -> str:
    """Return the name of a frame as TF has it: the slash at its beginning is of ROS 1."""
    return frame[1:] if frame.startswith('/') else frame
