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

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.bag_files import IMAGE, PERIOD_NS, START_NS, write_bag
import helpers.recorded_bags as recorded_bags
from helpers.recorded_bags import COUNT, TOPIC
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.channels import Channel
from seg_node.tools.replay.messages import BagMessages, chosen, remapped

CHANNELS = [Channel('/a/image_raw', IMAGE, 1), Channel('/a/camera_info', 'x/msg/X', 1),
            Channel('camera/image_raw', IMAGE, 1)]


def test_times_count_from_the_start_of_the_recording(tmp_path: Path) -> None:
    bag = BagMessages(open_bag(recorded_bags.split(tmp_path / 'bag', 'mcap')))
    times = [time for time, _ in bag.messages(bag.channels, 0, None)]
    assert times == [index * PERIOD_NS for index in range(COUNT)]
    assert bag.duration_ns == (COUNT - 1) * PERIOD_NS
    assert bag.interval_ns(bag.channels) == PERIOD_NS
    assert bag.clock_ns == START_NS
    bag.close()


def test_a_part_begins_with_what_was_latched_before_it(tmp_path: Path) -> None:
    bag = BagMessages(open_bag(recorded_bags.with_latched(tmp_path / 'bag')))
    played = [(message.channel.topic, time // PERIOD_NS) for time, message in bag.messages(
        bag.channels, 2 * PERIOD_NS, 4 * PERIOD_NS)]
    assert played == [('/map_name', 0), (TOPIC, 2), (TOPIC, 3)]
    bag.close()


def test_bag_from_a_simulation_starts_its_clock_there(tmp_path: Path) -> None:
    bag = BagMessages(open_bag(write_bag(tmp_path / 'bag', stamp_offset_ns=5 * 10**9 - START_NS)))
    assert bag.clock_ns == 5 * 10**9
    bag.close()


def test_bag_without_stamps_starts_its_clock_at_the_recording(tmp_path: Path) -> None:
    bag = BagMessages(open_bag(write_bag(tmp_path / 'bag', zero_stamps=True)))
    assert bag.clock_ns == START_NS
    bag.close()


def test_bag_without_messages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='no messages in this bag'):
        BagMessages(open_bag(recorded_bags.written(tmp_path / 'bag', 'mcap', range(0))))


def test_as_cameras_a_bag_gives_what_they_need_and_nothing_else(tmp_path: Path) -> None:
    bag = BagMessages(open_bag(recorded_bags.of_a_vehicle(tmp_path / 'bag')), ('left', 'right'))
    names = [channel.topic for channel in bag.channels]
    assert names == ['left/image_raw', 'right/image_raw', 'left/camera_info', 'right/camera_info',
                     'odom', '/tf']
    played = [message.channel.topic for _, message in bag.messages(bag.channels, 0, None)]
    assert sorted(played) == sorted(names * COUNT)
    (right,) = (channel for channel in bag.channels if channel.topic == 'right/image_raw')
    assert len(list(bag.messages([right], 0, None))) == COUNT
    bag.close()


def test_topics_are_chosen_with_and_without_the_slash() -> None:
    assert chosen(CHANNELS, None) == CHANNELS
    assert chosen(CHANNELS, ['a/image_raw', '/camera/image_raw']) == CHANNELS[::2]
    with pytest.raises(UserError, match='--topics /b: not in this recording.*/a/image_raw'):
        chosen(CHANNELS, ['b', '/a/image_raw'])


def test_topics_are_renamed() -> None:
    names = remapped(CHANNELS, ['a/image_raw:=/front/image_raw', '/camera/image_raw:=rear'])
    assert names == {'/a/image_raw': '/front/image_raw', '/a/camera_info': '/a/camera_info',
                     'camera/image_raw': 'rear'}


@pytest.mark.parametrize(('rule', 'words'), [
    ('a', 'OLD:=NEW'), ('a:=', 'OLD:=NEW'), (':=a', 'OLD:=NEW'),
    ('/b:=/c', 'no topic /b is played')])
def test_rules_that_rename_nothing_are_refused(rule: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        remapped(CHANNELS, [rule])
