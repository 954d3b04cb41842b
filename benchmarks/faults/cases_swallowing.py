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

"""Networks that swallow what is in the image, and who notices it: the second opinion, mostly."""

from __future__ import annotations

from collections.abc import Callable
import time

import numpy as np

from benchmarks.faults.case import Fault, heal, images, Inject, road_frames
from benchmarks.faults.commands import Command
from benchmarks.faults.driving import Drive
from benchmarks.faults.images import Pixels, with_command
from benchmarks.faults.setups import DRIVING
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed
from seg_node.simulation import obstacles
from seg_node.simulation.labels import OBSTACLE, PATH

_MEETS = 7.0
"""Metres from the camera at which something comes into view: beyond what must be clear."""
_WITNESSES = ('stands_up', 'looks_different')


def _meets(change: Callable[[Pixels], Pixels], called: int = OBSTACLE) -> Inject:
    """
    Let a box stand ahead; known once it is too near to go on.

    :param change: of the images. :param called: what the tiny model takes the box for.
    """
    def inject(testbed: FaultTestbed) -> Moment:
        assert testbed.camera is not None
        drive: Drive = testbed.keep['drive']
        needed = float(testbed.listener.values['camera.required_distance'])
        room = _MEETS - testbed.limit('vehicle.front') - needed
        begin = time.monotonic()
        drive.put(_MEETS, obstacles.box(1), called)
        images(change)(testbed)
        more = (road_frames(testbed) - 1) / testbed.camera.current.rate
        return Moment(begin, begin + room / drive.speed + more, Clock.IMAGE)
    return inject


def _way_is_free(testbed: FaultTestbed) -> None:
    testbed.keep['drive'].clear()
    heal(testbed)


def _same_answers(testbed: FaultTestbed) -> int:
    """Say how many images it takes to tell that all get the same answer."""
    return int(testbed.limit('stop_go.max_same_answers')) + 2


_FREEZE = images(with_command(Command.FREEZE), _same_answers)

SWALLOWING_FAULTS = (
    Fault('swallowed', 'the network calls a box path, which comes nearer', DRIVING,
          _WITNESSES, _meets(np.copy, PATH), _way_is_free),
    Fault('mask_shifted_aside', 'the mask lies a sixth of the image to the left; a box ahead',
          DRIVING, _WITNESSES, _meets(with_command(Command.SHIFT_ASIDE)), _way_is_free),
    Fault('mask_shifted_up', 'the mask lies a bit too high: a box ahead seems farther',
          DRIVING, (*_WITNESSES, 'mounting_doubtful'), _meets(with_command(Command.SHIFT_UP)),
          _way_is_free),
    Fault('mask_frozen', 'the network gives an answer of before again and again', DRIVING,
          ('mask_frozen',), _FREEZE),
)
