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

from benchmarks.faults.faulty_camera import FaultyCamera, Message, Show
from benchmarks.faults.images import Film, Pixels
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed, InjectionError
from seg_node.tools.common.testbed.client import Value

Inject = Callable[[FaultTestbed], Moment]
Step = Callable[[FaultTestbed], None]
Count = Callable[[FaultTestbed], int]


@dataclass(frozen=True)
class Setup:
    """
    A node with its parameters, and a robot around it; several faults share one.

    module: whose main program is the node.
    """

    name: str
    parameters: Mapping[str, Value]
    assemble: Step
    module: str = 'seg_node.ros.node'


def heal(testbed: FaultTestbed) -> None:
    """Show what a healthy camera shows."""
    assert testbed.camera is not None and testbed.healthy is not None
    testbed.camera.show(testbed.healthy)


def restart(testbed: FaultTestbed) -> None:
    """Start the node anew, in health."""
    testbed.restart_node()
    heal(testbed)
    testbed.wait_for_go(30.0)


def nothing(testbed: FaultTestbed) -> None:
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
    setup: Setup
    reasons: tuple[str, ...]
    inject: Inject
    recover: Step = heal
    prepare: Step = nothing
    hold: float = 1.0
    ends_node: bool = field(default=False)


class NotCaughtError(Exception):
    """The node did something with a fault that it must not do."""


def once(testbed: FaultTestbed) -> int:
    """Say that a single image is enough to know."""
    return 1


def road_frames(testbed: FaultTestbed) -> int:
    """Say how many images of a bad road it takes: one bad image may be chance."""
    return int(testbed.limit('stop_go.stop_after'))


def show_on(camera: FaultyCamera, show: Show, frames: int) -> Moment:
    """Let a camera show something else; known with the image of that number."""
    times = camera.wait_for(camera.show(show), frames, 5.0)
    if len(times) < frames:
        raise InjectionError(f'the camera has not published {frames} messages')
    return Moment(times[0], times[frames - 1], Clock.IMAGE)


def shows(change: Callable[[FaultTestbed, Show], Show], frames: Count = once) -> Inject:
    """Let the camera show something else; known with the image of that number."""
    def inject(testbed: FaultTestbed) -> Moment:
        assert testbed.camera is not None and testbed.healthy is not None
        needed = frames(testbed)
        return show_on(testbed.camera, change(testbed, testbed.healthy), needed)
    return inject


def images(change: Callable[[Pixels], Pixels], frames: Count = once) -> Inject:
    """Let the camera show the images it shows anyway, each of them changed."""
    return shows(lambda testbed, show: replace(show, clip=show.clip.changed(change)), frames)


def clip(choose: Callable[[FaultTestbed], Film], frames: Count = once) -> Inject:
    """Let the camera show another clip."""
    return shows(lambda testbed, show: replace(show, clip=choose(testbed)), frames)


def messages(spoil: Callable[[Message], Message | None]) -> Inject:
    """Let the camera send spoiled messages."""
    return shows(lambda testbed, show: replace(show, spoil=spoil))


def image_after(testbed: FaultTestbed, moment: float, count: int) -> float:
    """Wait until that many images were published after a moment; return when the last was."""
    assert testbed.camera is not None
    camera = testbed.camera

    def times() -> list[float]:
        return [t for t in camera.times() if t > moment]

    testbed.wait_for(lambda: len(times()) >= count, 'images of the camera', 5.0)
    return times()[count - 1]


def silence_of(testbed: FaultTestbed, camera: FaultyCamera) -> Moment:
    """Let a camera fall silent; known when the image before has reached its greatest age."""
    assert testbed.healthy is not None
    age = testbed.limit('stop_go.max_image_age')
    camera.show(replace(testbed.healthy, spoil=lambda message: None))
    testbed.wait_until(time.monotonic() + 0.05)       # an image may have been on its way
    last = camera.times()[-1]
    return Moment(last, last + age, Clock.TIMEOUT)


def silence(testbed: FaultTestbed) -> Moment:
    """Let the camera fall silent."""
    assert testbed.camera is not None
    return silence_of(testbed, testbed.camera)


def sets(name: str, value: float | bool) -> Step:
    """Set a parameter of the node."""
    def act(testbed: FaultTestbed) -> None:
        result = testbed.client.set_parameter(name, value)
        if not result.successful:
            raise InjectionError(f'{name} {value} was refused: {result.reason}')
    return act


def does(act: Step, clock: Clock = Clock.REQUEST) -> Inject:
    """Do something to the node that it must answer with a STOP at once."""
    def inject(testbed: FaultTestbed) -> Moment:
        now = time.monotonic()
        act(testbed)
        return Moment(now, now, clock)
    return inject
