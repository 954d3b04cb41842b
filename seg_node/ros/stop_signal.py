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
"""What the driving stack hears: published with every decided frame, and by a heartbeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.time import Time
from sensor_msgs.msg import Range
from std_msgs.msg import Bool, Float32

from seg_node.ros.camera_judge import CameraJudge
from seg_node.ros.clocks import Clocks
from seg_node.ros.free_distance import to_range
from seg_node.ros.messages import key_values, level_of
from seg_node.ros.structure import Structure
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import combine, Direction
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.verdict import Decision, Verdict


class StopSignal:
    """
    Say STOP, SLOW or GO from the moment the process is up.

    Judges are changed only through :meth:`judge`, under the lock that publishing takes as well, so
    that what is published last is also what was decided last. The heartbeat decides anew each
    time: images that stay away, or an inference that hangs, make it say STOP. It is a thread of
    its own and no timer, so that no callback can hold it up, neither a slow one of this node nor
    one that loads a model.
    """

    def __init__(self, node: Node, clocks: Clocks, judges: Mapping[str, CameraJudge],
                 structure: Structure, limits: Limits,
                 driving: Callable[[], Set[Direction]]) -> None:
        """
        Begin to say STOP.

        :param driving: tells the directions that must be free.
        """
        self._name = f'{node.get_fully_qualified_name()}: stop_go'
        self._logger = node.get_logger()
        self._clocks = clocks
        self._judges = judges
        self._roles = structure.roles
        self._driving = driving
        self._frame = structure.base_frame
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._announced: Verdict | None = None
        # Plain publishers: those of the lifecycle are silent outside of active.
        qos = QoSProfile(depth=10)
        self._stop = node.create_publisher(Bool, '~/stop', qos)
        self._state = node.create_publisher(DiagnosticStatus, '~/state', qos)
        self._speed_limit = node.create_publisher(Float32, '~/speed_limit', qos)
        self._free_distance: Any = None
        if structure.geometry is Geometry.GROUND:
            self._free_distance = node.create_publisher(Range, '~/free_distance', qos)
        self._heart = threading.Thread(
            target=self._beat, args=(1.0 / structure.heartbeat_rate,), name='heartbeat',
            daemon=True)
        self._heart.start()

    def judge(self, change: Callable[[Mapping[str, CameraJudge]], None]) -> None:
        """Change what the decision rests on and publish the decision that follows."""
        with self._lock:
            try:
                change(self._judges)
            finally:
                self._publish()

    def apply(self, limits: Limits) -> None:
        """Take over limits and publish the decision that follows."""
        with self._lock:
            self._limits = limits
            for judge in self._judges.values():
                judge.apply(limits)
            self._publish()

    def publish(self) -> None:
        """Decide for this moment and publish it."""
        with self._lock:
            self._publish()

    def state(self) -> DiagnosticStatus:
        """Return the current content of ~/state."""
        with self._lock:
            now = self._clocks.now()
            return self._describe(now, *self._decide(now))

    def close(self) -> None:
        """Say STOP for the last time; nothing is published afterwards."""
        with self._lock:
            for judge in self._judges.values():
                judge.deactivate()
            self._publish()
            self._closed.set()
        self._heart.join()

    def _beat(self, period: float) -> None:
        due = time.monotonic()
        while not self._closed.wait(max(0.0, due - time.monotonic())):
            try:
                self.publish()
            except Exception as error:      # the next beat may succeed; silence is a STOP too
                self._logger.error(f'heartbeat failed: {error!r}', throttle_duration_sec=2.0)
            # From now on where beats were missed: a burst would tell nothing new.
            due = max(due + period, time.monotonic())

    def _publish(self) -> None:
        if self._closed.is_set():
            return
        now = self._clocks.now()
        verdict, verdicts = self._decide(now)
        # First what the vehicle waits for: describing it takes as long as all the rest.
        self._stop.publish(Bool(data=verdict.decision is Decision.STOP))
        self._speed_limit.publish(Float32(data=self._fraction(verdict)))
        self._state.publish(self._describe(now, verdict, verdicts))
        if self._free_distance is not None:
            self._free_distance.publish(self._range(verdict, now.ros))
        self._log_change(verdict)

    def _fraction(self, verdict: Verdict) -> float:
        """Return the fraction of full speed that the verdict allows."""
        return {Decision.GO: 1.0, Decision.SLOW: self._limits.stop_go.slow_fraction}.get(
            verdict.decision, 0.0)

    def _range(self, verdict: Verdict, now: float) -> Range:
        ahead = [judge.measure for name, judge in self._judges.items()
                 if self._roles[name].direction is not Direction.REVERSE]
        message = to_range(verdict, ahead, self._limits.vehicle, self._limits.ground.max_range)
        message.header.frame_id = self._frame
        message.header.stamp = Time(nanoseconds=round(now * 1e9)).to_msg()
        return message

    def _decide(self, now: Instant) -> tuple[Verdict, Mapping[str, Verdict]]:
        """Return the verdict, and that of each camera."""
        verdicts = {name: judge.verdict(now) for name, judge in self._judges.items()}
        return combine(verdicts, self._roles, self._driving()), verdicts

    def _describe(self, now: Instant, verdict: Verdict, verdicts: Mapping[str, Verdict],
                  ) -> DiagnosticStatus:
        cameras = {name: judge.values(verdicts[name], now)
                   for name, judge in self._judges.items()}
        stamps = [values['image_stamp'] for values in cameras.values() if 'image_stamp' in values]
        values: dict[str, Any] = {
            'decision': verdict.decision.value, 'reason': verdict.reason.value,
            'speed_limit': self._fraction(verdict),
            'measured': float(verdict.measured), 'limit': float(verdict.limit)}
        if stamps:
            values['image_stamp'] = max(stamps, key=_stamp_order)
        for name, entries in cameras.items():
            values.update({f'{name}.{key}': value for key, value in entries.items()})
        return DiagnosticStatus(
            level=level_of(verdict), name=self._name, message=verdict.text,
            values=key_values(values))

    def _log_change(self, verdict: Verdict) -> None:
        before, self._announced = self._announced, verdict
        if before is not None and before.reason is verdict.reason:
            return
        if verdict.reason.is_fault:
            self._logger.warning(f'{verdict.decision.name}: {verdict.text}')
        else:
            self._logger.info(f'{verdict.decision.name}: {verdict.text}')


def _stamp_order(stamp: str) -> tuple[int, str]:
    whole, _, fraction = stamp.partition('.')
    return int(whole), fraction
