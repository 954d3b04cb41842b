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

"""The closed loop: the benchmark can fail, is repeatable, and its own judgement is right."""

from __future__ import annotations

from dataclasses import replace
import json
import math
import subprocess
import sys

import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.closed_loop import summary
from benchmarks.closed_loop.course import draw_course, Kind
from benchmarks.closed_loop.drive import Simulation, with_labels
from benchmarks.closed_loop.ground_truth import GroundTruth, SPARE_SIDE
from benchmarks.closed_loop.kinematics import VehicleState
from benchmarks.closed_loop.limits import could_look_near, speed_allowance, StatedLimits, Timing
from benchmarks.closed_loop.vehicle_setup import draw_vehicle_setup
from seg_node.perception.models.model import load_model
from seg_node.stop_go.thresholds import Thresholds
from seg_node.stop_go.vehicle import Vehicle
from seg_node.stop_go.verdict import Decision

LIMITS = StatedLimits()
SIZE = (512, 288)
CLASSES = load_model().classes


def simulate(seed, **options):
    return Simulation(seed, LIMITS, SIZE, with_labels(LIMITS, CLASSES), **options)


def course_of(kind, start=0):
    for seed in range(start, start + 400):
        rng = np.random.default_rng(seed)
        setup = draw_vehicle_setup(rng, SIZE, LIMITS)
        course = draw_course(rng, setup, LIMITS, straight=1.0)
        if course.kind is kind:
            return setup, course
    raise AssertionError(f'no course of {kind}')


def blocked_seeds(count):
    """Return seeds of drives whose way is closed for good."""
    found = (seed for seed in range(1000) if simulate(seed).course.kind is Kind.END)
    return [next(found) for _ in range(count)]


@pytest.fixture(scope='module')
def drives(tmp_path_factory):
    out = tmp_path_factory.mktemp('closed_loop')
    assert main(['closed_loop', '--drives', '50', '--seed', '300', '--workers', '2',
                 '--out', str(out)]) == 0
    return out


def test_the_results_are_written(drives):
    found = json.loads((drives / 'closed_loop.json').read_text())
    assert (found['drives'], found['collisions']) == (50, 0)
    assert found['km'] > 0.5
    assert found['false_stops_per_km'] < 2.0
    # A vehicle that hardly drives has neither collisions nor false stops.
    assert found['arrived'] > 20
    assert found['false_stops'] == sum(
        group['false_stops'] for group in found['by_kind'].values())
    assert found['drives'] == sum(group['drives'] for group in found['by_speed_m_s'].values())
    assert found['settings']['limits']['bad_frames'] == LIMITS.bad_frames
    assert (drives / 'worst_drive.png').stat().st_size > 10_000


def test_a_seed_gives_the_same_drive_in_any_process(drives, tmp_path):
    worst = json.loads((drives / 'closed_loop.json').read_text())['worst_drive']
    assert main(['closed_loop', '--only', str(worst['seed']), '--out', str(tmp_path)]) == 0
    again = json.loads((tmp_path / 'closed_loop.json').read_text())
    assert again['worst_drive'] == worst
    assert again['drives'] == 1


@pytest.mark.parametrize('seed', blocked_seeds(3))
def test_who_always_goes_collides(seed):
    outcome = simulate(seed, rule=lambda verdict: Decision.GO).run()
    assert outcome.collision == 'end of road'
    assert outcome.collision_speed > 0.3
    assert outcome.min_room < 0.0
    obedient = simulate(seed).run()
    assert obedient.collision is None
    assert obedient.min_room > 0.0
    assert obedient.margins
    assert obedient.stops == 1, 'it does not creep up to it'


def test_who_never_goes_is_found_to_stop_falsely():
    for seed in range(200, 300):
        drive = simulate(seed, rule=lambda verdict: Decision.STOP)
        room = drive.course.half_width - abs(drive.course.lateral) - drive.setup.corridor_width / 2
        if drive.course.kind is Kind.FREE and room > SPARE_SIDE:
            break
    outcome = drive.run()
    assert not outcome.arrived
    assert outcome.false_stops
    assert {stop.text for stop in outcome.false_stops} == {'held'}


def test_a_vehicle_that_brakes_too_late_collides(tmp_path):
    # The same brakes and limits, but each STOP is heard two seconds late.
    def hit(seed):
        heard: list[Decision] = []

        def late(verdict):
            heard.append(verdict.decision)
            return heard[max(0, len(heard) - 60)]
        return simulate(seed, rule=late).run().collision

    hits = [hit(seed) for seed in blocked_seeds(4)]
    assert sum(map(bool, hits)) >= 3, hits  # a slow vehicle can be spared


def test_a_collision_is_told_by_the_exit_code(monkeypatch, tmp_path, capsys):
    from benchmarks.closed_loop import main as closed_loop
    (seed,) = blocked_seeds(1)
    monkeypatch.setattr(
        closed_loop.Driver, 'drive',
        lambda self, seed: simulate(seed, rule=lambda verdict: Decision.GO).run())
    assert main(['closed_loop', '--only', str(seed), '--out', str(tmp_path)]) == 1
    assert f'--only {seed}' in capsys.readouterr().err


@pytest.mark.parametrize(('arguments', 'word'), [
    (['closed_loop', '--drives', '0'], '--drives'), (['closed_loop', '--model', 'no'], 'no'),
    (['other'], 'other'), ([], 'which')])
def test_unusable_arguments_end_with_2(arguments, word, tmp_path):
    done = subprocess.run(
        [sys.executable, '-m', 'benchmarks', *arguments], capture_output=True,
        text=True, cwd=tmp_path)
    assert done.returncode == 2
    assert word in done.stderr
    assert 'Traceback' not in done.stderr


def test_every_rig_sees_as_far_as_it_must():
    for seed in range(40):
        setup = draw_vehicle_setup(np.random.default_rng(seed), SIZE, LIMITS)
        vehicle = setup.vehicle
        assert setup.sight == pytest.approx(setup.required(vehicle.max_speed))
        assert LIMITS.min_speed * 0.5 < vehicle.max_speed <= LIMITS.max_speed
        assert vehicle.reaction_time == setup.timing.reaction(LIMITS, setup.limits.stop_go)
        assert setup.limits.stop_go.max_image_age >= setup.timing.oldest(LIMITS)
        assert setup.camera.horizon_row >= 0.06 * setup.camera.height


def test_the_allowance_covers_a_vehicle_that_accelerates():
    vehicle = Vehicle(width=1.0, max_speed=6.0, reaction_time=0.9, deceleration=2.5,
                      stop_margin=0.0)
    allowance = speed_allowance(vehicle, 0.8, LIMITS)
    for speed in np.linspace(0.0, 6.0, 25).tolist():
        measured = max(0.0, speed * 0.98 - 0.02 - 0.8 * LIMITS.odometry_age)
        v, way = speed, 0.0
        for _ in range(900):
            v = min(6.0, v + 0.8 * 0.001)
            way += v * 0.001
        way += v * v / 5.0
        assert way <= vehicle.stopping_distance(measured) + allowance + 0.02


def test_the_reaction_time_adds_up():
    timing = Timing(rate=10.0, inference=0.08, actuation=0.1)
    limits = replace(LIMITS, longest_loss=0.0, bad_frames=0, transport=0.0, inference_jitter=0.0)
    # Next image, two frames, inference: about 0.1 + 0.1 + 0.08 + 0.1, besides the ticks.
    reaction = timing.reaction(limits, Thresholds())
    assert 0.38 <= reaction - 0.08 <= 0.48
    worse = replace(limits, bad_frames=2)
    assert timing.reaction(worse, Thresholds()) == pytest.approx(reaction + 2 * 0.12)


def test_a_pitch_error_makes_things_look_near():
    assert could_look_near(10.0, 1.2, 0.0) == pytest.approx(10.0)
    assert could_look_near(10.0, 1.2, 0.01) == pytest.approx(1.2 / (0.12 - 0.02))
    assert math.isinf(could_look_near(80.0, 1.2, 0.01))


def test_the_truth_knows_what_is_in_the_way():
    setup, course = course_of(Kind.POST)
    body = replace(course.bodies[0], d=course.lateral)
    truth = GroundTruth(course, setup)
    place = (body.s - setup.vehicle.front - 5.0, course.lateral)
    assert truth.free(place, (body,), 0.0) == pytest.approx(5.0)
    beside = replace(body, d=course.lateral + setup.corridor_width / 2 + 0.06)
    assert math.isinf(truth.free(place, (beside,), 0.0))
    assert truth.free(place, (beside,), 0.1) == pytest.approx(5.0)
    assert truth.free(place, (), 20.0) == 0.0


def test_a_standing_vehicle_is_not_to_blame():
    setup, course = course_of(Kind.POST)
    body, truth = course.bodies[0], GroundTruth(course, setup)
    pose = course.scene.line.pose(body.s - setup.vehicle.front + 0.02, body.d)
    place = (body.s - setup.vehicle.front + 0.02, body.d)
    assert truth.hit(VehicleState(pose, 0.0), place, (body,)) is None
    assert truth.hit(VehicleState(pose, 1.0), place, (body,)) == 'post'


def test_leaving_the_road_is_a_collision():
    setup, course = course_of(Kind.END)
    truth, end = GroundTruth(course, setup), course.scene.profile.end_s
    line = course.scene.line
    over = (end - setup.vehicle.front + 0.01, course.lateral)
    assert truth.hit(VehicleState(line.pose(*over), 1.0), over, ()) == 'end of road'
    aside = (2.0, course.half_width + setup.vehicle.side_margin)
    assert truth.hit(VehicleState(line.pose(*aside), 1.0), aside, ()) == 'edge of road'
    inside = (2.0, course.lateral)
    assert truth.hit(VehicleState(line.pose(*inside), 1.0), inside, ()) is None


def test_the_worst_drive_is_the_hardest_collision_then_the_min_room():
    one = simulate(300).run()
    tight = replace(one, seed=1, min_room=0.1)
    soft = replace(one, seed=2, collision='post', collision_speed=0.2)
    hard = replace(one, seed=3, collision='post', collision_speed=2.0)
    assert summary.worst([one, tight]).seed == 1
    assert summary.worst([one, tight, soft, hard]).seed == 3
