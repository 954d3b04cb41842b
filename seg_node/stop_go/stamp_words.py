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

"""What a stamp that is far off tells of the clock behind it, and what to do."""

from __future__ import annotations

import math

_CLOSE = 60.0
_HOUR, _DAY = 3600.0, 86400.0
_SINCE_START = 10 * 365 * _DAY
"""Seconds; what counts from the start of something stays below, what counts from 1970 does not."""


def explain_offset(stamp: float, ros: float, steady: float) -> str:
    """
    Return words on a stamp that arrived, '' where it is about right or nothing can be told.

    :param stamp: of the message; `ros` and `steady` are this node's clocks at its arrival, all in
        seconds. Later ones would make a publisher that fell silent look like a wrong clock.
    """
    behind = ros - stamp
    if not math.isfinite(behind) or abs(behind) < _CLOSE:
        return ''
    if ros <= 0.0:
        return '; ROS time is 0: use_sim_time is set and no /clock has come'
    if stamp == 0.0:
        return '; it is not stamped (0): whoever publishes it must fill in header.stamp'
    if ros < _SINCE_START < stamp:
        return ('; ROS time is simulated (use_sim_time), the stamps are the time of day: both '
                'must come from one clock')
    if stamp < _SINCE_START < ros:
        if abs(stamp - steady) < _CLOSE:
            return ('; the stamp is the time since this computer started (a monotonic clock): '
                    'whoever publishes it must stamp with ROS time')
        return ('; the stamp counts from some start and not from 1970: a monotonic clock, or '
                'simulated time without use_sim_time')
    side = 'behind' if behind > 0 else 'ahead of'
    off = abs(behind)
    if off < _DAY:
        return f'; its clock is {_span(off)} {side} ROS time: synchronise the two computers'
    return (f'; its clock is {off / _DAY:.1f} days {side} ROS time: it was never set, or this is '
            'a recording (play it with /clock and set use_sim_time)')


def _span(seconds: float) -> str:
    if seconds < _HOUR:
        return f'{seconds / 60:.1f} min'
    # Local time taken for UTC is off by whole quarters of an hour.
    zone = abs(seconds / _HOUR * 4 - round(seconds / _HOUR * 4)) * _HOUR / 4 < 5.0
    return f'{seconds / _HOUR:.2f} h{" (a time zone?)" if zone else ""}'
