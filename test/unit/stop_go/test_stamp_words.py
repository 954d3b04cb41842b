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

"""What is said of stamps that are far off."""

from __future__ import annotations

import pytest

from seg_node.stop_go.stamp_words import explain_offset

ROS, STEADY = 1.8e9, 5000.0


@pytest.mark.parametrize(('stamp', 'words'), [
    (ROS, ''), (ROS - 59.0, ''), (ROS + 59.0, ''), (float('nan'), ''), (float('inf'), ''),
    (0.0, 'it is not stamped (0)'),
    (STEADY - 0.02, 'time since this computer started (a monotonic clock)'),
    (300.0, 'counts from some start'), (-5.0, 'counts from some start'),
    (ROS - 90.0, 'its clock is 1.5 min behind ROS time: synchronise'),
    (ROS - 7200.5, 'its clock is 2.00 h (a time zone?) behind ROS time: synchronise'),
    (ROS + 19800.0, 'its clock is 5.50 h (a time zone?) ahead of ROS time: synchronise'),
    (ROS - 8000.0, 'its clock is 2.22 h behind ROS time: synchronise'),
    (ROS - 864000.0, 'its clock is 10.0 days behind ROS time: it was never set, or this is a rec'),
    (2.0**31 - 1, 'days ahead of ROS time')])
def test_each_kind_of_wrong_clock_is_named(stamp, words):
    found = explain_offset(stamp, ROS, STEADY)
    assert words in found and bool(found) is bool(words)
    assert ('/clock' in words or '/clock' not in found) or 'days' in found


def test_simulated_time_is_told_apart():
    assert 'no /clock has come' in explain_offset(ROS, 0.0, STEADY)
    assert 'no /clock has come' in explain_offset(512.0, 0.0, STEADY)
    assert 'the stamps are the time of day' in explain_offset(ROS, 1000.0, STEADY)
    assert explain_offset(990.0, 1000.0, STEADY) == ''
