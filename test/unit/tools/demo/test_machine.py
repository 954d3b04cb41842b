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

"""What of a drive is the machine's own doing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.drives import make_drive, PERIOD, sent_frames, state_of
from seg_node.recordings.find import Kind
from seg_node.tools.demo.drive_log import LoggedDrive, read_drive, Records
from seg_node.tools.demo.machine import told_of_machine
from seg_node.tools.demo.summary import summarize, table

FPS = 1e9 / PERIOD


def drive_of(reason: str) -> LoggedDrive:
    sent = sent_frames(50)
    states = [state_of(one, 'stop', reason if one.index >= 25 else 'blocked') for one in sent]
    return read_drive(sent, Records((), (), tuple(states), {}))


@pytest.mark.parametrize('kind', Kind)
def test_of_a_machine_that_keeps_up_nothing_is_told(kind: Kind) -> None:
    assert told_of_machine(make_drive('sg' * 20), kind, FPS) == []


@pytest.mark.parametrize(('kind', 'verb'), [
    (Kind.RENDERED, 'renders'), (Kind.VIDEO, 'decodes'), (Kind.BAG, 'reads')])
def test_a_drive_that_is_played_slower_says_so(kind: Kind, verb: str) -> None:
    drive = make_drive('g' * 30)
    slow = replace(drive, sent=tuple(
        replace(one, wall_ns=one.stamp_ns + 3 * (one.wall_ns - drive.sent[0].wall_ns))
        for one in drive.sent))
    [line] = told_of_machine(slow, kind, FPS)
    assert line.startswith(f'{verb} ')
    assert ' of 25 frames a second here: played slower, latencies not comparable' in line
    assert line in table(summarize(drive, name='x', model='m', backend='b', machine=[line]))


@pytest.mark.parametrize(('reason', 'of_a_bag'), [
    ('over_budget', True), ('stale', False), ('stale_stamp', False), ('rate_low', False)])
def test_a_stop_for_slowness_is_not_taken_for_one_of_the_road(reason: str, of_a_bag: bool) -> None:
    drive = drive_of(reason)
    [line] = told_of_machine(drive, Kind.RENDERED, FPS)
    assert line == ('1.0 s of STOP because this machine was too slow, not because of the road: '
                    f'{reason} 1.0 s')
    assert bool(told_of_machine(drive, Kind.BAG, FPS)) is of_a_bag


def test_one_frame_has_no_rate() -> None:
    assert make_drive('g').fps is None
    assert read_drive([], Records((), (), (), {})).fps is None
    assert make_drive('gg').fps == pytest.approx(FPS)
