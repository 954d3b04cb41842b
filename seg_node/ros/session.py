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

"""What runs while the node is active: subscriptions, the newest frames, and who works on them."""

from __future__ import annotations

from rclpy.node import Node

from seg_node.parameters.structure import Structure
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.camera_input import CameraInput
from seg_node.ros.camera_worker import CameraParts, CameraWorker
from seg_node.ros.clocks import Clocks
from seg_node.ros.depth_input import DepthInput
from seg_node.ros.newest_frames import NewestFrames
from seg_node.ros.speedometer import Speedometer
from seg_node.ros.stop_signal import StopSignal
from seg_node.stop_go.limits import Limits


class Session:
    """One time of being active; begins when made."""

    def __init__(self, node: Node, segmenter: Segmenter, cameras: dict[str, CameraParts],
                 structure: Structure, signal: StopSignal, clocks: Clocks,
                 speedometer: Speedometer, limits: Limits) -> None:
        self._cameras = cameras
        self.frames = NewestFrames(cameras)
        self._depths = {name: DepthInput(node, name, camera.statistics)
                        for name, camera in cameras.items() if structure.depth}
        self.worker = CameraWorker(segmenter, cameras, self.frames, self._depths, signal, clocks,
                                   speedometer, limits, structure.output_size, node.get_logger())
        now = clocks.now()
        signal.judge(lambda judges: [judge.activate(now) for judge in judges.values()])
        self._inputs = [
            CameraInput(node, name, structure.transport, self.frames, camera.statistics, clocks)
            for name, camera in cameras.items()]

    def end(self, timeout: float) -> bool:
        """Let go of the cameras and end; False when a frame in hand takes longer."""
        for camera_input in (*self._inputs, *self._depths.values()):
            camera_input.close()
        for name, camera in self._cameras.items():
            camera.statistics.count('dropped', self.frames.dropped(name))
        return self.worker.stop(timeout)
