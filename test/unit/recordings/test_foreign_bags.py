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

"""Bags that are whole, and yet not as rosbag2 writes them: read, or refused for what they are."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
import resource
import struct
import sys

import pytest
import yaml

from helpers.bag_files import IMAGE, image, START_NS
from helpers.mcap_files import chunk, MAGIC, record, text, Topic, write_mcap
from helpers.recorded_bags import COUNT, TIMES, TOPIC, written
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.opening import open_frames
from seg_node.recordings.unpacking import MAX_BYTES, PackedError, unpack, zstd

IMAGES = Topic(TOPIC, IMAGE, [(at, image(at, 10)) for at in TIMES])


def read(path: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    with closing(open_bag(path)) as bag:
        for message in bag.messages(bag.channels):
            counts[message.channel.topic] = counts.get(message.channel.topic, 0) + 1
    return counts


def change_metadata(folder: Path, change) -> None:
    path = folder / 'metadata.yaml'
    facts = yaml.safe_load(path.read_text())
    change(facts['rosbag2_bagfile_information'])
    path.write_text(yaml.safe_dump(facts))


# --- metadata.yaml and the files ---------------------------------------------------------------

@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
@pytest.mark.parametrize('change', [
    lambda facts: facts['topics_with_message_count'][0]['topic_metadata'].update(
        offered_qos_profiles=[]),
    lambda facts: facts['topics_with_message_count'][0]['topic_metadata'].update(
        offered_qos_profiles='- history: 3\n  depth: 0\n  reliability: 1\n'),
    lambda facts: facts['topics_with_message_count'][0]['topic_metadata'].update(
        type_description_hash='RIHS01_0'),
    lambda facts: facts.update(storage_identifier=''),
    lambda facts: facts.update(storage_identifier='my_plugin'),
    lambda facts: facts.update(version=10),
    lambda facts: facts.update(compression_mode='MESSAGE', compression_format='lz4'),
    lambda facts: facts.pop('starting_time'),
    lambda facts: facts.update(topics_with_message_count=[]),
], ids=['no QoS', 'other QoS', 'other hash', 'no storage', 'other storage', 'newer', 'compression',
        'no start', 'no topics'])
def test_the_files_count_not_what_is_told_of_them(tmp_path, storage, change):
    folder = written(tmp_path / 'bag', storage, range(COUNT))
    change_metadata(folder, change)
    assert read(folder) == {TOPIC: COUNT}
    with open_frames(folder) as source:
        assert [frame.stamp_ns for frame in source] == TIMES


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_messages_that_are_promised_and_missing_are_told(tmp_path, storage):
    folder = written(tmp_path / 'bag', storage, range(COUNT))
    change_metadata(folder, lambda facts: facts['topics_with_message_count'][0].update(
        message_count=COUNT + 3))
    with pytest.raises(UserError, match=rf'{TOPIC}: {COUNT} of {COUNT + 3}\)'):
        read(folder)
    with open_frames(folder) as source, pytest.raises(UserError, match='messages are missing'):
        for index, frame in enumerate(source):
            assert frame.stamp_ns == TIMES[index]
    assert index == COUNT - 1


def test_odometry_that_is_promised_and_missing_is_told(tmp_path):
    folder = written(tmp_path / 'bag', 'mcap', range(COUNT))

    def promise(facts):
        facts['topics_with_message_count'].append({'message_count': 7, 'topic_metadata': {
            'name': '/odom', 'type': 'nav_msgs/msg/Odometry', 'serialization_format': 'cdr'}})

    change_metadata(folder, promise)
    read = []
    with open_frames(folder) as source, pytest.raises(UserError, match='/odom: 0 of 7'):
        for frame in source:
            read.append(frame.stamp_ns)
    assert read == TIMES


@pytest.mark.parametrize('content', [
    'a: &a [x, x]\nb: &b [*a, *a]\n' + '\n'.join(
        f'c{n}: &c{n} [*{"b" if n == 0 else f"c{n - 1}"}, *b, *a, *b, *b, *b]' for n in range(30)),
    '', '[', 'x' * (2 << 20), 'rosbag2_bagfile_information: {relative_file_paths: 7}'])
def test_a_metadata_file_that_is_none_costs_nothing_else(tmp_path, content):
    folder = written(tmp_path / 'bag', 'mcap', range(COUNT))
    (folder / 'metadata.yaml').write_text(content)
    with open_frames(folder) as source:
        assert len(list(source)) == COUNT
        (note,) = source.notes
    assert note.startswith(f'{folder}/metadata.yaml: ')
    assert len(note) < 400


# --- mcap that is not rosbag2's ----------------------------------------------------------------

@pytest.mark.parametrize('profile', ['ros2', '', 'foxglove', 'ros1'])
def test_mcap_without_a_message_index_is_read(tmp_path, profile):
    path = write_mcap(tmp_path / 'a.mcap', [IMAGES], profile)
    assert read(path) == {TOPIC: COUNT}
    with open_frames(path) as source:
        assert [frame.stamp_ns for frame in source] == TIMES
        assert source.notes == ()


@pytest.mark.parametrize(('encoding', 'schema'), [
    ('protobuf', 'protobuf'), ('json', 'jsonschema'), ('ros1', 'ros1msg')])
def test_topics_of_other_encodings_are_left_out_and_named(tmp_path, encoding, schema):
    other = Topic('/foreign', 'foxglove.Pose', [(TIMES[0], b'{}')], encoding, schema)
    path = write_mcap(tmp_path / 'a.mcap', [IMAGES, other])
    assert read(path) == {TOPIC: COUNT}
    with open_frames(path) as source:
        assert len(list(source)) == COUNT
        assert source.notes == (f'{path}: topics that cannot be read are left out: /foreign (its '
                                f'messages are {encoding!r}, not CDR)',)


def test_a_bag_of_other_encodings_alone_is_refused_for_that(tmp_path):
    path = write_mcap(tmp_path / 'a.mcap', [
        Topic('/camera', 'sensor_msgs/Image', [(TIMES[0], b'1')], 'ros1', 'ros1msg')], 'ros1')
    with pytest.raises(UserError, match="/camera.*'ros1', not CDR") as raised:
        open_frames(path)
    assert 'damaged' not in str(raised.value)


# --- bombs -------------------------------------------------------------------------------------

BOMB = zstd.compress(bytes(64 << 20))
"""2 KB that stand for 64 MB."""


@pytest.mark.parametrize('compression', ['zstd', 'lz4', 'bz2'])
def test_no_more_is_unpacked_than_is_allowed(compression):
    from bz2 import compress

    from lz4.frame import compress as lz4
    pack = {'zstd': zstd.compress, 'bz2': compress, 'lz4': lz4}[compression]
    packed = pack(bytes(3_000_000))
    assert unpack(compression, packed, 3_000_000) == bytes(3_000_000)
    with pytest.raises(PackedError, match='unpack to more than 2999999'):
        unpack(compression, packed, 2_999_999)
    with pytest.raises(PackedError, match='cut off'):
        unpack(compression, packed[:-9])
    with pytest.raises(PackedError):
        unpack(compression, b'not packed at all')


def test_a_chunk_that_is_more_than_it_promises_is_damage(tmp_path):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    head = MAGIC + record(0x01, text('ros2') + text(''))
    lying = chunk(b'', START_NS, START_NS, 'zstd', zstd.compress(bytes(400 << 20)), size=1000)
    path = tmp_path / 'a.mcap'
    path.write_bytes(head + lying + record(0x0F, struct.pack('<I', 0))
                     + record(0x02, bytes(20)) + MAGIC)
    del lying
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(UserError, match='unpack to more than 1000'):
        open_bag(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 50_000


def test_a_message_that_is_a_bomb_is_damage(tmp_path, monkeypatch):
    monkeypatch.setattr('seg_node.recordings.unpacking.MAX_BYTES', 1 << 20)
    monkeypatch.setattr(unpack, '__defaults__', (1 << 20,))
    path = write_mcap(tmp_path / 'a.mcap', [Topic(TOPIC, IMAGE, [(TIMES[0], BOMB)])])
    with pytest.raises(UserError, match='unpack to more than 1048576'):
        read(path)
    folder = written(tmp_path / 'bag', 'sqlite3', range(1), 'MESSAGE')
    import sqlite3
    (file,) = folder.glob('*.db3')
    with sqlite3.connect(file) as database:
        database.execute('UPDATE messages SET data = ?', (BOMB,))
    with pytest.raises(UserError, match='unpack to more than 1048576'):
        read(folder)


def test_a_file_that_is_a_bomb_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr('seg_node.recordings.unpacking.MIN_FILE', 1 << 20)
    path = tmp_path / 'a.mcap.zstd'
    path.write_bytes(BOMB)
    with pytest.raises(UserError, match='unpack to more than .* unzstd FILE'):
        open_bag(path)


def test_the_limit_lets_every_picture_through():
    assert MAX_BYTES > 7680 * 4320 * 4
    assert sys.getsizeof(BOMB) < 10_000
