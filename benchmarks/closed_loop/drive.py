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

"""One seeded drive: vehicle, world and node step through it together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
import math

import numpy as np

from benchmarks.closed_loop.actors import Body, Walk
from benchmarks.closed_loop.course import Course, draw_course, MIXED, Shares
from benchmarks.closed_loop.ground_truth import GroundTruth, SPARE_SIDE
from benchmarks.closed_loop.limits import StatedLimits, TICK
from benchmarks.closed_loop.node import NodeModel, NodeUnderTest
from benchmarks.closed_loop.outcome import FalseStop, Moment, Outcome
from benchmarks.closed_loop.perception import Exposure, ModelledPerception, NetworkPerception
from benchmarks.closed_loop.plant import Plant
from benchmarks.closed_loop.vehicle_setup import draw_vehicle_setup, VehicleSetup
from seg_node.perception.models.manifest import ClassInfo
from seg_node.perception.segmenter import Segmenter
from seg_node.stop_go.verdict import Decision, Reason, Verdict

_STRAIGHT = 0.3
"""Share of the roads that are straight."""
_STANDS = 3.0
"""A drive is over when the vehicle has stood before something for so long, seconds."""
_FREE_FOR = 1.0
"""The way must have been free for so long before a STOP counts as false, seconds."""
_HELD = 2.0
"""A STOP that lasts so long beyond the confirmation on a free way counts once more, seconds."""
_STAYS = 5.0
"""Who has come up to the vehicle stays before the drive is over, seconds."""
_COMES_WITHIN = 20.0
_FAR = 30.0
_TRACE = 0.05

Rule = Callable[[Verdict], Decision]
DrawSetup = Callable[[np.random.Generator, 'tuple[int, int]', StatedLimits], VehicleSetup]


def obey(verdict: Verdict) -> Decision:
    """Drive as the node says."""
    return verdict.decision


@dataclass(frozen=True, eq=False)
class Draw:
    """What chance has chosen for a seed, and the chances that are left to perception and node."""

    seed: int
    setup: VehicleSetup
    course: Course
    perception: np.random.Generator
    node: np.random.Generator


MakeNode = Callable[[Draw], NodeUnderTest]


def with_labels(limits: StatedLimits, classes: Sequence[ClassInfo]) -> MakeNode:
    """Let the node judge exact labels with the modelled errors of perception."""
    def make(draw: Draw) -> NodeModel:
        perception = ModelledPerception(draw.perception, draw.course.scene, draw.setup, limits)
        return NodeModel(draw.node, draw.setup, limits, perception, classes)
    return make


def with_network(limits: StatedLimits, segmenter: Segmenter) -> MakeNode:
    """Let the node judge what the network makes of rendered images."""
    def make(draw: Draw) -> NodeModel:
        perception = NetworkPerception(segmenter, draw.course, draw.setup, draw.seed)
        return NodeModel(draw.node, draw.setup, limits, perception, segmenter.model.classes)
    return make


@dataclass(frozen=True, eq=False)
class _Coming:
    """Somebody who comes up to the standing vehicle: since when, to which bumper, from where."""

    since: float
    bumper: float
    begin: Body


@dataclass
class _Log:
    """What is gathered on the way."""

    metres: float = 0.0
    stops: int = 0
    margins: list[float] = field(default_factory=list)
    min_room: float = math.inf
    false_stops: list[FalseStop] = field(default_factory=list)
    trace: list[Moment] = field(default_factory=list)


class Simulation:
    """A drive under way."""

    def __init__(self, seed: int, limits: StatedLimits, size: tuple[int, int],
                 make_node: MakeNode, rule: Rule = obey,
                 draw_setup: DrawSetup = draw_vehicle_setup, shares: Shares = MIXED) -> None:
        """
        Draw the drive of a seed.

        :param size: width and height of the network's input, px.
        :param rule: what the vehicle makes of a verdict.
        :param draw_setup: gives the vehicle.
        :param shares: of what is met.
        """
        draws = [np.random.default_rng((seed, part)) for part in range(5)]
        self._seed, self._rule = seed, rule
        self.setup = draw_setup(draws[0], size, limits)
        self.course = draw_course(draws[1], self.setup, limits, _STRAIGHT, shares)
        self._plant = Plant(draws[3], self.course, self.setup, limits)
        self._ground_truth = GroundTruth(self.course, self.setup)
        self._log = _Log()
        self._now = 0.0
        self._place = self._ground_truth.place(self._plant.state)
        self._decision, self._reason = Decision.STOP, Reason.NO_IMAGE
        self._set_out: float | None = None
        self._coming: _Coming | None = None
        self._free_since = self._held_since = self._stood_since = math.inf
        self._doubted = 0.0
        self._number = 0
        self._sprung = False
        # Last: for a node that is a process, the drive begins here.
        self._node = make_node(Draw(seed, self.setup, self.course, draws[2], draws[4]))
        self._ambush = bool(draws[4].random() < limits.critical)

    def run(self) -> Outcome:
        """Drive to the goal, to a standstill before something, or into a collision."""
        longest = 5.0 + 3.0 * self.course.goal / self.setup.vehicle.max_speed
        if self.course.approach is not None:
            longest += _COMES_WITHIN + _STAYS
        hit = None
        while hit is None and self._now < longest:
            hit = self._step()
            if self._bumper > self.course.goal or self._now - self._stood_since > _STANDS:
                break
        log, state = self._log, self._plant.state
        line = self.course.scene.line
        return Outcome(
            self._seed, self.course.kind.value, self.setup.vehicle.max_speed,
            bool((line.curvature == 0.0).all()), not self._plant.mute,
            self._bumper > self.course.goal, self._now, log.metres,
            self._node.judged, log.stops, hit, state.speed if hit else 0.0, tuple(log.margins),
            log.min_room, tuple(log.false_stops), tuple(log.trace))

    @property
    def _bumper(self) -> float:
        return self._place[0] + self.setup.vehicle.front

    def _step(self) -> str | None:
        self._now += TICK
        was = self._plant.state.speed
        self._plant.step(self._now)
        state = self._plant.state
        self._log.metres += (was + state.speed) / 2.0 * TICK
        self._place = place = self._ground_truth.place(state)
        bodies = self._bodies()
        free = self._ground_truth.free(place, bodies, 0.0)
        if state.speed > 0.0:
            hard = self._ground_truth.free(place, bodies, -self.setup.vehicle.side_margin)
            self._log.min_room = min(
                self._log.min_room,
                hard - state.speed ** 2 / (2.0 * self.setup.vehicle.deceleration))
        self._look(place, bodies, free)
        self._note(place, bodies, free, was)
        return self._ground_truth.hit(state, place, bodies)

    def _bodies(self) -> tuple[Body, ...]:
        walk = self.course.walk
        if walk is None:
            return self.course.bodies
        if self._set_out is None and not self._plant.joining:
            self._set_out = self._now if self._may_step_in() else None
        walked = 0.0 if self._set_out is None else self._now - self._set_out
        return (*self.course.bodies, self._come(walk, walk.body(self.course.scene, walked)))

    def _come(self, walk: Walk, body: Body) -> Body:
        """Return the pedestrian on the way up to the vehicle, from when it stands."""
        approach, coming = self.course.approach, self._coming
        if approach is None:
            return body
        if coming is None:
            rests = body.d == walk.rest_at
            if rests and self._plant.state.speed == 0.0 and not self._plant.joining:
                self._coming = _Coming(self._now, self._bumper, body)
            return body
        return approach.body(
            self.course.scene, walk, coming.begin, coming.bumper, self._now - coming.since)

    def _may_step_in(self) -> bool:
        """Tell whether the pedestrian sets out: a stop is still possible, just or by `eager`."""
        walk, vehicle = self.course.walk, self.setup.vehicle
        assert walk is not None
        speed = self._plant.state.speed
        outside = abs(walk.begin - self.course.lateral) - self.setup.corridor_width / 2.0
        until = outside / walk.pace
        by_then = min(vehicle.max_speed, speed + self.setup.acceleration * until)
        needed = vehicle.stopping_distance(by_then) + by_then * until
        gap = walk.s - self._bumper
        return needed <= gap <= needed + self.course.eager + 3.0 * TICK * max(speed, 0.1)

    def _look(self, place: tuple[float, float], bodies: Sequence[Body], free: float) -> None:
        state, required = self._plant.state, self.setup.required(self._plant.state.speed)
        if self._ambush and not self._sprung and free < required and not self._plant.joining:
            self._sprung = True
            self._node.worst_case()
        if self._node.wants_image(self._now):
            self._number += 1
            ahead = required + self.setup.vehicle.front - self.setup.mounting.forward
            self._node.take(self._now, Exposure(
                state.pose, self._plant.pitch_error(self._now, place[0]),
                tuple(body.thing for body in bodies), ahead, self._sprung, self._number,
                self._plant.place))
        verdict = self._node.step(self._now, self._plant.motion, self._plant.place)
        if verdict is None:
            return
        decision = self._rule(verdict)
        if decision is Decision.STOP and self._decision is not Decision.STOP:
            self._log.stops += 1
            self._doubted = self._log.metres + self._ground_truth.ample(
                self._plant.fastest_measured)
            if self._now - self._free_since >= _FREE_FOR:
                self._log.false_stops.append(
                    FalseStop(round(self._now, 2), verdict.reason.value, verdict.text))
        self._decision, self._reason = decision, verdict.reason
        self._plant.command(decision, self._now)

    def _note(self, place: tuple[float, float], bodies: Sequence[Body], free: float, was: float,
              ) -> None:
        state, now = self._plant.state, self._now
        stopped = self._decision is Decision.STOP
        speed = self.setup.vehicle.max_speed if self._plant.mute else state.speed
        truth = self._ground_truth
        # It goes on when that is free which it was stopped for.
        doubted = self._doubted - self._log.metres if stopped else 0.0
        ample = max(truth.ample(speed), doubted)
        roomy = truth.free(place, bodies, SPARE_SIDE) > ample
        self._free_since = min(self._free_since, now) if roomy else math.inf
        self._held_since = min(self._held_since, now) if roomy and stopped else math.inf
        limits = self.setup.limits.stop_go
        patience = limits.go_hold + 2.0 * limits.go_after / self.setup.timing.rate + _HELD
        if now - self._held_since > patience + limits.max_image_age:
            self._log.false_stops.append(FalseStop(round(now, 2), self._reason.value, 'held'))
            self._held_since = now
        if was > 0.0 and state.speed == 0.0 and stopped and free < _FAR:
            self._log.margins.append(free)
        closed = free <= max(truth.ample(0.0), doubted) and not self._is_awaiting()
        standing = state.speed == 0.0 and stopped and closed
        self._stood_since = min(self._stood_since, now) if standing else math.inf
        if not self._log.trace or now - self._log.trace[-1].time_s >= _TRACE - 1e-9:
            self._trace(free)

    def _is_awaiting(self) -> bool:
        """Tell whether somebody in the way may still leave it."""
        walk, approach, coming = self.course.walk, self.course.approach, self._coming
        if approach is not None and coming is not None:
            arrived = coming.since + approach.seconds(coming.begin, coming.bumper)
            return self._now < arrived + _STAYS
        return walk is not None and self._set_out is not None and (
            self._now - self._set_out < 20.0)

    def _trace(self, free: float) -> None:
        state = self._plant.state
        self._log.trace.append(Moment(
            round(self._now, 3), state.speed, self._decision.value, self._reason.value, free,
            self._node.free_distance, self.setup.required(state.speed)))
