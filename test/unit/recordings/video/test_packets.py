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

"""Messages that hold packets of a video; damaged ones are told, whatever they are."""

from __future__ import annotations

from hypothesis import given, strategies
import pytest

pytest.importorskip('av', reason='requirements/video.txt is not installed')

from helpers.bag_files import START_NS
from helpers.video_bags import message
from seg_node.recordings.stamps import stamp_of
from seg_node.recordings.video.packets import (
    Codec,
    PacketError,
    read_packet,
    VideoPacket,
    VIDEOS,
)

UNITS = b'\0\0\0\1\x67abc\0\0\1\x65def'


@pytest.mark.parametrize('kind', VIDEOS)
def test_a_message_is_read_and_a_shorter_one_is_refused(kind):
    whole = message(kind, START_NS, UNITS, 'h264')
    packet = read_packet(whole, kind)
    assert packet == VideoPacket('lens', Codec.H264, UNITS)
    assert stamp_of(whole) == START_NS
    assert [unit[1:] for unit in packet.units()] == [b'abc', b'def']
    needed = whole.rindex(b'h264\0' if kind == VIDEOS[0] else UNITS)
    for length in range(needed):
        with pytest.raises(PacketError):
            read_packet(whole[:length], kind)


@pytest.mark.parametrize(('name', 'codec'), [
    ('h264', Codec.H264), ('libx264', Codec.H264), ('H264_nvenc', Codec.H264),
    ('h264;yuv420p;bgr8;bgr8', Codec.H264), ('avc', Codec.H264), ('h265', Codec.H265),
    ('hevc_vaapi', Codec.H265), ('hevc;nv12;bgr8;bgr8', Codec.H265),
    ('vp9', None), ('', None), ('jpeg;h264', None)])
def test_codecs_go_by_the_names_that_are_in_use(name, codec):
    assert Codec.named(name) is codec


@given(strategies.binary(max_size=200), strategies.sampled_from(VIDEOS))
def test_any_bytes_are_a_packet_or_none(data, kind):
    try:
        units = list(read_packet(data, kind).units())
    except PacketError:
        return
    assert all(units)
