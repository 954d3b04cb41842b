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

"""Stamps in the bytes of messages, and the clock that they are on."""

from __future__ import annotations

from collections.abc import Collection
import struct

from seg_node.recordings.channels import Bag, Channel, CLOCK

UNRELATED_NS = 60 * 10**9
"""Stamps further than this from the recording time are on another clock (simulated time)."""
_END = 12
"""Bytes up to the end of the stamp."""


def stamp_of(message: bytes) -> int:
    """
    Return header.stamp in ns from CDR bytes that begin with std_msgs/Header, or a Time.

    CDR (OMG DDS-RTPS 10.2): 4 bytes of encapsulation, whose second names the byte order, then
    the fields; the stamp's int32 sec and uint32 nanosec come first. 0 (no time) for fewer bytes.
    """
    if len(message) < _END:
        return 0
    seconds, nanoseconds = struct.unpack_from(_fields(message), message, 4)
    return int(seconds) * 10**9 + int(nanoseconds)


def with_stamp(message: bytes, stamp_ns: int) -> bytes:
    """Return the CDR bytes with another header.stamp (ns); too short ones as they are."""
    if len(message) < _END:
        return message
    changed = bytearray(message)
    struct.pack_into(_fields(message), changed, 4, *divmod(stamp_ns, 10**9))
    return bytes(changed)


def _fields(message: bytes) -> str:
    return '<iI' if message[1] & 1 else '>iI'


def clock_offset(bag: Bag, images: Collection[Channel]) -> int:
    """
    Return how far the clock of the stamps is ahead of the time of recording, in ns.

    0 where they are one clock. Recorded in simulation, stamps count from its start: a recorded
    /clock tells by how much, else the first of the images.
    """
    clocks = [channel for channel in bag.channels
              if channel.type == CLOCK and not channel.problem]
    for channels in (clocks, images):
        first = next(bag.messages(channels), None) if channels else None
        if first is not None and (stamp := stamp_of(first.data)):
            offset = stamp - first.recorded_ns
            if abs(offset) > UNRELATED_NS:
                return offset
    return 0
