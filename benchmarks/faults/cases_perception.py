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

"""Faults of perception: masks and confidences to doubt, and an inference that goes wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
import time

from benchmarks.faults import damage
from benchmarks.faults.bench import Bench, BenchError
from benchmarks.faults.camera import to_message
from benchmarks.faults.case import Fault, film, heal, images, Inject, road_frames, shows
from benchmarks.faults.commands import Command
from benchmarks.faults.ears import taken_at
from benchmarks.faults.images import with_command
from benchmarks.faults.models import SLOW_SECONDS
from benchmarks.faults.rigs import BUNDLED, PLAIN
from benchmarks.faults.table import Clock, Moment

_BACKGROUND, _PATH = 0, 1
_MAX_INFERENCE = 'stop_go.max_inference'
_BUDGET = 0.1     # seconds; far from both, as this machine may be busy


def _save_time(bench: Bench) -> None:
    """Set a small budget for the inference, which it keeps as long as it is well."""
    bench.keep['budget'] = bench.limit(_MAX_INFERENCE)
    bench.set_parameter(_MAX_INFERENCE, _BUDGET)


def _spend_as_before(bench: Bench) -> None:
    bench.set_parameter(_MAX_INFERENCE, bench.keep['budget'])
    heal(bench)


def _slow(bench: Bench) -> Moment:
    """Let the inference take longer than it may; known when it ends."""
    moment = images(with_command(Command.SLOW))(bench)
    deadline = time.monotonic() + 10 * SLOW_SECONDS
    while time.monotonic() < deadline:
        for state in bench.ears.states_since(moment.fault):
            took = float(state.values.get('camera.inference_ms', 0.0)) / 1e3
            if took > _BUDGET:
                begun = taken_at(state)
                return Moment(begun, begun + took, Clock.IMAGE)
        time.sleep(0.01)
    raise BenchError(f'no inference took more than {_BUDGET:g} s')


def _flickers(bench: Bench) -> Moment:
    """Let the way be blocked in every other image; the jump back is a bad image too."""
    free, flooded = bench.films.free.frame(0), bench.films.flooded
    turns = cycle((flooded, free))
    return shows(lambda _, show: replace(show, encode=lambda _: to_message(next(turns))),
                 road_frames)(bench)


def _hangs(command: Command) -> Inject:
    """Let the inference not come back; known when the image before has its greatest age."""
    def inject(bench: Bench) -> Moment:
        assert bench.camera is not None
        age = bench.limit('stop_go.max_image_age')
        moment = images(with_command(command))(bench)
        before = max(t for t in bench.camera.times() if t < moment.fault)
        return Moment(moment.fault, before + age, Clock.TIMEOUT)
    return inject


def _restart_inference(bench: Bench) -> None:
    """Leave the hung inference behind and load the model anew."""
    heal(bench)
    for label in ('deactivate', 'cleanup', 'configure', 'activate'):
        if not bench.change_state(label):
            raise BenchError(f'{label} failed')


PERCEPTION_FAULTS = (
    Fault('low_confidence', 'the network is unsure of the whole path', PLAIN,
          ('low_confidence',), images(damage.unsure(1.0), road_frames)),
    Fault('low_quantile', 'the network is unsure of a quarter of the path', PLAIN,
          ('low_confidence',), images(damage.unsure(0.25), road_frames)),
    Fault('mask_jump', 'the mask flickers between free and blocked', PLAIN,
          ('mask_jump', 'blocked'), _flickers),
    Fault('all_path', 'everything is path, the sky too', PLAIN,
          ('all_path',), film(lambda bench: bench.films.all_of(_PATH), road_frames)),
    Fault('no_path', 'nothing is path', PLAIN,
          ('no_path',), film(lambda bench: bench.films.all_of(_BACKGROUND), road_frames)),
    Fault('nan_confidence', 'the network gives NaN', PLAIN,
          ('low_confidence', 'inference_failed'),
          images(with_command(Command.NAN), road_frames)),
    Fault('inference_raises', 'the inference raises', PLAIN,
          ('inference_failed',), images(with_command(Command.RAISE))),
    Fault('inference_slow', 'the inference takes longer than it may', PLAIN,
          ('over_budget',), _slow, _spend_as_before, prepare=_save_time),
    Fault('inference_stalls', 'one inference takes 1.5 s', PLAIN,
          ('stale', 'over_budget'), _hangs(Command.STALL)),
    Fault('inference_hangs', 'the inference never comes back', PLAIN,
          ('stale', 'over_budget'), _hangs(Command.HANG), _restart_inference, ends_node=True),
    Fault('obstacle', 'a box in the way', PLAIN,
          ('blocked',), film(lambda bench: bench.films.obstacle, road_frames)),
    Fault('end_of_road', 'the road ends', PLAIN,
          ('blocked',), film(lambda bench: bench.films.end, road_frames)),
)

BUNDLED_FAULTS = (
    Fault('bundled_obstacle', 'a car in the way, seen by the bundled network', BUNDLED,
          ('blocked', 'low_coverage'),
          film(lambda bench: bench.films.obstacle_plain, road_frames)),
    Fault('bundled_end_of_road', 'the road ends, seen by the bundled network', BUNDLED,
          ('blocked', 'low_coverage'),
          film(lambda bench: bench.films.end_plain, road_frames)),
    Fault('bundled_blurred', 'out of focus, seen by the bundled network', BUNDLED,
          ('camera_blurred',), images(damage.blurred)),
)
