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

"""A bag of videos as a bag of images: one sensor_msgs/Image for each packet."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from importlib.util import find_spec
from itertools import chain

import numpy as np

from seg_node.errors import UserError
from seg_node.recordings.cdr import typestore, write_cdr
from seg_node.recordings.channels import Bag, Channel, IMAGE, Message
from seg_node.recordings.stamps import stamp_of
from seg_node.recordings.video.decoder import DecodedPicture, NoPicture, VideoDecoder
from seg_node.recordings.video.packets import PacketError, read_packet, VideoPacket, VIDEOS

_WITHOUT_PYAV = ('H.264 and H.265 need the Python package av, which is not installed: pip install '
                 'av, or pip install -r requirements/video.txt')
_LONGEST_GROUP = 600
"""Packets before the part that is asked for, from which its first picture is decoded."""


def with_images(bag: Bag) -> Bag:
    """Return a bag whose videos are images; the bag itself where it has none."""
    return VideosAsImages(bag) if any(c.type in VIDEOS for c in bag.channels) else bag


class VideosAsImages:
    """
    A Bag, closed with it, whose channels of VIDEOS are decoded.

    Each packet becomes one Image with its stamp, recorded when it could be decoded. Where there is
    no picture the Image is empty (0x0), which whoever gets it must take for malformed: an older
    picture never stands in. notes tells how many, of the newest reading.
    """

    def __init__(self, bag: Bag) -> None:
        """Take over the bag."""
        self._bag = bag
        self.path, self.start_ns, self.end_ns = bag.path, bag.start_ns, bag.end_ns
        problem = '' if find_spec('av') else _WITHOUT_PYAV
        self._packets = {
            replace(channel, type=IMAGE, digest='', problem=channel.problem or problem): channel
            for channel in bag.channels if channel.type in VIDEOS}
        self.channels = (*(c for c in bag.channels if c.type not in VIDEOS), *self._packets)
        self._streams: dict[Channel, _Stream] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know by now."""
        told = (stream.told() for stream in self._streams.values())
        return (*self._bag.notes, *filter(None, told))

    def messages(self, channels: Collection[Channel], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield messages from start_ns on, before stop_ns; UserError where it cannot go on."""
        streams = {self._packets[channel]: _Stream(channel) for channel in channels
                   if channel in self._packets}
        self._streams |= {stream.channel: stream for stream in streams.values()}
        wanted = [self._packets.get(channel, channel) for channel in channels]
        if streams and start_ns is not None:
            for message in self._newest(list(streams), start_ns):
                streams[message.channel].prepare(message)
        damage = None
        try:
            for message in self._bag.messages(wanted, start_ns, stop_ns):
                stream = streams.get(message.channel)
                if stream is None:
                    yield message
                else:
                    yield from stream.images(message)
        except UserError as error:
            damage = error
        yield from chain.from_iterable(stream.rest() for stream in streams.values())
        if damage is not None:
            raise damage

    def _newest(self, packets: Collection[Channel], stop_ns: int) -> Collection[Message]:
        newest = deque[Message](maxlen=_LONGEST_GROUP)
        with suppress(UserError):      # raised again behind the part that is wanted
            newest.extend(self._bag.messages(packets, None, stop_ns))
        return newest

    def close(self) -> None:
        """Close the bag; safe to call twice."""
        self._bag.close()


class _Stream:
    """The images of one channel, and the count of the packets that give none."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._decoder: VideoDecoder[tuple[int, str]] = VideoDecoder()
        self._recorded_ns = 0
        self._count = 0
        self._missing: Counter[NoPicture] = Counter()

    def prepare(self, packet: Message) -> None:
        """Decode a packet from before the part that is wanted."""
        for _ in self._pictures(packet):
            pass

    def images(self, packet: Message) -> Iterator[Message]:
        """Yield the images that are complete with a packet."""
        self._count += 1
        self._recorded_ns = packet.recorded_ns
        for picture in self._pictures(packet):
            yield self._image(picture)

    def rest(self) -> Iterator[Message]:
        """Yield the images that waited for more packets."""
        for picture in self._decoder.finish():
            yield self._image(picture)

    def told(self) -> str:
        """Say how many packets gave no picture, and why; '' where all did."""
        reasons = [f'{count} {why.value}' for why, count in self._missing.items()]
        if self._decoder.surplus:
            reasons.append(f'{self._decoder.surplus} pictures more than messages, left out')
        if not reasons:
            return ''
        return (f'{self.channel.topic}: {self._missing.total()} of {self._count} packets give no '
                f'picture, and count as malformed images: {", ".join(reasons)}')

    def _pictures(self, message: Message) -> Iterator[DecodedPicture[tuple[int, str]]]:
        stamp_ns = stamp_of(message.data)
        try:
            packet = _read(message)
        except PacketError:
            yield from self._decoder.lose()
            yield DecodedPicture((stamp_ns, ''), None, NoPicture.UNREADABLE)
        else:
            yield from self._decoder.decode(packet, (stamp_ns, packet.frame_id))

    def _image(self, picture: DecodedPicture[tuple[int, str]]) -> Message:
        if picture.missing is not None:
            self._missing[picture.missing] += 1
        types = typestore().types
        stamp = types['builtin_interfaces/msg/Time'](*divmod(picture.owner[0], 10**9))
        header = types['std_msgs/msg/Header'](stamp, picture.owner[1])
        bgr = np.empty((0, 0, 3), np.uint8) if picture.bgr is None else picture.bgr
        height, width, _ = bgr.shape
        image = types[IMAGE](header, height, width, 'bgr8', 0, 3 * width, bgr.reshape(-1))
        return Message(self.channel, self._recorded_ns, write_cdr(image, IMAGE))


def _read(message: Message) -> VideoPacket:
    return read_packet(message.data, message.channel.type)
