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

from benchmarks.faults import damage
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
from benchmarks.faults.faulty_camera import FaultyCamera, RATE, Show
from benchmarks.faults.images import Clip
from benchmarks.faults.setups import PLAIN, TWO_CAMERAS
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed, taken_at
from seg_node.tools.common.testbed.process import Process, python

_FLOOD_RATE = 2000.0        # more than it can reach
_BEHIND = 0.2
_DRIVER_SECONDS = 30.0
_NUMBERS = count(1)


def _driver(testbed: FaultTestbed) -> Process:
    process: Process = testbed.keep['driver']
    return process


def _start_driver(testbed: FaultTestbed, rate: float = RATE) -> None:
    """Let a process publish the images of the camera in its place."""
    assert testbed.camera is not None and testbed.healthy is not None
    testbed.camera.show(replace(testbed.healthy, spoil=lambda message: None))
    testbed.keep['driver'] = testbed.start(f'camera_{next(_NUMBERS)}', python(
        'benchmarks.faults.faulty_camera', str(_images(testbed, 'free', testbed.clips.free)),
        '--rate', str(rate)))
    # From here on GO is due to the driver, not to the last images of the camera.
    _when_shown(testbed, _images(testbed, 'free', testbed.clips.free))
    testbed.wait_until(time.monotonic() + 0.2)


def _when_shown(testbed: FaultTestbed, path: Path) -> float:
    """Return when the driver has published the first of these images, monotonic clock."""
    driver = _driver(testbed)

    def times() -> list[float]:
        words = [line.split() for line in driver.output.splitlines()]
        return [float(line[2]) for line in words if line[:2] == ['shown', str(path)]]

    testbed.wait_for(times, f'the driver shows {path.name}', _DRIVER_SECONDS)
    return times()[0]


def _images(testbed: FaultTestbed, name: str, clip: Clip) -> Path:
    path = testbed.folder / f'{name}.npy'
    if not path.is_file():
        np.save(path, np.stack(clip.frames))
    return path


def _end_driver(testbed: FaultTestbed) -> None:
    _driver(testbed).kill()
    heal(testbed)


def _send_driver(number: int) -> Inject:
    """Send the driver a signal; known when its last image has reached its greatest age."""
    def inject(testbed: FaultTestbed) -> Moment:
        age = testbed.limit('stop_go.max_image_age')
        _driver(testbed).send(number)
        testbed.wait_until(time.monotonic() + 0.1)
        last = taken_at(testbed.listener.states[-1])
        return Moment(last, last + age, Clock.TIMEOUT)
    return inject


def _kill_and_start(testbed: FaultTestbed) -> Moment:
    moment = _send_driver(signal.SIGKILL)(testbed)
    _driver(testbed).kill()
    _start_driver(testbed)
    return moment


def _resume_driver(testbed: FaultTestbed) -> None:
    _driver(testbed).send(signal.SIGCONT)
    testbed.wait_for_go()
    _end_driver(testbed)


def _flood(testbed: FaultTestbed) -> None:
    _images(testbed, 'obstacle', testbed.clips.obstacle)  # rendered before it has to be quick
    _start_driver(testbed, _FLOOD_RATE)


def _obstacle_in_flood(testbed: FaultTestbed) -> Moment:
    """Let the obstacle appear in the flood; the driver tells when it published the first one."""
    path = _images(testbed, 'obstacle', testbed.clips.obstacle)
    _driver(testbed).write_line(str(path))
    shown = _when_shown(testbed, path)
    return Moment(shown, shown, Clock.IMAGE)


def _second_camera(testbed: FaultTestbed) -> None:
    """Start a second driver on the same topic, mute until the node listens to it."""
    assert testbed.healthy is not None
    camera = FaultyCamera(testbed.node, replace(testbed.healthy, spoil=lambda message: None))
    testbed.keep['second'] = camera
    testbed.wait_for(camera.subscribers, 'a subscription to the second camera', _DRIVER_SECONDS)
    testbed.wait_until(time.monotonic() + 0.2)    # both sides have found each other by then


def _second_shows(change: Callable[[FaultTestbed, Show], Show], frames: Count) -> Inject:
    """Let the second driver publish as well as the first."""
    def inject(testbed: FaultTestbed) -> Moment:
        assert testbed.healthy is not None
        needed = frames(testbed)
        return show_on(testbed.keep['second'], change(testbed, testbed.healthy), needed)
    return inject


def _one_camera(testbed: FaultTestbed) -> None:
    testbed.keep.pop('second').close()


def _rear_is_dark(testbed: FaultTestbed) -> Moment:
    assert testbed.healthy is not None
    dark = replace(testbed.healthy, clip=testbed.clips.free.changed(damage.dark))
    return show_on(testbed.keep['rear'], dark, 1)


def _rear_is_silent(testbed: FaultTestbed) -> Moment:
    return silence_of(testbed, testbed.keep['rear'])


def _rear_is_well(testbed: FaultTestbed) -> None:
    assert testbed.healthy is not None
    testbed.keep['rear'].show(testbed.healthy)


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
          _second_shows(lambda testbed, show: replace(show, clip=testbed.clips.obstacle),
                        road_frames), _one_camera, prepare=_second_camera),
    Fault('two_clocks', 'a second camera with late stamps on the same topic', PLAIN,
          ('stamp_backwards',),
          _second_shows(lambda _, show: replace(
              show, stamp=lambda: time.time() - _BEHIND), once), _one_camera,
          prepare=_second_camera),
)
