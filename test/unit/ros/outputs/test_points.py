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

"""Points, frame after frame in one message: nothing of a frame stays in the next one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

pytest.importorskip('sensor_msgs')

import numpy as np
from std_msgs.msg import Header

from helpers.views import make_view
from seg_node.perception.images.rotation import Rotation
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.ros.outputs.output import CameraResult
from seg_node.ros.outputs.points import PointsOutput
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.limits import Geometry, Limits

SIZE = WIDTH, HEIGHT = 64, 48
CLASSES = (ClassInfo('background', (0, 0, 0), False, Action.STOP),
           ClassInfo('path', (0, 1, 0), True, Action.GO))


class Sent:
    """A node and its only publisher: keeps the points [H, W, 5] that are sent."""

    def __init__(self):
        self.points = None

    def create_publisher(self, *_):
        return self

    def get_subscription_count(self):
        return 1

    def publish(self, message):
        assert (message.width, message.height) == SIZE
        self.header = message.header
        self.points = np.frombuffer(bytes(message.data), np.float32).reshape(HEIGHT, WIDTH, 5)


def result(labels, view, metres=None, header=None):
    depth = None if metres is None else SimpleNamespace(metres=metres)
    seen = SimpleNamespace(mask=labels, confidence_full=np.full_like(labels, 51),
                           width=WIDTH, height=HEIGHT)
    return CameraResult(
        header, None, SimpleNamespace(rotation=Rotation.NONE), seen, seen,
        Assessment((), Limits(), view, depth=depth), (), None, 0.0, None, None)


@pytest.fixture(name='output')
def _output():
    node = Sent()
    model, structure = SimpleNamespace(classes=CLASSES), SimpleNamespace(geometry=Geometry.GROUND)
    return PointsOutput(node, 'camera', model, structure), node


def test_nothing_of_a_frame_stays(output):
    output, sent = output
    view = make_view(SIZE, pitch=0.2)
    path = np.ones((HEIGHT, WIDTH), np.uint8)
    first, second = Header(frame_id='1'), Header(frame_id='2')
    output.publish(result(path, view, header=first))
    clear = sent.points
    assert sent.header == first
    assert np.isfinite(clear[-1]).all() and np.isnan(clear[0, :, :3]).all()
    assert (clear[..., 3].view(np.uint32) == 1).all() and np.allclose(clear[..., 4], 0.2)
    output.publish(result(path, view, np.full((HEIGHT, WIDTH), 2.0, np.float32)))
    assert np.isfinite(sent.points).all(), 'depth shows points where there is no ground'
    output.publish(result(0 * path, view, header=second))
    assert sent.header == second
    assert np.isnan(sent.points[..., :3]).all() and not sent.points[..., 3].any()
    output.publish(result(path, view))
    np.testing.assert_array_equal(sent.points, clear)


def test_a_camera_that_sees_no_ground_has_no_points(output):
    output, sent = output
    output.publish(result(np.ones((HEIGHT, WIDTH), np.uint8), make_view(SIZE, pitch=-1.2)))
    assert np.isnan(sent.points[..., :3]).all()
