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
"""The two clocks of the node: steady for waiting and ageing, ROS time for stamps."""

from __future__ import annotations

import time

from rclpy.clock import Clock, ClockType

from seg_node.stop_go.timing import Instant


class Clocks:
    """Read the steady clock and ROS time (simulated with use_sim_time) together."""

    def __init__(self, ros_clock: Clock) -> None:
        self._ros = ros_clock
        # Timers on this clock keep running while simulated time stands still.
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)

    def now(self) -> Instant:
        """Return this moment in seconds on both clocks."""
        return Instant(steady=time.monotonic(), ros=self._ros.now().nanoseconds * 1e-9)
