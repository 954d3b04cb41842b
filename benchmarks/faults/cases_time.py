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

"""Faults of time: stamps, rates, clocks, replays."""

from __future__ import annotations

from dataclasses import replace
import math
import time

from benchmarks.faults.case import Fault, heal, Inject, once, shows, silence
from benchmarks.faults.feeds import SimulatedTime
from benchmarks.faults.setups import PLAIN, SIMULATED
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed, InjectionError
from seg_node.stop_go.timing import RATE_FRAMES

_LONG_AGO = 1_577_836_800.0     # 2020-01-01
_LAST_STAMP = 2.0**31 - 1.0
_JUMP = 10.0
_JOINED = 1.0     # until a new publisher and the node have found each other
_LOOP = 0.4     # shorter than the greatest age, so that the age alone tells nothing


def _stamped(offset: float) -> Inject:
    """Let the stamps differ from the present by that many seconds."""
    return shows(lambda _, show: replace(show, stamp=lambda: time.time() + offset), once)


def _constant_stamp(stamp: float) -> Inject:
    return shows(lambda _, show: replace(show, stamp=lambda: stamp), once)


def _same_stamp(testbed: FaultTestbed) -> Moment:
    """Repeat one stamp: the first image of that stamp is still right."""
    stamp = time.time() + 0.04
    return shows(lambda _, show: replace(show, stamp=lambda: stamp), lambda _: 2)(testbed)


def _restarted_recording(testbed: FaultTestbed) -> Moment:
    """Let stamps of the last moments come again and again."""
    begin = time.time() - _LOOP / 2

    def stamp() -> float:
        return begin + math.fmod(time.time() - begin, _LOOP)

    # The first repetition shows it: the images until then are in order.
    moment = shows(lambda _, show: replace(show, stamp=stamp), once)(testbed)
    back = begin + _LOOP - time.time() + time.monotonic()
    assert testbed.camera is not None
    testbed.wait_until(back + 0.1)
    known = next(t for t in testbed.camera.times() if t >= back)
    return Moment(moment.fault, known, Clock.IMAGE)


def _low_rate(testbed: FaultTestbed) -> Moment:
    """Send three images for every four of the lowest rate."""
    assert testbed.camera is not None and testbed.healthy is not None
    limit = testbed.limit('stop_go.min_rate')
    show = testbed.camera.show(replace(testbed.healthy, rate=0.75 * limit))
    testbed.camera.wait_for(show, RATE_FRAMES, 30.0)
    first = testbed.camera.wait_for(show, 1, 0.0)[0]
    times = testbed.camera.times()
    for earlier, later in zip(times, times[RATE_FRAMES - 1:], strict=False):
        if later > first and later - earlier > (RATE_FRAMES - 1) / limit:
            return Moment(first, later, Clock.IMAGE)
    raise InjectionError('the camera has not become slow')


def _clock_of(testbed: FaultTestbed) -> SimulatedTime:
    clock: SimulatedTime = testbed.keep['clock']
    return clock


def _clock_jumps(seconds: float) -> Inject:
    """Move ROS time, while the stamps of the camera go on as before."""
    def inject(testbed: FaultTestbed) -> Moment:
        assert testbed.camera is not None and testbed.healthy is not None
        clock = _clock_of(testbed)
        testbed.keep['jump'] = seconds
        testbed.camera.show(replace(testbed.healthy, stamp=lambda: clock.now() - seconds))
        now = clock.jump(seconds)
        return Moment(now, now, Clock.REQUEST)
    return inject


def _jump_back(testbed: FaultTestbed) -> None:
    _clock_of(testbed).jump(-testbed.keep['jump'])
    heal(testbed)


def _clock_stops(testbed: FaultTestbed) -> Moment:
    """Let ROS time stand still while the camera's stamps go on."""
    now = _clock_of(testbed).stop()
    return Moment(now, now + testbed.limit('stop_go.max_future'), Clock.TIMEOUT)


def _clock_runs(testbed: FaultTestbed) -> None:
    _clock_of(testbed).resume()


def _replay_begins_again(testbed: FaultTestbed) -> Moment:
    """Let ROS time and stamps go back together, as a looped bag does."""
    now = _clock_of(testbed).jump(-_JUMP)
    return Moment(now, now, Clock.REQUEST)


def _second_clock(testbed: FaultTestbed) -> Moment:
    """Let somebody else tell another time as well."""
    clock = SimulatedTime(testbed.node)
    testbed.keep['rival'] = clock
    now = clock.jump(_JUMP)
    return Moment(now, now + _JOINED, Clock.TIMEOUT)


def _one_clock(testbed: FaultTestbed) -> None:
    testbed.keep.pop('rival').close()


TIME_FAULTS = (
    Fault('camera_silent', 'no image comes any more', PLAIN, ('stale',), silence),
    Fault('stale_stamp', 'stamps 0.8 s behind: images wait somewhere', PLAIN,
          ('stale_stamp',), _stamped(-0.8)),
    Fault('future_stamp', 'stamps 0.5 s ahead: clocks not synchronised', PLAIN,
          ('stamp_in_future',), _stamped(0.5)),
    Fault('backward_stamp', 'stamps step 0.2 s back', PLAIN,
          ('stamp_backwards',), _stamped(-0.2), hold=0.3),
    Fault('same_stamp', 'every image has the same stamp', PLAIN,
          ('stamp_backwards', 'stale_stamp'), _same_stamp),
    Fault('zero_stamp', 'a driver that does not fill the stamp', PLAIN,
          ('stale_stamp',), _constant_stamp(0.0)),
    Fault('monotonic_stamp', 'a driver that stamps with the time since start-up', PLAIN,
          ('stale_stamp',), shows(lambda _, show: replace(show, stamp=time.monotonic), once)),
    Fault('time_zone_behind', 'stamps 2 h behind: local time taken for UTC', PLAIN,
          ('stale_stamp',), _stamped(-7200.0)),
    Fault('time_zone_ahead', 'stamps 2 h ahead', PLAIN,
          ('stamp_in_future',), _stamped(7200.0)),
    Fault('huge_stamp', 'the last stamp there is, in 2038', PLAIN,
          ('stamp_in_future',), _constant_stamp(_LAST_STAMP)),
    Fault('negative_stamp', 'a stamp before 1970', PLAIN,
          ('stale_stamp',), _constant_stamp(-5.0)),
    Fault('old_recording', 'a recording of 2020 played without /clock', PLAIN,
          ('stale_stamp',), shows(lambda _, show: replace(
              show, stamp=lambda: time.time() % 3600 + _LONG_AGO), once)),
    Fault('short_loop', 'the last 0.4 s of stamps and images in a loop', PLAIN,
          ('stamp_backwards', 'stale_stamp'), _restarted_recording),
    Fault('rate_low', 'images at three quarters of the lowest rate', PLAIN,
          ('rate_low',), _low_rate),
    Fault('time_forward', 'ROS time jumps 10 s forward', SIMULATED,
          ('clock_jump', 'stale_stamp'), _clock_jumps(_JUMP), _jump_back),
    Fault('time_back', 'ROS time jumps 10 s back', SIMULATED,
          ('clock_jump', 'stamp_in_future'), _clock_jumps(-_JUMP), _jump_back),
    Fault('time_stops', 'ROS time stands still, images go on', SIMULATED,
          ('stamp_in_future', 'clock_jump'), _clock_stops, _clock_runs),
    Fault('two_clocks_of_ros', 'a second publisher of /clock, of another time', SIMULATED,
          ('clock_jump', 'stale_stamp', 'stamp_in_future'), _second_clock, _one_clock),
    Fault('replay_loop', 'a bag starts again: ROS time and stamps go back', SIMULATED,
          ('clock_jump', 'stamp_backwards'), _replay_begins_again, hold=0.3),
)
