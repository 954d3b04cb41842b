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

"""One packet of a video from a message, and its NAL units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
import struct

COMPRESSED_VIDEO = 'foxglove_msgs/msg/CompressedVideo'
FFMPEG_PACKET = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
VIDEOS = (COMPRESSED_VIDEO, FFMPEG_PACKET)
_START_CODE = b'\0\0\1'
_MAX_NAMES = 256
"""Bytes of a frame_id or a codec's name; longer ones are damaged bytes."""


class PacketError(ValueError):
    """A message that is no packet of a video."""


class Codec(Enum):
    """What is decoded; the value is libavcodec's name of the decoder."""

    H264 = 'h264'
    H265 = 'hevc'

    @staticmethod
    def named(name: str) -> Codec | None:
        """
        Return the codec by its name in a message; None for one that is not decoded.

        foxglove_msgs says h264 or h265, ffmpeg_image_transport the codec or (before 2.0) the
        encoder, and more behind a semicolon: hevc;yuv420p;bgr8;bgr8, libx264, h264_nvenc.
        """
        first = name.partition(';')[0].lower()
        if '264' in first or first == 'avc':
            return Codec.H264
        return Codec.H265 if '265' in first or 'hevc' in first else None

    def kind_of(self, unit: bytes) -> int:
        """Return nal_unit_type of a NAL unit (H.264 and H.265, 7.3.1)."""
        return unit[0] & 0x1f if self is Codec.H264 else unit[0] >> 1 & 0x3f

    @property
    def parameter_sets(self) -> tuple[int, ...]:
        """The nal_unit_types without which nothing can be decoded (tables 7-1)."""
        return (7, 8) if self is Codec.H264 else (32, 33, 34)


@dataclass(frozen=True)
class VideoPacket:
    """What one message holds: an access unit in Annex B form; codec None: one not decoded."""

    frame_id: str
    codec: Codec | None
    data: bytes

    def units(self) -> Iterator[bytes]:
        """Yield its NAL units, without their start codes (Annex B)."""
        begin = self.data.find(_START_CODE) + len(_START_CODE)
        while begin >= len(_START_CODE):
            end = self.data.find(_START_CODE, begin)
            unit = self.data[begin:None if end < 0 else end]
            if unit:
                yield unit
            begin = end + len(_START_CODE)


def read_packet(message: bytes, kind: str) -> VideoPacket:
    """
    Read a message of VIDEOS; its stamp is read as that of any other.

    Fields behind those that count are left alone: foxglove_msgs has added some over time.

    :raises PacketError: for damaged bytes.
    """
    reader = _Cdr(message)
    reader.numbers('iI')
    frame_id = reader.text()
    if kind == COMPRESSED_VIDEO:
        data, name = reader.data(), reader.text()
    else:
        reader.numbers('ii')
        name = reader.text()
        reader.numbers('Q')
        reader.numbers('BB')
        data = reader.data()
    return VideoPacket(frame_id, Codec.named(name), data)


class _Cdr:
    """Reads CDR field by field (OMG DDS-XTYPES 7.4.1, version 1); PacketError past the end."""

    def __init__(self, message: bytes) -> None:
        if len(message) < 4:
            raise PacketError(f'{len(message)} bytes')
        self._body = memoryview(message)[4:]
        self._order = '<' if message[1] & 1 else '>'
        self._at = 0

    def numbers(self, fields: str) -> tuple[int, ...]:
        """Read numbers of one size, by the letters of struct; aligned to that size."""
        size = struct.calcsize('=' + fields[0])
        begin = -(-self._at // size) * size
        self._at = begin + size * len(fields)
        if self._at > len(self._body):
            raise PacketError('it ends early')
        return struct.unpack_from(self._order + fields, self._body, begin)

    def data(self) -> bytes:
        """Read uint8[]."""
        (length,) = self.numbers('I')
        begin = self._at
        self._at += length
        if self._at > len(self._body):
            raise PacketError('it ends early')
        return bytes(self._body[begin:self._at])

    def text(self) -> str:
        """Read a string."""
        text = self.data()
        if len(text) > _MAX_NAMES:
            raise PacketError(f'a name of {len(text)} bytes')
        return text.rstrip(b'\0').decode(errors='replace')
