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

"""One listener to TF for all cameras."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import TransformStamped
from rclpy.qos import DurabilityPolicy

from seg_node.parameters.declaration import ParameterError
from seg_node.perception.images.rotation import Rotation
from seg_node.ros.tf_listener import TfListener
from seg_node.ros.views import make_views
from seg_node.stop_go import Geometry, Instant, Limits
from seg_node.stop_go.camera_view import ViewError
from seg_node.stop_go.transforms import TreePose
from seg_node.tools.common.camera_messages import to_time

CLOCKS = SimpleNamespace(now=lambda: Instant(10.0, 1000.0))


class Node:
    """What subscribes, and how."""

    def __init__(self):
        self.subscriptions = []

    def create_subscription(self, kind, topic, take, qos):
        self.subscriptions.append((topic, take, qos))

    def tell(self, topic, *transforms):
        for name, take, _ in self.subscriptions:
            if name == topic:
                take(SimpleNamespace(transforms=transforms))


@pytest.fixture
def tf2_msgs(monkeypatch):
    """Let there be a tf2_msgs: PyPI has none."""
    package, messages = ModuleType('tf2_msgs'), ModuleType('tf2_msgs.msg')
    messages.TFMessage = SimpleNamespace
    monkeypatch.setitem(sys.modules, 'tf2_msgs', package)
    monkeypatch.setitem(sys.modules, 'tf2_msgs.msg', messages)


def transform(parent, frame, height, stamp=1000.0):
    message = TransformStamped(child_frame_id=frame)
    message.header.frame_id, message.header.stamp = parent, to_time(round(stamp * 1e9))
    message.transform.translation.z = height
    return message


def pose_of(listener, frame):
    return TreePose(listener.tree, 'base', CLOCKS.now, Limits()).pose(frame)


def test_fixed_and_moving_transforms_are_heard(tf2_msgs):
    node = Node()
    listener = TfListener(node, CLOCKS, Limits)
    node.tell('/tf_static', transform('base', 'mast', 1.0, 0.0))
    node.tell('/tf', transform('mast', 'lens', 0.3), transform('mast', 'old', 0.3, 0.0))
    assert pose_of(listener, 'lens').position[2] == pytest.approx(1.3)
    with pytest.raises(ViewError, match='1000.00 s old by its stamp'):
        pose_of(listener, 'old')


def test_there_is_one_listener_that_hears_what_was_sent_before(tf2_msgs):
    node = Node()
    cameras = ('front', 'rear', 'left')
    wanted = SimpleNamespace(
        geometry=Geometry.GROUND, mounting_source='tf', base_frame='base', rectified=False,
        cameras=cameras,
        setups=dict.fromkeys(cameras, SimpleNamespace(rotation=Rotation.NONE)))
    assert set(make_views(node, wanted, CLOCKS, Limits)) == set(cameras)
    topics = {topic: qos for topic, _, qos in node.subscriptions}
    assert len(node.subscriptions) == 2 and set(topics) == {'/tf', '/tf_static'}
    assert topics['/tf_static'].durability is DurabilityPolicy.TRANSIENT_LOCAL


def test_without_its_messages_it_is_refused_with_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, 'tf2_msgs', None)
    with pytest.raises(ParameterError, match='mounting_source: tf needs tf2_msgs .*install it'):
        TfListener(Node(), CLOCKS, Limits)
