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

from collections.abc import Sequence, Set
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger

from seg_node.calibration.watch import CalibrationWatch
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.structure import check_mountings
from seg_node.perception.backends import BackendError
from seg_node.perception.models.model import ModelError
from seg_node.perception.models.self_test import SelfTestError
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.bond import ManagerBond
from seg_node.ros.camera_worker import CameraParts
from seg_node.ros.clocks import Clocks
from seg_node.ros.diagnostics import Diagnostics
from seg_node.ros.judges import make_judges
from seg_node.ros.loading import announce, Loading, self_test_in_time
from seg_node.ros.log import LogsAside
from seg_node.ros.outputs import CAMERA_OUTPUTS
from seg_node.ros.outputs.output import CameraOutput
from seg_node.ros.parameters import check_given, declare, read_limits, read_structure
from seg_node.ros.resting import FAILED, INACTIVE, refused, SHUT_DOWN, UNCONFIGURED
from seg_node.ros.session import Session
from seg_node.ros.speedometer import CommandMeter, Speedometer
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.ros.surroundings import Surroundings
from seg_node.stop_go.memory.memory import Memory
from seg_node.stop_go.roles import Direction, directions
from seg_node.stop_go.verdict import Finding, Reason

_WORKER_TIMEOUT = 5.0      # seconds that a frame in hand may take at deactivation
_SHORT = 5.0      # seconds that configuring may hold up the executor
_END_TIMEOUT = 2.0      # seconds that each of what runs may take at the end of the process
_POLL = 0.2      # seconds between polls of what is still loading
_Result = TransitionCallbackReturn


class SegNode(LogsAside, LifecycleNode):
    """
    Segment camera images and say STOP or GO.

    ~/stop says STOP from construction on. Configuring loads the model, activating subscribes to
    the cameras; only an active node can say GO. Where loading takes long, because an engine has to
    be built, both transitions succeed at once and the node says STOP until it is done; should it
    fail, the node goes back to unconfigured.

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
        self._calibrations = {name: CalibrationWatch() for name in names}
        self._speedometer = Speedometer(self, self._clocks, lambda: self._limits)
        self._commands = CommandMeter(self, self._clocks) if self._structure.directed else None
        self._bond = ManagerBond(self, self._clocks, self._structure.bond)
        surroundings = Surroundings(self, self._structure)
        memory = Memory(self._limits)
        self._judges = make_judges(
            self, self._structure, self._clocks, lambda: self._limits, memory)
        self._signal = StopSignal(
            self, self._clocks, self._judges, self._structure, self._limits, self._driving,
            surroundings.explain, self._bond.finding)
        self._diagnostics = Diagnostics(
            self, self._clocks, self._signal, self._statistics, self._speedometer,
            memory, surroundings, self._bond, self._structure.expected_rate, self._calibrations)
        self._stop_for(UNCONFIGURED)
        self.create_service(Trigger, '~/reset', self._reset)
        self._loading: Loading | None = None
        self._segmenter: Segmenter | None = None
        self._outputs: dict[str, list[CameraOutput]] = {}
        self._is_active = False
        self._session: Session | None = None
        self.add_on_set_parameters_callback(self._set_parameters)
        self._loading_timer = self.create_timer(
            _POLL, self._poll_loading, clock=self._clocks.steady)
        self._loading_timer.cancel()
        if self._structure.autostart:
            self._starter = self.create_timer(0.0, self._start, clock=self._clocks.steady)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the model and announce the outputs, or begin to where that takes long."""
        wanted = self._structure
        try:
            check_given(self)
            check_mountings(wanted, self._limits)
            self._loading = Loading(
                wanted.model, wanted.backend, wanted.loading_timeout, wanted.build_timeout)
            self._loading.wait_while_short(_SHORT)
            if self._loading.is_done:
                self._take_over(self._loading.result())
        except (ModelError, BackendError, ValueError) as error:
            self.get_logger().error(f'cannot configure: {error}')
            self._release(refused(error))
            return _Result.FAILURE
        if self._segmenter is None:
            self._diagnostics.loading = self._loading
            self.get_logger().info(
                f'{self._loading.text}; STOP until that is done, /diagnostics shows how far it is')
            self._loading_timer.reset()
        self._stop_for(INACTIVE)
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Subscribe to the cameras and begin to judge; GO has to be earned from here on."""
        if self._segmenter is not None:
            if (failed := self._begin()) is not None:
                self._stop_for(failed)
                return _Result.FAILURE
        elif self._loading is not None:
            self._stop_for(Finding(Reason.LOADING, self._loading.text))
        else:
            self.get_logger().error('cannot activate: no model is loaded, clean up and configure')
            return _Result.FAILURE
        self._is_active = True
        self._bond.open()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Say STOP, let go of the cameras and end the worker."""
        self._halt(INACTIVE)
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release the model, or give up loading it, and withdraw the outputs."""
        self._release(UNCONFIGURED)
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from whatever state; ~/stop goes on saying STOP."""
        self._release(SHUT_DOWN)
        return super().on_shutdown(state)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything after a failed transition, so that it can be tried again."""
        self._release(FAILED)
        return _Result.SUCCESS

    def on_callback_error(self, error: Exception) -> None:
        """Log it: GO does not rest on callbacks that fail, it needs fresh images to stay."""
        self.get_logger().error(f'a callback failed: {error!r}', throttle_duration_sec=2.0)

    def close(self) -> None:
        """Say STOP for the last time and release everything; before destroy_node()."""
        self._signal.close()
        self._release(SHUT_DOWN, _END_TIMEOUT)

    def _start(self) -> None:
        """Go from unconfigured to active, once."""
        self._starter.cancel()
        if self.trigger_configure() is _Result.SUCCESS:
            self.trigger_activate()

    def _take_over(self, segmenter: Segmenter) -> None:
        """
        Keep a segmenter that has been loaded, and announce the outputs.

        :raises ValueError: when the limits do not fit the model or the geometry.
        """
        self._loading, self._diagnostics.loading = None, None
        self._segmenter = segmenter
        wanted, model = self._structure, segmenter.model
        for judge in self._judges.values():
            judge.load(model.classes, model.width, model.height)
        self._outputs = {name: [output(self, name, model, wanted) for output in CAMERA_OUTPUTS]
                         for name in wanted.cameras}
        self._diagnostics.segmenter = segmenter
        announce(segmenter, self.get_logger())

    def _poll_loading(self) -> None:
        """Go on where loading has ended; else tell how far it is."""
        if self._loading is None:
            self._loading_timer.cancel()
            return
        if not self._loading.is_done:
            if self._is_active:
                self._stop_for(Finding(Reason.LOADING, self._loading.text))
            return
        self._loading_timer.cancel()
        try:
            self._take_over(self._loading.result())
            failed = self._begin() if self._is_active else None
        except (ModelError, BackendError, ValueError) as error:
            failed = refused(error)
        if failed is not None:
            self.get_logger().error(f'back to unconfigured: {failed.text}')
            if self._is_active:
                self.trigger_deactivate()
            self.trigger_cleanup()
            self._stop_for(failed)

    def _begin(self) -> Finding | None:
        """Test the network and begin to judge; or tell why not."""
        assert self._segmenter is not None
        try:
            self.get_logger().info(f'self-test: {self_test_in_time(self._segmenter)}')
        except (SelfTestError, BackendError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                self._segmenter = None      # not closed: the thread still uses it
            self.get_logger().error(f'cannot activate: self-test failed: {error}')
            return Finding(Reason.SELF_TEST_FAILED, f'self-test failed: {error}')
        cameras = {name: CameraParts(judge, self._outputs[name], self._statistics[name],
                                   self._structure.setups[name].rotation, self._calibrations[name])
                   for name, judge in self._judges.items()}
        self._session = Session(
            self, self._segmenter, cameras, self._structure, self._signal, self._clocks,
            self._speedometer, self._limits)
        self._diagnostics.frames = self._session.frames
        return None

    def _stop_for(self, cause: Finding) -> None:
        """Say STOP for a cause, until judging begins."""
        self._signal.judge(lambda judges: [judge.deactivate(cause) for judge in judges.values()])

    def _halt(self, cause: Finding, timeout: float = _WORKER_TIMEOUT) -> None:
        self._is_active = False
        self._stop_for(cause)
        self._bond.close()
        self._diagnostics.frames = None
        if self._session is not None:
            if not self._session.end(timeout):
                self.get_logger().error(
                    f'inference did not end within {timeout:.0f} s; its thread and model '
                    'are left behind, restart the node')
                self._segmenter = None      # not closed: the thread still uses it
            self._session = None

    def _release(self, cause: Finding, timeout: float = _WORKER_TIMEOUT) -> None:
        self._halt(cause, timeout)
        self._diagnostics.segmenter = None
        self._diagnostics.loading = None
        if self._loading is not None:
            if not self._loading.cancel(timeout):
                self.get_logger().error('loading the model does not end; it is left behind')
            self._loading = None
        for outputs in self._outputs.values():
            for output in outputs:
                output.close()
        self._outputs = {}
        for judge in self._judges.values():
            judge.unload()
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None

    def _set_parameters(self, changed: Sequence[Parameter]) -> SetParametersResult:
        """Refuse limits that cannot be used, with the reason; take over the others at once."""
        try:
            limits = read_limits(self, changed)
            if self._segmenter or self._loading:
                check_mountings(self._structure, limits)
            self._signal.apply(limits)
        except (ParameterError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._limits = limits
        if self._session is not None:
            self._session.worker.limits = limits
        return SetParametersResult(successful=True)

    def _reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Forget latched faults; GO has to be earned, and a fault that lasts keeps STOP."""
        self._signal.judge(lambda judges: [judge.reset() for judge in judges.values()])
        self.get_logger().info('latched faults were reset')
        response.success = True
        response.message = 'latched faults are forgotten; GO has to be earned'
        return response

    def _driving(self) -> Set[Direction]:
        """Tell the directions that must be free."""
        if self._commands is None:
            return frozenset(Direction)
        motion = self._speedometer.motion()
        return directions(motion.forward if motion else None, self._commands.speed())
