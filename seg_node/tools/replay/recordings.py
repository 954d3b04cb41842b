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

"""What is played: a bag, as its topics with their serialized messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from seg_node.recordings.bag_reader import BagReader, Channel
from seg_node.recordings.bags import COMPRESSED, IMAGE, stamp_of, UNRELATED_NS
from seg_node.recordings.sources import SourceError

CLOCK = 'rosgraph_msgs/msg/Clock'
IMAGES = (IMAGE, COMPRESSED)


@dataclass(frozen=True)
class Message:
    """A message: its channel and its CDR bytes."""

    channel: Channel
    data: bytes


class Recording:
    """
    Base of what can be played: iterate its messages, close it afterwards.

    Attributes: kind, name, channels, duration_ns (None when unknown), clock_ns (time of its start
    on the clock of its stamps), stamped (False: its stamps mean nothing outside of it).
    """

    kind: str
    name: str
    channels: tuple[Channel, ...]
    duration_ns: int | None
    clock_ns: int
    stamped: bool

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield (time since the start of the recording in ns, message)."""
        raise NotImplementedError

    def interval_ns(self, channels: Collection[Channel]) -> int:
        """Return the usual time between two images, else between messages of the busiest topic."""
        counts = [c.count or 0 for c in images_of(channels) or channels]
        most = max(counts, default=0)
        return (self.duration_ns or 0) // (most - 1) if most > 1 else 0

    def notes(self) -> Sequence[str]:
        """Return what the user should know by now."""
        return ()

    def close(self) -> None:
        """Release files; safe to call twice."""


class BagRecording(Recording):
    """A bag of ROS 2 or ROS 1."""

    kind = 'bag'
    stamped = True

    def __init__(self, path: Path) -> None:
        """Open the bag."""
        self.name = path.name or str(path)
        self._reader = BagReader(path)
        self.channels = self._reader.channels
        self.duration_ns = self._reader.end_ns - self._reader.start_ns
        try:
            if not self._reader.count:
                raise SourceError(f'{path}: no messages in this bag. Record again, with the '
                                  'topics named: ros2 bag record TOPIC ...')
            self.clock_ns = self._reader.start_ns + self._clock_offset()
        except BaseException:
            self.close()
            raise

    def _clock_offset(self) -> int:
        # Recorded in simulation, stamps count from the start of the simulation.
        for types in ((CLOCK,), IMAGES):
            channels = [c for c in self.channels if c.type in types and not c.problem]
            for _, recorded, raw in self._reader.messages(channels):
                with self._reader.readable():
                    offset = stamp_of(raw) - recorded
                if stamp_of(raw) and abs(offset) > UNRELATED_NS:
                    return offset
                break
        return 0

    def messages(
        self, channels: Collection[Channel], start_ns: int, stop_ns: int | None,
    ) -> Iterator[tuple[int, Message]]:
        """Yield the messages of the part; before them the latched ones of the part left out."""
        begin = self._reader.start_ns
        start = begin + start_ns if start_ns else None
        stop = None if stop_ns is None else begin + stop_ns
        latched = [c for c in channels if c.latched] if start else []
        for channel, recorded, data in chain(
                self._reader.messages(latched, None, start),
                self._reader.messages(channels, start, stop)):
            yield recorded - begin, Message(channel, data)

    def close(self) -> None:
        """Close the bag."""
        self._reader.close()


def images_of(channels: Collection[Channel]) -> list[Channel]:
    """Return the channels that hold images."""
    return [channel for channel in channels if channel.type in IMAGES]


def chosen(channels: Sequence[Channel], topics: Sequence[str] | None) -> list[Channel]:
    """Return the channels of the topics named, all without names; SourceError for unknown ones."""
    if topics is None:
        return list(channels)
    wanted = {_absolute(topic) for topic in topics}
    unknown = wanted - {_absolute(channel.topic) for channel in channels}
    if unknown:
        raise SourceError(f'--topics {" ".join(sorted(unknown))}: not in this recording. It has '
                          f'{", ".join(sorted({channel.topic for channel in channels}))}')
    return [channel for channel in channels if _absolute(channel.topic) in wanted]


def remapped(channels: Sequence[Channel], rules: Sequence[str]) -> dict[str, str]:
    """Return the new name of every topic; rules are OLD:=NEW. SourceError for a bad rule."""
    names = {channel.topic: channel.topic for channel in channels}
    for rule in rules:
        old, sign, new = rule.partition(':=')
        if not (old and sign and new):
            raise SourceError(f'--remap {rule}: give it as OLD:=NEW')
        found = [topic for topic in names if _absolute(topic) == _absolute(old)]
        if not found:
            raise SourceError(f'--remap {rule}: no topic {old} is played. Played are '
                              f'{", ".join(sorted(names))}')
        names[found[0]] = new
    return names


def _absolute(topic: str) -> str:
    return '/' + topic.strip('/')
