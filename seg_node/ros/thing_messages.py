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

"""Messages about things: conversion only. Their packages need not be installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from geometry_msgs.msg import Point, Pose, Vector3
from rclpy.duration import Duration
from std_msgs.msg import ColorRGBA

from seg_node.free_space.things import Thing
from seg_node.outside_text import printable
from seg_node.perception.images.rotation import Rotation

Box = TypeVar('Box')

LIFETIME = Duration(seconds=0.5).to_msg()
"""Of a marker: where nothing more is heard, nothing is shown."""
_IN_WAY = ColorRGBA(r=0.9, g=0.1, b=0.1, a=0.6)
_BESIDE = ColorRGBA(r=1.0, g=0.6, b=0.0, a=0.6)
_LETTERS = 0.3
"""Height of the texts, metres."""
_LEAST = 0.05
"""Metres of a box's side, so that it can be seen."""


def words(thing: Thing) -> str:
    """Say what it is and how far away, for people: 'car, 6.2 m'."""
    return printable(f'{thing.name}, {"under " if thing.cut else ""}{thing.distance:.1f} m')


class ThingMarkers:
    """
    Make visualization_msgs/MarkerArrays of the things of one camera.

    :param camera: whose things they are: ids are its own.
    """

    def __init__(self, camera: str) -> None:
        from visualization_msgs.msg import Marker, MarkerArray
        self._marker, self._array = Marker, MarkerArray
        self._boxes, self._texts = f'{camera}/boxes', f'{camera}/texts'
        self._pairs: list[tuple[Any, Any]] = []

    def to_markers(self, things: Sequence[Thing], gone: Iterable[int], header: Any) -> Any:
        """
        Make a box and a text for each thing, in the vehicle frame; good until the next call.

        :param gone: ids of those that were shown and are not there any more.
        """
        # What does not change stays: a new marker costs as much as all else that is done here.
        while len(self._pairs) < len(things):
            self._pairs.append(self._new_pair())
        for (box, text), thing in zip(self._pairs, things, strict=False):
            box.header = text.header = header
            box.id = text.id = thing.id
            box.pose.position, box.scale = place_of(thing)
            box.color = _IN_WAY if thing.in_way else _BESIDE
            text.pose.position.x, text.pose.position.y = thing.foot
            text.pose.position.z = box.scale.z + _LETTERS
            text.text = f'{words(thing)} #{thing.id}'
        markers = [marker for pair in self._pairs[:len(things)] for marker in pair]
        markers += [
            self._marker(header=header, ns=kind, id=each, action=self._marker.DELETE)
            for each in gone for kind in (self._boxes, self._texts)]
        return self._array(markers=markers)

    def _new_pair(self) -> tuple[Any, Any]:
        kind = self._marker
        return (
            kind(ns=self._boxes, type=kind.CUBE, action=kind.ADD, pose=Pose(), lifetime=LIFETIME),
            kind(ns=self._texts, type=kind.TEXT_VIEW_FACING, action=kind.ADD, pose=Pose(),
                 scale=Vector3(z=_LETTERS), color=ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0),
                 lifetime=LIFETIME))


def place_of(thing: Thing) -> tuple[Point, Vector3]:
    """Return middle and size of its box on the ground, along the axes of the vehicle frame."""
    x, y = thing.foot
    # Its depth is hidden behind it: as much as its width, which a planner may reckon with.
    width, height = max(thing.width, _LEAST), max(thing.height, _LEAST)
    return (Point(x=x, y=y, z=height / 2), Vector3(x=min(width, 1.0), y=width, z=height))


def to_detections_2d(things: Iterable[Thing], size: tuple[int, int], rotation: Rotation,
                     header: Any) -> Any:
    """
    Make a vision_msgs/Detection2DArray in pixels of the camera's own picture.

    :param size: width and height of the upright one.
    """
    from vision_msgs.msg import BoundingBox2D, Detection2D, Detection2DArray

    def detection(thing: Thing, hypothesis: Any) -> Any:
        left, top, right, bottom = sent_box(thing.box, size, rotation)
        box = BoundingBox2D(size_x=right - left, size_y=bottom - top)
        box.center.position.x, box.center.position.y = (left + right) / 2, (top + bottom) / 2
        return Detection2D(header=header, results=[hypothesis], bbox=box, id=str(thing.id))

    return Detection2DArray(header=header, detections=_detections(things, detection))


def to_detections_3d(things: Iterable[Thing], header: Any) -> Any:
    """Make a vision_msgs/Detection3DArray in the vehicle frame."""
    from vision_msgs.msg import BoundingBox3D, Detection3D, Detection3DArray

    def detection(thing: Thing, hypothesis: Any) -> Any:
        position, size = place_of(thing)
        pose = Pose(position=position)
        hypothesis.pose.pose = pose
        return Detection3D(header=header, results=[hypothesis], id=str(thing.id),
                           bbox=BoundingBox3D(center=pose, size=size))

    return Detection3DArray(header=header, detections=_detections(things, detection))


def _detections(things: Iterable[Thing], make: Callable[[Thing, Any], Any]) -> list[Any]:
    from vision_msgs.msg import ObjectHypothesis, ObjectHypothesisWithPose
    return [make(thing, ObjectHypothesisWithPose(hypothesis=ObjectHypothesis(
        class_id=printable(thing.name), score=thing.confidence))) for thing in things]


def sent_box(box: Sequence[float], size: tuple[int, int], rotation: Rotation,
             ) -> tuple[float, float, float, float]:
    """
    Return a box of the upright picture in pixels of the picture as the camera sent it.

    :param box: left, top, right, bottom in shares of the upright picture of `size`.
    """
    width, height = size
    left, top, right, bottom = (
        share * side for share, side in zip(box, (width, height) * 2, strict=True))
    # As Rotation.as_sent(): a quarter turn to the left each.
    for _ in range(rotation.value // 90):
        left, top, right, bottom = top, width - right, bottom, width - left
        width, height = height, width
    return left, top, right, bottom
