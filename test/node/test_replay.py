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
import os
from pathlib import Path
import shutil
import signal
import sqlite3
import sys
from typing import Any

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rosbags.interfaces import QosTime
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, Range
from std_msgs.msg import String

from helpers.bag_files import image, PERIOD_NS, START_NS, write_bag, write_video
import helpers.recorded_bags as recorded_bags
from helpers.recorded_bags import COUNT, qos, TOPIC
from helpers.testbed import NodeTestbed
from seg_node.recordings.bag_reader import Channel
from seg_node.tools.common.testbed.process import Process, python
from seg_node.tools.replay.__main__ import main
from seg_node.tools.replay.controls import Command, commands_of
from seg_node.tools.replay.outputs import profile_of

TO_CAMERA = ('--remap', f'{TOPIC}:=/camera/image_raw')
ON_A_TERMINAL = 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'


def replay(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return testbed.start_module('seg_node.tools.replay', *arguments)


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


def test_bag_that_promises_more_than_it_holds_is_told(
    testbed: NodeTestbed, tmp_path: Path,
) -> None:
    bag = recorded_bags.split(tmp_path / 'bag', 'mcap')
    shutil.copy(recorded_bags.written(tmp_path / 'empty', 'mcap', range(0)) / 'empty.mcap',
                bag / 'rest.mcap')
    output = ended(testbed, replay(testbed, bag)).output
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
    ('', 'required: INPUT'),
    ('missing', 'no such file'),
    ('text.mp4', 'not a video'),
    ('folder', 'no images in this folder'),
    ('cut.mcap', 'cut off or damaged; try: mcap recover'),
    ('cut.bag', 'try: rosbag reindex'),
    ('empty', 'no messages in this bag'),
    ('bag --fps 5', 'keeps its recorded timing'),
    ('bag --rate 0', 'above 0'),
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
    Path('text.mp4').write_text('no video')
    Path('folder').mkdir()
    recorded_bags.written(Path('bag'), 'mcap', range(COUNT))
    recorded_bags.written(Path('empty'), 'mcap', range(0))
    Path('cut.mcap').write_bytes(Path('bag/bag.mcap').read_bytes()[:20_000])
    Path('cut.bag').write_bytes(recorded_bags.ros1(Path('a.bag')).read_bytes()[:20_000])
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
