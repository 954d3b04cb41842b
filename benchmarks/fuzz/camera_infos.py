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

"""camera_info of any kind, and what is made of it: the view, and now and then the corridor."""

from __future__ import annotations

import math
from random import Random
from types import SimpleNamespace

import numpy as np

from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go.assessor import Assessor, Observation
from seg_node.stop_go.camera_view import CameraView, FixedPose, ViewError
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.vehicle import Vehicle

_SIZE = (640, 480)
_MODELS = ('plumb_bob', 'rational_polynomial', 'equidistant', 'fisheye', '', 'none', 'pinhole',
           'thin_prism', 'x' * 10**5)
_ODD = (math.nan, math.inf, -math.inf, 0.0, -1.0, 1e300, -1e300, 5e-324, 1e-9, 1e9, 320.0)
_SIDES = (0, 1, 2, 640, 480, 2**32 - 1)
_CORRIDOR_SHARE = 0.02      # of the views; building one takes milliseconds

_LIMITS = Limits(
    mountings={'camera': Mounting(height=1.2, pitch=0.1)},
    vehicle=Vehicle(width=1.0, max_speed=2.0, deceleration=2.0))
_LABELS = np.ones((60, 80), np.uint8)
_CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
            ClassInfo('path', (0, 0, 0), True, Action.GO))


def camera_info(rng: Random) -> SimpleNamespace:
    """Return a message with the fields of sensor_msgs/CameraInfo."""
    def number(usual: float, odd: float = 0.05) -> float:
        return rng.choice(_ODD) if rng.random() < odd else usual * rng.uniform(0.5, 1.5)

    def whole(usual: int, odd: float = 0.03) -> int:
        return rng.choice(_SIDES) if rng.random() < odd else usual

    width, height = _SIZE
    zeros = rng.random() < 0.1
    matrix = [0.0] * 12 if zeros else [
        number(400.0), 0.0, number(width / 2), 0.0, 0.0, number(400.0), number(height / 2), 0.0,
        0.0, 0.0, 1.0, 0.0]
    return SimpleNamespace(
        header=SimpleNamespace(frame_id=rng.choice(('', 'camera', 'x' * 1000))),
        width=whole(width), height=whole(height), distortion_model=rng.choice(_MODELS),
        d=[number(rng.choice((0.0, 0.0, 0.01, 1.0)), 0.01)
           for _ in range(rng.choice((0, 4, 5, 8, 12, 14, rng.randrange(30))))],
        k=[number(400.0), 0.0, number(width / 2), 0.0, number(400.0), number(height / 2), 0.0,
           0.0, 1.0], p=matrix, binning_x=whole(0), binning_y=whole(0),
        roi=SimpleNamespace(x_offset=whole(0), y_offset=whole(0), width=whole(0),
                            height=whole(0)))


def judge_info(message: SimpleNamespace, rng: Random) -> bool:
    """Make a view; say whether there is one. Raises AssertionError for one that cannot be."""
    source = CameraView(FixedPose('camera', _LIMITS), rectified=rng.random() < 0.3)
    try:
        view = source.view(message, *_SIZE)
    except ViewError:
        return False
    intrinsics = view.intrinsics
    assert (intrinsics.width, intrinsics.height) == _SIZE
    assert all(map(math.isfinite, (intrinsics.fx, intrinsics.fy, intrinsics.cx, intrinsics.cy)))
    if rng.random() < _CORRIDOR_SHARE:
        assessor = Assessor(_CLASSES, _LABELS.shape[1], _LABELS.shape[0], _LIMITS)
        found = assessor.assess(Observation(_LABELS, _LABELS * 255, view))
        assert found.corridor is not None or found.findings
    return True
