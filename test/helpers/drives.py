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

"""Made-up drives for the tests of the summary and the plots."""

from __future__ import annotations

from typing import Any

from seg_node.tools.demo.drive_log import LoggedDrive, read_drive, Records, Sent, State

START = 1_700_000_000_123_456_789
PERIOD = 40_000_000


def sent_frames(count: int, camera: str = 'camera') -> list[Sent]:
    return [Sent(camera, i, START + i * PERIOD, START + i * PERIOD, i * PERIOD)
            for i in range(count)]


def state_of(
    one: Sent, decision: str, reason: str, *, latency_ms: float = 20, **values: Any,
) -> State:
    """Return the state that reports a frame."""
    given = {'inference_ms': 10.0, 'free_distance': 0.9, 'confidence': 0.8, **values}
    stamp = f'{one.stamp_ns // 10**9}.{one.stamp_ns % 10**9:09d}'
    return State(one.wall_ns + round(latency_ms * 1e6), 'text', {
        'decision': decision, 'reason': reason, 'image_stamp': stamp,
        f'{one.camera}.image_stamp': stamp,
        **{f'{one.camera}.{key}': str(value) for key, value in given.items()}})


def make_drive(decisions: str, lost: tuple[int, ...] = ()) -> LoggedDrive:
    """
    Make a drive with one frame a letter: g is GO, s is STOP; lost ones are never decided.

    Each state is repeated 5 ms later, as the heartbeat does.
    """
    sent = sent_frames(len(decisions))
    states, masks, overlays = [], [], []
    for one, letter in zip(sent, decisions, strict=True):
        if one.index in lost:
            continue
        state = state_of(one, *(('go', 'clear') if letter == 'g' else ('stop', 'blocked')))
        states += [state, State(state.wall_ns + 5_000_000, state.message, state.values)]
        masks.append((one.camera, one.stamp_ns, state.wall_ns))
        overlays.append((one.camera, one.stamp_ns, one.index))
    return read_drive(sent, Records(tuple(masks), tuple(overlays), tuple(states), {}))
