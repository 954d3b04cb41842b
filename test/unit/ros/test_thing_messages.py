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

"""Messages about things; those of packages that are not here are stood in for, field by field."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

from geometry_msgs.msg import Pose
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from std_msgs.msg import Header

from seg_node.free_space.things import Thing
from seg_node.perception.images.rotation import Rotation
from seg_node.ros.thing_messages import (
    sent_box,
    ThingMarkers,
    to_detections_2d,
    to_detections_3d,
    words,
)

CAR = Thing(7, 3, 'car', (0.25, 0.5, 0.5, 0.75), (6.0, 1.0), 6.24, 1.8, 1.4, 0.75, False, True)
POST = replace(CAR, id=9, name='post', distance=1.02, width=0.0, height=0.0, cut=True,
               in_way=False)
HEADER = Header(frame_id='base_link')


@dataclass
class BoundingBox2D:
    """With vision_msgs/Pose2D as its centre, as from Humble on."""

    center: Any = field(default_factory=lambda: SimpleNamespace(
        position=SimpleNamespace(x=0.0, y=0.0), theta=0.0))
    size_x: float = 0.0
    size_y: float = 0.0


@dataclass
class BoundingBox3D:
    center: Any
    size: Any


@dataclass
class ObjectHypothesis:
    class_id: str
    score: float


@dataclass
class ObjectHypothesisWithPose:
    hypothesis: Any
    pose: Any = field(default_factory=lambda: SimpleNamespace(pose=Pose()))


@dataclass
class Detection:
    header: Any
    results: list
    bbox: Any
    id: str


@dataclass
class Detections:
    header: Any
    detections: list


@dataclass
class Marker:
    CUBE, TEXT_VIEW_FACING, ADD, DELETE = 1, 9, 0, 2
    ns: str
    action: int
    header: Any = None
    id: int = 0
    type: int = 0
    pose: Any = None
    scale: Any = None
    color: Any = None
    lifetime: Any = None
    text: str = ''


@dataclass
class MarkerArray:
    markers: list


@pytest.fixture(autouse=True)
def packages(monkeypatch):
    for name, classes in {
            'vision_msgs': {
                'BoundingBox2D': BoundingBox2D, 'BoundingBox3D': BoundingBox3D,
                'Detection2D': Detection, 'Detection3D': Detection,
                'Detection2DArray': Detections, 'Detection3DArray': Detections,
                'ObjectHypothesis': ObjectHypothesis,
                'ObjectHypothesisWithPose': ObjectHypothesisWithPose},
            'visualization_msgs': {'Marker': Marker, 'MarkerArray': MarkerArray}}.items():
        module = ModuleType(f'{name}.msg')
        vars(module).update(classes)
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.setitem(sys.modules, f'{name}.msg', module)


def test_words():
    assert words(CAR) == 'car, 6.2 m'
    assert words(POST) == 'post, under 1.0 m'
    assert words(replace(CAR, name='car\x1b[0m')).isprintable()


def test_markers():
    box, text, small, _, *gone = ThingMarkers('front').to_markers([CAR, POST], [4], HEADER).markers
    assert (box.ns, box.id, box.type, box.action) == ('front/boxes', 7, 1, 0)
    assert (box.pose.position.x, box.pose.position.y, box.pose.position.z) == (6.0, 1.0, 0.7)
    assert (box.scale.y, box.scale.z) == (1.8, 1.4)
    assert box.color.r > box.color.g and small.color != box.color
    assert min(small.scale.x, small.scale.y, small.scale.z) > 0
    assert text.text == 'car, 6.2 m #7' and text.pose.position.z > 1.4
    assert [(each.ns, each.id, each.action) for each in gone] == [
        ('front/boxes', 4, 2), ('front/texts', 4, 2)]


def test_detections():
    (flat,) = to_detections_2d([CAR], (640, 480), Rotation.NONE, HEADER).detections
    assert (flat.bbox.center.position.x, flat.bbox.center.position.y) == (240, 300)
    assert (flat.bbox.size_x, flat.bbox.size_y, flat.id) == (160, 120, '7')
    hypothesis = flat.results[0].hypothesis
    assert (hypothesis.class_id, hypothesis.score) == ('car', 0.75)
    (deep,) = to_detections_3d([CAR], HEADER).detections
    assert deep.header is HEADER and deep.id == '7'
    assert (deep.bbox.center.position.x, deep.bbox.size.y) == (6.0, 1.8)
    assert deep.results[0].pose.pose == deep.bbox.center


@given(st.sampled_from(list(Rotation)), st.integers(4, 9), st.integers(4, 9), st.data())
def test_a_box_turns_as_the_picture_does(rotation, width, height, data):
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    right = data.draw(st.integers(left + 1, width))
    bottom = data.draw(st.integers(top + 1, height))
    upright = np.zeros((height, width), np.uint8)
    upright[top:bottom, left:right] = 1
    found = sent_box((left / width, top / height, right / width, bottom / height),
                     (width, height), rotation)
    rows, cols = np.nonzero(rotation.as_sent(upright))
    assert found == pytest.approx((cols.min(), rows.min(), cols.max() + 1, rows.max() + 1))
