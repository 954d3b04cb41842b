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

"""The bench of the fault benchmark: a node as a process, its robot, and ears on what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import json
from pathlib import Path
import signal
import threading
import time
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import ParameterType, SetParametersResult
from rcl_interfaces.srv import GetParameters, SetParameters
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from std_srvs.srv import Trigger

from benchmarks.common.processes import Child, Domain
from benchmarks.faults.camera import Camera, Show
from benchmarks.faults.ears import Ears
from benchmarks.faults.images import Films

NODE = '/seg_node'
GO_SECONDS = 10.0
"""Time in which a healthy node must give GO."""
ANSWER_SECONDS = 15.0
"""Time for the answer of a service; letting go of a hung inference takes the node 5 s."""
_SERVICES = ((ChangeState, 'change_state'), (GetParameters, 'get_parameters'),
             (SetParameters, 'set_parameters'), (Trigger, 'reset'))
_COMPLAINTS = ('Traceback', 'callback failed', 'heartbeat failed')

Value = bool | int | float | str | list[str]


class BenchError(Exception):
    """The bench did not get where it had to be; the message says what was missing."""


class Bench:
    """
    One node under test with what surrounds it; everything waits on one condition.

    `healthy` is what the camera shows when nothing is wrong.
    """

    def __init__(self, domain: Domain, films: Films, model: Path, folder: Path) -> None:
        """Join the domain; `folder` takes logs and scratch files."""
        self.films = films
        self.model = model
        self.folder = folder
        self.changed = threading.Condition()
        self.healthy: Show | None = None
        self.camera: Camera | None = None
        self.process: Child | None = None
        self.keep: dict[str, Any] = {}
        self.node_was_killed = False
        self._domain = domain
        self._clients: dict[str, Any] = {}
        self._closers: list[Callable[[], None]] = []
        self._arguments: list[str] = []
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain.number,
                   signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node(
            'fault_bench', context=self._context, start_parameter_services=False)
        self.ears = Ears(self.node, NODE, self.changed)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._spinner = threading.Thread(target=self._executor.spin, name='ears', daemon=True)
        self._spinner.start()

    # --- what runs ------------------------------------------------------------------------------

    def start_node(self, parameters: Mapping[str, Value], log: Path | None = None) -> None:
        """Start the node under test, with overrides of its parameters."""
        self._arguments = ['seg_node.ros.node', '--ros-args']
        values: dict[str, Value] = {'model': str(self.model), 'autostart': True, **parameters}
        for name, value in values.items():
            self._arguments += ['-p', f'{name}:={json.dumps(value)}']
        self.keep['log'] = log or self.folder / 'node.log'
        self.restart_node()

    def restart_node(self) -> None:
        """Start the node as it was started before; its process has ended."""
        if self.process is not None:
            self.process.close()
        self.node_was_killed = False
        self.process = self.start(*self._arguments, log=self.keep['log'])
        # Now, so that no request is late because the two sides have yet to find each other.
        for kind, name in _SERVICES:
            self._client(kind, name)

    def start(self, *arguments: str, log: Path) -> Child:
        """Start a Python module as a process in the bench's domain."""
        return Child(arguments, {**self._domain.env, 'ROS_LOG_DIR': str(self.folder / 'ros_log')},
                     log, self._notify)

    def start_camera(self, show: Show) -> None:
        """Start the camera that the node watches; this is what it shows in health."""
        self.healthy = show
        self.camera = Camera(self.node, show)
        self.at_end(self.camera.close)

    def at_end(self, close: Callable[[], None]) -> None:
        """Call this when the bench is closed; the last one first."""
        self._closers.append(close)

    def kill_node(self, number: int = signal.SIGKILL) -> float:
        """Send the node a signal that ends it; return when, on the monotonic clock."""
        assert self.process is not None
        self.node_was_killed = True
        now = time.monotonic()
        self.process.send(number)
        return now

    # --- the state of the node -------------------------------------------------------------------

    def crash(self) -> str:
        """Tell how the node's process has ended, '' while it runs or where the bench killed it."""
        code = self.process.code if self.process is not None else None
        return '' if code is None or self.node_was_killed else f'exit code {code}'

    def complaints(self) -> int:
        """Count the lines of the node's log that tell of a failure inside it."""
        log: Path = self.keep['log']
        if not log.is_file():       # a device
            return 0
        lines = log.read_text(errors='replace').splitlines()
        return sum(any(sign in line for sign in _COMPLAINTS) for line in lines)

    # --- waiting ---------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float) -> None:
        """Wait until something is so; BenchError when it does not happen or the node has died."""
        with self.changed:
            self.changed.wait_for(lambda: condition() or self.crash(), seconds)
            if condition():
                return
        said = self.ears.states[-1].text if self.ears.states else 'nothing'
        raise BenchError(f'{what}: {self.crash() or f"not within {seconds:.1f} s"}; '
                         f'~/state says: {said}')

    def wait_until(self, moment: float) -> None:
        """Let time pass until that moment on the monotonic clock."""
        time.sleep(max(0.0, moment - time.monotonic()))

    def wait_for_go(self, seconds: float = GO_SECONDS) -> float:
        """Wait until the node says GO from now on; return when it did."""
        begin = time.monotonic()
        self.wait_for(lambda: self.ears.goes(begin), 'GO', seconds)
        return next(heard.time for heard in self.ears.stops_since(begin) if not heard.stop)

    def wait_for_stop(self, since: float, seconds: float) -> bool:
        """Wait until the node has said STOP since a moment; False when it has not."""
        def said() -> bool:
            return any(heard.stop for heard in self.ears.stops_since(since))

        with self.changed:
            return bool(self.changed.wait_for(said, seconds))

    # --- services --------------------------------------------------------------------------------

    def limit(self, name: str) -> float:
        """Return the value of a parameter that is a number."""
        answer = self._call(
            GetParameters, 'get_parameters', GetParameters.Request(names=[name]))
        for value in answer.values:
            if value.type == ParameterType.PARAMETER_DOUBLE:
                return float(value.double_value)
            if value.type == ParameterType.PARAMETER_INTEGER:
                return float(value.integer_value)
        raise BenchError(f'{name}: the node has no parameter of that name that is a number')

    def set_parameter(self, name: str, value: Value) -> SetParametersResult:
        """Ask for a parameter to be changed."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self._call(SetParameters, 'set_parameters', request).results[0]

    def change_state(self, label: str) -> bool:
        """Ask for a lifecycle transition and return whether it succeeded."""
        request = ChangeState.Request(transition=Transition(label=label))
        return bool(self._call(ChangeState, 'change_state', request).success)

    def reset(self) -> None:
        """Have a latched fault forgotten."""
        self._call(Trigger, 'reset', Trigger.Request())

    def _client(self, kind: Any, name: str) -> Any:
        client = self._clients.get(name) or self.node.create_client(kind, f'{NODE}/{name}')
        self._clients[name] = client
        deadline = time.monotonic() + ANSWER_SECONDS
        while not client.service_is_ready():
            if time.monotonic() > deadline or self.crash():
                raise BenchError(f'no service {name}')
            time.sleep(0.01)
        return client

    def _call(self, kind: Any, name: str, request: Any) -> Any:
        future = self._client(kind, name).call_async(request)
        future.add_done_callback(lambda _: self._notify())
        self.wait_for(future.done, f'answer of {name}', ANSWER_SECONDS)
        return future.result()

    # --- the end ---------------------------------------------------------------------------------

    def close(self) -> str:
        """End everything; tell how the node ended where that was not as it should."""
        ended = self.crash()
        if self.process is not None and not ended and not self.node_was_killed:
            code = self.process.end()
            ended = f'exit code {code} at the end' if code else ''
        if self.process is not None:
            self.process.close()
        for close in reversed(self._closers):
            close()
        self._executor.shutdown()
        self._spinner.join(5.0)
        self.node.destroy_node()
        self._context.try_shutdown()
        return ended

    def _notify(self) -> None:
        with self.changed:
            self.changed.notify_all()
