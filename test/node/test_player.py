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

"""The player as a process of its own, heard over DDS."""

from __future__ import annotations

import csv
from pathlib import Path
import signal
from typing import Any

import numpy as np
import pytest
from rclpy.qos import ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from helpers.bag_files import (
    CAMERA_INFO,
    camera_info,
    PERIOD_NS,
    START_NS,
    STORE,
    write_bag,
    write_video,
)
from helpers.testbed import NodeTestbed
from seg_node.tools.common.testbed.process import Process
import seg_node.tools.player.__main__ as player


def play(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return testbed.start_module('seg_node.tools.player', *arguments)


def play_to(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    """Play to the testbed's subscriptions: not before each side has seen the other."""
    process = play(testbed, *arguments, '--hold', '--wait')
    testbed.wait_for_publishers()
    process.write_line('go')
    return process


def played(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return ended(testbed, play(testbed, *arguments))


def played_to(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return ended(testbed, play_to(testbed, *arguments))


def ended(testbed: NodeTestbed, process: Process) -> Process:
    testbed.wait_for(lambda: process.exit_code is not None, 'end of the player')
    assert process.exit_code == 0, process.output
    return process


def nanoseconds(message: Any) -> int:
    return int(message.header.stamp.sec) * 10**9 + int(message.header.stamp.nanosec)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline='') as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize('reliability',
                         [ReliabilityPolicy.RELIABLE, ReliabilityPolicy.BEST_EFFORT])
def test_video_arrives_with_camera_info_and_log(
    testbed: NodeTestbed, tmp_path: Path, reliability: ReliabilityPolicy,
) -> None:
    images = testbed.subscribe(Image, 'camera/image_raw', reliability=reliability)
    infos = testbed.subscribe(CameraInfo, 'camera/camera_info', reliability=reliability)
    video, log = write_video(tmp_path / 'a.mp4', 10, 20), tmp_path / 'sent.csv'
    before = testbed.node.get_clock().now().nanoseconds
    played_to(testbed, video, '--log', log)
    testbed.wait_for(lambda: len(images) == len(infos) == 10, '10 images and infos')
    for index, image in enumerate(images):
        assert (image.width, image.height, image.encoding, image.step) == (64, 48, 'bgr8', 192)
        assert float(np.frombuffer(image.data, np.uint8).mean()) == pytest.approx(
            20 * index, abs=5)
    assert [i.header for i in infos] == [i.header for i in images]
    # 60 degrees: half the width is the focal length times tan 30.
    assert infos[0].k[0] == pytest.approx(32 / np.tan(np.radians(30)))
    rows = rows_of(log)
    assert [int(row['stamp_ns']) for row in rows] == [nanoseconds(image) for image in images]
    assert all(row['stamp_ns'] == row['wall_ns'] and row['camera'] == 'camera' for row in rows)
    assert [int(row['source_ns']) for row in rows] == [i * 50_000_000 for i in range(10)]
    assert nanoseconds(images[0]) > before


def test_frames_are_sent_no_earlier_than_due(testbed: NodeTestbed, tmp_path: Path) -> None:
    log = tmp_path / 'sent.csv'
    played(testbed, write_video(tmp_path / 'a.mp4', 10, 20), '--rate', '2', '--log', log)
    times = [int(row['wall_ns']) for row in rows_of(log)]
    # Each frame has its own deadline behind the first one: a late one makes no later one late.
    assert times[-1] - times[0] >= 9 * 25_000_000 * 0.99


def test_bag_keeps_its_messages_and_moves_the_clock(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, 'camera/image_raw')
    infos = testbed.subscribe(CameraInfo, 'camera/camera_info')
    clocks = testbed.subscribe(Clock, '/clock')
    played_to(testbed, write_bag(tmp_path / 'bag'))
    testbed.wait_for(lambda: len(images) == len(infos) == 6, '6 images and infos')
    stamps = [START_NS + i * PERIOD_NS - 3_000_000 for i in range(6)]
    assert [nanoseconds(image) for image in images] == stamps
    assert {image.header.frame_id for image in images} == {'lens'}
    assert [nanoseconds(info) for info in infos] == stamps
    expected: Any = STORE.deserialize_cdr(camera_info(0, 100.0), CAMERA_INFO)
    assert list(infos[0].k) == list(expected.k)
    times = [clock.clock.sec * 10**9 + clock.clock.nanosec for clock in clocks]
    assert times == sorted(times)
    assert len(times) > 6
    # The first of them may be lost: nobody waits for a listener of the clock.
    assert times[0] >= START_NS
    assert times[-1] == START_NS + 5 * PERIOD_NS


def test_compressed_bag_stays_compressed(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(CompressedImage, 'front/image_raw/compressed')
    bag = write_bag(tmp_path / 'bag', 'sqlite3', ('/cam/image_raw/compressed',))
    played_to(testbed, bag, '--camera', 'front', '--no-clock')
    testbed.wait_for(lambda: len(images) == 6, '6 images')
    assert images[0].format == 'png'
    assert bytes(images[0].data[:4]) == b'\x89PNG'
    assert nanoseconds(images[0]) > START_NS + 10**9
    assert testbed.publishers_of('/clock') == 0


def test_loop_with_clock_never_jumps_back(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, 'camera/image_raw')
    process = play_to(testbed, write_video(tmp_path / 'a.mp4', 3, 50), '--loop', '--clock')
    testbed.wait_for(lambda: len(images) >= 10, 'the fourth round')
    assert process.stop(signal.SIGINT) == 0
    stamps = [nanoseconds(image) for image in images]
    assert stamps == [10**9 + i * 20_000_000 for i in range(len(stamps))]


def test_several_cameras_show_the_same(testbed: NodeTestbed, tmp_path: Path) -> None:
    heard = [testbed.subscribe(Image, f'camera{i}/image_raw') for i in range(2)]
    log = tmp_path / 'sent.csv'
    played_to(testbed, write_video(tmp_path / 'a.mp4', 4), '--count', '2', '--log', log)
    testbed.wait_for(lambda: [len(images) for images in heard] == [4, 4], '4 images each')
    assert [image.data for image in heard[0]] == [image.data for image in heard[1]]
    assert {image.header.frame_id for image in heard[1]} == {'camera1_optical_frame'}
    assert [row['camera'] for row in rows_of(log)] == ['camera0', 'camera1'] * 4


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('waiting', [True, False])
def test_signals_end_it_cleanly(
    testbed: NodeTestbed, tmp_path: Path, number: signal.Signals, waiting: bool,
) -> None:
    video = write_video(tmp_path / 'a.mp4', 10)
    if waiting:
        process = play(testbed, video, '--wait', '60')
        assert testbed.node.wait_for_node('/player', 60)
    else:
        images = testbed.subscribe(Image, 'camera/image_raw')
        process = play(testbed, video, '--loop')
        testbed.wait_for(lambda: images, 'an image')
    assert process.stop(number) == 0
    assert 'Traceback' not in process.output


def test_wait_without_a_subscriber_fails(testbed: NodeTestbed, tmp_path: Path) -> None:
    process = play(testbed, write_video(tmp_path / 'a.mp4'), '--wait', '0.1')
    testbed.wait_for(lambda: process.exit_code is not None, 'end of the player')
    assert process.exit_code == 1
    assert 'no subscriber on /camera/image_raw' in process.output.splitlines()[-1]
    assert 'Traceback' not in process.output


@pytest.mark.parametrize(('arguments', 'words'), [
    ('missing.mp4', 'no such file'),
    ('text.mp4', 'not a video'),
    ('empty', 'no images in this folder'),
    ('a.mp4 --seconds 0', 'above 0'),
    ('a.mp4 --seconds -1', 'above 0'),
    ('a.mp4 --rate nan', 'finite'),
    ('a.mp4 --fps fast', 'not a number'),
    ('a.mp4 --count 0', 'between 1 and 16'),
    ('a.mp4 --camera 9/-', 'no valid topic name'),
    ('a.mp4 --camera a --camera a', 'twice'),
    ('a.mp4 --camera a --camera b --count 2', 'one of the two'),
    ('a.mp4 --log missing/sent.csv', 'cannot be written'),
    ('a.mp4 --topic /a', 'only a ROS 2 bag'),
])
@pytest.mark.usefixtures('signal_handlers')
def test_unusable_input_is_one_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    arguments: str, words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_video(Path('a.mp4'))
    Path('text.mp4').write_text('no video')
    Path('empty').mkdir()
    try:
        code = player.main(arguments.split())
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    # Before it, libraries may warn: in this process they were loaded before the player.
    errors = capfd.readouterr().err
    assert words in errors.splitlines()[-1]
    assert 'usage' not in errors
