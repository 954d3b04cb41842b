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
"""What is said of a topic, by who publishes it."""

from __future__ import annotations

import pytest

pytest.importorskip('rclpy')
pytest.importorskip('sensor_msgs')

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CompressedImage, Image

from seg_node.ros.topic_state import look_at

IMAGE, COMPRESSED = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CompressedImage'
KEPT = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
LOSSY = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Graph:
    """A node in a graph of publishers: (topic, type, node, QoS)."""

    def __init__(self, *publishers):
        self._publishers = publishers

    def resolve_topic_name(self, topic):
        return topic if topic.startswith('/') else f'/{topic}'

    def get_fully_qualified_name(self):
        return '/eyes/seg_node'

    def get_publishers_info_by_topic(self, topic):
        return [TopicEndpointInfo(
            node_name=node.rpartition('/')[2], node_namespace=node.rpartition('/')[0] or '/',
            topic_type=kind, qos_profile=qos)
            for name, kind, node, qos in self._publishers if name == topic]

    def get_topic_names_and_types(self):
        return [(name, [kind]) for name, kind, _, _ in self._publishers]


def text_of(*publishers):
    return look_at(Graph(*publishers), 'camera/image_raw', Image).text


def test_nobody_and_what_there_is_instead():
    assert text_of() == f'nobody publishes /camera/image_raw ({IMAGE})'
    assert text_of(
        ('/front/image_raw', IMAGE, '/driver', LOSSY), ('/scan', COMPRESSED, '/driver', LOSSY),
        ('/camera/segmentation/overlay', IMAGE, '/eyes/seg_node', LOSSY)) == (
        f'nobody publishes /camera/image_raw ({IMAGE}); there is /front/image_raw')


def test_another_type_than_is_understood():
    assert text_of(('/camera/image_raw', COMPRESSED, '/a/driver', LOSSY)) == (
        f'/camera/image_raw is published as {COMPRESSED} by /a/driver, not as {IMAGE}')


def test_publishers_with_their_qos():
    one = ('/camera/image_raw', IMAGE, '/driver', LOSSY)
    assert text_of(one) == '/camera/image_raw is published by /driver (best effort)'
    assert text_of(one, ('/camera/image_raw', IMAGE, '/a/fake', KEPT), (
        '/camera/image_raw', COMPRESSED, '/b', LOSSY)) == (
        '/camera/image_raw is published by /a/fake (reliable, transient local), /driver (best '
        f'effort); besides as {COMPRESSED} by /b')


def test_rivals_are_named():
    one = ('/camera/image_raw', IMAGE, '/driver', LOSSY)
    assert look_at(Graph(one), 'camera/image_raw', Image).rivals == ''
    assert look_at(Graph(one, one), 'camera/image_raw', Image).rivals.startswith(
        f'2 publishers of /camera/image_raw, where only one may be: /driver ({IMAGE}), /driver')
    assert '2 publishers' in look_at(
        Graph(one, ('/camera/image_raw', COMPRESSED, '/b', LOSSY)), 'camera/image_raw',
        Image, CompressedImage).rivals


def test_many_and_odd_names_stay_short():
    many = [(f'/front_{k}/image_raw', IMAGE, '/driver', LOSSY) for k in range(2000)]
    assert text_of(*many).endswith('/front_0/image_raw, /front_1/image_raw, '
                                   '/front_10/image_raw and 47 more')
    odd = text_of(*[('/camera/image_raw', IMAGE, f'/{"x" * 300}{k}\n\x1b[31m', LOSSY)
                    for k in range(40)])
    assert len(odd) < 500 and odd.isprintable()


def test_one_of_several_types_does():
    state = look_at(Graph(('/images', COMPRESSED, '/driver', KEPT)), 'images', Image,
                    CompressedImage)
    assert state.text == '/images is published by /driver (reliable, transient local)'
    assert look_at(Graph(), 'images', Image, CompressedImage).text == (
        f'nobody publishes /images ({IMAGE} or {COMPRESSED})')
