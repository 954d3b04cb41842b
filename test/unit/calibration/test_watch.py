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

"""Where a camera sits, while the vehicle drives."""

from __future__ import annotations

import math

import numpy as np
import pytest

from helpers.mounted import MountedCamera
from seg_node.calibration import watch as watching
from seg_node.calibration.drive import ENOUGH, PairEstimate
from seg_node.calibration.watch import CalibrationWatch
from seg_node.stop_go import CameraPose, Motion, Mounting, View

RATE, SPEED, LIMIT = 10.0, 2.0, 0.01
AHEAD = Motion(SPEED)
TRUE = Mounting(1.2, 0.1)


@pytest.fixture(scope='module')
def film():
    """Return a camera, and its pictures of a drive."""
    camera = MountedCamera(TRUE)
    return camera, [camera.picture(SPEED / RATE * number, 0.0, number,
                                   0.002 * math.sin(2.1 * number)) for number in range(20)]


def drive(film, mounting, motion=AHEAD):
    """Show a watch the pictures of a drive; return it, and how many pieces of work it left."""
    camera, pictures = film
    view = View(camera.view.intrinsics, CameraPose.from_mounting(mounting))
    watch, works = CalibrationWatch(), 0
    for number, picture in enumerate(pictures):
        work = watch.look(lambda picture=picture: picture, number / RATE, view, motion, LIMIT)
        if work is not None:
            works += 1
            work()
    return watch, works


@pytest.mark.parametrize(('pitch', 'doubtful'), [(0.1, False), (0.13, True)])
def test_a_pitch_that_is_off_is_doubtful(film, monkeypatch, pitch, doubtful):
    monkeypatch.setattr(watching, '_EVERY', 1)
    watch, works = drive(film, Mounting(1.2, pitch))
    assert works >= ENOUGH and watch.now.measurements >= ENOUGH
    assert watch.now.doubtful is doubtful
    assert watch.now.pitch_off == pytest.approx(0.1 - pitch, abs=0.005)
    assert watch.now.estimate.height.value == pytest.approx(1.2, rel=0.03)


def test_it_asks_for_two_images_of_many(film):
    camera, pictures = film
    asked = []
    watch = CalibrationWatch()
    for number in range(120):
        watch.look(lambda number=number: asked.append(number) or pictures[0], number / RATE,
                   camera.view, AHEAD, LIMIT)
    assert len(asked) <= 4


@pytest.mark.parametrize(('motion', 'words'), [
    (None, 'no odometry'), (Motion(0.0), 'does not drive along its own axis'),
    (Motion(1.0, left=0.3), 'does not drive along its own axis'),
    (Motion(2.0, yaw_rate=0.1), 'turns')])
def test_it_says_why_it_measures_nothing(film, motion, words):
    watch, works = drive(film, TRUE, motion)
    assert works == 0 and words in watch.now.silent and not watch.now.doubtful


def test_another_view_begins_anew_and_none_tells_nothing(film):
    camera, pictures = film
    watch, _ = drive(film, TRUE)
    watch._sights.append(PairEstimate(TRUE, 0.2, 0.0, 0.2))
    watch.look(lambda: pictures[0], 9.0, camera.view, AHEAD, LIMIT)
    assert watch.now.measurements == 0
    watch.look(lambda: pictures[0], 9.1, None, AHEAD, LIMIT)
    assert 'does not lie on the ground' in watch.now.silent


def test_a_pair_is_not_made_over_an_image_that_failed_a_check(film):
    camera, pictures = film
    works = {}
    for fails in (False, True):
        watch = CalibrationWatch()
        works[fails] = 0
        for number in range(20):
            works[fails] += watch.look(lambda: pictures[0], number / RATE, camera.view,
                                       Motion(SPEED / 4), LIMIT) is not None
            if fails and number % 3 == 2:
                watch.rest()
    assert works == {False: 1, True: 0}


def test_images_that_tell_nothing_are_counted_as_such(film, monkeypatch):
    monkeypatch.setattr(watching, '_EVERY', 1)
    camera, _ = film
    watch = CalibrationWatch()
    for number in range(4):
        work = watch.look(lambda: np.full((360, 640, 3), 90, np.uint8), number / RATE,
                          camera.view, AHEAD, LIMIT)
        if work:
            work()
    assert watch.now.measurements == 0 and 'did not tell how the ground moved' in watch.now.silent


def test_what_a_pair_says_counts_only_a_pitch_surely_off():
    watch = CalibrationWatch()
    watch.now = watching.Watched(
        ENOUGH, '', watching.combined([PairEstimate(Mounting(1.0, pitch), 0.2, 0.0, None)
                                       for pitch in (0.08, 0.12, 0.16) * 3]), Mounting(1.0, 0.1),
        LIMIT)
    assert watch.now.pitch_off == pytest.approx(0.02) and not watch.now.doubtful
