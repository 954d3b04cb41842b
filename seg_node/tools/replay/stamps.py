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

"""Stamps inside serialized messages: found by the layout of the type, changed in the bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

from seg_node.recordings.cdr import read_cdr, write_cdr
from seg_node.recordings.channels import TRANSFORMS
from seg_node.recordings.stamps import stamp_of, UNRELATED_NS, with_stamp

RECENT = 256
"""Stamps whose change is remembered, so that messages with one stamp keep one stamp."""


class StampLayout(Enum):
    """Where a type has its stamps."""

    NONE = 'none'
    FIRST = 'first'
    TRANSFORMS = 'transforms'


def layout_of(message_type: str, first_field: str) -> StampLayout:
    """Return the layout of a type, of which the type of the first field is known."""
    if message_type == TRANSFORMS:
        return StampLayout.TRANSFORMS
    # rosgraph_msgs/Clock is a time and nothing else.
    stamped = first_field in ('std_msgs/Header', 'builtin_interfaces/Time')
    return StampLayout.FIRST if stamped else StampLayout.NONE


def restamped(message: bytes, layout: StampLayout, change: Callable[[int], int]) -> bytes:
    """Return the CDR bytes with every stamp (ns) changed; damaged ones are left as they are."""
    if layout is StampLayout.FIRST:
        return with_stamp(message, change(stamp_of(message)))
    if layout is not StampLayout.TRANSFORMS:
        return message
    try:
        decoded = read_cdr(message, TRANSFORMS)
        for transform in decoded.transforms:
            stamp = transform.header.stamp
            stamp.sec, stamp.nanosec = divmod(
                change(stamp.sec * 10**9 + stamp.nanosec), 10**9)
        return write_cdr(decoded, TRANSFORMS)
    except Exception:      # rosbags raises almost any, for damaged bytes
        return message


class StampsNow:
    """
    Stamps as if it were recorded now: ages and differences stay as they were recorded.

    A stamp of a clock that has nothing to do with the recording's (or none, 0) becomes the time at
    which its message is due.
    """

    def __init__(self, rate: float) -> None:
        """Start; rate is recorded time per time."""
        self._rate = rate
        self._recent: OrderedDict[int, int] = OrderedDict()

    def changed(self, stamp_ns: int, recorded_ns: int, now_ns: int) -> int:
        """
        Return the new stamp of a message that is due at now_ns.

        recorded_ns is the time of recording of the message on the clock of its stamp; both go on
        over rounds.
        """
        age = recorded_ns - stamp_ns
        if abs(age) > UNRELATED_NS:
            return now_ns
        if stamp_ns not in self._recent:
            self._recent[stamp_ns] = now_ns - round(age / self._rate)
            if len(self._recent) > RECENT:
                self._recent.popitem(last=False)
        return self._recent[stamp_ns]
