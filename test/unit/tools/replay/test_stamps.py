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

from __future__ import annotations

from hypothesis import given, strategies
import numpy as np
import pytest

from helpers.bag_files import image, START_NS, STORE
from seg_node.recordings.channels import TRANSFORMS as TF
from seg_node.recordings.stamps import stamp_of
from seg_node.tools.replay.stamps import layout_of, restamped, StampLayout, StampsNow

SECOND = 10**9
names = strategies.text('abcdefgh_/0123456789', max_size=9)
stamps = strategies.integers(0, (2**31 - 1) * SECOND)


def transforms(each: list[tuple[int, str, str]], little: bool) -> bytes:
    make = STORE.types
    messages = []
    for stamp, frame, child in each:
        time = make['builtin_interfaces/msg/Time'](*divmod(stamp, SECOND))
        messages.append(make['geometry_msgs/msg/TransformStamped'](
            make['std_msgs/msg/Header'](time, frame), child,
            make['geometry_msgs/msg/Transform'](
                make['geometry_msgs/msg/Vector3'](1.0, 2.0, 3.0),
                make['geometry_msgs/msg/Quaternion'](0.0, 0.0, 0.6, 0.8))))
    return bytes(STORE.serialize_cdr(make[TF](messages), TF, little_endian=little))


@given(strategies.lists(strategies.tuples(stamps, names, names), max_size=5),
       strategies.booleans(), strategies.integers(0, SECOND))
def test_every_transform_gets_its_stamp_and_keeps_the_rest(
    each: list[tuple[int, str, str]], little: bool, shift: int,
) -> None:
    each = [(stamp % (10**9 * SECOND), frame, child) for stamp, frame, child in each]
    moved = [(stamp + shift, frame, child) for stamp, frame, child in each]
    changed = restamped(
        transforms(each, little), StampLayout.TRANSFORMS, lambda stamp: stamp + shift)
    # rosbags leaves the bytes of alignment as they are in its buffer.
    expected = STORE.deserialize_cdr(transforms(moved, little), TF)
    assert repr(STORE.deserialize_cdr(changed, TF)) == repr(expected)


@given(stamps)
def test_header_gets_its_stamp(stamp: int) -> None:
    message = image(START_NS, 9)
    changed = restamped(message, StampLayout.FIRST, lambda old: stamp if old == START_NS else 0)
    assert stamp_of(changed) == stamp
    assert restamped(changed, StampLayout.FIRST, lambda _: START_NS) == message


@given(strategies.binary(max_size=40), strategies.sampled_from(StampLayout))
def test_broken_messages_never_raise(message: bytes, layout: StampLayout) -> None:
    changed = restamped(message, layout, lambda _: 7)
    # The bytes of a TFMessage that has no transforms may be followed by some that mean nothing.
    assert len(changed) == len(message) or changed == message[:8]


@pytest.mark.parametrize(('kind', 'first', 'layout'), [
    ('sensor_msgs/msg/Image', 'std_msgs/Header', StampLayout.FIRST),
    ('rosgraph_msgs/msg/Clock', 'builtin_interfaces/Time', StampLayout.FIRST),
    ('std_msgs/msg/Bool', 'boolean', StampLayout.NONE),
    ('std_msgs/msg/Empty', '', StampLayout.NONE),
    (TF, 'sequence<geometry_msgs/TransformStamped>', StampLayout.TRANSFORMS),
])
def test_layouts(kind: str, first: str, layout: StampLayout) -> None:
    assert layout_of(kind, first) is layout


@given(strategies.floats(0.1, 10), strategies.lists(
    strategies.integers(0, SECOND), min_size=1, max_size=30))
def test_stamps_now_keep_ages_and_differences(rate: float, ages: list[int]) -> None:
    stamps_now = StampsNow(rate)
    for index, age in enumerate(ages):
        recorded, now = START_NS + index * SECOND, 5 * START_NS + round(index * SECOND / rate)
        changed = stamps_now.changed(recorded - age, recorded, now)
        if (recorded - age) not in {START_NS + k * SECOND - a for k, a in enumerate(ages[:index])}:
            assert now - changed == pytest.approx(age / rate, abs=1)


def test_messages_with_one_stamp_keep_one_stamp() -> None:
    stamps_now = StampsNow(0.7)
    first = stamps_now.changed(START_NS, START_NS + 1000, 123_456_789)
    assert stamps_now.changed(START_NS, START_NS + 5_000_000, 130_000_001) == first


@pytest.mark.parametrize('stamp', [0, 5 * SECOND])
def test_stamps_of_another_clock_become_the_present(stamp: int) -> None:
    assert StampsNow(1.0).changed(stamp, START_NS, 42) == 42


def test_only_the_stamp_changes() -> None:
    message = image(START_NS, 200)
    changed = restamped(message, StampLayout.FIRST, lambda stamp: stamp + 1)
    different = np.flatnonzero(
        np.frombuffer(message, np.uint8) != np.frombuffer(changed, np.uint8))
    assert set(different) <= set(range(4, 12))
