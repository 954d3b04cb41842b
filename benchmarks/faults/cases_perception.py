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

from benchmarks.faults import damage
from benchmarks.faults.case import clip, Fault, heal, images, Inject, road_frames, shows
from benchmarks.faults.commands import Command
from benchmarks.faults.faulty_camera import to_message
from benchmarks.faults.images import with_command
from benchmarks.faults.models import SLOW_SECONDS
from benchmarks.faults.setups import BUNDLED, PLAIN
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed, taken_at

_BACKGROUND, _PATH = 0, 1
_MAX_INFERENCE = 'stop_go.max_inference'
_BUDGET = 0.1     # seconds; far from both, as this machine may be busy


def _save_time(testbed: FaultTestbed) -> None:
    """Set a small budget for the inference, which it keeps as long as it is well."""
    testbed.keep['budget'] = testbed.limit(_MAX_INFERENCE)
    testbed.client.set_parameter(_MAX_INFERENCE, _BUDGET)


def _spend_as_before(testbed: FaultTestbed) -> None:
    testbed.client.set_parameter(_MAX_INFERENCE, testbed.keep['budget'])
    heal(testbed)


def _slow(testbed: FaultTestbed) -> Moment:
    """Let the inference take longer than it may; known when it ends."""
    moment = images(with_command(Command.SLOW))(testbed)

    def slow() -> list[tuple[float, float]]:
        """Return when images were taken whose inference was slow, and how long it took."""
        states = testbed.listener.states_since(moment.fault)
        took = [(state, float(state.values.get('camera.inference_ms', 0.0)) / 1e3)
                for state in states]
        return [(taken_at(state), seconds) for state, seconds in took if seconds > _BUDGET]

    testbed.wait_for(slow, f'an inference of more than {_BUDGET:g} s', 10 * SLOW_SECONDS)
    begun, took = slow()[0]
    return Moment(begun, begun + took, Clock.IMAGE)


def _flickers(testbed: FaultTestbed) -> Moment:
    """Let the way be blocked in every other image; the jump back is a bad image too."""
    free, flooded = testbed.clips.free.frame(0), testbed.clips.flooded
    turns = cycle((flooded, free))
    return shows(lambda _, show: replace(show, encode=lambda _: to_message(next(turns))),
                 road_frames)(testbed)


def _hangs(command: Command) -> Inject:
    """Let the inference not come back; known when the image before has its greatest age."""
    def inject(testbed: FaultTestbed) -> Moment:
        assert testbed.camera is not None
        age = testbed.limit('stop_go.max_image_age')
        moment = images(with_command(command))(testbed)
        before = max(t for t in testbed.camera.times() if t < moment.fault)
        return Moment(moment.fault, before + age, Clock.TIMEOUT)
    return inject


def _restart_inference(testbed: FaultTestbed) -> None:
    """Leave the hung inference behind and load the model again."""
    heal(testbed)
    testbed.client.reach('deactivate', 'cleanup', 'configure', 'activate')


PERCEPTION_FAULTS = (
    Fault('low_confidence', 'the network is unsure of the whole path', PLAIN,
          ('low_confidence',), images(damage.unsure(1.0), road_frames)),
    Fault('low_quantile', 'the network is unsure of a quarter of the path', PLAIN,
          ('low_confidence',), images(damage.unsure(0.25), road_frames)),
    Fault('mask_jump', 'the mask flickers between free and blocked', PLAIN,
          ('mask_jump', 'blocked'), _flickers),
    Fault('all_path', 'everything is path, the sky too', PLAIN,
          ('all_path',), clip(lambda testbed: testbed.clips.all_of(_PATH), road_frames)),
    Fault('no_path', 'nothing is path', PLAIN,
          ('no_path',), clip(lambda testbed: testbed.clips.all_of(_BACKGROUND), road_frames)),
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
          ('blocked',), clip(lambda testbed: testbed.clips.obstacle, road_frames)),
    Fault('end_of_road', 'the road ends', PLAIN,
          ('blocked',), clip(lambda testbed: testbed.clips.end, road_frames)),
)

BUNDLED_FAULTS = (
    Fault('bundled_obstacle', 'a car in the way, seen by the bundled network', BUNDLED,
          ('blocked', 'low_coverage'),
          clip(lambda testbed: testbed.clips.obstacle_plain, road_frames)),
    Fault('bundled_end_of_road', 'the road ends, seen by the bundled network', BUNDLED,
          ('blocked', 'low_coverage'),
          clip(lambda testbed: testbed.clips.end_plain, road_frames)),
    Fault('bundled_blurred', 'out of focus, seen by the bundled network', BUNDLED,
          ('camera_blurred',), images(damage.blurred)),
)
