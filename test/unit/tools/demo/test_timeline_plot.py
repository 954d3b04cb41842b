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

from pathlib import Path

import cv2
from hypothesis import given, settings, strategies
import numpy as np
import pytest

from helpers.drives import make_drive, sent_frames, state_of
from seg_node.drawing.colors import bgr, DECISIONS
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go.actions import ClassRule
from seg_node.tools.demo.contact_sheet import (
    MAX_FRAMES,
    pick_frames,
    read_frames,
    write_frames,
)
from seg_node.tools.demo.drive_log import LoggedDrive, read_drive, Records
from seg_node.tools.demo.timeline_plot import write_timeline

CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 180, 90), True, Action.GO))
LIMITS = {'stop_go.min_free_distance': 0.6, 'stop_go.min_confidence': 0.5}


def write_video(path: Path, count: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'mp4v'), 25, (64, 48))
    for index in range(count):
        writer.write(np.full((48, 64, 3), 8 * index, np.uint8))
    writer.release()
    return path


def two_cameras() -> LoggedDrive:
    sent = sent_frames(5, 'left') + sent_frames(5, 'right')
    states = sorted((state_of(one, 'go', 'clear', confidence='nan') for one in sent),
                    key=lambda state: state.wall_ns)
    return read_drive(sent, Records((), (), tuple(states), {}))


@pytest.mark.parametrize('drive', [
    make_drive('sssggggggsssggg', lost=(7,)), make_drive('g'), two_cameras(),
    read_drive(sent_frames(3), Records((), (), (), {})),
    read_drive([], Records((), (), (), {}))],
    ids=['usual', 'one frame', 'two cameras', 'silent node', 'nothing'])
@pytest.mark.parametrize('limits', [LIMITS, {}], ids=['limits', 'no limits'])
def test_timeline_of_any_drive(
        tmp_path: Path, drive: LoggedDrive, limits: dict[str, float]) -> None:
    write_timeline(drive, tmp_path / 'timeline.png', limits)
    image = cv2.imread(str(tmp_path / 'timeline.png'))
    assert image.shape == (1000, 1600, 3)


def test_timeline_shows_the_decisions_in_their_colors(tmp_path: Path) -> None:
    write_timeline(make_drive('s' * 20 + 'g' * 20), tmp_path / 'timeline.png', LIMITS)
    band = cv2.imread(str(tmp_path / 'timeline.png'))[85:120].reshape(-1, 3).astype(int)
    stop = np.abs(band - bgr(DECISIONS['stop'])).max(axis=1) < 10
    go = np.abs(band - bgr(DECISIONS['go'])).max(axis=1) < 10
    assert 0.8 < stop.sum() / go.sum() < 1.25


def test_timeline_shows_what_is_needed_for_each_class(tmp_path: Path) -> None:
    """The lines of both distances, each in the colour of what follows from it."""
    drive = make_drive('g' * 40)
    reaches = [ClassRule('person', Action.STOP, 8.0), ClassRule('bump', Action.SLOW, 4.0),
               ClassRule('wet', Action.SLOW)]
    for name, rules, notes in (('plain', [], []), ('reaches', reaches, ['renders 6 of 20'])):
        write_timeline(drive, tmp_path / f'{name}.png', {}, rules, notes)
    plain, shown = (cv2.imread(str(tmp_path / f'{name}.png')).astype(int)
                    for name in ('plain', 'reaches'))
    near_slow = [(np.abs(image - bgr(DECISIONS['slow'])).max(axis=2) < 90).any(axis=0).sum()
                 for image in (plain, shown)]
    assert near_slow[0] < 50
    assert near_slow[1] > 500      # across the whole plot
    words = [(np.abs(image[38:62] - bgr(DECISIONS['stop'])).max(axis=2) < 20).sum()
             for image in (plain, shown)]
    assert words[0] == 0 < words[1]


def test_images_at_changes_come_first() -> None:
    picks = pick_frames(make_drive('s' * 30 + 'g' * 40 + 's' * 30))
    assert len(picks) == MAX_FRAMES
    assert [pick.frame for pick in picks if pick.changed] == [30, 70]
    assert {pick.frame for pick in picks} >= {0, 99}


@given(strategies.text('gs', min_size=1, max_size=80), strategies.data())
@settings(deadline=None)
def test_picks_are_few_distinct_and_in_order(letters: str, data: strategies.DataObject) -> None:
    lost = data.draw(strategies.sets(strategies.integers(0, len(letters) - 1)))
    frames = [pick.frame for pick in pick_frames(make_drive(letters, tuple(lost)))]
    assert len(frames) == min(MAX_FRAMES, len(letters) - len(lost))
    assert frames == sorted(set(frames))
    assert not set(frames) & lost


def test_frames_are_those_of_the_video(tmp_path: Path) -> None:
    images = read_frames(write_video(tmp_path / 'a.mp4', 30), [3, 20])
    assert {number: float(bgr.mean()) for number, bgr in images.items()} == {
        3: pytest.approx(24, abs=3), 20: pytest.approx(160, abs=3)}


def test_contact_sheet(tmp_path: Path) -> None:
    drive = make_drive('s' * 10 + 'g' * 10)
    video = write_video(tmp_path / 'a.mp4', 20)
    assert write_frames(drive, video, tmp_path / 'frames.png', CLASSES)
    height, width = cv2.imread(str(tmp_path / 'frames.png')).shape[:2]
    assert width > 1000
    assert height > 1000


def test_no_contact_sheet_without_a_video(tmp_path: Path) -> None:
    assert not write_frames(
        make_drive('gs'), tmp_path / 'missing.mp4', tmp_path / 'frames.png', CLASSES)
    assert not (tmp_path / 'frames.png').exists()
