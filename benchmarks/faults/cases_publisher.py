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

"""Faults of publishers: a camera driver that is killed, frozen, doubled, or floods the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
import signal
import time

import numpy as np

from benchmarks.common.processes import Child
from benchmarks.faults import damage
from benchmarks.faults.bench import Bench, BenchError
from benchmarks.faults.camera import Camera, RATE, Show
from benchmarks.faults.case import (
    Count,
    Fault,
    heal,
    Inject,
    once,
    road_frames,
    show_on,
    silence_of,
)
from benchmarks.faults.ears import taken_at
from benchmarks.faults.images import Film
from benchmarks.faults.rigs import PLAIN, TWO_CAMERAS
from benchmarks.faults.table import Clock, Moment

_FLOOD_RATE = 2000.0        # more than it can reach
_BEHIND = 0.2
_NUMBERS = count(1)


def _driver(bench: Bench) -> Child:
    process: Child = bench.keep['driver']
    return process


def _start_driver(bench: Bench, rate: float = RATE) -> None:
    """Let a process publish the images of the camera in its place."""
    assert bench.camera is not None and bench.healthy is not None
    bench.camera.show(replace(bench.healthy, spoil=lambda message: None))
    bench.keep['driver'] = bench.start(
        'benchmarks.faults.camera', str(_images(bench, 'free', bench.films.free)),
        '--rate', str(rate), log=bench.folder / f'camera_{next(_NUMBERS)}.log')
    bench.at_end(_driver(bench).close)
    # From here on GO is due to the driver, not to the last images of the camera.
    _when_shown(bench, _images(bench, 'free', bench.films.free))
    bench.wait_until(time.monotonic() + 0.2)


def _when_shown(bench: Bench, path: Path) -> float:
    """Return when the driver has published the first of these images, monotonic clock."""
    log = _driver(bench).log
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        for line in log.read_text().splitlines():
            words = line.split()
            if words[:2] == ['shown', str(path)]:
                return float(words[2])
        time.sleep(0.02)
    raise BenchError(f'the driver has not shown {path.name}')


def _images(bench: Bench, name: str, film: Film) -> Path:
    path = bench.folder / f'{name}.npy'
    if not path.is_file():
        np.save(path, np.stack(film.frames))
    return path


def _end_driver(bench: Bench) -> None:
    _driver(bench).kill()
    heal(bench)


def _send_driver(number: int) -> Inject:
    """Send the driver a signal; known when its last image has reached its greatest age."""
    def inject(bench: Bench) -> Moment:
        age = bench.limit('stop_go.max_image_age')
        _driver(bench).send(number)
        bench.wait_until(time.monotonic() + 0.1)
        with bench.changed:
            last = taken_at(bench.ears.states[-1])
        return Moment(last, last + age, Clock.TIMEOUT)
    return inject


def _kill_and_start(bench: Bench) -> Moment:
    moment = _send_driver(signal.SIGKILL)(bench)
    _driver(bench).close()
    _start_driver(bench)
    return moment


def _resume_driver(bench: Bench) -> None:
    _driver(bench).send(signal.SIGCONT)
    bench.wait_for_go()
    _end_driver(bench)


def _flood(bench: Bench) -> None:
    _images(bench, 'obstacle', bench.films.obstacle)  # rendered before it has to be quick
    _start_driver(bench, _FLOOD_RATE)


def _obstacle_in_flood(bench: Bench) -> Moment:
    """Let the obstacle appear in the flood; the driver tells when it published the first one."""
    path = _images(bench, 'obstacle', bench.films.obstacle)
    _driver(bench).say(str(path))
    shown = _when_shown(bench, path)
    return Moment(shown, shown, Clock.IMAGE)


def _second_camera(bench: Bench) -> None:
    """Start a second driver on the same topic, mute until the node listens to it."""
    assert bench.healthy is not None
    camera = Camera(bench.node, replace(bench.healthy, spoil=lambda message: None))
    bench.keep['second'] = camera
    deadline = time.monotonic() + 10.0
    while not camera.subscribers():
        if time.monotonic() > deadline:
            raise BenchError('the node does not subscribe to the second camera')
        time.sleep(0.01)
    bench.wait_until(time.monotonic() + 0.2)    # both sides have found each other by then


def _second_shows(change: Callable[[Bench, Show], Show], frames: Count) -> Inject:
    """Let the second driver publish beside the first."""
    def inject(bench: Bench) -> Moment:
        assert bench.healthy is not None
        needed = frames(bench)
        return show_on(bench.keep['second'], change(bench, bench.healthy), needed)
    return inject


def _one_camera(bench: Bench) -> None:
    bench.keep.pop('second').close()


def _rear_is_dark(bench: Bench) -> Moment:
    assert bench.healthy is not None
    dark = replace(bench.healthy, film=bench.films.free.changed(damage.dark))
    return show_on(bench.keep['rear'], dark, 1)


def _rear_is_silent(bench: Bench) -> Moment:
    return silence_of(bench, bench.keep['rear'])


def _rear_is_well(bench: Bench) -> None:
    assert bench.healthy is not None
    bench.keep['rear'].show(bench.healthy)


TWO_CAMERA_FAULTS = (
    Fault('one_of_two_dark', 'two cameras, one of them dark', TWO_CAMERAS,
          ('camera_dark',), _rear_is_dark, _rear_is_well),
    Fault('one_of_two_silent', 'two cameras, one of them silent', TWO_CAMERAS,
          ('stale',), _rear_is_silent, _rear_is_well),
)
PUBLISHER_FAULTS = (
    Fault('publisher_killed', 'the camera driver is killed', PLAIN, ('stale',),
          _send_driver(signal.SIGKILL), _end_driver, prepare=_start_driver),
    Fault('publisher_paused', 'the camera driver is frozen (SIGSTOP), then runs on', PLAIN,
          ('stale',), _send_driver(signal.SIGSTOP), _resume_driver, prepare=_start_driver),
    Fault('publisher_restarted', 'the camera driver is killed and starts again', PLAIN,
          ('stale',), _kill_and_start, _end_driver, prepare=_start_driver, hold=0.1),
    Fault('publisher_floods', 'images as fast as they go, then an obstacle in them', PLAIN,
          ('blocked',), _obstacle_in_flood, _end_driver, prepare=_flood),
    Fault('two_publishers', 'a second camera with another view on the same topic', PLAIN,
          ('blocked', 'mask_jump'),
          _second_shows(lambda bench, show: replace(show, film=bench.films.obstacle),
                        road_frames), _one_camera, prepare=_second_camera),
    Fault('two_clocks', 'a second camera with late stamps on the same topic', PLAIN,
          ('stamp_backwards',),
          _second_shows(lambda _, show: replace(
              show, stamp=lambda: time.time() - _BEHIND), once), _one_camera,
          prepare=_second_camera),
)
