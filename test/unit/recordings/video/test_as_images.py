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

"""Bags of videos, opened as bags of images."""

from __future__ import annotations

import pytest

pytest.importorskip('av', reason='requirements/video.txt is not installed')

from helpers.bag_files import PERIOD_NS, START_NS
from helpers.video_bags import encode, grey, GROUP, message, number_of, write_video_bag
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.decoding import decode_frames
from seg_node.recordings.opening import open_frames
from seg_node.recordings.topics import Topics
from seg_node.recordings.video.as_images import with_images
from seg_node.recordings.video.packets import COMPRESSED_VIDEO, VIDEOS
from seg_node.tools.replay.messages import BagMessages

COUNT = 2 * GROUP


def stamp(number):
    return START_NS + number * PERIOD_NS - 3_000_000


@pytest.fixture(scope='module')
def packets():
    return encode([grey(index) for index in range(COUNT)])


def messages_of(packets, kind=COMPRESSED_VIDEO):
    return [message(kind, stamp(number), data) for number, data in packets]


def numbers(frames):
    """Return of each frame its number by its stamp, and what its picture shows."""
    return [((frame.frame.stamp_ns - stamp(0)) // PERIOD_NS,
             None if frame.bgr is None else round(number_of(frame.bgr))) for frame in frames]


@pytest.mark.parametrize('kind', VIDEOS)
def test_each_message_is_an_image_of_its_stamp_with_camera_info(tmp_path, packets, kind):
    path = write_video_bag(tmp_path / 'bag', messages_of(packets, kind), kind)
    with open_frames(path) as source:
        assert (source.size, source.count, source.compressed) == ((64, 48), COUNT, False)
        frames = list(decode_frames(source))
        assert numbers(frames) == [(number, number) for number in range(COUNT)]
        assert all(frame.info is not None for frame in frames)
        assert source.notes == ()


def test_b_frames_keep_their_stamps_and_come_in_the_order_of_showing(tmp_path):
    packets = encode([grey(index) for index in range(COUNT)], options={}, b_frames=2)
    assert [number for number, _ in packets] != list(range(COUNT))
    with open_frames(write_video_bag(tmp_path / 'bag', messages_of(packets))) as source:
        assert numbers(decode_frames(source)) == [(number, number) for number in range(COUNT)]


def test_what_gives_no_picture_is_a_malformed_image_and_counted(tmp_path, packets):
    messages = messages_of(packets)[3:]
    messages[GROUP] = messages[GROUP][:-60]     # CDR that ends early
    messages.append(message(COMPRESSED_VIDEO, stamp(COUNT), b'1', 'vp9'))
    with open_frames(write_video_bag(tmp_path / 'bag', messages)) as source:
        frames = list(decode_frames(source))
        shown = [(number, seen) for number, seen in numbers(frames) if seen is not None]
        assert shown == [(number, number) for number in range(GROUP, GROUP + 3)]
        assert all('0x0' in frame.problem for frame in frames if frame.bgr is None)
        assert source.notes == (
            '/front/image_raw/ffmpeg: 15 of 18 packets give no picture, and count as malformed '
            'images: 7 before the first keyframe, 1 not readable, 6 after damage or a gap, up to '
            'the next keyframe, 1 of a codec that is neither H.264 nor H.265',)


def test_a_part_begins_with_its_own_first_picture(tmp_path, packets):
    bag = with_images(open_bag(write_video_bag(tmp_path / 'bag', messages_of(packets))))
    (images,) = (channel for channel in bag.channels if 'ffmpeg' in channel.topic)
    try:
        begin, end = (START_NS + k * PERIOD_NS for k in (GROUP + 4, GROUP + 7))
        assert [m.recorded_ns for m in bag.messages([images], begin, end)] == [
            START_NS + k * PERIOD_NS for k in range(GROUP + 4, GROUP + 7)]
        assert bag.notes == ()
    finally:
        bag.close()


def test_images_are_preferred_to_the_video_beside_them(tmp_path, packets):
    path = write_video_bag(tmp_path / 'bag', messages_of(packets), topic='/camera/image_raw')
    with open_frames(path, Topics(('camera',))) as source:
        assert source.topic == '/camera/image_raw'


def test_a_replay_sends_packets_under_their_own_name_and_images_to_a_camera(tmp_path, packets):
    path = write_video_bag(tmp_path / 'bag', messages_of(packets))
    for cameras, kind in (((), COMPRESSED_VIDEO), (('camera',), 'sensor_msgs/msg/Image')):
        source = BagMessages(open_bag(path), cameras)
        try:
            played = [message.channel for _, message in source.messages(source.channels, 0, None)]
            types = {c.topic: c.type for c in played if 'info' not in c.topic}
            assert types == {'camera/image_raw' if cameras else '/front/image_raw/ffmpeg': kind}
            assert len(played) == COUNT + 1
        finally:
            source.close()


def test_without_pyav_the_topic_is_named_with_the_remedy(tmp_path, packets, monkeypatch):
    monkeypatch.setattr('seg_node.recordings.video.as_images.find_spec', lambda name: None)
    path = write_video_bag(tmp_path / 'bag', messages_of(packets))
    with pytest.raises(UserError, match='/front/image_raw/ffmpeg .*pip install av'):
        open_frames(path)
