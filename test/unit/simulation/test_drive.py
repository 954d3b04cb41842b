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

"""The demo drive: its story, as the ground truth tells it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seg_node.simulation import demo_drive
from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH, SPEED_BUMP


@pytest.fixture(scope='module')
def drive():
    return demo_drive(320, 180)


def corridor_labels(drive, t, near, far, half=0.5):
    """Labels of what stands on a strip straight ahead, from `near` to `far` metres."""
    x, y = np.meshgrid(np.linspace(near, far, 30), np.linspace(-half, half, 9))
    u, v = drive.camera.project(x, y)
    inside = (v <= drive.camera.height - 1) & (u >= 0) & (u <= drive.camera.width - 1)
    return drive.frame(t).labels[
        np.round(v[inside]).astype(int), np.round(u[inside]).astype(int)]


def test_frames_depend_on_the_time_alone(drive):
    first = drive.frame(7.3)
    drive.frame(15.0)
    again = drive.frame(7.3)
    other = demo_drive(320, 180).frame(7.3)
    for frame in (again, other):
        np.testing.assert_array_equal(first.bgr, frame.bgr)
        np.testing.assert_array_equal(first.labels, frame.labels)


def test_frames_have_the_asked_size(drive):
    frame = drive.frame(0.0)
    assert frame.bgr.shape == (180, 320, 3)
    assert frame.labels.shape == (180, 320)
    assert (drive.camera.width, drive.camera.height) == (320, 180)


def test_it_drives_stops_for_the_pedestrian_and_stops_at_the_end(drive):
    assert drive.speed(2.0) == pytest.approx(6.0)
    assert drive.speed(8.0) == 0.0
    assert drive.speed(12.2) == pytest.approx(6.0)
    assert drive.speed(drive.duration) == 0.0
    assert drive.scene.profile.end_s - drive.position(drive.duration) == pytest.approx(3.0)


def test_position_is_the_integral_of_the_speed(drive):
    times = np.linspace(0.0, drive.duration, 4001)
    speeds = np.array([drive.speed(float(t)) for t in times])
    assert (speeds >= 0.0).all()
    distance = float(((speeds[1:] + speeds[:-1]) / 2 * np.diff(times)).sum())
    assert drive.position(drive.duration) == pytest.approx(distance, abs=1e-3)
    assert np.abs(np.diff(speeds) / np.diff(times)).max() < 5.0


def test_the_way_is_free_before_and_after_the_pedestrian(drive):
    for t in (1.0, 3.0, 10.5, 12.0):
        assert set(corridor_labels(drive, t, 2.0, 5.0).tolist()) == {PATH}


def test_the_pedestrian_blocks_the_way_for_about_three_seconds(drive):
    blocked = []
    for t in np.arange(4.0, 12.0, 0.25).tolist():
        ahead, left = drive.pedestrian(t)
        if abs(left) < 0.7 and ahead > 0:
            blocked.append(t)
            assert 4.0 < ahead < 8.0
            u, v = drive.camera.project(ahead, left, [0.9, 1.3])
            labels = drive.frame(t).labels
            assert (labels[np.round(v).astype(int), np.round(u).astype(int)] == OBSTACLE).all()
    assert 2.5 <= blocked[-1] - blocked[0] <= 4.0
    assert OBSTACLE in corridor_labels(drive, 8.0, 4.0, 8.0)



def test_the_road_ends(drive):
    end = corridor_labels(drive, drive.duration, 3.3, 8.0)
    assert PATH not in end
    assert set(end.tolist()) <= {BACKGROUND, OBSTACLE}
    assert set(corridor_labels(drive, drive.duration, 1.8, 2.7).tolist()) == {PATH}


def test_there_is_no_path_above_the_horizon(drive):
    sky = math.floor(drive.camera.horizon_row)
    for t in np.arange(0.0, drive.duration, 2.5).tolist():
        labels = drive.frame(t).labels
        assert not np.isin(labels[:sky], (PATH, SPEED_BUMP)).any()
        assert set(np.unique(labels).tolist()) <= {0, 1, 2, 3, 4}


def test_a_standing_camera_still_sees_new_noise(drive):
    assert (drive.frame(19.0).bgr != drive.frame(19.5).bgr).any()


def test_times_outside_the_drive_give_its_ends_and_nan_is_refused(drive):
    np.testing.assert_array_equal(drive.frame(-1.0).bgr, drive.frame(0.0).bgr)
    np.testing.assert_array_equal(drive.frame(99.0).bgr, drive.frame(drive.duration).bgr)
    with pytest.raises(ValueError, match='nan'):
        drive.frame(math.nan)
