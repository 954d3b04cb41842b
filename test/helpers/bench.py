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
"""A test bench for the node: processes, cameras and listeners in a DDS domain of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, ExitStack
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rcl_interfaces.srv import DescribeParameters, SetParameters
import rclpy
from rclpy.client import Client
from rclpy.context import Context
from rclpy.event_handler import SubscriptionEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.task import Future
from rclpy.timer import Timer
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from benchmarks.common.processes import claim_domain, remove_if_orphaned, shared_memory
from helpers.camera import Camera
from helpers.places import ROOT

# The corridor lies in the image, and what is no camera's image but flat colours that stand
# still passes for one.
DEFAULTS: dict[str, Any] = {
    'geometry': 'trapezoid', 'camera_health__max_identical': 0,
    'camera_health__max_blocked': 1.0, 'camera_health__max_tear': 255.0,
    'camera_health__min_sharpness': 0.0}
ASK_AGAIN = 5.0  # seconds
WAIT = 60.0      # seconds; generous, because the machine may be busy with other work


class Process:
    """A child process in a bench's domain, whose output is kept."""

    def __init__(self, command: list[str], domain: int, on_exit: Callable[[], None]) -> None:
        environment = dict(os.environ, ROS_DOMAIN_ID=str(domain), PYTHONUNBUFFERED='1')
        environment['PYTHONPATH'] = os.pathsep.join(
            [str(ROOT), str(ROOT / 'test'), environment.get('PYTHONPATH', '')])
        self.command = command
        self._log = tempfile.TemporaryFile('w+')
        self._popen = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=self._log, stderr=subprocess.STDOUT,
            env=environment, cwd=ROOT)
        self._watch = threading.Thread(target=self._watch_exit, args=[on_exit], daemon=True)
        self._watch.start()

    @property
    def output(self) -> str:
        """Everything the process has written so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors='replace')

    @property
    def exit_code(self) -> int | None:
        """None while the process runs."""
        return self._popen.poll()

    def send(self, number: int) -> None:
        """Send a signal."""
        self._popen.send_signal(number)

    def say(self, line: str) -> None:
        """Write a line to its standard input."""
        assert self._popen.stdin is not None
        self._popen.stdin.write(f'{line}\n'.encode())
        self._popen.stdin.flush()

    def end(self, number: int = signal.SIGINT, timeout: float = WAIT) -> int:
        """Send a signal and return the exit code."""
        if self.exit_code is None:
            self.send(number)
        return self._popen.wait(timeout)

    def kill(self) -> None:
        """End the process, whatever it is doing, and clear up its shared memory."""
        segments = shared_memory(self._popen.pid) if self.exit_code is None else set()
        self._popen.kill()
        self._popen.wait(WAIT)
        if self._popen.stdin is not None:
            self._popen.stdin.close()
        self._watch.join(WAIT)
        for segment in segments:
            remove_if_orphaned(segment)

    def _watch_exit(self, on_exit: Callable[[], None]) -> None:
        self._popen.wait()
        on_exit()


class Bench:
    """
    A robot for one test: the node under test, its cameras, and an ear on what it says.

    All waiting is on one condition that every callback notifies. `stops` holds the values of
    ~/stop and `states` the messages of ~/state, oldest first.
    """

    def __init__(self, model: Path) -> None:
        self._model = model
        self._changed = threading.Condition()
        self._processes: list[Process] = []
        self._cameras: list[Camera] = []
        self._ears: list[Subscription] = []
        self.node_process: Process | None = None
        self.stops: list[bool] = []
        self.states: list[DiagnosticStatus] = []
        self.diagnostics: list[DiagnosticArray] = []
        self._domain, self._claim = claim_domain()
        self._context = Context()
        rclpy.init(context=self._context, domain_id=self._domain)
        self.node = rclpy.create_node('bench', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._spinner = threading.Thread(target=self._executor.spin, daemon=True)
        self._spinner.start()

    @property
    def domain(self) -> int:
        """Its DDS domain."""
        return self._domain

    # --- processes -----------------------------------------------------------------------------

    def start_node(self, *arguments: str, name: str = '/seg_node',
                   module: str = 'seg_node.ros.node', **parameters: Any) -> Process:
        """
        Start the node under test.

        :param arguments: further arguments behind --ros-args.
        :param name: the fully qualified name under which it will appear.
        :param module: what to run; its main program is the node.
        :param parameters: overrides; a double underscore stands for the dot.
        """
        self._name = name
        self.listen(Bool, f'{name}/stop', lambda message: self.stops.append(message.data))
        self.listen(DiagnosticStatus, f'{name}/state', self.states.append)
        self.listen(DiagnosticArray, '/diagnostics', self.diagnostics.append)
        command = [sys.executable, '-m', module, '--ros-args', *arguments]
        for key, value in {'model': str(self._model), **DEFAULTS, **parameters}.items():
            command += ['-p', f'{key.replace("__", ".")}:={json.dumps(value)}']
        self.node_process = self.start(*command)
        return self.node_process

    def start(self, *command: str) -> Process:
        """Start any process in the bench's domain."""
        process = Process(list(command), self._domain, self._notify)
        self._processes.append(process)
        return process

    # --- topics --------------------------------------------------------------------------------

    def camera(self, message: Any, name: str = 'camera', **options: Any) -> Camera:
        """Start a camera that shows an image message; see Camera."""
        camera = Camera(self.node, message, name, **options)
        self._cameras.append(camera)
        return camera

    def listen(self, kind: type, topic: str, sink: Callable[[Any], Any] | None = None,
               reliability: ReliabilityPolicy = ReliabilityPolicy.RELIABLE) -> list[Any]:
        """Subscribe; return the list that the messages are appended to."""
        messages: list[Any] = []
        sink = sink or messages.append

        def receive(message: Any) -> None:
            with self._changed:
                sink(message)
                self._changed.notify_all()

        self._ears.append(self.node.create_subscription(
            kind, topic, receive, QoSProfile(depth=50, reliability=reliability),
            event_callbacks=SubscriptionEventCallbacks(matched=lambda _: self._notify())))
        return messages

    def keep_saying(self, topic: str, message: Any, period: float = 0.05) -> Timer:
        """Publish a message again and again, until the timer that is returned is cancelled."""
        publisher = self.node.create_publisher(type(message), topic, 5)
        return self.node.create_timer(period, lambda: publisher.publish(message))

    def wait_for_speakers(self) -> None:
        """Wait until everything that is listened to has a publisher, as this side sees it."""
        self.wait_for(lambda: all(ear.get_publisher_count() for ear in self._ears),
                      'a publisher for every subscription')

    def publishers_of(self, topic: str) -> int:
        """Count the publishers of a topic."""
        return self.node.count_publishers(topic)

    def wait_for_node_input(self, publisher: Any) -> None:
        """Wait until the node has subscribed to a publisher of the bench."""
        beats = len(self.stops)
        # Every heartbeat is a reason to look again.
        self.wait_for(lambda: len(self.stops) > beats and publisher.get_subscription_count() > 0,
                      f'a subscription to {publisher.topic}')

    # --- waiting -------------------------------------------------------------------------------

    def wait_for(self, condition: Callable[[], Any], what: str, timeout: float = WAIT) -> None:
        """Wait until something is so; fails when it does not happen or the node has died."""
        node = self.node_process
        alive = node is not None and node.exit_code is None

        def died() -> bool:
            return alive and node.exit_code is not None

        with self._changed:
            self._changed.wait_for(lambda: condition() or died(), timeout)
            if condition():
                return
        end = 'the node has died' if died() else f'not within {timeout:.0f} s'
        said = [f'{state.message}' for state in self.states[-3:]]
        raise AssertionError(f'{what}: {end}; ~/stop {self.stops[-3:]}, ~/state {said}')

    def wait_for_go(self) -> None:
        """Wait until the node says GO on both topics."""
        self._wait_for_decision('go', 'clear')

    def wait_for_slow(self, text: str = '') -> None:
        """Wait until the node says SLOW, in a text that holds certain words."""
        self._wait_for_decision('slow', 'slow_class', text)

    def wait_for_stop(self, reason: str, text: str = '') -> None:
        """Wait until the node says STOP for a reason, in a text that holds certain words."""
        self._wait_for_decision('stop', reason, text)

    def next_stops(self, count: int = 10) -> list[bool]:
        """Return the next values of ~/stop."""
        begin = len(self.stops)
        self.wait_for(lambda: len(self.stops) >= begin + count, f'{count} messages on ~/stop')
        return self.stops[begin:begin + count]

    def _wait_for_decision(self, decision: str, reason: str, text: str = '') -> None:
        begin, begin_states = len(self.stops), len(self.states)

        def said() -> bool:
            if len(self.stops) <= begin or len(self.states) <= begin_states:
                return False
            values = values_of(self.states[-1])
            return (values['decision'], values['reason']) == (decision, reason) and (
                self.stops[-1] is (decision == 'stop')) and text in self.states[-1].message

        self.wait_for(said, f'{decision.upper()}, {reason}, {text}')

    def wait_for_diagnostics(self, about: str, accept: Callable[[dict[str, str]], bool],
                             what: str) -> dict[str, str]:
        """Wait until the newest /diagnostics on a part of the node are as wanted; return them."""
        def newest() -> dict[str, str]:
            for status in self.diagnostics[-1].status if self.diagnostics else ():
                if status.name == f'{self._name}: {about}':
                    return values_of(status)
            return {}

        self.wait_for(lambda: newest() and accept(newest()), what)
        return newest()

    def counted(self, event: str, camera: str = 'camera') -> int:
        """Return how often the node has counted an event, by its next /diagnostics."""
        begin = len(self.diagnostics)
        values = self.wait_for_diagnostics(
            camera, lambda _: len(self.diagnostics) > begin, '/diagnostics')
        return int(values[event])

    # --- services ------------------------------------------------------------------------------

    def change_state(self, transition: str | int) -> bool:
        """Ask for a lifecycle transition, by label or id; return whether it succeeded."""
        wanted = (Transition(id=transition) if isinstance(transition, int)
                  else Transition(label=transition))
        return self._call(
            ChangeState, 'change_state', ChangeState.Request(transition=wanted)).success

    def lifecycle_state(self) -> str:
        """Return the label of the node's lifecycle state."""
        answer = self._ask_until_answered(
            GetState, f'{self._name}/get_state', GetState.Request())
        return answer.current_state.label

    def reach(self, *transitions: str) -> None:
        """Go through lifecycle transitions, each of which must succeed."""
        for transition in transitions:
            assert self.change_state(transition), f'{transition} failed'

    def reset(self) -> Trigger.Response:
        """Ask the node to forget latched faults."""
        return self._call(Trigger, 'reset', Trigger.Request())

    def set_parameter(self, name: str, value: Any) -> SetParametersResult:
        """Ask for a parameter to be changed."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        return self._call(SetParameters, 'set_parameters', request).results[0]

    def descriptor(self, name: str) -> ParameterDescriptor:
        """Ask for the description of a parameter."""
        request = DescribeParameters.Request(names=[name])
        return self._call(DescribeParameters, 'describe_parameters', request).descriptors[0]

    def _call(self, kind: type, name: str, request: Any) -> Any:
        with self._client(kind, f'{self._name}/{name}') as client:
            # What may not be asked twice waits until the node knows this client: DDS announces in
            # order, so a node that answers a younger client has heard of this one.
            self.lifecycle_state()
            return self._answer(client, request)

    @contextmanager
    def triggers(self, node: str, *services: str, harmless: str
                 ) -> Iterator[Callable[[str], Trigger.Response]]:
        """
        Return what calls Trigger services of any node, once it knows their clients.

        :param harmless: the one of its services that may be asked more than once before.
        """
        with ExitStack() as stack:
            clients = {name: stack.enter_context(self._client(Trigger, f'{node}/{name}'))
                       for name in services}
            # As in _call().
            self._ask_until_answered(Trigger, f'{node}/{harmless}', Trigger.Request())
            yield lambda name: self._answer(clients[name], Trigger.Request())

    def _ask_until_answered(self, kind: type, name: str, request: Any) -> Any:
        """Ask again where an answer is lost, as it is before the node has heard of a client."""
        with self._client(kind, name) as client:
            futures: list[Future] = []

            def ask() -> None:
                futures.append(self._ask(client, request))

            def answers() -> list[Any]:
                return [future.result() for future in futures if future.done()]

            ask()
            timer = self.node.create_timer(ASK_AGAIN, ask)
            try:
                self.wait_for(answers, f'answer of {name}')
            finally:
                self.node.destroy_timer(timer)
            return answers()[0]

    def _answer(self, client: Client, request: Any) -> Any:
        future = self._ask(client, request)
        self.wait_for(future.done, f'answer of {client.srv_name}')
        return future.result()

    @contextmanager
    def _client(self, kind: type, name: str) -> Iterator[Client]:
        client = self.node.create_client(kind, name)
        try:
            assert client.wait_for_service(WAIT), f'no service {name}'
            yield client
        finally:
            self.node.destroy_client(client)

    def _ask(self, client: Client, request: Any) -> Future:
        future = client.call_async(request)
        future.add_done_callback(lambda _: self._notify())
        return future

    # --- the end -------------------------------------------------------------------------------

    def close(self) -> None:
        """Kill what is left and leave the domain; what the processes wrote goes to stdout."""
        for process in self._processes:
            process.kill()
        for camera in self._cameras:
            camera.stop()
        self._executor.shutdown()
        self._spinner.join(WAIT)
        self.node.destroy_node()
        self._context.try_shutdown()
        self._claim.close()
        for process in self._processes:
            print(f'--- {" ".join(process.command)}\n{process.output}--- exit code '
                  f'{process.exit_code}')

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()


def values_of(status: DiagnosticStatus) -> dict[str, str]:
    """Return the key-value pairs of a DiagnosticStatus."""
    return {pair.key: pair.value for pair in status.values}


def stamp_of(stamp: Time) -> tuple[int, int]:
    """Return a stamp as something that compares."""
    return stamp.sec, stamp.nanosec


def failures(output: str) -> list[str]:
    """Return the lines that tell of a failure inside the node."""
    # Jazzy's rclpy raises for a lifecycle transition that does not exist.
    return [line for line in output.splitlines()
            if any(sign in line for sign in ('Traceback', 'callback failed', 'heartbeat failed'))
            and 'Transition is not registered' not in line]


def run_bench(model: Path) -> Iterator[Bench]:
    """
    Set up a bench and take it down.

    Whatever a test does to the node: at its end the node must still run, and end cleanly.
    """
    bench = Bench(model)
    try:
        yield bench
        node = bench.node_process
        if node is not None and node.exit_code is None:
            assert node.end(signal.SIGINT) == 0
        assert node is None or not failures(node.output)
    finally:
        bench.close()
