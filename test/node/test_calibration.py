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

"""Where the camera sits, told while driving: over DDS, beside the decision."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CameraInfo

from helpers.fake_camera import raw
from helpers.mounted import MountedCamera
from helpers.on_ground import odometry
from seg_node.stop_go import Mounting

RATE, SPEED = 10.0, 2.0


def test_driving_tells_where_the_camera_sits_in_diagnostics(testbed):
    camera = MountedCamera(Mounting(1.2, 0.1))
    film = [raw(camera.picture(SPEED / RATE * number, number=number)) for number in range(16)]
    lens = camera.view.intrinsics
    info = CameraInfo(width=lens.width, height=lens.height, distortion_model='plumb_bob')
    info.d, info.k = [0.0] * 5, [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0]
    told = testbed.subscribe(DiagnosticStatus, '/seg_node/calibration')
    testbed.start_seg_node(
        model='road', autostart=True, geometry='ground', mounting__camera__height=1.2,
        mounting__camera__pitch=0.1, vehicle__width=1.0, vehicle__max_speed=3.0,
        stop_go__max_inference=5.0, stop_go__max_image_age=5.0)
    testbed.wait_for_stop('no_image')
    testbed.wait_for(lambda: told and told[-1].message == 'no image yet', 'no image yet')
    testbed.keep_publishing('camera/camera_info', info)
    testbed.keep_publishing('odom', odometry(SPEED))
    testbed.wait_for_diagnostics('odometry', lambda values: values['speed'] != 'unknown', 'odom')
    shown = testbed.start_camera(film[0], rate=RATE)
    for number, message in enumerate(film[1:], 1):
        testbed.wait_for(lambda number=number: len(shown.sent) >= number, 'the next picture')
        shown.message = message
    # It sees too few images here for more than one measurement, the first.
    testbed.wait_for_diagnostics(
        'calibration camera', lambda values: values['measurements'] == '1', 'a measurement')
    testbed.wait_for(lambda: '1 of 8 measurements' in told[-1].message, '~/calibration')
    assert told[-1].level == DiagnosticStatus.OK
    assert 'calibration while driving failed' not in testbed.process.output
