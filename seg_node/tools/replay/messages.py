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

"""What is played: a recording as topics with serialized messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import chain

from seg_node.errors import UserError
from seg_node.recordings.channels import (
    Bag,
    Channel,
    COMPRESSED,
    find_channel,
    IMAGES,
    Message,
    TRANSFORMS,
)
from seg_node.recordings.find import Kind
from seg_node.recordings.stamps import clock_offset
from seg_node.recordings.topics import choose_channels, images_of, Topics
from seg_node.recordings.video.as_images import with_images


class MessageSource:
    """
    Base of what can be played: iterate its messages, close it afterwards.

    Attributes: kind, name, channels, duration_ns (None when unknown), clock_ns (time of its start
    on the clock of its stamps), stamped (False: its stamps mean nothing outside of it), assumed
    (what nobody has said, '' for nothing).
    """

    kind: Kind
    name: str
    channels: tuple[Channel, ...]
    duration_ns: int | None
    clock_ns: int
    stamped: bool
    assumed = ''

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield (time since the start of the recording in ns, message)."""
        raise NotImplementedError

    def interval_ns(self, channels: Collection[Channel]) -> int:
        """Return the usual time between two images, else between messages of the busiest topic."""
        counts = [c.count or 0 for c in channels if c.type in IMAGES] or [
            c.count or 0 for c in channels]
        most = max(counts, default=0)
        return (self.duration_ns or 0) // (most - 1) if most > 1 else 0

    def notes(self) -> Sequence[str]:
        """Return what the user should know by now."""
        return ()

    def close(self) -> None:
        """Release files; safe to call twice."""


class BagMessages(MessageSource):
    """
    A bag, closed with it: all of it under its own names, or what cameras of a node need.

    :param cameras: names under which the one image topic is played, with its camera_info, the
        odometry and the transforms; none: everything.
    :param image: image topic of the cameras; None: the one of their names, or the only one.
    :raises UserError: when there is no message, or no such topic.
    """

    kind = Kind.BAG
    stamped = True

    def __init__(self, bag: Bag, cameras: Sequence[str] = (), image: str | None = None) -> None:
        """Choose the channels and find out the clock."""
        if cameras:
            bag = with_images(bag)
        self._bag = bag
        self.name = bag.path.name or str(bag.path)
        if not bag.end_ns:
            raise UserError(f'{bag.path}: no messages in this bag. Record again, with the topics '
                            'named: ros2 bag record TOPIC ...')
        self._played = _of_cameras(bag, cameras, image) if cameras else {
            channel: (channel,) for channel in bag.channels}
        self.channels = tuple(chain.from_iterable(self._played.values()))
        self.duration_ns = bag.end_ns - bag.start_ns
        images = [channel for channel in images_of(bag) if channel in self._played]
        self.clock_ns = bag.start_ns + clock_offset(bag, images)
        self._known = bag.notes

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield the messages of the part; before them the latched ones of the part left out."""
        bag, begin = self._bag, self._bag.start_ns
        wanted = {own: chosen for own, played in self._played.items()
                  if (chosen := [channel for channel in played if channel in channels])}
        start = begin + start_ns if start_ns else None
        stop = None if stop_ns is None else begin + stop_ns
        latched = [channel for channel in wanted if channel.latched] if start else []
        for message in chain(bag.messages(latched, None, start) if latched else (),
                             bag.messages(wanted, start, stop)):
            for channel in wanted[message.channel]:
                yield message.recorded_ns - begin, message._replace(channel=channel)

    def notes(self) -> Sequence[str]:
        """Return what playing has found."""
        return [note for note in self._bag.notes if note not in self._known]

    def close(self) -> None:
        """Close the bag."""
        self._bag.close()


def _of_cameras(
    bag: Bag, cameras: Sequence[str], image: str | None,
) -> dict[Channel, tuple[Channel, ...]]:
    found = choose_channels(bag, Topics(cameras, image=image))
    form = '/compressed' if found.image.type == COMPRESSED else ''

    def named(channel: Channel, topic: str) -> tuple[Channel, ...]:
        return tuple(replace(channel, topic=f'{camera}/{topic}') for camera in cameras)

    played = {found.image: named(found.image, f'image_raw{form}')}
    if found.info is not None:
        played[found.info] = named(found.info, 'camera_info')
    if found.odometry is not None:
        played[found.odometry] = (replace(found.odometry, topic='odom'),)
    return played | {each: (each,) for each in bag.channels if each.type == TRANSFORMS}


def chosen(channels: Sequence[Channel], topics: Sequence[str] | None) -> list[Channel]:
    """Return the channels of the topics named, all without names; UserError for unknown ones."""
    if topics is None:
        return list(channels)
    unknown = sorted(topic for topic in topics if find_channel(channels, topic) is None)
    if unknown:
        raise UserError(f'--topics {" ".join(map(_absolute, unknown))}: not in this recording. It '
                        f'has {", ".join(sorted({channel.topic for channel in channels}))}')
    wanted = {_absolute(topic) for topic in topics}
    return [channel for channel in channels if _absolute(channel.topic) in wanted]


def remapped(channels: Sequence[Channel], rules: Sequence[str]) -> dict[str, str]:
    """Return the new name of every topic; rules are OLD:=NEW. UserError for a bad rule."""
    names = {channel.topic: channel.topic for channel in channels}
    for rule in rules:
        old, sign, new = rule.partition(':=')
        if not (old and sign and new):
            raise UserError(f'--remap {rule}: give it as OLD:=NEW')
        found = find_channel(channels, old)
        if found is None:
            raise UserError(f'--remap {rule}: no topic {old} is played. Played are '
                            f'{", ".join(sorted(names))}')
        names[found.topic] = new
    return names


def _absolute(topic: str) -> str:
    return '/' + topic.strip('/')
