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
import json
import math
from pathlib import Path
import queue
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from nav_msgs.msg import Odometry
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from std_msgs.msg import Bool, Float32

from benchmarks.closed_loop.drive import Draw
from benchmarks.closed_loop.eye import Film, Shot
from benchmarks.closed_loop.rig import Rig
from benchmarks.common.processes import Child, Domain
from seg_node.errors import UserError
from seg_node.recordings.sources import Frame, Intrinsics, Source
from seg_node.stop_go.vehicle import Motion
from seg_node.stop_go.verdict import Decision, Reason, Verdict
from seg_node.tools.common.camera_publisher import CameraPublisher, to_message, to_odometry

NODE = '/seg_node'
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

    def __init__(self, draw: Draw, model: str, domain: Domain, log: Path) -> None:
        """
        Start the node and wait until it is active; the drive begins when this returns.

        :raises UserError: when the node does not become active.
        """
        self.worst_lag = self.worst_image = 0.0
        self.skipped = 0
        self._rig = draw.rig
        self._film = Film(draw.course, draw.rig, draw.seed)
        self._slot: queue.SimpleQueue[tuple[int, Shot] | None] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._stop: tuple[float, bool] | None = None
        self._heard = 0
        self._fraction = 0.0
        self._state: dict[str, str] = {}
        self._text = ''
        self._judged: set[str] = set()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain.number,
                   signal_handler_options=SignalHandlerOptions.NO)
        self._node = rclpy.create_node(
            'vehicle', context=self._context, start_parameter_services=False)
        self._connect()
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._threads = [threading.Thread(target=run, name=name, daemon=True) for name, run in (
            ('ears', self._executor.spin), ('camera', self._render))]
        self._process = Child(_arguments(model, draw.rig), domain.env, log, self._notify)
        for thread in self._threads:
            thread.start()
        try:
            self._wait_until_active(log)
        except BaseException:
            self.close()
            raise
        self._period = 1.0 / draw.rig.timing.rate
        self._next_image = 0.0
        self._begin, self._begin_ns = time.monotonic(), time.time_ns()

    # --- what a drive does with it ---------------------------------------------------------------

    @property
    def judged(self) -> int:
        """Frames that were judged so far."""
        with self._changed:
            return len(self._judged)

    @property
    def free_distance(self) -> float:
        """What was last seen as clear, metres from the bumper; NaN before."""
        with self._changed:
            return float(self._state.get(f'{CAMERA}.free_distance', math.nan))

    def wants_image(self, now: float) -> bool:
        """Tell whether the camera takes an image now."""
        if now < self._next_image:
            return False
        self._next_image += self._period
        return True

    def take(self, now: float, shot: Shot) -> None:
        """Have the image rendered and published, with the stamp of this moment."""
        if not self._slot.empty():
            self.skipped += 1
            return
        self._slot.put((self._begin_ns + round(now * 1e9), shot))

    def ambush(self) -> None:
        """Do nothing: what goes wrong in real time does so by itself."""

    def step(self, now: float, motion: Callable[[], Motion | None]) -> Verdict | None:
        """Wait for that moment, publish odometry, and give what the node has said since."""
        ahead = self._begin + now - time.monotonic()
        self.worst_lag = max(self.worst_lag, -ahead)
        time.sleep(max(0.0, ahead))
        moving = motion()
        if moving is not None:
            self._odometry.publish(to_odometry(moving, self._begin_ns + round(now * 1e9)))
        with self._changed:
            if self._process.code is not None:
                raise UserError(f'the node has ended with exit code {self._process.code}; '
                                f'its output: {self._process.log}')
            heard, self._heard = self._heard, 0
            if self._stop is None or time.monotonic() - self._stop[0] > SILENT_SECONDS:
                return Verdict(Decision.STOP, Reason.NOT_ACTIVE, '~/stop is silent')
            return self._verdict(self._stop[1]) if heard else None

    def close(self) -> None:
        """End the node and leave the domain."""
        self._process.end()
        self._process.close()
        self._slot.put(None)
        self._executor.shutdown()
        for thread in self._threads:
            thread.join(5.0)
        self._node.destroy_node()
        self._context.try_shutdown()

    # --- DDS -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        camera, node = self._rig.camera, self._node
        source = Source('drive', self._rig.timing.rate, None, (camera.width, camera.height))
        source.intrinsics = Intrinsics(camera.focal_px, camera.focal_px, camera.cx, camera.cy)
        self._camera = CameraPublisher(node, CAMERA, source)
        self._odometry = node.create_publisher(Odometry, 'odom', QoSProfile(depth=5))
        qos = QoSProfile(depth=10)
        self._subscriptions = [
            node.create_subscription(kind, f'{NODE}/{topic}', take, qos)
            for kind, topic, take in (
                (Bool, 'stop', self._hear_stop), (Float32, 'speed_limit', self._hear_limit),
                (DiagnosticStatus, 'state', self._hear_state))]

    def _hear_stop(self, message: Bool) -> None:
        with self._changed:
            self._stop = time.monotonic(), message.data
            self._heard += 1

    def _hear_limit(self, message: Float32) -> None:
        with self._changed:
            self._fraction = message.data

    def _hear_state(self, message: DiagnosticStatus) -> None:
        with self._changed:
            self._state = {item.key: item.value for item in message.values}
            self._text = message.message
            stamp = self._state.get(f'{CAMERA}.image_stamp')
            if stamp is not None:
                self._judged.add(stamp)
            self._changed.notify_all()

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _verdict(self, stop: bool) -> Verdict:
        """Return the decision that the vehicle obeys, with its reason as far as that is told."""
        if stop or self._fraction <= 0.0:
            decision = Decision.STOP
        else:
            decision = Decision.GO if self._fraction >= 1.0 else Decision.SLOW
        if self._state.get('decision') != decision.value:
            return Verdict(decision, _REASONS[decision], '')
        return Verdict(decision, Reason(self._state['reason']), self._text)

    def _wait_until_active(self, log: Path) -> None:
        def is_active() -> bool:
            return self._state.get('reason') not in (None, Reason.NOT_ACTIVE.value) and (
                self._camera.matched() and self._odometry.get_subscription_count() > 0)

        with self._changed:
            self._changed.wait_for(
                lambda: is_active() or self._process.code is not None, ACTIVE_SECONDS)
            if not is_active():
                raise UserError(f'the node is not active after {ACTIVE_SECONDS:g} s, or has '
                                f'ended; its output: {log}')

    def _render(self) -> None:
        width, height = self._rig.camera.width, self._rig.camera.height
        while True:
            item = self._slot.get()
            if item is None:
                return
            stamp, shot = item
            message = to_message(Frame(shot.number, stamp, self._film.image(shot)))
            self._camera.publish(message, None, stamp, (width, height))
            self.worst_image = max(self.worst_image, (time.time_ns() - stamp) * 1e-9)


def _arguments(model: str, rig: Rig) -> list[str]:
    """Return the node's module and the parameters that make it the rig's."""
    limits = asdict(rig.limits)
    values: dict[str, Any] = {
        'model': model, 'autostart': True, 'geometry': 'ground',
        'expected_rate': rig.timing.rate,
        **{f'mounting.{CAMERA}.{name}': value for name, value in asdict(rig.mounting).items()},
        **{f'{group}.{name}': value for group, fields in limits.items()
           if isinstance(fields, dict) for name, value in fields.items()}}
    arguments = ['seg_node.ros.node', '--ros-args']
    for name, value in values.items():
        arguments += ['-p', f'{name}:={json.dumps(value)}']
    return arguments
