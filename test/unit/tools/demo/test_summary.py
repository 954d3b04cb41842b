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

import json
import math
from pathlib import Path
from typing import Any

from hypothesis import given, strategies
import numpy as np
import pytest

from helpers.drives import make_drive, sent_frames, START, state_of
from seg_node.tools.common.testbed.messages import parse_number
from seg_node.tools.demo.drive_log import (
    parse_stamp,
    read_drive,
    read_records,
    read_sent,
    Records,
    State,
)
from seg_node.tools.demo.summary import (
    path_iou,
    summarize,
    Summary,
    table,
    write_summary,
)


def summary_of(drive: Any, **options: Any) -> Summary:
    return summarize(drive, **{'name': 'x', 'model': 'road', 'backend': 'auto', **options})


def strict(text: str) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f'{constant} is no JSON')
    return json.loads(text, parse_constant=refuse)


def test_counts_and_losses() -> None:
    summary = summary_of(make_drive('ggggg', lost=(1, 3)))
    assert (summary.frames_sent, summary.masks_received, summary.dropped) == (5, 3, 2)


def test_latency_is_taken_from_the_first_state_that_reports_a_frame() -> None:
    summary = summary_of(make_drive('gggg'))
    assert (summary.latency_ms.p50, summary.latency_ms.p99) == (20, 20)
    assert summary.inference_ms.p50 == 10
    assert summary.latency_over_inference == 2
    assert summary.fps == 25


def test_states_of_other_images_and_from_before_the_frame_do_not_count() -> None:
    (one,) = sent_frames(1)
    early = state_of(one, 'go', 'clear', latency_ms=-1)
    other = State(one.wall_ns + 1000, '', {**early.values, 'camera.image_stamp': '5.000000000'})
    late = state_of(one, 'stop', 'blocked', latency_ms=30)
    drive = read_drive([one], Records((), (), (early, other, late), {}))
    assert [(s.latency_ms, s.decision) for s in drive.samples] == [(30, 'stop')]


def test_cameras_are_matched_each_with_its_own_stamps() -> None:
    left, right = sent_frames(2, 'left'), sent_frames(2, 'right')
    states = [state_of(one, 'go', 'clear', latency_ms=10) for one in left]
    states += [state_of(one, 'go', 'clear', latency_ms=30) for one in right]
    states.sort(key=lambda state: state.wall_ns)
    drive = read_drive([*left, *right], Records((), (), tuple(states), {}))
    assert drive.cameras == ('left', 'right')
    assert sorted(sample.latency_ms for sample in drive.samples) == [10, 10, 30, 30]
    assert summary_of(drive).dropped == 4


def test_decisions_fill_the_drive() -> None:
    drive = make_drive('ssgggsg')
    summary = summary_of(drive)
    assert drive.duration_s == pytest.approx(7 * 0.04)
    # Each decision arrives 20 ms after its frame; before the first one it is STOP.
    assert summary.decisions.stop_s == pytest.approx(0.02 + 2 * 0.04 + 0.04)
    assert summary.decisions.go_s == pytest.approx(3 * 0.04 + 0.02)
    assert summary.decisions.changes == 3
    assert summary.reasons == {'clear': 0.14, 'blocked': 0.12, 'no_state': 0.02}


@given(strategies.text('gs', min_size=1, max_size=40), strategies.data())
def test_decisions_always_cover_the_whole_drive(letters: str, data: Any) -> None:
    lost = data.draw(strategies.sets(strategies.integers(0, len(letters) - 1)))
    drive = make_drive(letters, tuple(lost))
    summary = summary_of(drive)
    whole = summary.decisions.go_s + summary.decisions.stop_s
    assert whole == pytest.approx(drive.duration_s, abs=2e-3)
    assert sum(summary.reasons.values()) == pytest.approx(whole, abs=5e-3)
    assert all(a.end_s == b.start_s for a, b in zip(drive.segments, drive.segments[1:],
                                                    strict=False))
    assert summary.dropped == len(lost)


def test_without_any_message_everything_is_a_stop() -> None:
    drive = read_drive(sent_frames(3), Records((), (), (), {}))
    summary = summary_of(drive)
    assert (summary.dropped, summary.decisions.go_s, summary.fps) == (3, 0, None)
    assert math.isnan(summary.latency_ms.p50)
    assert list(summary.reasons) == ['no_state']
    assert 'frames sent' in table(summary)


def test_a_drive_without_frames_is_empty() -> None:
    drive = read_drive([], Records((), (), (), {}))
    assert summary_of(drive).frames_sent == 0


def test_unknown_decision_is_a_stop() -> None:
    (one,) = sent_frames(1)
    state = state_of(one, 'maybe', '')
    assert (state.decision, state.reason) == ('stop', 'unknown')


def test_summary_is_strict_json(tmp_path: Path) -> None:
    (one,) = sent_frames(1)
    state = state_of(one, 'go', 'clear', inference_ms='nan', confidence='inf')
    drive = read_drive([one], Records((), (), (state,), {'model': 'm', 'backend': 'b'}))
    write_summary(summary_of(drive, path_iou=math.nan), tmp_path / 'summary.json')
    found = strict((tmp_path / 'summary.json').read_text())
    assert found['inference_ms'] == dict.fromkeys(('p50', 'p95', 'p99', 'max'))
    assert found['path_iou'] is None
    assert (found['model'], found['backend']) == ('m', 'b')
    assert drive.samples[0].confidence is None


@given(strategies.integers(0, 2**31 - 1), strategies.integers(0, 10**9 - 1))
def test_stamps_are_exact(seconds: int, nanoseconds: int) -> None:
    assert parse_stamp(f'{seconds}.{nanoseconds:09d}') == seconds * 10**9 + nanoseconds


@given(strategies.text())
def test_texts_that_are_no_stamp_or_number_are_none_or_finite(text: str) -> None:
    parse_stamp(text)
    value = parse_number(text)
    assert value is None or math.isfinite(value)


def test_logs_that_were_cut_off_are_read_up_to_there(tmp_path: Path) -> None:
    sent, records = tmp_path / 'sent.csv', tmp_path / 'records.jsonl'
    sent.write_text('camera,index,stamp_ns,wall_ns,source_ns\n'
                    f'camera,0,{START},{START},0\ncamera,1,17')
    records.write_text(
        json.dumps({'kind': 'mask', 'wall_ns': 5, 'camera': 'camera', 'stamp_ns': START})
        + '\n' + json.dumps({'kind': 'diagnostics', 'wall_ns': 6, 'status': [
            {'level': 0, 'name': '', 'message': '', 'values': {'backend': 'b'}}]})
        + '\n{"kind": "state", "wall')
    assert [one.stamp_ns for one in read_sent(sent)] == [START]
    found = read_records(records)
    assert found.masks == (('camera', START, 5),)
    assert found.diagnostics == {'backend': 'b'}


def test_path_iou() -> None:
    truth = np.array([[1, 1, 4, 0], [255, 255, 0, 2]], np.uint8)
    mask = np.array([[1, 0, 7, 1], [1, 0, 255, 0]], np.uint8)
    # Judged: all but the two unlabelled. Path found 1, 7 and wanted 1, 4: 2 of 4.
    assert path_iou([(mask, truth)], (1, 7), (1, 4)) == pytest.approx(2 / 4)
    assert path_iou([(mask, truth), (truth, truth)], (1, 4), (1, 4)) == pytest.approx(4 / 7)


def test_path_iou_without_path_is_none() -> None:
    empty = np.zeros((2, 2), np.uint8)
    assert path_iou([(empty, empty)], (1,), (1,)) is None
    assert path_iou([], (1,), (1,)) is None
