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

"""Damaged bags keep what players need to know, and what is missing is told."""

from __future__ import annotations

from contextlib import closing
import os
from pathlib import Path
import sys

import pytest

from helpers.bag_files import START_NS, write_bag
import helpers.recorded_bags as recorded_bags
from helpers.recorded_bags import COUNT, TIMES, TOPIC
from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.cdr import read_cdr
from seg_node.recordings.channels import IMAGE
from seg_node.recordings.opening import open_frames
from seg_node.recordings.stamps import clock_offset
from seg_node.recordings.topics import images_of


def without_index(path: Path) -> Path:
    """Cut off the last bytes: the messages are all there."""
    file = path if path.is_file() else next(f for f in path.iterdir() if f.suffix != '.yaml')
    os.truncate(file, file.stat().st_size - 8)
    return path


def test_qos_and_counts_outlive_the_damage(tmp_path: Path) -> None:
    bag = without_index(recorded_bags.with_latched(tmp_path / 'bag'))
    with closing(open_bag(bag)) as opened:
        channels = {channel.topic: channel for channel in opened.channels}
        assert (opened.start_ns, opened.end_ns) == (TIMES[0], TIMES[-1])
    latched, images = channels['/map_name'], channels[TOPIC]
    assert latched.latched
    assert [qos.durability.name for qos in latched.offered] == ['TRANSIENT_LOCAL']
    assert (latched.count, images.count, images.latched) == (1, COUNT, False)


@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_recorded_qos_is_read_without_metadata(tmp_path: Path, storage: str) -> None:
    bag = recorded_bags.written(tmp_path / 'bag', storage, range(100))
    (file,) = (path for path in bag.iterdir() if path.suffix != '.yaml')
    os.truncate(file, file.stat().st_size * 2 // 3)
    (bag / 'metadata.yaml').unlink()
    with closing(open_bag(bag)) as opened:
        (channel,) = opened.channels
    assert channel.count is None
    assert [qos.reliability.name for qos in channel.offered] == ['BEST_EFFORT']


def test_latched_topics_of_ros1_stay_latched(tmp_path: Path) -> None:
    bag = without_index(recorded_bags.ros1_with_own_types(tmp_path / 'a.bag'))
    with closing(open_bag(bag)) as opened:
        assert {c.topic: c.latched for c in opened.channels}['/wheel'] is True


def test_a_part_before_the_damage_ends_without_an_error(tmp_path: Path) -> None:
    bag = without_index(recorded_bags.written(tmp_path / 'bag', 'mcap', range(COUNT)))
    with closing(open_bag(bag)) as opened:
        part = opened.messages(opened.channels, TIMES[1], TIMES[3])
        assert [message.recorded_ns for message in part] == TIMES[1:3]
        read = []
        with pytest.raises(UserError, match='cut off or damaged'):
            for message in opened.messages(opened.channels):
                read.append(message.recorded_ns)
        assert read == TIMES


@pytest.mark.parametrize(('offset', 'expected'), [(-3_000_000, 0), (5 - START_NS, 5 - START_NS)])
def test_the_clock_of_the_stamps_is_found(tmp_path: Path, offset: int, expected: int) -> None:
    with closing(open_bag(write_bag(tmp_path / 'bag', stamp_offset_ns=offset))) as bag:
        assert clock_offset(bag, images_of(bag)) == expected


def test_a_recorded_clock_counts_more_than_an_image(tmp_path: Path) -> None:
    bag = recorded_bags.of_a_simulation(tmp_path / 'bag')
    with open_frames(bag) as source:
        assert source.start_ns == recorded_bags.SIMULATED_NS
        assert 'another clock' in source.notes[0]


def test_missing_rosbags_is_one_line_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    bag = write_bag(tmp_path / 'bag')
    for name in [name for name in sys.modules if name.partition('.')[0] == 'rosbags']:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'rosbags', None)
    with pytest.raises(UserError, match='rosbags.*pip install rosbags'):
        open_bag(bag)
    from seg_node.recordings import cdr
    cdr.typestore.cache_clear()
    with pytest.raises(UserError, match='pip install rosbags'):
        read_cdr(b'', IMAGE)
