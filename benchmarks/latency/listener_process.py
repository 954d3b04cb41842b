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

"""
The driving stack as a process: note when stop messages and masks arrive.

~/stop carries no stamp; ~/state follows it at once and names the newest image of each camera: the
stop message that came last before it is the one of that image.
Masks stay serialized: to unpack them would take a third of a core from what is measured.
Lines `stop|mask,camera,stamp,arrival`, `inference,camera,stamp,ms` and `stage,camera,name,ms` go
to a file at the interrupt.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import Image
from std_msgs.msg import Bool

from seg_node.perception.process_memory import keep_freed_memory
from seg_node.recordings.stamps import stamp_of
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.common.testbed.listener import subscribe_to_decisions, values_of
from seg_node.tools.demo.drive_log import parse_stamp

_STAGE = '_ms.p50'
_DEPTH = 50


class LatencyListener:
    """Listen to a node of a name and its cameras' masks."""

    def __init__(self, node: Any, name: str, cameras: Sequence[str], masks: bool) -> None:
        self.lines: list[str] = []
        self._stages: dict[tuple[str, str], str] = {}
        self._cameras = cameras
        self._newest = dict.fromkeys(cameras, 0)
        self._stopped = 0
        subscribe_to_decisions(node.create_subscription, name, self._take_stop, self._take_state)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._take_diagnostics, _DEPTH)
        for camera in cameras if masks else ():
            node.create_subscription(
                Image, f'/{camera}/segmentation/mask', self._mask_of(camera), _DEPTH, raw=True)

    def finish(self) -> str:
        """Return all that was received."""
        stages = [f'stage,{camera},{stage},{text}' for (camera, stage), text in
                  self._stages.items()]
        return '\n'.join(self.lines + stages)

    def _take_stop(self, message: Bool) -> None:
        self._stopped = time.time_ns()

    def _take_state(self, message: DiagnosticStatus) -> None:
        values = values_of(message)
        for camera in self._cameras:
            stamp = parse_stamp(values.get(f'{camera}.image_stamp', ''))
            if stamp is not None and stamp != self._newest[camera]:
                self._newest[camera] = stamp
                self.lines.append(f'stop,{camera},{stamp},{self._stopped}')
                if inference := values.get(f'{camera}.inference_ms'):
                    self.lines.append(f'inference,{camera},{stamp},{inference}')

    def _mask_of(self, camera: str) -> Callable[[bytes], None]:
        def take(message: bytes) -> None:
            arrival = time.time_ns()
            self.lines.append(f'mask,{camera},{stamp_of(message)},{arrival}')
        return take

    def _take_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            camera = status.name.rpartition(': ')[2]
            if camera in self._cameras:
                for item in status.values:
                    if item.key.endswith(_STAGE):
                        self._stages[camera, item.key.removesuffix(_STAGE)] = item.value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the process."""
    stop = StopFlag()
    parser = argparse.ArgumentParser(prog='listener')
    parser.add_argument('--node', required=True)
    parser.add_argument('--cameras', nargs='+', required=True)
    parser.add_argument('--masks', action='store_true')
    parser.add_argument('--log', type=Path, required=True)
    given = parser.parse_args(argv)
    keep_freed_memory()
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('listener', start_parameter_services=False)
    listener = LatencyListener(node, given.node, given.cameras, given.masks)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not stop:
        executor.spin_once(timeout_sec=0.1)
    given.log.write_text(listener.finish(), encoding='utf-8')
    executor.shutdown()
    node.destroy_node()
    rclpy.try_shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
