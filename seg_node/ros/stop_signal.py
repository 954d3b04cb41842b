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
from typing import TypeVar

from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.ros.clocks import Clocks
from seg_node.ros.outputs import VEHICLE_OUTPUTS
from seg_node.ros.outputs.output import VehicleDecision
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.roles import combine, Direction
from seg_node.stop_go.verdict import Finding, Verdict

T = TypeVar('T')


class StopSignal:
    """
    Say STOP, SLOW or GO from the moment the process is up.

    Decisions are changed only through :meth:`judge`, under the lock that publishing takes as well,
    so that what is published last is also what was decided last. The heartbeat decides again each
    time: images that stay away, or an inference that hangs, make it say STOP. It is a thread of
    its own and no timer, so that no callback can hold it up, neither a slow one of this node nor
    one that loads a model.
    """

    def __init__(self, node: Node, clocks: Clocks, judges: Mapping[str, CameraJudge],
                 structure: Structure, limits: Limits,
                 driving: Callable[[], Set[Direction]],
                 explain: Callable[[str, Verdict], Verdict],
                 beside: Callable[[], Finding | None]) -> None:
        """
        Begin to say STOP.

        :param driving: returns the directions that must be free.
        :param explain: returns the verdict of a camera with more words; called under the lock.
        :param beside: returns what speaks against GO besides the cameras; called under the lock.
        """
        self._logger = node.get_logger()
        self._clocks = clocks
        self._judges = judges
        self._roles = structure.roles
        self._driving = driving
        self._explain = explain
        self._beside = beside
        self._limits = limits
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._announced: Verdict | None = None
        self._outputs = [output(node, structure) for output in VEHICLE_OUTPUTS]
        self._heart = threading.Thread(
            target=self._beat, args=(1.0 / structure.heartbeat_rate,), name='heartbeat',
            daemon=True)
        self._heart.start()

    def judge(self, change: Callable[[Mapping[str, CameraJudge]], T]) -> T:
        """Change what the decision rests on, publish the decision, return what `change` did."""
        with self._lock:
            try:
                return change(self._judges)
            finally:
                self._publish()

    def apply(self, limits: Limits) -> None:
        """
        Take over limits and publish the decision that follows.

        :raises ValueError: when they do not fit a camera; then all stays as it was.
        """
        for judge in self._judges.values():
            judge.check(limits)
        with self._lock:
            self._limits = limits
            for judge in self._judges.values():
                judge.apply(limits)
            self._publish()

    def decision(self) -> VehicleDecision:
        """Return the decision for this moment."""
        with self._lock:
            return self._decide()

    def close(self) -> None:
        """Say STOP for the last time, and let it arrive; nothing is published afterwards."""
        with self._lock:
            for judge in self._judges.values():
                judge.deactivate()
            self._publish()
            self._closed.set()
        self._heart.join()
        for output in self._outputs:
            output.close()

    def _beat(self, period: float) -> None:
        due = time.monotonic()
        while not self._closed.wait(max(0.0, due - time.monotonic())):
            try:
                with self._lock:
                    self._publish()
            except Exception as error:      # the next beat may succeed; silence is a STOP too
                self._logger.error(f'heartbeat failed: {error!r}', throttle_duration_sec=2.0)
            # From now on where beats were missed: a burst would tell nothing new.
            due = max(due + period, time.monotonic())

    def _publish(self) -> None:
        if self._closed.is_set():
            return
        decision = self._decide()
        for output in self._outputs:
            output.publish(decision)
        self._log_change(decision.verdict)

    def _decide(self) -> VehicleDecision:
        now = self._clocks.now()
        for judge in self._judges.values():
            judge.update(now)
        verdicts = {name: self._explain(name, judge.verdict(now))
                    for name, judge in self._judges.items()}
        return VehicleDecision(
            now, combine(verdicts, self._roles, self._driving(), self._beside()), verdicts,
            {name: judge.last for name, judge in self._judges.items()}, self._limits)

    def _log_change(self, verdict: Verdict) -> None:
        before, self._announced = self._announced, verdict
        if before is not None and before.reason is verdict.reason:
            return
        if verdict.reason.is_fault:
            self._logger.warning(f'{verdict.decision.name}: {verdict.text}')
        else:
            self._logger.info(f'{verdict.decision.name}: {verdict.text}')
