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

"""One node under test, with all that belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
import signal
from typing import Any

from seg_node.tools.common.testbed.client import NodeClient
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.listener import NodeListener
from seg_node.tools.common.testbed.participant import DeadlineError, Participant
from seg_node.tools.common.testbed.process import parameter_arguments, Process, python

NODE = '/seg_node'
ANSWER_SECONDS = 60.0
"""Time for the answer of a service; generous, because the machine may be busy."""


class Testbed:
    """
    A node as a process, a listener to it, a client of its services, and other processes.

    All waiting is on one condition, which every callback notifies.
    """

    def __init__(self, domain: Domain, folder: Path, name: str = NODE) -> None:
        """
        Enter the domain and listen.

        :param folder: takes the logs of the processes.
        :param name: the fully qualified name of the node.
        """
        self.domain = domain
        self.folder = folder
        self.name = name
        self.participant = Participant(domain, 'testbed')
        self.node = self.participant.node
        self.listener = NodeListener(self.participant, name)
        self.processes: list[Process] = []
        self.process: Process | None = None
        self._env = {**domain.env, 'ROS_LOG_DIR': str(folder / 'ros_log')}

    def start(self, name: str, command: Sequence[str]) -> Process:
        """Start a command in the domain; its log is name.log."""
        # SIGKILL: a frozen process would never handle anything else.
        process = Process(name, command, self.folder / f'{name}.log', self._env, signal.SIGKILL)
        self.processes.append(process)
        return process

    def start_node(self, parameters: Mapping[str, Any], *arguments: str,
                   module: str = 'seg_node.ros.node') -> Process:
        """
        Start the node under test.

        :param arguments: further ones behind --ros-args.
        :param module: whose main program is the node.
        """
        self._command = python(
            module, '--ros-args', *arguments, *parameter_arguments(parameters))
        return self.restart_node()

    def restart_node(self, *arguments: str) -> Process:
        """
        Start the node as it was started before, with the same log.

        :param arguments: further ones, behind those it had.
        """
        if self.process is not None:
            self.process.kill()
            self.client.close()
        self.process = self.start('node', [*self._command, *arguments])
        self.client = NodeClient(self.participant, self.name, ANSWER_SECONDS, self.watch())
        return self.process

    def watch(self) -> Callable[[], None]:
        """Return what raises ProcessError when the node, if it runs now, has ended."""
        process = self.process
        runs = process is not None and process.exit_code is None

        def check() -> None:
            if runs and process is not None and process.exit_code is not None:
                raise process.error(f'has ended with exit code {process.exit_code}')
        return check

    def wait_for(self, condition: Callable[[], Any], what: str, seconds: float) -> None:
        """
        Wait until something is so.

        :raises DeadlineError: when it is not so in time.
        :raises ProcessError: when the node, which ran before, has ended.
        """
        try:
            self.participant.wait_for(condition, what, seconds, self.watch())
        except DeadlineError as error:
            raise DeadlineError(f'{error}; {self.listener.summary()}') from None

    def close(self) -> None:
        """Kill what still runs and leave the domain."""
        for process in self.processes:
            process.kill()
        self.participant.close()
