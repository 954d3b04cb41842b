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

"""Faults of TF, where it tells the mounting; only where tf2_msgs is installed."""

from __future__ import annotations

from collections.abc import Callable
import importlib.util
import time

from benchmarks.faults.case import Fault, image_after, Inject
from benchmarks.faults.feeds import Mast
from benchmarks.faults.setups import ON_A_MAST, TF_RATE
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed


def _show(testbed: FaultTestbed, mast: Mast) -> float:
    """Publish another transform; return when, on the monotonic clock."""
    from tf2_msgs.msg import TFMessage
    moment: float = testbed.keep['tf'].change(lambda: TFMessage(transforms=[mast.transform()]))
    return moment


def _mast(make: Callable[[], Mast]) -> Inject:
    """Publish another transform; known with the image after its second message."""
    def inject(testbed: FaultTestbed) -> Moment:
        begin = _show(testbed, make())
        known = begin + 1.2 / TF_RATE
        return Moment(begin, image_after(testbed, known, 1), Clock.IMAGE)
    return inject


def _silent(testbed: FaultTestbed) -> Moment:
    """Let /tf fall silent; known with the image after the greatest age."""
    feed = testbed.keep['tf']
    begin = feed.change(feed.make)
    feed.make = lambda: None
    age = testbed.limit('stop_go.max_transform_age')
    return Moment(begin, image_after(testbed, begin + age, 1), Clock.IMAGE)


def _good_again(testbed: FaultTestbed) -> None:
    _show(testbed, Mast())


def _stamps_stand() -> Mast:
    now = time.time()
    return Mast(stamp=lambda: now)


def _stamps_go_back() -> Mast:
    now = time.time()
    return Mast(stamp=lambda: 2.0 * now - time.time())


_DECLARED = (
    Fault('tf_silent', 'the publisher of /tf dies', ON_A_MAST,
          ('no_transform',), _silent, _good_again),
    Fault('tf_old', 'transforms an hour old by their stamps', ON_A_MAST,
          ('no_transform',), _mast(lambda: Mast(stamp=lambda: time.time() - 3600.0)), _good_again),
    Fault('tf_ahead', 'transforms of a clock a minute ahead', ON_A_MAST,
          ('no_transform',), _mast(lambda: Mast(stamp=lambda: time.time() + 60.0)), _good_again),
    Fault('tf_frozen', 'every transform has the same stamp', ON_A_MAST,
          ('no_transform',), _mast(_stamps_stand), _good_again),
    Fault('tf_backwards', 'the stamps of /tf run backwards', ON_A_MAST,
          ('no_transform',), _mast(_stamps_go_back), _good_again),
    Fault('tf_no_numbers', 'a transform whose height is NaN', ON_A_MAST,
          ('no_transform',), _mast(lambda: Mast(height=float('nan'))), _good_again),
    Fault('mast_lowered', 'the camera sinks to half its height', ON_A_MAST,
          ('camera_changed',), _mast(lambda: Mast(height=0.6)), _good_again, hold=0.3),
    Fault('mast_tilted', 'the camera is tilted down by 0.3 rad', ON_A_MAST,
          ('camera_changed',), _mast(lambda: Mast(pitch=Mast.pitch + 0.3)),
          _good_again, hold=0.3),
)
TF_FAULTS = _DECLARED if importlib.util.find_spec('tf2_msgs') is not None else ()
