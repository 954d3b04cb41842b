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

"""Pictures of a video: each is that of its own packet, or there is none."""

from __future__ import annotations

from hypothesis import given, settings, strategies
import pytest

pytest.importorskip('av', reason='requirements/video.txt is not installed')

from helpers.video_bags import encode, grey, GROUP, LIVE, number_of, QUIET
from seg_node.recordings.video.decoder import NoPicture, VideoDecoder
from seg_node.recordings.video.packets import Codec, VideoPacket

COUNT = 3 * GROUP
LOST = GROUP + 3
NEXT = 2 * GROUP      # the next keyframe
STREAMS = {
    'live': ('libx264', LIVE, 0),
    'one keyframe': ('libx264', LIVE | {'x264-params': 'keyint=infinite'}, 0),
    'baseline': ('libx264', {'profile': 'baseline', 'preset': 'veryfast', 'refs': '4'}, 0),
    'scaling lists': ('libx264', {'preset': 'fast', 'x264-params': 'cqm=jvt:bframes=0'}, 0),
    'B-frames': ('libx264', {'preset': 'slow'}, 3),
    'open groups': ('libx264', {'preset': 'fast', 'x264-params': 'open-gop=1'}, 2),
    'H.265': ('libx265', {'preset': 'ultrafast', 'x265-params': f'{QUIET}:bframes=0'}, 0),
    'H.265, B-frames': ('libx265', {'preset': 'ultrafast', 'x265-params': f'{QUIET}:bframes=3'},
                        3),
}


@pytest.fixture(scope='module')
def streams():
    frames = [grey(index) for index in range(COUNT)]
    return {name: encode(frames, codec, options, b_frames=b_frames)
            for name, (codec, options, b_frames) in STREAMS.items()}


def pictures_of(packets, codec=Codec.H264):
    """Return why each has no picture, or how far that is from its own; by number, in order."""
    decoder = VideoDecoder()
    pictures = [picture for number, data in packets
                for picture in decoder.decode(VideoPacket('', codec, data), number)]
    pictures += decoder.finish()
    assert sorted(p.owner for p in pictures) == sorted(number for number, _ in packets)
    return {p.owner: p.missing or abs(number_of(p.bgr) - p.owner) for p in pictures}


def codec_of(name):
    return Codec.H265 if 'H.265' in name else Codec.H264


def all_right(found):
    return all(not isinstance(how, NoPicture) and how < 0.5 for how in found.values())


@pytest.mark.parametrize('name', STREAMS)
def test_every_packet_gives_its_own_picture_in_the_order_of_showing(streams, name):
    found = pictures_of(streams[name], codec_of(name))
    assert all_right(found) and list(found) == list(range(COUNT))


@pytest.mark.parametrize('name', STREAMS)
@pytest.mark.parametrize('lost', [1, 4])
def test_what_follows_a_gap_is_no_picture_up_to_the_next_keyframe(streams, name, lost):
    packets = streams[name]
    found = pictures_of(packets[:LOST] + packets[LOST + lost:], codec_of(name))
    shown = {number: how for number, how in found.items() if not isinstance(how, NoPicture)}
    assert all_right(shown)
    missing = set(found) - set(shown)
    assert {found[number] for number in missing} <= {NoPicture.GAP, NoPicture.DAMAGED}
    if name in ('live', 'baseline', 'scaling lists', 'H.265'):
        assert missing == set(range(LOST + lost, NEXT))


def test_a_damaged_packet_counts_once_and_those_behind_it_wait(streams):
    packets = list(streams['live'])
    number, data = packets[LOST]
    packets[LOST] = (number, data[:len(data) // 2])
    found = pictures_of(packets)
    assert found[LOST] is NoPicture.DAMAGED
    assert {found[k] for k in range(LOST + 1, NEXT)} == {NoPicture.GAP}
    assert all_right({k: how for k, how in found.items() if not LOST <= k < NEXT})


@pytest.mark.parametrize('name', STREAMS)
def test_nothing_is_shown_before_the_first_keyframe(streams, name):
    found = pictures_of(streams[name][4:], codec_of(name))
    shown = {number: how for number, how in found.items() if not isinstance(how, NoPicture)}
    assert all_right(shown) and NoPicture.START in found.values()
    assert min(shown, default=COUNT) >= GROUP - 1 or name == 'one keyframe'


def test_a_packet_that_comes_twice_is_not_added_twice(streams):
    packets = streams['live'][:LOST] + [(99, streams['live'][LOST - 1][1])]
    assert pictures_of(packets)[99] is NoPicture.GAP


def test_another_size_and_another_codec_begin_anew(streams):
    large = encode([grey(index, 96, 80) for index in range(3)])
    decoder = VideoDecoder()
    shapes = [picture.bgr.shape for codec, packets in (
        (Codec.H264, streams['live'][:3]), (Codec.H264, large), (Codec.H265, streams['H.265'][:2]))
        for _, data in packets for picture in decoder.decode(VideoPacket('', codec, data), 0)]
    assert shapes == 3 * [(48, 64, 3)] + 3 * [(80, 96, 3)] + 2 * [(48, 64, 3)]


@pytest.mark.parametrize(('codec', 'data', 'why'), [
    (None, b'1', NoPicture.CODEC), (Codec.H264, b'', NoPicture.DAMAGED),
    (Codec.H264, b'no video', NoPicture.START)])
def test_what_is_no_video_is_told(codec, data, why):
    decoder = VideoDecoder()
    (picture,) = decoder.decode(VideoPacket('', codec, data), 7)
    assert (picture.owner, picture.bgr, picture.missing) == (7, None, why)


def test_a_picture_of_absurd_size_is_never_made(monkeypatch, streams):
    monkeypatch.setattr('seg_node.recordings.video.decoder.MAX_PIXELS', 1000)
    assert set(pictures_of(streams['live'][:3]).values()) == {NoPicture.START}


@settings(max_examples=60, deadline=None)
@given(data=strategies.data())
def test_whatever_happens_to_packets_each_gives_one_picture_or_none(streams, data):
    name = data.draw(strategies.sampled_from(sorted(STREAMS)))
    packets = list(streams[name])
    for _ in range(data.draw(strategies.integers(1, 5))):
        at = data.draw(strategies.integers(0, len(packets) - 1))
        number, old = packets[at]
        do = data.draw(strategies.sampled_from(['cut', 'swap', 'flip', 'noise', 'drop']))
        if do == 'cut':
            packets[at] = number, old[:data.draw(strategies.integers(0, len(old)))]
        elif do == 'swap':
            packets[at], packets[0] = packets[0], packets[at]
        elif do == 'flip':
            where = data.draw(strategies.integers(0, max(0, len(old) - 1)))
            packets[at] = number, old[:where] + b'\xff' + old[where + 1:]
        elif do == 'noise':
            packets[at] = number, data.draw(strategies.binary(max_size=100))
        elif len(packets) > 1:
            del packets[at]
    pictures_of(packets, codec_of(name))
