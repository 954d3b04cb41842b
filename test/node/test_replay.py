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

"""Replay as a process of its own, heard over DDS."""

from __future__ import annotations

import contextlib
import csv
import os
from pathlib import Path
import re
import shutil
import signal
import sqlite3
import sys
from typing import Any

import cv2
from nav_msgs.msg import Odometry
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import QosTime
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image, Range
from std_msgs.msg import String

from helpers.bag_files import image, PERIOD_NS, pixels_of, START_NS, write_bag, write_video
import helpers.recorded_bags as recorded_bags
from helpers.recorded_bags import COUNT, qos, TOPIC
from helpers.testbed import NodeTestbed
from seg_node.recordings.channels import Channel
from seg_node.tools.common.testbed.process import Process, python
from seg_node.tools.replay.__main__ import main
from seg_node.tools.replay.controls import Command, commands_of
from seg_node.tools.replay.outputs import profile_of

TO_CAMERA = ('--remap', f'{TOPIC}:=/camera/image_raw')
ON_A_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'


def replay(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return testbed.start_module('seg_node.tools.replay', *arguments)


def replay_to(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    """Replay to the testbed's subscriptions: not before each side has seen the other."""
    process = replay(testbed, *arguments, '--hold', '--wait')
    testbed.wait_for_publishers()
    process.write_line('go')
    return process


def ended(testbed: NodeTestbed, process: Process, code: int = 0) -> Process:
    testbed.wait_for(lambda: process.exit_code is not None, 'end of replay')
    assert process.exit_code == code, process.output
    assert 'Traceback' not in process.output
    return process


def stamps_of(messages: list[Any]) -> list[int]:
    return [message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
            for message in messages]


def test_node_gets_every_frame(testbed: NodeTestbed, tmp_path: Path) -> None:
    testbed.start_seg_node(autostart=True, use_sim_time=True)
    bag = write_bag(tmp_path / 'bag', topics=(TOPIC,), stamp_offset_ns=0)
    process = replay(testbed, bag, '--clock', '--paused', '--wait', '60', *TO_CAMERA,
                     '/front/camera_info:=/camera/camera_info')
    # Step by step: the node overtakes frames that come faster than a busy machine lets it look.
    with testbed.triggers('/replay', 'play_next', 'resume', harmless='pause') as call:
        for index in range(6):
            seconds, rest = divmod(START_NS + index * PERIOD_NS, 10**9)
            assert call('play_next').success
            testbed.wait_for(lambda stamp=f'{seconds}.{rest:09d}': (
                testbed.states and testbed.states[-1].values.get('camera.image_stamp') == stamp),
                f'a decision on frame {index}')
        assert call('resume').success
    ended(testbed, process)
    counts = testbed.wait_for_diagnostics(
        'camera', lambda values: values['processed'] == '6', '6 frames')
    assert (counts['received'], counts['dropped'], counts['lost']) == ('6', '0', '0')
    assert 'sent 12 messages, to the end' in process.output
    assert 'listened' not in process.output


def test_messages_arrive_as_they_were_recorded(testbed: NodeTestbed, tmp_path: Path) -> None:
    received: list[bytes] = []
    listener = testbed.node.create_subscription(
        Image, TOPIC, received.append, QoSProfile(
            depth=50, reliability=ReliabilityPolicy.RELIABLE), raw=True)
    ended(testbed, replay(testbed, recorded_bags.ros1(tmp_path / 'a.bag'), '--wait', '60'))
    testbed.wait_for(lambda: len(received) == COUNT, 'all images')
    assert received == [image(START_NS + i * PERIOD_NS, 10 * i) for i in range(COUNT)]
    testbed.node.destroy_subscription(listener)


def test_pause_step_and_resume_by_services(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, TOPIC, reliability=ReliabilityPolicy.BEST_EFFORT)
    bag = recorded_bags.written(tmp_path / 'bag', 'sqlite3', range(COUNT))
    process = replay(testbed, bag, '--paused', '--wait', '60')
    with testbed.triggers('/replay', 'play_next', 'pause', 'resume', harmless='pause') as call:
        for count in (1, 2):
            assert call('play_next').success
            testbed.wait_for(lambda n=count: len(images) >= n, f'{count} images')
        assert call('pause').message.startswith('paused at 0.05')
        assert len(images) == 2
        assert call('resume').success
    ended(testbed, process)
    testbed.wait_for(lambda: len(images) == COUNT, 'all images')


def test_a_step_while_it_plays_is_refused(testbed: NodeTestbed, tmp_path: Path) -> None:
    bag = recorded_bags.written(tmp_path / 'bag', 'mcap', range(COUNT))
    process = replay(testbed, bag, '--loop')
    with testbed.triggers('/replay', 'play_next', 'toggle_paused', harmless='resume') as call:
        answer = call('play_next')
        assert not answer.success
        assert 'pause it before' in answer.message
        assert call('toggle_paused').message.startswith('paused')
    assert process.stop(signal.SIGINT) == 0
    assert 'until it was stopped' in process.output


def test_keys_on_a_terminal(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, TOPIC, reliability=ReliabilityPolicy.BEST_EFFORT)
    bag = recorded_bags.written(tmp_path / 'bag', 'mcap', range(COUNT))
    process = testbed.start('terminal', [
        sys.executable, '-c', ON_A_TERMINAL,
        *python('seg_node.tools.replay', str(bag), '--paused', '--wait', '60')])
    for count, key in enumerate(('s', '\x1b[C'), 1):
        process.write_line(key)
        testbed.wait_for(lambda n=count: len(images) >= n, f'{count} images')
    assert len(images) == 2
    process.write_line(' ')
    ended(testbed, process)
    assert 'space: pause' in process.output


def test_loop_goes_on_in_time(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, TOPIC, reliability=ReliabilityPolicy.BEST_EFFORT)
    clocks = testbed.subscribe(Clock, '/clock')
    bag = recorded_bags.written(tmp_path / 'bag', 'mcap', range(COUNT))
    process = replay(testbed, bag, '--loop', '--clock', '50', '--wait', '60', '--start', '0.1',
                     '--duration', '0.1')
    testbed.wait_for(lambda: len(images) >= 7, 'the fourth round')
    assert process.stop(signal.SIGTERM) == 0
    stamps = stamps_of(images)
    assert stamps == [START_NS + (2 + i) * PERIOD_NS for i in range(len(stamps))]
    times = [clock.clock.sec * 10**9 + clock.clock.nanosec for clock in clocks]
    assert times == sorted(times)
    assert times[0] >= START_NS + 2 * PERIOD_NS


def test_stamps_of_now_agree_between_topics(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, TOPIC)
    infos = testbed.subscribe(CameraInfo, '/front/camera_info')
    before = testbed.node.get_clock().now().nanoseconds
    ended(testbed, replay(testbed, write_bag(tmp_path / 'bag', topics=(TOPIC,)), '--stamp', 'now',
                          '--rate', '2', '--wait', '60'))
    testbed.wait_for(lambda: len(images) == len(infos) == 6, '6 images and infos')
    stamps = stamps_of(images)
    assert stamps == stamps_of(infos)
    assert before < stamps[0]
    assert [later - earlier for earlier, later in zip(stamps, stamps[1:], strict=False)] == [
        pytest.approx(PERIOD_NS / 2, abs=2)] * 5


def test_video_is_played_as_a_camera(testbed: NodeTestbed, tmp_path: Path) -> None:
    images, infos = (testbed.subscribe(kind, f'/front/{name}') for kind, name in (
        (Image, 'image_raw'), (CameraInfo, 'camera_info')))
    process = ended(testbed, replay(
        testbed, write_video(tmp_path / 'a.mp4', 10, 20), '--start', '0.1', '--clock', '--wait',
        '60', '--remap', 'camera/image_raw:=/front/image_raw',
        '/camera/camera_info:=/front/camera_info'))
    testbed.wait_for(lambda: len(images) == len(infos) == 8, '8 images and infos')
    assert stamps_of(images) == stamps_of(infos) == [
        10**9 + index * PERIOD_NS for index in range(2, 10)]
    assert (images[0].width, images[0].height, infos[0].width) == (64, 48, 64)
    assert 'a pinhole' in process.output


def test_latched_messages_from_before_the_start_are_there(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    heard: list[String] = []
    listener = testbed.node.create_subscription(String, '/map_name', heard.append, QoSProfile(
        depth=1, reliability=ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL))
    ended(testbed, replay(testbed, recorded_bags.with_latched(tmp_path / 'bag'), '--start', '0.2'))
    testbed.wait_for(lambda: heard, 'the latched message')
    assert heard[0].data == 'campus'
    testbed.node.destroy_subscription(listener)


def test_types_that_are_not_installed_are_told_and_the_rest_is_played(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    heard = testbed.subscribe(Range, '/range')
    bag = recorded_bags.ros1_with_own_types(tmp_path / 'a.bag')
    process = replay(testbed, bag, '--wait', '60', '--topics', '/wheel', '/range')
    output = ended(testbed, process).output
    assert '/wheel is NOT PLAYED, 1 messages: its type robot_msgs/msg/Wheel is not' in output
    assert 'robot-msgs, or source' in output
    assert output.count('/wheel') == 1
    testbed.wait_for(lambda: heard, 'the rest')
    assert heard[0].range == 4.0


def test_a_bag_that_is_damaged_in_the_middle_is_played_up_to_there(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    bag = recorded_bags.written(tmp_path / 'bag', 'sqlite3', range(COUNT), 'MESSAGE')
    with contextlib.closing(sqlite3.connect(bag / 'bag.db3')) as database, database:
        database.execute("UPDATE messages SET data = x'00' WHERE id = 4")
    output = ended(testbed, replay(testbed, bag), code=1).output
    assert 'sent 3 messages, until it failed' in output
    assert 'cut off or damaged; try: ' in output


def test_a_type_that_has_changed_is_told_and_not_played(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    bag = recorded_bags.with_other_definition(tmp_path / 'bag')
    process = ended(testbed, replay(testbed, bag))
    if os.environ.get('ROS_DISTRO') == 'humble':
        pytest.skip('Humble does not know definitions by their hash')
    assert '/changed is NOT PLAYED, 1 messages: recorded with another def' in process.output
    assert 'sent 1 messages' in process.output


def cut(bag: Path, share: float) -> Path:
    """Cut a bag's file as a power loss does."""
    (file,) = (path for path in bag.iterdir() if path.suffix != '.yaml')
    os.truncate(file, int(share * file.stat().st_size))
    return bag


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('cameras', [False, True])
def test_a_recording_cut_by_a_power_loss_is_played_up_to_the_cut(
    testbed: NodeTestbed, tmp_path: Path, storage: str, cameras: bool,
) -> None:
    images = testbed.subscribe(Image, '/camera/image_raw' if cameras else TOPIC)
    bag = cut(write_bag(tmp_path / 'bag', storage, count=40), 0.6)
    (bag / 'metadata.yaml').unlink()
    process = replay_to(testbed, bag, '--clock', '--rate', '2',
                        *(('--camera', 'camera') if cameras else ()))
    output = ended(testbed, process, code=1).output
    assert 'cut off or damaged; try: ' in output
    (seconds,) = re.findall(r'until it failed, ([0-9.]+) s into the recording', output)
    testbed.wait_for(lambda: len(images) > 5, 'images')
    stamps = stamps_of(images)
    assert stamps == [START_NS + i * PERIOD_NS - 3_000_000 for i in range(len(stamps))]
    assert len(stamps) < 40
    assert float(seconds) == pytest.approx((len(stamps) - 1) * PERIOD_NS / 1e9, abs=0.02)


def test_what_a_damaged_bag_promised_is_told_as_missing(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    bag = cut(write_bag(tmp_path / 'bag', count=40, topics=(TOPIC,)), 0.6)
    output = ended(testbed, replay(testbed, bag, '--rate', '10'), code=1).output
    told = re.findall(r'(/front/\S+) +(\d+) sent.* (\d+) MISSING IN THE RECORDING', output)
    assert [topic for topic, _, _ in told] == ['/front/camera_info', TOPIC]
    assert all(int(sent) + int(missing) == 40 for _, sent, missing in told)


def test_a_part_before_the_damage_is_whole(testbed: NodeTestbed, tmp_path: Path) -> None:
    bag = cut(write_bag(tmp_path / 'bag', count=40), 0.6)
    output = ended(testbed, replay(testbed, bag, '--start', '0.1', '--duration', '0.1')).output
    assert 'sent 4 messages, to the end' in output


def test_bag_that_promises_more_than_it_holds_is_told(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    bag = recorded_bags.split(tmp_path / 'bag', 'mcap')
    shutil.copy(recorded_bags.written(tmp_path / 'empty', 'mcap', range(0)) / 'empty.mcap',
                bag / 'rest.mcap')
    output = ended(testbed, replay(testbed, bag), 1).output
    assert f'{COUNT // 2} MISSING IN THE RECORDING' in output


@pytest.mark.parametrize(('recorded', 'profile'), [
    ([], QoSProfile(depth=5)),
    ([qos(reliable=False)], QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)),
    # What serves the subscribers of both.
    ([qos(reliable=False), qos(reliable=True)], QoSProfile(depth=5)),
    ([qos(latched=True)], QoSProfile(
        depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)),
])
def test_qos_is_the_recorded_one(recorded: list[Any], profile: QoSProfile) -> None:
    channel = Channel(TOPIC, 'sensor_msgs/msg/Image', 1, tuple(recorded),
                      any(each.durability.name == 'TRANSIENT_LOCAL' for each in recorded))
    assert profile_of(channel) == profile


def test_deadlines_are_offered_as_recorded() -> None:
    offered = (qos(deadline=QosTime(1, 500)),)
    assert profile_of(Channel('/a', 'a/msg/A', 1, offered)).deadline.nanoseconds == 10**9 + 500


def test_keys() -> None:
    typed = b'xs \x1b[C\x1bOC\x1b[A\nq'
    assert commands_of(typed) == [
        Command.STEP, Command.TOGGLE, Command.STEP, Command.STEP]


@pytest.mark.parametrize(('arguments', 'words'), [
    ('missing', 'no such file'),
    ('text.mp4', 'not a video'),
    ('folder', 'no images in this folder'),
    ('cut.mcap', 'cut off or damaged; try: mcap recover'),
    ('cut.bag', 'try: rosbag reindex'),
    ('empty', 'no messages in this bag'),
    ('bag --fps 5', 'keeps its recorded timing'),
    ('bag --rate 0', 'above 0'),
    ('bag --topic /a', '--camera NAME'),
    ('bag --camera a --camera a', 'twice'),
    ('bag --camera a --topic /a', 'no image topic /a'),
    ('bag --camera 9/-', 'nothing in it can be played'),
    ('bag --log missing/sent.csv', 'cannot be written'),
    ('a.mp4 --camera a --topic /a', 'only a bag has topics'),
    ('a.mp4 --fps fast', 'not a number'),
    ('bag --start -1', 'from 0 on'),
    ('bag --duration nan', 'finite'),
    ('bag --clock bag', 'not a number'),
    ('bag --topics /a', 'not in this recording'),
    ('bag --remap /a', 'OLD:=NEW'),
    ('bag --remap /a:=/b', 'no topic /a is played'),
    (f'bag --remap {TOPIC}:=9/-', 'nothing in it can be played'),
])
@pytest.mark.usefixtures('signal_handlers')
def test_unusable_input_is_one_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    arguments: str, words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path('text.mp4').write_text('no video', encoding='utf-8')
    write_video(Path('a.mp4'))
    Path('folder').mkdir()
    recorded_bags.written(Path('bag'), 'mcap', range(COUNT))
    recorded_bags.written(Path('empty'), 'mcap', range(0))
    Path('cut.mcap').write_bytes(Path('bag/bag.mcap').read_bytes()[:400])
    Path('cut.bag').write_bytes(recorded_bags.ros1(Path('a.bag')).read_bytes()[:400])
    try:
        code = main(arguments.split())
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    # Before it, libraries may warn: in this process they were loaded before.
    errors = capfd.readouterr().err
    assert words in errors.splitlines()[-1]
    assert 'usage' not in errors


def test_a_part_with_nothing_in_it_fails(testbed: NodeTestbed, tmp_path: Path) -> None:
    bag = recorded_bags.written(tmp_path / 'bag', 'mcap', range(COUNT))
    process = ended(testbed, replay(testbed, bag, '--start', '9'), code=1)
    assert 'no messages from 9 s on' in process.output


# --- cameras -----------------------------------------------------------------------------------

def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding='utf-8', newline='') as file:
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
    process = ended(testbed, replay_to(testbed, video, '--log', log, '--progress'))
    testbed.wait_for(lambda: len(images) == len(infos) == 10, '10 images and infos')
    for index, each in enumerate(images):
        assert (each.width, each.height, each.encoding, each.step) == (64, 48, 'bgr8', 192)
        assert float(np.frombuffer(each.data, np.uint8).mean()) == pytest.approx(
            20 * index, abs=5)
    assert [i.header for i in infos] == [i.header for i in images]
    # 60 degrees: half the width is the focal length times tan 30.
    assert infos[0].k[0] == pytest.approx(32 / np.tan(np.radians(30)))
    rows = rows_of(log)
    assert [int(row['stamp_ns']) for row in rows] == stamps_of(images)
    # The stamp is when it was due; it was sent no earlier.
    assert all(int(row['wall_ns']) >= int(row['stamp_ns']) - 1_000_000 for row in rows)
    assert {row['camera'] for row in rows} == {'camera'}
    assert [int(row['source_ns']) for row in rows] == [i * 50_000_000 for i in range(10)]
    assert stamps_of(images)[0] > before
    assert [line for line in process.output.splitlines() if line.isdigit()] == [
        str(count) for count in range(1, 11)]


def test_frames_are_sent_no_earlier_than_due(testbed: NodeTestbed, tmp_path: Path) -> None:
    log = tmp_path / 'sent.csv'
    ended(testbed, replay(testbed, write_video(tmp_path / 'a.mp4', 10, 20), '--rate', '2',
                        '--log', log))
    times = [int(row['wall_ns']) for row in rows_of(log)]
    assert times[-1] - times[0] >= 9 * 25_000_000 * 0.99


def test_bag_as_a_camera_keeps_its_messages_odometry_and_transforms(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    images, infos, odometry, others, clocks = (testbed.subscribe(kind, topic) for kind, topic in (
        (Image, 'camera/image_raw'), (CameraInfo, 'camera/camera_info'), (Odometry, 'odom'),
        (Image, 'camera/segmentation/mask'), (Clock, '/clock')))
    bag = recorded_bags.of_a_vehicle(tmp_path / 'bag')
    process = replay(testbed, bag, '--camera', 'camera', '--clock', '--hold', '--wait')
    testbed.wait_for(lambda: all(map(testbed.publishers_of, (
        '/camera/image_raw', '/camera/camera_info', '/odom', '/clock'))), 'the publishers')
    process.write_line('go')
    output = ended(testbed, process).output
    testbed.wait_for(lambda: len(images) == len(infos) == len(odometry) == COUNT, 'all messages')
    assert stamps_of(images) == [START_NS + i * PERIOD_NS for i in range(COUNT)]
    assert {each.header.frame_id for each in images} == {'lens'}
    assert [each.twist.twist.linear.x for each in odometry] == [0.5] * COUNT
    # What the node itself says is not played into it.
    assert others == []
    assert 'segmentation' not in output
    assert re.search(r'/tf +6 sent|/tf is NOT PLAYED, 6 messages: its type tf2_msgs', output)
    times = [clock.clock.sec * 10**9 + clock.clock.nanosec for clock in clocks]
    assert times == sorted(times)
    assert times[0] >= START_NS
    assert times[-1] >= START_NS + (COUNT - 1) * PERIOD_NS


def test_compressed_bag_stays_compressed(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(CompressedImage, 'front/image_raw/compressed')
    bag = write_bag(tmp_path / 'bag', 'sqlite3', ('/cam/image_raw/compressed',))
    ended(testbed, replay_to(testbed, bag, '--camera', 'front', '--stamp', 'now'))
    testbed.wait_for(lambda: len(images) == 6, '6 images')
    assert images[0].format == 'png'
    assert bytes(images[0].data[:4]) == b'\x89PNG'
    assert stamps_of(images)[0] > START_NS + 10**9
    assert testbed.publishers_of('/clock') == 0


def test_a_video_again_and_again_never_jumps_back(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, 'camera/image_raw')
    process = replay_to(testbed, write_video(tmp_path / 'a.mp4', 3, 50), '--loop', '--clock')
    testbed.wait_for(lambda: len(images) >= 10, 'the fourth round')
    assert process.stop(signal.SIGINT) == 0
    stamps = stamps_of(images)
    assert stamps == [10**9 + i * 20_000_000 for i in range(len(stamps))]


def test_several_cameras_show_the_same(testbed: NodeTestbed, tmp_path: Path) -> None:
    heard = [testbed.subscribe(Image, f'camera{i}/image_raw') for i in range(2)]
    log = tmp_path / 'sent.csv'
    ended(testbed, replay_to(testbed, write_video(tmp_path / 'a.mp4', 4), '--camera', 'camera0',
                           '--camera', 'camera1', '--log', log))
    testbed.wait_for(lambda: [len(images) for images in heard] == [4, 4], '4 images each')
    assert [image.data for image in heard[0]] == [image.data for image in heard[1]]
    assert {image.header.frame_id for image in heard[1]} == {'camera1_optical_frame'}
    assert [row['camera'] for row in rows_of(log)] == ['camera0', 'camera1'] * 4


def test_several_cameras_of_a_bag_show_the_same(testbed: NodeTestbed, tmp_path: Path) -> None:
    heard = [testbed.subscribe(Image, f'camera{i}/image_raw') for i in range(2)]
    bag = write_bag(tmp_path / 'bag', topics=('/a/image_raw', '/b/image_raw'))
    ended(testbed, replay_to(testbed, bag, '--camera', 'camera0', '--camera', 'camera1', '--topic',
                           'b/image_raw'))
    testbed.wait_for(lambda: [len(images) for images in heard] == [6, 6], '6 images each')
    assert [image.data for image in heard[0]] == [image.data for image in heard[1]]


def test_folder_of_images_is_played_at_its_rate(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = testbed.subscribe(Image, 'camera/image_raw')
    for index in range(3):
        cv2.imwrite(str(tmp_path / f'{index}.png'), pixels_of(10 * index))
    ended(testbed, replay_to(testbed, tmp_path, '--fps', '40', '--clock'))
    testbed.wait_for(lambda: len(images) == 3, '3 images')
    assert stamps_of(images) == [10**9 + i * 25_000_000 for i in range(3)]


def test_rendered_drive_tells_its_camera_and_speed(testbed: NodeTestbed) -> None:
    images, infos, odometry = (testbed.subscribe(kind, topic) for kind, topic in (
        (Image, 'camera/image_raw'), (CameraInfo, 'camera/camera_info'), (Odometry, 'odom')))
    process = ended(testbed, replay_to(testbed, '--fps', '4', '--duration', '1', '--clock'))
    testbed.wait_for(lambda: len(images) == len(infos) == len(odometry) == 4, '4 of each')
    assert stamps_of(images) == stamps_of(infos) == stamps_of(odometry)
    assert odometry[-1].twist.twist.linear.x > 0
    assert 'rendered drive' in process.output
    assert 'a pinhole' not in process.output


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('waiting', [True, False])
def test_signals_end_it_cleanly(
    testbed: NodeTestbed, tmp_path: Path, number: signal.Signals, waiting: bool,
) -> None:
    video = write_video(tmp_path / 'a.mp4', 10)
    if waiting:
        process = replay(testbed, video, '--wait', '60')
        assert testbed.node.wait_for_node('/replay', 60)
    else:
        images = testbed.subscribe(Image, 'camera/image_raw')
        process = replay(testbed, video, '--loop')
        testbed.wait_for(lambda: images, 'an image')
    assert process.stop(number) == 0
    assert 'Traceback' not in process.output


def test_wait_without_a_subscriber_fails(testbed: NodeTestbed, tmp_path: Path) -> None:
    process = ended(testbed, replay(testbed, write_video(tmp_path / 'a.mp4'), '--wait', '0.1'), 1)
    assert 'no subscriber on /camera/image_raw' in process.output
