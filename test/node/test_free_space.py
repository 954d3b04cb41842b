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

"""The topics that tell a planner where the ground is free, as a planner hears them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image, LaserScan, PointCloud2
import yaml

from helpers.fake_camera import HEIGHT, raw, road, WIDTH
from helpers.on_ground import camera_info, FOCAL, GROUND, road_with_block
from helpers.places import ROOT
from helpers.testbed import stamp_of
from seg_node.free_space.free_space import POINT_HEIGHT

BLOCK = 6.5
CLOUDS = {'/seg_node/obstacles': PointCloud2, '/seg_node/free': PointCloud2,
          '/seg_node/scan': LaserScan}
PER_PIXEL = {'/camera/segmentation/mask': Image, '/camera/segmentation/confidence': Image,
             '/camera/segmentation/points': PointCloud2,
             '/camera/segmentation/camera_info': CameraInfo}
DARK = raw(road() // 60)


def fields_of(cloud):
    """Return the points as a structured array, [N] or [H, W]."""
    kinds = {7: np.float32, 6: np.uint32}
    point = np.dtype({'names': [field.name for field in cloud.fields],
                      'formats': [kinds[field.datatype] for field in cloud.fields],
                      'offsets': [field.offset for field in cloud.fields],
                      'itemsize': cloud.point_step})
    assert cloud.row_step == cloud.point_step * cloud.width and not cloud.is_bigendian
    points = np.frombuffer(cloud.data, point)
    return points.reshape(cloud.height, cloud.width) if cloud.height > 1 else points


def start(testbed, topics, message, reliability=ReliabilityPolicy.BEST_EFFORT, **parameters):
    """Start node and camera; return the camera, and the messages of each topic."""
    heard = {topic: testbed.subscribe(kind, topic, reliability=reliability)
             for topic, kind in topics.items()}
    testbed.start_seg_node(**{**GROUND, **parameters})
    testbed.keep_publishing('camera/camera_info', camera_info())
    return testbed.start_camera(message), heard


def test_what_stands_on_the_ground_and_where_it_is_free(testbed):
    camera, heard = start(testbed, CLOUDS, raw(road_with_block(BLOCK)))
    testbed.wait_for(lambda: all(len(each) >= 3 for each in heard.values()), 'clouds and scans')
    camera.stop()
    sent = {stamp_of(stamp) for stamp in camera.sent}
    for messages in heard.values():
        assert {stamp_of(each.header.stamp) for each in messages} <= sent
        assert {each.header.frame_id for each in messages} == {'base_footprint'}
    obstacles, free, scan = (messages[-1] for messages in heard.values())
    feet, ends = fields_of(obstacles), fields_of(free)
    for points in (feet, ends):
        assert points.dtype.names == ('x', 'y', 'z')
        np.testing.assert_array_equal(points['z'], np.float32(POINT_HEIGHT))
    # The tiny network sees a pixel of the ground at 6.5 m as 0.85 m.
    assert len(feet) > 20 and abs(np.median(feet['x']) - BLOCK) < 0.45
    assert len(ends) > 20 and ends['x'].max() < feet['x'].min()
    ranges = np.array(scan.ranges)
    assert len(ranges) == round(2 * math.pi / scan.angle_increment)
    assert scan.angle_max == pytest.approx(
        scan.angle_min + (len(ranges) - 1) * scan.angle_increment, abs=1e-4)
    ahead = feet['x'][np.abs(feet['y']).argmin()]
    assert ranges[len(ranges) // 2] == pytest.approx(ahead, abs=0.1)
    assert np.isnan(ranges[0]) and (scan.range_min, scan.range_max) == (
        pytest.approx(0.01), pytest.approx(10.0))


def test_a_free_road_is_an_empty_cloud_and_beams_without_end(testbed):
    _, heard = start(testbed, CLOUDS, raw(road()), scan_range=5.0)
    testbed.wait_for(lambda: all(heard.values()), 'clouds and scans')
    obstacles, free, scan = (messages[-1] for messages in heard.values())
    assert obstacles.width == 0 and [each.name for each in obstacles.fields] == ['x', 'y', 'z']
    assert free.width > 20
    assert np.isposinf(scan.ranges[len(scan.ranges) // 2])
    assert scan.range_max == 5.0


def test_points_are_the_ground_of_each_pixel_of_the_mask(testbed):
    camera, heard = start(testbed, PER_PIXEL, raw(road_with_block(BLOCK)))
    testbed.wait_for(lambda: all(len(each) >= 3 for each in heard.values()), 'masks and points')
    camera.stop()
    stamps = [{stamp_of(each.header.stamp): each for each in messages}
              for messages in heard.values()]
    together = set.intersection(*(set(each) for each in stamps))
    assert together <= {stamp_of(stamp) for stamp in camera.sent}
    mask, confidence, points, info = (each[max(together)] for each in stamps)
    assert mask.header == confidence.header == points.header == info.header
    assert {(each.width, each.height) for each in (mask, confidence, points, info)} == {
        (WIDTH, HEIGHT)}
    cloud = fields_of(points)
    assert cloud.dtype.names == ('x', 'y', 'z', 'label', 'confidence')
    labels = np.frombuffer(mask.data, np.uint8).reshape(HEIGHT, WIDTH)
    np.testing.assert_array_equal(cloud['label'], labels)
    np.testing.assert_allclose(
        cloud['confidence'], np.frombuffer(confidence.data, np.uint8).reshape(HEIGHT, WIDTH) / 255)
    somewhere = np.isfinite(cloud['z'])
    below = np.arange(HEIGHT)[:, None] - (HEIGHT - 1) / 2
    np.testing.assert_array_equal(somewhere, (labels == 1) & (FOCAL / below < 40) & (below > 0))
    for name in 'xy':
        np.testing.assert_array_equal(np.isfinite(cloud[name]), somewhere)
    # The camera hangs level at 1 m: x right, y down, z ahead.
    np.testing.assert_allclose(cloud['y'][somewhere], 1.0, rtol=1e-5)
    np.testing.assert_allclose(
        cloud['z'][somewhere], np.broadcast_to(FOCAL / below, cloud.shape)[somewhere], rtol=1e-4)
    np.testing.assert_allclose(info.k, camera_info().k)


def test_the_semantic_layer_takes_what_it_subscribes_to(testbed):
    """Its part is played from its sources: QoS, exact stamps, equal sizes, which points count."""
    tree = yaml.safe_load((ROOT / 'config' / 'nav2_semantic_layer.yaml').read_text())
    layer = tree['local_costmap']['local_costmap']['ros__parameters']['semantic_layer']['camera']
    topics = {layer[name]: kind for name, kind in (
        ('segmentation_topic', Image), ('confidence_topic', Image),
        ('pointcloud_topic', PointCloud2))}
    _, heard = start(testbed, topics, raw(road_with_block(BLOCK)))

    def together():
        stamped = [{stamp_of(each.header.stamp): each for each in list(messages)}
                   for messages in heard.values()]
        return [[each[stamp] for each in stamped]
                for stamp in sorted(set.intersection(*map(set, stamped)))]

    testbed.wait_for(lambda: len(together()) >= 5, 'sets of one stamp')
    for mask, confidence, cloud in together():
        assert (mask.encoding, confidence.encoding) == ('mono8', 'mono8')
        assert mask.width * mask.height == cloud.width * cloud.height == len(confidence.data)
        points = fields_of(cloud).reshape(-1)
        counted = np.isfinite(points['z'])
        assert np.isfinite(points['x'][counted]).all() and np.isfinite(points['y'][counted]).all()
        far = np.sqrt(points['x'] ** 2 + points['y'] ** 2 + points['z'] ** 2)
        with np.errstate(invalid='ignore'):
            counted &= (far > layer['min_obstacle_distance'])
            counted &= (far < layer['max_obstacle_distance'])
        assert counted.sum() > 1000
        assert set(np.frombuffer(mask.data, np.uint8)[counted]) == {1}


def test_masks_and_points_of_a_size_of_ones_own(testbed):
    size = 32, 20
    camera, heard = start(testbed, PER_PIXEL, raw(road()), output__width=size[0],
                          output__height=size[1])
    testbed.wait_for(lambda: all(heard.values()), 'masks and points')
    camera.stop()
    for messages in heard.values():
        assert {(each.width, each.height) for each in messages} == {size}
    mask, _, points, info = (messages[-1] for messages in heard.values())
    labels = np.frombuffer(mask.data, np.uint8).reshape(size[::-1])
    assert (labels[:10] == 0).all() and (labels[10:] == 1).all()
    assert info.k[0] == FOCAL * size[0] / WIDTH and info.k[4] == FOCAL * size[1] / HEIGHT
    assert info.k[5] == pytest.approx((size[1] - 1) / 2)
    cloud = fields_of(points)
    np.testing.assert_allclose(cloud['y'][11:], 1.0, rtol=1e-5)
    np.testing.assert_allclose(
        cloud['z'][11], info.k[4] / (11 - info.k[5]), rtol=1e-5)


@pytest.mark.parametrize(('message', 'reason'), [
    (DARK, 'camera_dark'), (raw(road()[:, :-2]), 'no_camera_info')])
def test_nothing_of_the_world_is_told_from_a_frame_that_failed_a_check(testbed, message, reason):
    topics = {**CLOUDS, '/camera/segmentation/points': PointCloud2}
    camera, heard = start(testbed, topics, raw(road_with_block(BLOCK)))
    testbed.wait_for(lambda: all(heard.values()), 'clouds and scans')
    # The frame after this one may already be under way.
    begin, camera.message = len(camera.sent) + 1, message
    testbed.wait_for_stop(reason)
    testbed.next_stops(20)
    end, camera.message = len(camera.sent), raw(road_with_block(BLOCK))
    failed = {stamp_of(stamp) for stamp in camera.sent[begin:end]}
    assert len(failed) > 3
    since = {topic: len(messages) for topic, messages in heard.items()}
    testbed.wait_for(lambda: all(len(heard[topic]) > since[topic] for topic in topics),
                     'clouds and scans again')
    for messages in heard.values():
        assert not failed & {stamp_of(each.header.stamp) for each in messages}


def test_nothing_is_offered_where_the_corridor_has_no_metres(testbed):
    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    testbed.wait_for_go()
    assert [topic for topic in (*CLOUDS, '/camera/segmentation/points')
            if testbed.publishers_of(topic)] == []


def test_several_cameras_have_topics_of_their_own(testbed):
    topics = {f'/seg_node/{name}/obstacles': PointCloud2 for name in ('front', 'rear')}
    heard = {topic: testbed.subscribe(kind, topic) for topic, kind in topics.items()}
    testbed.start_seg_node(**{
        **{key: value for key, value in GROUND.items() if 'mounting' not in key},
        'cameras': ['front', 'rear'], 'mounting__front__height': 1.0,
        'mounting__rear__height': 1.0, 'mounting__rear__yaw': math.pi})
    for name in ('front', 'rear'):
        testbed.keep_publishing(f'{name}/camera_info', camera_info())
        testbed.start_camera(raw(road_with_block(BLOCK)), name)
    testbed.wait_for(lambda: all(heard.values()), 'obstacles of both')
    front, rear = (np.median(fields_of(messages[-1])['x']) for messages in heard.values())
    assert front == pytest.approx(-rear, abs=0.01) and front > 5


@pytest.mark.parametrize('rotation', [90, 180])
def test_points_of_a_turned_camera_lie_in_its_own_frame(testbed, rotation):
    upright = road_with_block(BLOCK)
    sent = np.ascontiguousarray(np.rot90(upright, rotation // 90))
    height, width = sent.shape[:2]
    points = testbed.subscribe(PointCloud2, '/camera/segmentation/points')
    testbed.start_seg_node(**GROUND, rotation__camera=rotation)
    testbed.keep_publishing('camera/camera_info', camera_info(width, height))
    testbed.start_camera(raw(sent))
    testbed.wait_for(lambda: points, 'points')
    cloud = fields_of(points[-1])
    assert cloud.shape == (height, width)
    v, u = np.nonzero(np.isfinite(cloud['z']))
    assert len(u) > 100
    seen = cloud[v, u]
    np.testing.assert_allclose(seen['x'] / seen['z'] * FOCAL + (width - 1) / 2, u, atol=1e-3)
    np.testing.assert_allclose(seen['y'] / seen['z'] * FOCAL + (height - 1) / 2, v, atol=1e-3)
    down = {90: seen['x'], 180: -seen['y']}[rotation]
    np.testing.assert_allclose(down, 1.0, rtol=1e-5)


@pytest.mark.parametrize('topic', ['/seg_node/obstacles', '/camera/segmentation/points'])
def test_what_is_offered_suits_planners(testbed, topic):
    """Nav2 subscribes with best effort; recorders may ask for reliable ones."""
    _, heard = start(testbed, {topic: PointCloud2}, raw(road()), ReliabilityPolicy.RELIABLE)
    testbed.wait_for(lambda: heard[topic], 'a cloud')
    [offered] = testbed.node.get_publishers_info_by_topic(topic)
    assert offered.qos_profile.reliability is ReliabilityPolicy.RELIABLE
    assert offered.qos_profile.durability is DurabilityPolicy.VOLATILE
