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

from collections.abc import Callable
from contextlib import closing
import os
from pathlib import Path
import shutil

import pytest

from helpers.bag_files import IMAGE, image, START_NS, STORE, write_other_bag
import helpers.recorded_bags as recorded_bags
from helpers.recorded_bags import COUNT, TIMES, TOPIC, written
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.find import Kind, kind_of
from seg_node.recordings.opening import open_frames
from seg_node.recordings.stamps import stamp_of

KINDS: dict[str, Callable[[Path], Path]] = {
    f'{storage}{name}': (lambda path, make=make, storage=storage: make(path / 'bag', storage))
    for storage in ('mcap', 'sqlite3') for name, make in {
        '': lambda folder, storage: written(folder, storage, range(COUNT)),
        ', zstd messages': lambda folder, storage: written(
            folder, storage, range(COUNT), 'MESSAGE'),
        ', zstd file': lambda folder, storage: written(folder, storage, range(COUNT), 'FILE'),
        ', split': recorded_bags.split,
        ', no metadata': recorded_bags.without_metadata,
    }.items()}
KINDS |= {
    'mcap, zstd chunks': lambda path: written(path / 'bag', 'mcap', range(COUNT), 'STORAGE'),
    'ROS 1': lambda path: recorded_bags.ros1(path / 'a.bag'),
    'ROS 1, bz2': lambda path: recorded_bags.ros1(path / 'a.bag', 'BZ2'),
    'ROS 1, lz4': lambda path: recorded_bags.ros1(path / 'a.bag', 'LZ4'),
}


@pytest.mark.parametrize('kind', KINDS)
def test_every_kind_of_bag_gives_the_same_bytes(tmp_path: Path, kind: str) -> None:
    path = KINDS[kind](tmp_path)
    assert kind_of(path) is Kind.BAG
    reader = open_bag(path)
    try:
        (channel,) = reader.channels
        assert (channel.topic, channel.type, channel.count) == (TOPIC, IMAGE, COUNT)
        assert (reader.start_ns, reader.end_ns) == (TIMES[0], TIMES[-1])
        read = list(reader.messages(reader.channels))
        assert [recorded for _, recorded, _ in read] == TIMES
        assert [data for _, _, data in read] == [
            image(at, 10 * index) for index, at in enumerate(TIMES)]
        part = list(reader.messages(reader.channels, TIMES[2], TIMES[4]))
        assert [recorded for _, recorded, _ in part] == TIMES[2:4]
    finally:
        reader.close()
        reader.close()


@pytest.mark.parametrize('kind', ['mcap', 'sqlite3, split', 'mcap, zstd file'])
def test_offered_qos_is_read(tmp_path: Path, kind: str) -> None:
    reader = open_bag(KINDS[kind](tmp_path))
    ((qos,),) = (channel.offered for channel in reader.channels)
    assert qos.reliability.name == 'BEST_EFFORT'
    reader.close()


@pytest.mark.parametrize('kind', KINDS)
def test_its_camera_has_the_same_stamps(tmp_path: Path, kind: str) -> None:
    with open_frames(KINDS[kind](tmp_path)) as source:
        assert [frame.stamp_ns for frame in source] == TIMES


def test_ros1_types_arrive_as_those_of_ros2(tmp_path: Path) -> None:
    reader = open_bag(recorded_bags.ros1_with_own_types(tmp_path / 'a.bag'))
    channels = {channel.topic: channel for channel in reader.channels}
    assert channels['/wheel'].latched
    assert not channels['/tf'].latched
    assert channels['/tf'].type == 'tf2_msgs/msg/TFMessage'
    data = {channel.topic: raw for channel, _, raw in reader.messages(reader.channels)}
    assert set(data) == {'/wheel', '/range', '/tf'}
    measured = STORE.deserialize_cdr(data['/range'], 'sensor_msgs/msg/Range')
    assert (measured.header.frame_id, measured.range, measured.variance) == ('lens', 4.0, 0.0)
    # Header without seq: stamp, then 'lens' with its length, then the aligned double.
    assert stamp_of(data['/wheel']) == START_NS
    assert len(data['/wheel']) == 4 + 8 + 4 + 5 + 7 + 8
    reader.close()


def test_ros1_definition_that_is_damaged_costs_its_topic_only(tmp_path: Path) -> None:
    path = recorded_bags.ros1_with_own_types(tmp_path / 'a.bag')
    raw = path.read_bytes()
    # The same number of bytes, so that the records around it stay readable.
    path.write_bytes(raw.replace(b'float64 speed', b'float64 -pee!'))
    reader = open_bag(path)
    problems = {channel.topic: channel.problem for channel in reader.channels}
    assert 'not understood' in problems.pop('/wheel')
    assert set(problems.values()) == {''}
    playable = [channel for channel in reader.channels if not channel.problem]
    assert len(list(reader.messages(playable))) == 2
    reader.close()


def damaged_file(path: Path) -> Path:
    return path if path.is_file() else next(
        file for file in sorted(path.iterdir()) if file.suffix != '.yaml')


@pytest.mark.parametrize('share', [0.0, 0.3, 0.9])
@pytest.mark.parametrize('kind', KINDS)
def test_truncated_bag_is_an_error_with_a_remedy(
    tmp_path: Path, kind: str, share: float,
) -> None:
    path = KINDS[kind](tmp_path)
    file = damaged_file(path)
    os.truncate(file, int(share * file.stat().st_size))
    with pytest.raises(UserError, match=r'cannot be read as a ROS [12] bag .*; try: ') as raised:
        reader = open_bag(path)
        assert len(list(reader.messages(reader.channels))) < COUNT
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize('compression', ['MESSAGE', 'FILE'])
@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_what_is_compressed_is_read_without_metadata(
    tmp_path: Path, storage: str, compression: str,
) -> None:
    folder = written(tmp_path / 'bag', storage, range(COUNT), compression)
    (folder / 'metadata.yaml').unlink()
    for path in (folder, damaged_file(folder)):
        with open_frames(path) as source:
            assert [frame.stamp_ns for frame in source] == TIMES


def test_file_that_is_missing_from_a_split_bag_is_named(tmp_path: Path) -> None:
    folder = recorded_bags.split(tmp_path / 'bag', 'mcap')
    (folder / 'rest.mcap').unlink()
    read = []
    with closing(open_bag(folder)) as bag, pytest.raises(UserError, match=r'rest\.mcap'):
        for message in bag.messages(bag.channels):
            read.append(message.recorded_ns)
    assert 0 < len(read) < COUNT
    assert read == TIMES[:len(read)]


def test_bag_without_messages_has_no_times(tmp_path: Path) -> None:
    reader = open_bag(written(tmp_path / 'bag', 'mcap', range(0)))
    assert (reader.start_ns, reader.end_ns) == (0, 0)
    assert list(reader.messages(reader.channels)) == []
    reader.close()


def test_no_channel_is_no_message(tmp_path: Path) -> None:
    reader = open_bag(write_other_bag(tmp_path / 'bag'))
    assert list(reader.messages([])) == []
    reader.close()


def test_channels_of_a_bag_are_read_one_by_one(tmp_path: Path) -> None:
    reader = open_bag(recorded_bags.with_latched(tmp_path / 'bag'))
    channels = {channel.topic: channel for channel in reader.channels}
    assert {topic: channel.latched for topic, channel in channels.items()} == {
        '/map_name': True, TOPIC: False, '/front/camera_info': False}
    ((channel, recorded, raw),) = reader.messages([channels['/map_name']])
    assert (channel.topic, recorded) == ('/map_name', START_NS)
    assert STORE.deserialize_cdr(raw, 'std_msgs/msg/String').data == 'campus'
    reader.close()


def test_several_bags_of_ros1_in_a_folder_are_refused(tmp_path: Path) -> None:
    path = recorded_bags.ros1(tmp_path / 'a_0.bag')
    shutil.copy(path, tmp_path / 'a_1.bag')
    with pytest.raises(UserError, match=r'several recordings.*: a_0\.bag, a_1\.bag'):
        open_frames(tmp_path)
