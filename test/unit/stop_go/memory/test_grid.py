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

"""A grid that lies still while the vehicle moves over it."""

from __future__ import annotations

import math

from hypothesis import example, given
from hypothesis import strategies as st
import numpy as np
import pytest

from seg_node.stop_go.memory.grid import FREE, Grid, OCCUPIED, RESOLUTION, UNKNOWN
from seg_node.stop_go.memory.ray_fan import RayFan

NONE = np.empty((0, 2))
POINT = np.array([[2.03, 0.51]])


def fan(start=0.5, free=4.0, x=0.0, y=0.0, begin=-0.6, turn=1.2, rays=400):
    return RayFan(x, y, begin, turn / rays, np.full(rays, start, np.float32),
                  np.full(rays, free, np.float32))


def stood(point=POINT, times=2, walked=0.2):
    grid = Grid.around(0.0, 0.0, 5.0)
    for clock in range(times):
        grid = grid.marked(point, NONE, walked, -10.0, float(clock), 0.0)
    return grid


def cleared(grid, ray, times=3, clock=2.0):
    for _ in range(times):
        grid = grid.cleared(ray, -10.0, clock, 0.0)
    return grid


def state_at(grid, x, y, since=-10.0, driven=0.0):
    rows, columns = grid.places(np.array([[x, y]]))
    return int(grid.states(since, driven)[rows[0], columns[0]])


def test_nothing_is_known_at_first():
    grid = Grid.around(3.0, -7.0, 5.0)
    assert (grid.states(-1e9, 0.0) == UNKNOWN).all()
    assert grid.side * RESOLUTION == pytest.approx(10.0)


@pytest.mark.parametrize(('times', 'state'), [(1, UNKNOWN), (2, OCCUPIED)])
def test_one_frame_alone_marks_nothing(times, state):
    assert state_at(stood(times=times), *POINT[0]) == state


def test_who_walks_is_seen_twice_though_never_in_the_same_cell():
    grid = stood(times=1, walked=0.4).marked(POINT + 0.35, NONE, 0.4, -10.0, 1.0, 0.0)
    assert state_at(grid, *POINT[0] + 0.35) == OCCUPIED
    far = stood(times=1, walked=0.4).marked(POINT + 0.7, NONE, 0.4, -10.0, 1.0, 0.0)
    assert state_at(far, *POINT[0] + 0.7) == UNKNOWN


def test_a_guess_is_held_and_not_told():
    grid = Grid.around(0.0, 0.0, 5.0)
    for clock in range(2):
        grid = grid.marked(NONE, POINT, 0.2, -10.0, float(clock), 0.0)
    assert grid.occupied(-10.0).sum() == 1
    assert state_at(grid, *POINT[0]) == UNKNOWN


def test_what_is_too_old_is_forgotten():
    assert not stood().occupied(1.5).any()
    assert state_at(stood(), *POINT[0], since=1.5) == UNKNOWN


def test_what_may_lie_elsewhere_is_held_and_not_told():
    assert state_at(stood(), *POINT[0], driven=0.15) == OCCUPIED
    assert state_at(stood(), *POINT[0], driven=0.25) == UNKNOWN
    free = cleared(Grid.around(0.0, 0.0, 5.0), fan())
    assert state_at(free, *POINT[0], driven=0.15) == FREE
    assert state_at(free, *POINT[0], driven=0.25) == UNKNOWN


def test_free_ground_clears_at_once_and_is_told_after_three_frames():
    for times, state in ((1, UNKNOWN), (2, UNKNOWN), (3, FREE)):
        grid = cleared(stood(), fan(), times)
        assert state_at(grid, *POINT[0]) == state
        assert not grid.occupied(-10.0).any()


def test_only_three_frames_in_a_row_make_certain_that_ground_is_free():
    grid, hidden, away = Grid.around(0.0, 0.0, 5.0), fan(free=1.5), fan(begin=2.0)
    for between, state in ((hidden, UNKNOWN), (away, FREE)):
        found = cleared(cleared(cleared(grid, fan(), 2), between, 1), fan(), 1)
        assert state_at(found, *POINT[0]) == state
        assert found.was_free(POINT, -10.0).all() == (state == FREE)
    # Once certain, a frame that does not show it changes nothing.
    assert state_at(cleared(cleared(cleared(grid, fan()), hidden, 1), fan(), 1), *POINT[0]) == FREE


def test_what_stood_there_for_a_frame_is_not_free_for_two():
    grid = cleared(Grid.around(0.0, 0.0, 5.0), fan()).marked(POINT, NONE, 0.2, -10.0, 3.0, 0.0)
    assert state_at(cleared(grid, fan(), 2, 4.0), *POINT[0]) == UNKNOWN
    assert state_at(cleared(grid, fan(), 3, 4.0), *POINT[0]) == FREE


def test_what_was_seen_for_long_takes_three_frames_to_clear():
    grid, frames = stood(times=40), 0
    while grid.occupied(-10.0).any():
        grid, frames = grid.cleared(fan(), -10.0, 50.0 + frames, 0.0), frames + 1
    assert frames == 3


def test_what_fades_was_not_seen_again():
    grid = stood(times=40).cleared(fan(), -10.0, 50.0, 7.0)
    cells = grid.occupied(-10.0)
    assert grid.seen[cells].tolist() == [39.0] and grid.driven[cells].tolist() == [0.0]
    # What had become too old does not come back.
    assert not stood(times=40).cleared(fan(), 45.0, 50.0, 0.0).occupied(-10.0).any()


def test_what_is_held_has_the_age_that_it_is_given_and_stays_unknown():
    grid = Grid.around(0.0, 0.0, 5.0).held(POINT, 3.0, -10.0, 1.0)
    assert grid.occupied(3.0).sum() == 1 and not grid.occupied(3.1).any()
    assert state_at(grid, *POINT[0]) == UNKNOWN
    seen = stood(times=5).held(POINT, 1.0, -10.0, 0.0)
    assert seen.occupied(4.0).any()
    assert stood().held(POINT, 3.0, 2.5, 0.0).occupied(2.5).any()


def test_who_is_seen_a_step_on_is_followed():
    grid = stood(times=3)
    cells = grid.occupied(-10.0)
    assert not grid.followed[cells].any()
    assert not grid.marked(POINT + 0.6, NONE, 0.2, -10.0, 3.0, 0.0).followed[cells].any()
    on = grid.marked(POINT + 0.2, NONE, 0.2, -10.0, 3.0, 0.0)
    assert on.followed[cells].all()
    assert not on.marked(POINT, NONE, 0.2, -10.0, 4.0, 0.0).followed[cells].any()


@pytest.mark.parametrize('ray', [
    fan(start=2.1), fan(free=2.1), fan(begin=0.3), fan(begin=-1.5), fan(x=4.0)],
    ids=['below the picture', 'hidden', 'to the right', 'to the left', 'behind'])
def test_only_a_cell_that_is_seen_as_a_whole_is_cleared(ray):
    assert stood().cleared(ray, -10.0, 2.0, 0.0).occupied(-10.0).any()


@example(1.6907868184013113, 6.28125, 1.0, 2.0)
@given(st.floats(-3.2, 3.2), st.floats(0.2, 6.3), st.floats(0.3, 2.0), st.floats(2.0, 4.5))
def test_free_cells_lie_in_the_fan(begin, turn, start, free):
    grid = cleared(Grid.around(0.0, 0.0, 5.0), fan(start, free, 0.0, 0.0, begin, turn), clock=1.0)
    points = grid.middles(grid.states(0.0, 0.0) == FREE)
    distance = np.hypot(*points.T)
    angle = np.mod(np.arctan2(points[:, 1], points[:, 0]) - begin, 2 * math.pi)
    half = RESOLUTION / math.sqrt(2)
    assert ((distance >= start + half - 1e-5) & (distance <= free - half + 1e-5)).all()
    # Less than half the way between two of the 400 rays is no gap.
    whole = 2 * math.pi - turn < 0.5 * turn / 400
    assert whole or (angle <= turn + 1e-3).all()


@given(st.floats(-30, 30), st.floats(-30, 30))
def test_rolling_keeps_what_stays_inside(x, y):
    grid = stood().rolled(x, y)
    kept = grid.middles(grid.occupied(-10.0))
    assert len(kept) == (max(abs(x - 2.05), abs(y - 0.55)) < 4.95) or len(kept) <= 1
    if len(kept):
        assert np.allclose(kept, [[2.05, 0.55]])
    assert abs(grid.corner[0] + 5.0 - x) <= RESOLUTION + 1e-9


def test_rolling_keeps_a_thing_near_the_new_middle():
    assert stood().rolled(1.0, 1.0).occupied(-10.0).sum() == 1
    assert not stood().rolled(40.0, 0.0).occupied(-10.0).any()


def test_cells_are_carried_to_other_places_with_their_age():
    grid = stood()
    cells = grid.occupied(-10.0)
    moved = grid.carried(cells, grid.middles(cells) + 100.0, Grid.around(100.0, 100.0, 5.0))
    assert np.allclose(moved.middles(moved.occupied(-10.0)), [[102.05, 100.55]])
    assert not moved.occupied(1.5).any()


def test_ground_was_free_only_where_all_around_it_was():
    grid = cleared(Grid.around(0.0, 0.0, 5.0), fan(), clock=1.0)
    inside, border = np.array([[2.0, 0.0]]), np.array([[3.9, 0.0]])
    assert grid.was_free(inside, 0.0).all() and not grid.was_free(border, 0.0).any()
    assert not grid.was_free(inside, 1.5).any()
    assert not grid.was_free(np.array([[80.0, 0.0]]), 0.0).any()
