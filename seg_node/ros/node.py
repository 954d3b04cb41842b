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
"""The lifecycle node: camera topics in, label images and STOP or GO out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions

from seg_node.perception.backends import BackendError
from seg_node.perception.model import ModelError
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.camera_input import CameraInput
from seg_node.ros.camera_judge import CameraJudge
from seg_node.ros.camera_worker import Camera, CameraWorker
from seg_node.ros.clocks import Clocks
from seg_node.ros.diagnostics import Diagnostics
from seg_node.ros.newest_frames import NewestFrames
from seg_node.ros.outputs import CameraOutputs
from seg_node.ros.parameters import declare, ParameterError, read_limits, read_structure
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.stop_go.corridor import Corridor

_WORKER_TIMEOUT = 5.0      # seconds that a frame in hand may take at deactivation
_Result = TransitionCallbackReturn


class SegNode(LifecycleNode):
    """
    Segment camera images and say STOP or GO.

    ~/stop says STOP from construction on. Configuring loads the model, activating subscribes to
    the cameras; only an active node can say GO.

    :raises ParameterError: when a parameter given at start-up cannot be used.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__('seg_node', **options)
        declare(self)
        self._structure = read_structure(self)
        self._limits = read_limits(self)
        self._clocks = Clocks(self.get_clock())
        names = self._structure.cameras
        self._statistics = {name: CameraStatistics() for name in names}
        judges = {name: CameraJudge(self._limits) for name in names}
        self._signal = StopSignal(self, self._clocks, judges, self._structure.heartbeat_rate)
        self._diagnostics = Diagnostics(
            self, self._clocks, self._signal, self._statistics, self._structure.expected_rate)
        self._segmenter: Segmenter | None = None
        self._outputs: dict[str, CameraOutputs] = {}
        self._frames: NewestFrames | None = None
        self._worker: CameraWorker | None = None
        self._left_behind: list[CameraWorker] = []
        self._inputs: list[CameraInput] = []
        self.add_on_set_parameters_callback(self._set_parameters)
        if self._structure.autostart:
            self._starter = self.create_timer(0.0, self._start, clock=self._clocks.steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model, open the backend and announce the outputs."""
        wanted = self._structure
        try:
            self._segmenter = Segmenter.open(wanted.model, wanted.backend, wanted.threads)
            model = self._segmenter.model
            Corridor.from_trapezoid(self._limits.corridor, model.width, model.height)
        except (ModelError, BackendError, ValueError) as error:
            self.get_logger().error(f'cannot configure: {error}')
            self._release()
            return _Result.FAILURE
        self._outputs = {name: CameraOutputs(self, name, model, wanted.jpeg_quality)
                         for name in wanted.cameras}
        self._diagnostics.segmenter = self._segmenter
        self.get_logger().info(
            f'model {model.name} {model.version} ({model.width}x{model.height}); '
            f'{self._segmenter.backend.chosen_because}')
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the cameras and begin to judge; GO has to be earned from here on."""
        if self._segmenter is None:
            self.get_logger().error('cannot activate: no model is loaded, clean up and configure')
            return _Result.FAILURE
        names = self._structure.cameras
        cameras = {name: Camera(self._outputs[name], self._statistics[name]) for name in names}
        self._frames = NewestFrames(names)
        self._worker = CameraWorker(self._segmenter, cameras, self._frames, self._signal,
                                    self._clocks, self._limits, self.get_logger())
        self._diagnostics.frames = self._frames
        now = self._clocks.now()
        self._signal.judge(lambda judges: [judge.activate(now) for judge in judges.values()])
        self._inputs = [
            CameraInput(self, name, self._structure.transport, self._frames,
                        self._statistics[name], self._clocks) for name in names]
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Say STOP, let go of the cameras and end the worker."""
        self._halt()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the model and withdraw the outputs."""
        self._release()
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from whatever state; ~/stop goes on saying STOP."""
        self._release()
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything after a failed transition, so that it can be tried again."""
        self._release()
        return _Result.SUCCESS

    @property
    def inference_hangs(self) -> bool:
        """Whether a thread that was left behind still runs."""
        return not all(worker.stop(0.0) for worker in self._left_behind)

    def close(self) -> None:
        """Say STOP for the last time and release everything; before destroy_node()."""
        self._signal.close()
        self._release()

    def _start(self) -> None:
        """Go from unconfigured to active, once."""
        self._starter.cancel()
        if self.trigger_configure() is _Result.SUCCESS:
            self.trigger_activate()

    def _halt(self) -> None:
        self._signal.judge(_deactivate)
        for camera_input in self._inputs:
            camera_input.close()
        self._inputs = []
        self._diagnostics.frames = None
        if self._frames is not None:
            for name, statistics in self._statistics.items():
                statistics.count('dropped', self._frames.dropped(name))
            self._frames = None
        if self._worker is not None:
            if not self._worker.stop(_WORKER_TIMEOUT):
                self.get_logger().error(
                    f'inference did not end within {_WORKER_TIMEOUT:.0f} s; its thread and model '
                    'are left behind, restart the node')
                self._segmenter = None      # not closed: the thread still uses it
                self._left_behind.append(self._worker)
            self._worker = None

    def _release(self) -> None:
        self._halt()
        self._diagnostics.segmenter = None
        for outputs in self._outputs.values():
            outputs.close()
        self._outputs = {}
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None

    def _set_parameters(self, changed: Sequence[Parameter]) -> SetParametersResult:
        """Refuse limits that cannot be used, with the reason; take over the others at once."""
        try:
            limits = read_limits(self, changed)
            if self._worker is not None:
                self._worker.apply(limits)
        except (ParameterError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._limits = limits
        self._signal.judge(lambda judges: [judge.apply(limits) for judge in judges.values()])
        return SetParametersResult(successful=True)


def _deactivate(judges: Mapping[str, CameraJudge]) -> None:
    for judge in judges.values():
        judge.deactivate()


def main(args: list[str] | None = None) -> None:
    """Run the node until SIGINT or SIGTERM; the last thing it says is STOP."""
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    # rclpy's own handlers would close the context before the last STOP is out.
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        sys.exit(_run(ended))
    finally:
        rclpy.try_shutdown()


def _run(ended: threading.Event) -> int:
    try:
        node = SegNode()
    except ParameterError as error:
        rclpy.logging.get_logger('seg_node').fatal(str(error))
        return 2
    # One thread is enough for callbacks that only hand on: heartbeat and inference have their own.
    # A MultiThreadedExecutor spins on a core while a callback waits for one of its threads.
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not ended.is_set() and rclpy.ok():
            try:
                executor.spin_once(timeout_sec=0.1)
            except Exception as error:
                # Such as rclpy's own, on Jazzy, for a lifecycle transition that does not exist.
                # GO does not rest on callbacks that fail: it needs fresh images to stay.
                node.get_logger().error(
                    f'a callback failed: {error!r}', throttle_duration_sec=2.0)
    finally:
        # A second signal must not cut the shutdown short, nor Python's own exit after it. Not in
        # the handler: one that is already pending would then end in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        node.close()
        executor.shutdown(timeout_sec=5.0)
        node.destroy_node()
    if node.inference_hangs:
        # The interpreter cannot be taken down around a running inference: that aborts.
        rclpy.try_shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0


if __name__ == '__main__':
    main()
