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

"""The node as a process: images and odometry go to it over DDS, its decisions come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
import math
from pathlib import Path
import queue
import threading
import time
from typing import Any

from nav_msgs.msg import Odometry
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Float32

from benchmarks.closed_loop.drive import Draw
from benchmarks.closed_loop.perception import DriveRenderer, Exposure
from benchmarks.closed_loop.vehicle_setup import VehicleSetup
from seg_node.recordings.calibration import Calibration
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Decision, Reason, Verdict
from seg_node.tools.common.camera_messages import camera_info, to_image, to_odometry, to_time
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.testbed import NODE, Testbed

CAMERA = 'camera'
ACTIVE_SECONDS = 60.0
"""Time for the node to load its model and become active; generous for slow machines."""
SILENT_SECONDS = 0.25
"""~/stop that is silent for so long is a STOP: five of its heartbeats."""
_REASONS = {Decision.STOP: Reason.CONFIRMING, Decision.SLOW: Reason.SLOW_CLASS,
            Decision.GO: Reason.CLEAR}
"""What a decision is taken to mean until ~/state has told its reason."""


class NodeProcess:
    """
    A NodeUnderTest in real time: the vehicle obeys ~/stop and ~/speed_limit.

    worst_lag: how much the drive was behind real time at worst, seconds. worst_image: from a
    moment to the publishing of its image at worst, seconds. skipped: images that were never
    rendered, for the one before was still being rendered.
    """

    def __init__(self, draw: Draw, model: str, domain: Domain, folder: Path) -> None:
        """
        Start the node and wait until it is active; the drive begins when this returns.

        :param folder: takes the log of the node.
        :raises UserError: when the node does not become active.
        """
        self.worst_lag = self.worst_image = 0.0
        self.skipped = 0
        self._setup = draw.setup
        self._drive = DriveRenderer(draw.course, draw.setup, draw.seed)
        self._slot: queue.SimpleQueue[tuple[int, Exposure] | None] = queue.SimpleQueue()
        self._answered = 0
        self._fraction = 0.0
        self._testbed = Testbed(domain, folder)
        self._listener = self._testbed.listener
        self._connect()
        self._renderer = threading.Thread(target=self._render, name='camera', daemon=True)
        self._testbed.start_node(_parameters(model, draw.setup))
        self._check = self._testbed.watch()
        self._renderer.start()
        try:
            self._testbed.wait_for(self._is_active, 'an active node', ACTIVE_SECONDS)
        except BaseException:
            self.close()
            raise
        self._period = 1.0 / draw.setup.timing.rate
        self._next_image = 0.0
        self._begin, self._begin_ns = time.monotonic(), time.time_ns()

    # --- what a drive does with it ---------------------------------------------------------------

    @property
    def judged(self) -> int:
        """Frames that were judged so far."""
        return len({state.values.get(f'{CAMERA}.image_stamp')
                    for state in self._listener.states_since(0.0)} - {None})

    @property
    def free_distance(self) -> float:
        """What was last seen as clear, metres from the bumper; NaN before."""
        return float(self._listener.values.get(f'{CAMERA}.free_distance', math.nan))

    def wants_image(self, now: float) -> bool:
        """Tell whether the camera takes an image now."""
        if now < self._next_image:
            return False
        self._next_image += self._period
        return True

    def take(self, now: float, exposure: Exposure) -> None:
        """Have the image rendered and published, with the stamp of this moment."""
        if not self._slot.empty():
            self.skipped += 1
            return
        self._slot.put((self._begin_ns + round(now * 1e9), exposure))

    def worst_case(self) -> None:
        """Do nothing: what goes wrong in real time does so by itself."""

    def step(self, now: float, motion: Callable[[], Motion | None], place: Place | None,
             ) -> Verdict | None:
        """Wait for that moment, publish odometry, and return what the node has said since."""
        ahead = self._begin + now - time.monotonic()
        self.worst_lag = max(self.worst_lag, -ahead)
        time.sleep(max(0.0, ahead))
        moving = motion()
        if moving is not None:
            self._odometry.publish(to_odometry(
                moving, place, self._begin_ns + round(now * 1e9)))
        self._check()
        with self._testbed.participant.changed:
            stops = self._listener.stops
            answered, self._answered = self._answered, len(stops)
            if not stops or time.monotonic() - stops[-1].time > SILENT_SECONDS:
                return Verdict(Decision.STOP, Reason.NOT_ACTIVE, '~/stop is silent')
            return self._verdict(stops[-1].stop) if len(stops) > answered else None

    def close(self) -> None:
        """End the node and leave the domain."""
        if self._testbed.process is not None:
            self._testbed.process.stop()
        self._slot.put(None)
        self._renderer.join(5.0)
        self._testbed.close()

    # --- DDS -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        camera, node = self._setup.camera, self._testbed.node
        self._info = camera_info(Calibration.pinhole(
            camera.width, camera.height, camera.focal_px, camera.cx, camera.cy))
        self._images = node.create_publisher(Image, f'{CAMERA}/image_raw', QoSProfile(depth=5))
        self._infos = node.create_publisher(
            CameraInfo, f'{CAMERA}/camera_info', QoSProfile(depth=5))
        self._odometry = node.create_publisher(Odometry, 'odom', QoSProfile(depth=5))
        self._testbed.participant.subscribe(Float32, f'{NODE}/speed_limit', self._take_limit, 10)

    def _take_limit(self, message: Float32, arrival: float) -> None:
        self._fraction = message.data

    def _verdict(self, stop: bool) -> Verdict:
        """Return the decision that the vehicle obeys, with its reason as far as that is told."""
        if stop or self._fraction <= 0.0:
            decision = Decision.STOP
        else:
            decision = Decision.GO if self._fraction >= 1.0 else Decision.SLOW
        state = self._listener.states[-1] if self._listener.states else None
        if state is None or state.decision != decision.value:
            return Verdict(decision, _REASONS[decision], '')
        return Verdict(decision, Reason(state.reason), state.text)

    def _is_active(self) -> bool:
        return self._listener.values.get('reason') not in (None, Reason.NOT_ACTIVE.value) and (
            self._images.get_subscription_count() > 0
            and self._odometry.get_subscription_count() > 0)

    def _render(self) -> None:
        while True:
            item = self._slot.get()
            if item is None:
                return
            stamp, exposure = item
            image = to_image(self._drive.image(exposure))
            image.header.stamp = to_time(stamp)
            image.header.frame_id = f'{CAMERA}_optical_frame'
            self._info.header = image.header
            # First the camera_info: whoever gets the image then has it already.
            self._infos.publish(self._info)
            self._images.publish(image)
            self.worst_image = max(self.worst_image, (time.time_ns() - stamp) * 1e-9)


def _parameters(model: str, setup: VehicleSetup) -> dict[str, Any]:
    """Return the parameters that make the node the setup's."""
    limits = asdict(setup.limits)
    return {
        'model': model, 'autostart': True, 'geometry': 'ground',
        'expected_rate': setup.timing.rate,
        **{f'mounting.{CAMERA}.{name}': value for name, value in asdict(setup.mounting).items()},
        **{f'{group}.{name}': value for group, fields in limits.items()
           if isinstance(fields, dict) for name, value in fields.items()}}
