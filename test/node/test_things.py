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

"""Things over DDS: instances, markers and detections, their QoS, frames and stamps."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from rclpy.qos import ReliabilityPolicy
from sensor_msgs.msg import Image

from helpers.fake_camera import HEIGHT, raw, RED, road, WIDTH
from helpers.on_ground import camera_info, FOCAL, GROUND
from helpers.testbed import run_testbed, stamp_of
from helpers.tiny_model import make_instances_graph, write_model

LEFT = 12


def road_with_boxes(distance=4.0):
    """Return the road with two red boxes that stand a distance ahead, one on each side."""
    image = road()
    base = round((HEIGHT - 1) / 2 + FOCAL / distance)
    for left in (LEFT, WIDTH - LEFT - 20):
        image[base - 14:base, left:left + 20] = RED
    return image


def start(testbed, image=None, **parameters):
    testbed.start_seg_node(**GROUND, **parameters)
    testbed.keep_publishing('camera/camera_info', camera_info())
    return testbed.start_camera(raw(road_with_boxes() if image is None else image))


def test_instances_lie_over_the_mask_with_its_header(testbed):
    masks = testbed.subscribe(Image, '/camera/segmentation/mask')
    found = testbed.subscribe(Image, '/camera/segmentation/instances')
    best = testbed.subscribe(Image, '/camera/segmentation/instances',
                             reliability=ReliabilityPolicy.BEST_EFFORT)
    start(testbed)
    testbed.wait_for(lambda: len(found) > 5 and len(best) > 5 and masks, 'instances')
    by_stamp = {stamp_of(mask.header.stamp): mask for mask in list(masks)}
    both = [(by_stamp[stamp_of(each.header.stamp)], each) for each in list(found)
            if stamp_of(each.header.stamp) in by_stamp]
    assert len(both) > 2
    numbers = set()
    for mask, each in both:
        assert mask.header == each.header
        assert (each.encoding, each.width, each.height, each.step) == (
            'mono16', WIDTH, HEIGHT, 2 * WIDTH)
        instances = np.frombuffer(each.data, np.uint16).reshape(HEIGHT, WIDTH)
        labels = np.frombuffer(mask.data, np.uint8).reshape(HEIGHT, WIDTH)
        assert (labels[instances > 0] == 3).all() and (instances[labels == 3] > 0).all()
        left, right = instances[:, :WIDTH // 2], instances[:, WIDTH // 2:]
        assert left.max() != right.max()
        numbers.add((int(left.max()), int(right.max())))
    assert len(numbers) == 1, 'they stay from frame to frame'
    diagnostics = testbed.wait_for_diagnostics('camera', lambda _: True, 'diagnostics')
    assert 'things_small' in diagnostics and 'things_footless' in diagnostics


def test_markers_are_in_metres_in_the_base_frame(testbed):
    messages = pytest.importorskip(
        'visualization_msgs.msg', reason='visualization_msgs is not installed: no ~/things')
    found = testbed.subscribe(messages.MarkerArray, '/seg_node/things')
    images = testbed.subscribe(Image, '/camera/image_raw',
                               reliability=ReliabilityPolicy.BEST_EFFORT)
    camera = start(testbed)
    testbed.wait_for(lambda: len(found) > 5, 'markers')
    sent = {stamp_of(each.header.stamp) for each in list(images)}
    boxes = [each for each in found[-1].markers if each.type == messages.Marker.CUBE]
    texts = [each for each in found[-1].markers if each.type != messages.Marker.CUBE]
    assert len(boxes) == len(texts) == 2
    for box, text in zip(boxes, texts, strict=True):
        assert box.header.frame_id == text.header.frame_id == 'base_footprint'
        assert box.header == text.header and stamp_of(box.header.stamp) in sent
        assert box.pose.position.x == pytest.approx(4.0, abs=0.4)
        assert box.scale.y == pytest.approx(20 * 4.0 / FOCAL, abs=0.3)
        assert (box.ns, text.ns) == ('camera/boxes', 'camera/texts') and box.id == text.id
        assert box.lifetime.nanosec > 0
        assert text.text.startswith('obstacle, 4') or text.text.startswith('obstacle, 3.')
    assert boxes[0].pose.position.y * boxes[1].pose.position.y < 0
    shown = {box.id for box in boxes}
    camera.message = raw(road())
    testbed.wait_for(lambda: any(
        {each.id for each in message.markers if each.action == messages.Marker.DELETE} == shown
        for message in list(found)), 'their markers deleted')
    testbed.wait_for(lambda: found[-1].markers == [], 'an empty array')


def test_detections_where_vision_msgs_is_installed(testbed):
    messages = pytest.importorskip(
        'vision_msgs.msg', reason='vision_msgs is not installed: no detections')
    flat = testbed.subscribe(messages.Detection2DArray, '/camera/segmentation/detections')
    deep = testbed.subscribe(messages.Detection3DArray, '/seg_node/detections')
    start(testbed)
    testbed.wait_for(lambda: flat and deep, 'detections')
    assert len(flat[-1].detections) == len(deep[-1].detections) == 2
    assert deep[-1].header.frame_id == 'base_footprint'
    for each in flat[-1].detections:
        assert each.results[0].hypothesis.class_id == 'obstacle'
        assert each.bbox.size_x == pytest.approx(20, abs=3)


@pytest.fixture
def halving(tmp_path):
    """Return the tiny model, whose network takes what is red on the left and right for two."""
    return write_model(tmp_path, make_instances_graph(64, 32), instances=True)


def test_the_networks_own_instances_stay_apart(halving):
    for testbed in run_testbed(halving):
        found = testbed.subscribe(Image, '/camera/segmentation/instances')
        image = road()
        base = round((HEIGHT - 1) / 2 + FOCAL / 4.0)
        image[base - 14:base, WIDTH // 2 - 30:WIDTH // 2 + 30] = RED
        start(testbed, image)
        testbed.wait_for(lambda found=found: len(found) > 3, 'instances')
        instances = np.frombuffer(found[-1].data, np.uint16).reshape(HEIGHT, WIDTH)
        left, right = instances[:, :WIDTH // 2], instances[:, WIDTH // 2:]
        assert len(np.unique(left)) == len(np.unique(right)) == 2
        assert left.max() != right.max()


def test_a_turned_camera_and_a_second_one_have_things_in_their_own_pictures(testbed):
    sent = np.ascontiguousarray(np.rot90(road_with_boxes()))
    masks = testbed.subscribe(Image, '/left/segmentation/mask')
    found = testbed.subscribe(Image, '/left/segmentation/instances')
    two = {key.replace('camera', name): value for name in ('left', 'right')
           for key, value in GROUND.items()}
    testbed.start_seg_node(**two, cameras=['left', 'right'], rotation__left=90)
    testbed.keep_publishing('left/camera_info', camera_info(HEIGHT, WIDTH))
    testbed.keep_publishing('right/camera_info', camera_info())
    testbed.start_camera(raw(sent), 'left')
    testbed.start_camera(raw(road_with_boxes()), 'right')
    testbed.wait_for(lambda: len(found) > 3 and len(masks) > 3, 'instances')
    for kind, topic in (('visualization_msgs', 'things'), ('vision_msgs', 'detections')):
        if importlib.util.find_spec(kind) is not None:
            assert testbed.publishers_of(f'/seg_node/left/{topic}') == 1
            assert testbed.publishers_of(f'/seg_node/right/{topic}') == 1
    instances = np.frombuffer(found[-1].data, np.uint16).reshape(WIDTH, HEIGHT)
    labels = np.frombuffer(masks[-1].data, np.uint8).reshape(WIDTH, HEIGHT)
    assert len(np.unique(instances)) == 3
    assert ((instances > 0) == (labels == 3)).all()


def test_what_is_missing_is_said(testbed):
    start(testbed)
    testbed.wait_for(lambda: testbed.publishers_of('/camera/segmentation/instances'), 'a topic')
    for package in ('visualization_msgs', 'vision_msgs'):
        if importlib.util.find_spec(package) is None:
            testbed.wait_for(
                lambda package=package: f'{package} is not installed: no ' in
                testbed.process.output, 'a line in the log')


def test_a_trapezoid_has_no_metres_and_no_things(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road_with_boxes()))
    testbed.wait_for(lambda: testbed.states, 'a state')
    testbed.wait_for(lambda: testbed.publishers_of('/camera/segmentation/mask'), 'the mask')
    assert not testbed.publishers_of('/camera/segmentation/instances')
    assert not testbed.publishers_of('/seg_node/things')


def test_from_a_frame_that_failed_a_check_nothing_is_told(testbed):
    found = testbed.subscribe(Image, '/camera/segmentation/instances')
    camera = start(testbed)
    testbed.wait_for(lambda: found, 'instances')
    dark = np.zeros_like(road())
    camera.message = raw(dark)
    testbed.wait_for_stop('camera_dark')
    before = len(found)
    newest = stamp_of(found[-1].header.stamp)
    assert all(testbed.next_stops(20))
    late = [each for each in found[before:] if stamp_of(each.header.stamp) > newest]
    assert late == []


def test_state_names_what_blocks(testbed):
    image = road()
    base = round((HEIGHT - 1) / 2 + FOCAL / 3.5)
    image[base - 10:base] = RED
    start(testbed, image)
    testbed.wait_for_stop('blocked', 'by obstacle, needed')
    values = testbed.states[-1].values
    name, distance = values['camera.blocked_by'].split(', ')
    assert name == 'obstacle' and distance.endswith(' m')
    assert float(distance[:-2]) == pytest.approx(float(values['camera.free_distance']), abs=0.06)
