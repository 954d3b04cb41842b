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

"""Pictures from the packets of a video; never an old or patched one for a new one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from seg_node.recordings.video.frame_numbers import FrameNumbers
from seg_node.recordings.video.packets import Codec, VideoPacket

MAX_PIXELS = 2**24
"""Largest picture, 4096x4096: a decoder may keep 16 of them."""
_MAX_DELAY = 16
"""Most pictures that one waits for to be shown (max_dec_frame_buffering of H.264 and H.265)."""

Owner = TypeVar('Owner')


class NoPicture(Enum):
    """Why a packet gives no picture; the value is told to people."""

    UNREADABLE = 'not readable'
    CODEC = 'of a codec that is neither H.264 nor H.265'
    START = 'before the first keyframe'
    DAMAGED = 'damaged'
    GAP = 'after damage or a gap, up to the next keyframe'


@dataclass(frozen=True, eq=False)
class DecodedPicture(Generic[Owner]):
    """What came of a packet: BGR uint8 [H, W, 3], or why there is none."""

    owner: Owner
    bgr: NDArray[np.uint8] | None
    missing: NoPicture | None = None


class VideoDecoder(Generic[Owner]):
    """
    Decodes one stream; each packet gives one Picture, later than it where B-frames are.

    Whatever the decoder doubts, and a missing packet, ends it: a new one begins at the next
    keyframe, or where libavcodec finds that a refresh without keyframes is complete.
    """

    def __init__(self) -> None:
        """Begin before the first packet."""
        self._codec: Codec | None = None
        self._context: Any = None
        self._waits_for = NoPicture.START
        self._has_shown = False
        self._numbers = FrameNumbers()
        self._parameter_sets = b''
        self._pending: dict[int, Owner] = {}
        self._count = 0
        self.surplus = 0
        """Pictures that no packet was left for."""

    def decode(self, packet: VideoPacket, owner: Owner) -> Iterator[DecodedPicture[Owner]]:
        """Yield the pictures that are complete with this packet; each has its own owner."""
        if packet.codec is None or not packet.data:
            yield from self._end(NoPicture.GAP)
            yield DecodedPicture(
                owner, None, NoPicture.CODEC if packet.data else NoPicture.DAMAGED)
            return
        if packet.codec is not self._codec:
            yield from self._end(NoPicture.START)
            self._codec, self._numbers, self._parameter_sets = packet.codec, FrameNumbers(), b''
        if packet.codec is Codec.H264 and not self._numbers.follows(packet):
            yield from self._end(NoPicture.GAP)
        self._keep_parameter_sets(packet)
        self._count += 1
        self._pending[self._count] = owner
        yield from self._shown(packet.data)

    def lose(self) -> Iterator[DecodedPicture[Owner]]:
        """Take note that a packet is missing; yield what was waiting."""
        return self._end(NoPicture.GAP)

    def finish(self) -> Iterator[DecodedPicture[Owner]]:
        """Yield what was waiting for packets that do not come."""
        if self._context is not None and self._pending:
            yield from self._shown(None)
        yield from self._end(NoPicture.START)

    def _shown(self, data: bytes | None) -> Iterator[DecodedPicture[Owner]]:
        try:
            frames = self._fed(data)
        except Exception:      # PyAV's errors have many bases
            last = self._pending.pop(self._count, None)
            why = NoPicture.DAMAGED if self._has_shown else self._waits_for
            yield from self._end(NoPicture.GAP if self._has_shown else self._waits_for)
            if last is not None:
                yield DecodedPicture(last, None, why)
            return
        for number, bgr in frames:
            if number in self._pending:
                self._has_shown = True
                yield DecodedPicture(self._pending.pop(number), bgr)
            else:
                self.surplus += 1
        delay = _MAX_DELAY if self._context.has_b_frames else 0
        while len(self._pending) > delay:
            why = NoPicture.DAMAGED if self._has_shown else self._waits_for
            yield DecodedPicture(self._pending.pop(next(iter(self._pending))), None, why)

    def _fed(self, data: bytes | None) -> list[tuple[int, NDArray[np.uint8]]]:
        """Return the pictures, with the numbers of their packets; any error for a doubt."""
        from av import Packet
        if self._context is None:
            assert self._codec is not None
            self._context = _open(self._codec, self._parameter_sets)
        packet = None
        if data is not None:
            packet = Packet(data)
            packet.pts = self._count
        frames = self._context.decode(packet)
        if any(frame.is_corrupt for frame in frames):
            raise ValueError('concealed')
        return [(frame.pts, frame.to_ndarray(format='bgr24')) for frame in frames]

    def _end(self, waits_for: NoPicture) -> Iterator[DecodedPicture[Owner]]:
        """Drop the decoder with what waits in it."""
        pending, self._pending = self._pending, {}
        why = NoPicture.GAP if self._has_shown else self._waits_for
        # What waits from the beginning on goes on doing so.
        if self._has_shown or self._codec is None:
            self._waits_for = waits_for
        self._context, self._has_shown = None, False
        for owner in pending.values():
            yield DecodedPicture(owner, None, why)

    def _keep_parameter_sets(self, packet: VideoPacket) -> None:
        """Keep those that a stream sends once only, for the next decoder."""
        assert packet.codec is not None
        sets = [b'\0\0\0\1' + unit for unit in packet.units()
                if packet.codec.kind_of(unit) in packet.codec.parameter_sets]
        self._parameter_sets = b''.join(sets) or self._parameter_sets


def _open(codec: Codec, parameter_sets: bytes) -> Any:
    from av import CodecContext
    context: Any = CodecContext.create(codec.value, 'r')
    context.thread_count = 1      # more would hold pictures back
    context.options = {'err_detect': 'explode', 'max_pixels': str(MAX_PIXELS)}
    if parameter_sets:
        context.extradata = parameter_sets
    return context
