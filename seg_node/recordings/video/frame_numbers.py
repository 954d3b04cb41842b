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

"""
Whether a picture of H.264 follows the one before: frame_num in its slices (ITU-T H.264, 7.4.3).

libavcodec conceals what is missing with older pictures and says nothing. (In H.265 each picture
names those that it needs, and the decoder refuses without them.)
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.recordings.video.packets import Codec, VideoPacket

_SLICE, _IDR, _PARAMETERS = 1, 5, 7
_HEAD = 64
"""Bytes of a slice in which its header's first fields lie."""
_HIGH_PROFILES = (100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135)
"""Those whose parameter sets tell of chroma and scaling lists (7.3.2.1.1)."""


@dataclass(frozen=True)
class _Parameters:
    bits: int
    """Of frame_num."""
    separate_planes: bool
    gaps_allowed: bool


class FrameNumbers:
    """Follows frame_num from packet to packet; up to 2 ** bits - 2 missing ones are found."""

    def __init__(self) -> None:
        """Begin before the first picture."""
        self._parameters: _Parameters | None = None
        self._previous: int | None = None

    def follows(self, packet: VideoPacket) -> bool:
        """Say whether no picture is missing before this one that others are decoded by."""
        for unit in packet.units():
            kind = Codec.H264.kind_of(unit)
            try:
                if kind == _PARAMETERS:
                    self._parameters = _read_parameters(unit)
                elif kind in (_SLICE, _IDR):
                    return self._take(unit, kind)
            except IndexError:      # it ends early: the decoder will say so
                return False
        return True

    def _take(self, unit: bytes, kind: int) -> bool:
        previous, parameters = self._previous, self._parameters
        if parameters is None:
            return True
        number = 0 if kind == _IDR else _frame_number(unit, parameters)
        if unit[0] & 0x60:      # nal_ref_idc: others are decoded by it
            self._previous = number
        if kind == _IDR or previous is None or parameters.gaps_allowed:
            return True
        return number == (previous + 1) % 2 ** parameters.bits


class _Bits:
    """Reads the payload of a NAL unit bit by bit; IndexError past its end."""

    def __init__(self, unit: bytes) -> None:
        payload = unit[1:].replace(b'\0\0\3', b'\0\0')      # emulation prevention (7.4.1)
        self._bits = ''.join(f'{byte:08b}' for byte in payload)
        self._at = 0

    def number(self, bits: int) -> int:
        """Read u(bits)."""
        self._at += bits
        if self._at > len(self._bits):
            raise IndexError
        return int(self._bits[self._at - bits:self._at] or '0', 2)

    def golomb(self) -> int:
        """Read ue(v) (9.1)."""
        zeros = 0
        while not self.number(1):
            zeros += 1
        return 2 ** zeros - 1 + self.number(zeros)

    def signed(self) -> int:
        """Read se(v) (9.1.1)."""
        code = self.golomb()
        return (code + 1) // 2 if code % 2 else -(code // 2)


def _frame_number(unit: bytes, parameters: _Parameters) -> int:
    bits = _Bits(unit[:_HEAD])
    for _ in range(3):      # first_mb_in_slice, slice_type, pic_parameter_set_id
        bits.golomb()
    if parameters.separate_planes:
        bits.number(2)
    return bits.number(parameters.bits)


def _read_parameters(unit: bytes) -> _Parameters:
    bits = _Bits(unit)
    profile, _, _ = bits.number(8), bits.number(16), bits.golomb()
    separate_planes = False
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        separate_planes = chroma == 3 and bool(bits.number(1))
        bits.golomb()
        bits.golomb()
        bits.number(1)
        if bits.number(1):
            _skip_scaling_lists(bits, 12 if chroma == 3 else 8)
    number_bits = bits.golomb() + 4
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.number(1)
        bits.signed()
        bits.signed()
        for _ in range(bits.golomb()):
            bits.signed()
    bits.golomb()
    return _Parameters(number_bits, separate_planes, bool(bits.number(1)))


def _skip_scaling_lists(bits: _Bits, count: int) -> None:
    """Read over scaling_list() (7.3.2.1.1.1)."""
    for i in range(count):
        if not bits.number(1):
            continue
        last = following = 8
        for _ in range(16 if i < 6 else 64):
            if following:
                following = (last + bits.signed()) % 256
                last = following or last
