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

"""Bags of every kind give images and odometry; damaged ones what lies before the damage."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.rosbag2.enums import CompressionFormat, CompressionMode
from rosbags.typesys import get_typestore, Stores

from helpers.bag_files import PERIOD_NS, START_NS, STORE
from helpers.evaluate_inputs import drive, HEIGHT, image, odometry, raw, road, WIDTH, write_drive
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.camera_of_bag import CameraOfBag
from seg_node.recordings.decoding import decode_frames, DecodedFrame
from seg_node.recordings.sources import RecordedFrame
from seg_node.recordings.topics import Topics
from seg_node.stop_go.thresholds import AgeLimits
from seg_node.stop_go.vehicle import Motion

COUNT = 12
ZSTD = CompressionFormat.ZSTD
KINDS = {
    'mcap': {}, 'sqlite3': {},
    'mcap chunks': {'compression': (CompressionMode.STORAGE, ZSTD)},
    'mcap file': {'compression': (CompressionMode.FILE, ZSTD)},
    'sqlite3 messages': {'compression': (CompressionMode.MESSAGE, ZSTD)},
    'sqlite3 file': {'compression': (CompressionMode.FILE, ZSTD)},
}


def opened(path: Path, topics: Topics = Topics()) -> CameraOfBag:  # noqa: B008
    return CameraOfBag(open_bag(path), topics)


def frames(path: Path, topics: Topics = Topics()) -> list[RecordedFrame]:  # noqa: B008
    with closing(opened(path, topics)) as source:
        return list(source)


def until_damage(path: Path) -> tuple[int, str]:
    """Return how many frames there are, and the error at their end."""
    found: list[RecordedFrame] = []
    with closing(opened(path)) as source, pytest.raises(UserError) as raised:
        for frame in source:
            found.append(frame)
    assert [frame.index for frame in found] == list(range(len(found)))
    return len(found), str(raised.value)


def write(path: Path, kind: str, count: int = COUNT) -> Path:
    return write_drive(path, drive(count=count), storage=kind.partition(' ')[0], noise=40,
                       **KINDS[kind])


def data_file(folder: Path) -> Path:
    (file,) = (path for path in folder.iterdir() if path.name != 'metadata.yaml')
    return file


@pytest.mark.parametrize('kind', KINDS)
def test_bags_of_every_kind_give_all_frames(tmp_path, kind):
    found = frames(write(tmp_path / 'bag', kind))
    assert [frame.time_ns for frame in found] == [k * PERIOD_NS for k in range(COUNT)]
    assert [frame.stamp_ns for frame in found] == [
        START_NS + k * PERIOD_NS for k in range(COUNT)]


@pytest.mark.parametrize('kind', KINDS)
def test_what_lies_before_the_damage_is_kept(tmp_path, kind):
    bag = write(tmp_path / 'bag', kind, 200)
    file = data_file(bag)
    size = file.stat().st_size
    with file.open('r+b') as cut:
        cut.truncate(size // 2)
    count, error = until_damage(bag)
    assert str(bag) in error
    assert 'damaged' in error
    assert 5 < count < 200
    if 'file' in kind or 'chunks' in kind or 'messages' in kind:
        return      # what is compressed is not spread evenly
    assert 60 < count < 140


@pytest.mark.parametrize('compression', ['', 'BZ2', 'LZ4'])
def test_ros_1_bags_and_what_is_left_of_them(tmp_path, compression):
    bag = write_ros1(tmp_path / 'old.bag', compression)
    found = frames(bag)
    assert [frame.stamp_ns for frame in found] == [START_NS + k * PERIOD_NS for k in range(40)]
    with bag.open('r+b') as cut:
        cut.truncate(int(bag.stat().st_size * 0.6))
    count, error = until_damage(bag)
    assert 0 < count < 40
    assert 'old.bag' in error


def write_ros1(path: Path, compression: str) -> Path:
    store = get_typestore(Stores.ROS1_NOETIC)
    kind = 'sensor_msgs/msg/Image'
    # Small chunks, as a recorder writes them for images of a camera.
    writer = Ros1Writer(path)
    writer.chunk_threshold = 32 * 2**10
    if compression:
        writer.set_compression(Ros1Writer.CompressionFormat[compression])
    types = store.types
    rng = np.random.default_rng(0)
    with writer as bag:
        images = bag.add_connection('/front/image_raw', kind, typestore=store)
        for index in range(40):
            at = START_NS + index * PERIOD_NS
            header = types['std_msgs/msg/Header'](
                index, types['builtin_interfaces/msg/Time'](*divmod(at, 10**9)), 'lens')
            noise = rng.integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
            message = types[kind](header, HEIGHT, WIDTH, 'bgr8', 0, WIDTH * 3, noise.reshape(-1))
            bag.write(images, at, store.serialize_ros1(message, kind))
    return path


def test_a_split_bag_is_read_up_to_its_damaged_part(tmp_path):
    bag = write_drive(tmp_path / 'bag', drive(count=20))
    (bag / 'metadata.yaml').unlink()
    (bag / 'bag.mcap').rename(bag / 'bag_0.mcap')
    (bag / 'bag_1.mcap').write_bytes(b'not a bag')
    count, error = until_damage(bag)
    assert count == 20
    assert str(bag) in error


@pytest.mark.parametrize('seed', range(8))
@pytest.mark.parametrize('name', ['bag.mcap', 'bag.db3', 'old.bag'])
def test_damage_anywhere_ends_in_an_error_or_in_frames(tmp_path, name, seed):
    if name == 'old.bag':
        file = write_ros1(tmp_path / name, '')
    else:
        file = data_file(write(tmp_path / 'bag', 'mcap' if 'mcap' in name else 'sqlite3', 40))
    data = bytearray(file.read_bytes())
    rng = np.random.default_rng(seed)
    for _ in range(4):
        place = int(rng.integers(0, len(data)))
        data[place:place + 64] = rng.bytes(min(64, len(data) - place))
    file.write_bytes(data)
    found = 0
    try:
        with closing(opened(file)) as source:
            for _ in decode_frames(source, None):
                found += 1
    except UserError as error:
        assert file.name in str(error)
    assert found <= 40


def test_nothing_that_can_be_read_is_refused(tmp_path):
    (tmp_path / 'bag.mcap').write_bytes(b'not a bag')
    with pytest.raises(UserError, match=r'bag\.mcap.*try: '):
        opened(tmp_path / 'bag.mcap')


# --- topics -------------------------------------------------------------------------------------

def write_topics(folder: Path, *topics: str) -> Path:
    with Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP) as bag:
        for topic in topics:
            kind = 'nav_msgs/msg/Odometry' if 'odom' in topic else 'sensor_msgs/msg/Image'
            channel = bag.add_connection(topic, kind, typestore=STORE)
            data = odometry(START_NS, 1.0) if 'odom' in topic else raw(START_NS, image(road()))
            bag.write(channel, START_NS, data)
    return folder


def test_the_camera_of_the_parameters_is_chosen(tmp_path):
    bag = write_topics(tmp_path / 'bag', '/robot/front/image_raw', '/robot/rear/image_raw')
    for cameras, topic in ((('front',), '/robot/front/image_raw'),
                           (('rear',), '/robot/rear/image_raw')):
        assert opened(bag, Topics(cameras)).topic == topic
    assert opened(bag, Topics(image='robot/rear/image_raw')).topic == '/robot/rear/image_raw'
    with pytest.raises(UserError, match='several image topics.*: .*--topic'):
        opened(bag)
    with pytest.raises(UserError, match='no image topic /left.*/robot/front/image_raw'):
        opened(bag, Topics(image='/left'))


def test_what_the_node_published_is_no_camera(tmp_path):
    bag = write_topics(tmp_path / 'bag', '/front/image_raw', '/front/segmentation/mask',
                       '/front/segmentation/overlay/compressed')
    assert opened(bag, Topics(('camera',))).topic == '/front/image_raw'
    only = write_topics(tmp_path / 'only', '/front/segmentation/mask')
    with pytest.raises(UserError, match='none of a camera: /front/segmentation/mask'):
        opened(only)
    assert opened(only, Topics(image='/front/segmentation/mask')).topic.endswith('/mask')


def test_odometry_is_found_or_chosen(tmp_path):
    one = write_topics(tmp_path / 'one', '/a/image_raw', '/wheel_odom')
    assert opened(one).odometry == '/wheel_odom'
    assert opened(one, Topics(odometry='')).odometry is None
    two = write_topics(tmp_path / 'two', '/a/image_raw', '/wheel_odom', '/odom')
    assert opened(two).odometry == '/odom'
    assert opened(two, Topics(odometry='wheel_odom')).odometry == '/wheel_odom'
    with pytest.raises(UserError, match='/gps_odom; it has /odom, /wheel_odom'):
        opened(two, Topics(odometry='/gps_odom'))


def test_odometry_counts_until_it_is_old(tmp_path):
    speeds = [1.0, 2.0, float('nan'), 4.0]
    bag = write_drive(tmp_path / 'bag', drive(count=4), speeds=speeds)
    assert [frame.motion for frame in frames(bag)] == [
        Motion(1.0), Motion(2.0), None, Motion(4.0)]
    # It was recorded a microsecond before its image.
    age = AgeLimits('odometry', 0.5e-6, 0.1)
    assert {frame.motion for frame in frames(bag, Topics(odometry_age=age))} == {None}


@pytest.mark.parametrize(('wrong', 'reason'), [
    (lambda at: at - 3600 * 10**9, 'stale_stamp'), (lambda at: at + 10**9, 'stamp_in_future'),
    (lambda at: START_NS, 'stamp_backwards'), (lambda at: 2 * START_NS - at, 'stamp_backwards'),
    (lambda at: 0, 'stale_stamp')], ids=['old', 'ahead', 'frozen', 'backwards', 'none'])
def test_odometry_with_wrong_stamps_is_left_out_and_noted(tmp_path, wrong, reason):
    bag = write_drive(tmp_path / 'bag', drive(count=4), speeds=[1.0] * 4, odometry_stamp=wrong)
    with closing(opened(bag)) as source:
        assert {frame.motion for frame in list(source)[1:]} == {None}
        assert source.notes == (f'/odom: left out where it cannot be believed: {reason}',)


# --- images -----------------------------------------------------------------------------------

@pytest.fixture
def decoded(tmp_path) -> Iterator[list[DecodedFrame]]:
    bag = write_drive(tmp_path / 'bag', drive(count=4), focal=60.0, damaged=(1,))
    with closing(opened(bag)) as source:
        yield list(decode_frames(source, None))


def test_a_damaged_image_is_a_frame_with_its_problem(decoded):
    assert [frame.bgr is None for frame in decoded] == [False, True, False, False]
    assert decoded[1].problem
    assert np.array_equal(decoded[2].bgr, image(road()))


def test_camera_info_that_stays_is_one_object(decoded):
    assert decoded[0].info.k[0] == 60
    assert decoded[3].info is decoded[0].info
