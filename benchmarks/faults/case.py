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

"""How a fault of the benchmark is declared, and the building blocks of the declarations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
import time

from benchmarks.faults.bench import Bench, BenchError, Value
from benchmarks.faults.camera import Camera, Message, Show
from benchmarks.faults.images import Film, Pixels
from benchmarks.faults.table import Clock, Moment

Inject = Callable[[Bench], Moment]
Step = Callable[[Bench], None]
Count = Callable[[Bench], int]


@dataclass(frozen=True)
class Rig:
    """A node with its parameters, and a robot around it; several faults share one."""

    name: str
    parameters: Mapping[str, Value]
    assemble: Step


def heal(bench: Bench) -> None:
    """Show what a healthy camera shows."""
    assert bench.camera is not None and bench.healthy is not None
    bench.camera.show(bench.healthy)


def nothing(bench: Bench) -> None:
    """Do nothing."""


@dataclass(frozen=True)
class Fault:
    """
    One fault, injected into a node that says GO.

    `inject` breaks something and returns since when, and from when on it could be known;
    `recover` mends it. `reasons` are the codes of which ~/state must name one while the fault
    lasts. It lasts `hold` seconds after the STOP: longer than GO takes to be earned, so that a
    GO under the fault is seen. `ends_node` marks a fault after which the node is not used again.
    """

    name: str
    about: str
    rig: Rig
    reasons: tuple[str, ...]
    inject: Inject
    recover: Step = heal
    prepare: Step = nothing
    hold: float = 1.0
    ends_node: bool = field(default=False)


class NotCaughtError(Exception):
    """The node did something with a fault that it must not do."""


def once(bench: Bench) -> int:
    """Say that a single image is enough to know."""
    return 1


def road_frames(bench: Bench) -> int:
    """Say how many images of a bad road it takes: one bad image may be chance."""
    return int(bench.limit('stop_go.stop_after'))


def show_on(camera: Camera, show: Show, frames: int) -> Moment:
    """Let a camera show something else; known with the image of that number."""
    times = camera.wait_for(camera.show(show), frames, 5.0)
    if len(times) < frames:
        raise BenchError(f'the camera has not published {frames} messages')
    return Moment(times[0], times[frames - 1], Clock.IMAGE)


def shows(change: Callable[[Bench, Show], Show], frames: Count = once) -> Inject:
    """Let the camera show something else; known with the image of that number."""
    def inject(bench: Bench) -> Moment:
        assert bench.camera is not None and bench.healthy is not None
        needed = frames(bench)
        return show_on(bench.camera, change(bench, bench.healthy), needed)
    return inject


def images(change: Callable[[Pixels], Pixels], frames: Count = once) -> Inject:
    """Let the camera show the images it shows anyway, each of them changed."""
    return shows(lambda bench, show: replace(show, film=show.film.changed(change)), frames)


def film(choose: Callable[[Bench], Film], frames: Count = once) -> Inject:
    """Let the camera show another film."""
    return shows(lambda bench, show: replace(show, film=choose(bench)), frames)


def messages(spoil: Callable[[Message], Message | None]) -> Inject:
    """Let the camera send spoiled messages."""
    return shows(lambda bench, show: replace(show, spoil=spoil))


def silence_of(bench: Bench, camera: Camera) -> Moment:
    """Let a camera fall silent; known when the image before has reached its greatest age."""
    assert bench.healthy is not None
    age = bench.limit('stop_go.max_image_age')
    camera.show(replace(bench.healthy, spoil=lambda message: None))
    bench.wait_until(time.monotonic() + 0.05)       # an image may have been on its way
    last = camera.times()[-1]
    return Moment(last, last + age, Clock.TIMEOUT)


def silence(bench: Bench) -> Moment:
    """Let the camera fall silent."""
    assert bench.camera is not None
    return silence_of(bench, bench.camera)


def does(act: Step, clock: Clock = Clock.REQUEST) -> Inject:
    """Do something to the node that it must answer with a STOP at once."""
    def inject(bench: Bench) -> Moment:
        now = time.monotonic()
        act(bench)
        return Moment(now, now, clock)
    return inject
