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

"""Parameter files that cannot be meant, given to a node that starts: it must not drive by them."""

from __future__ import annotations

import signal
import time

from benchmarks.faults.case import Fault, Inject, NotCaughtError, restart
from benchmarks.faults.setups import PLAIN
from benchmarks.faults.table import Clock, Moment
from benchmarks.faults.testbed import FaultTestbed
from seg_node.tools.common.testbed.process import ProcessError

_ENDS = 10.0      # seconds for the node's last word
_UNUSABLE = 2      # exit code of a process whose parameters cannot be used
_ALIASES = 'a0: &a0 [x, x]\n' + ''.join(
    f'a{level}: &a{level} [{", ".join([f"*a{level - 1}"] * 9)}]\n' for level in range(1, 30))


def _started_with(testbed: FaultTestbed, text: str) -> Moment:
    """End the node and start it again, with a parameter file behind the parameters it had."""
    path = testbed.folder / 'params.yaml'
    path.write_text(text, encoding='utf-8')
    assert testbed.process is not None
    now = testbed.kill_node(signal.SIGTERM)
    testbed.process.wait(_ENDS)
    testbed.restart_node('--params-file', str(path))
    return Moment(now, now, Clock.REQUEST)


def _unconfigured(text: str) -> Inject:
    """Give the node a file with which it must refuse to configure."""
    def inject(testbed: FaultTestbed) -> Moment:
        moment = _started_with(testbed, text)
        if testbed.client.change_state('configure'):
            raise NotCaughtError('configure succeeded')
        return moment
    return inject


def _ended(text: str) -> Inject:
    """Give the node a file with which its process must end, in a line."""
    def inject(testbed: FaultTestbed) -> Moment:
        now = time.monotonic()
        try:
            _started_with(testbed, text)
        except ProcessError:
            assert testbed.process is not None
            if testbed.process.exit_code != _UNUSABLE:
                raise
            testbed.node_was_killed = True
            return Moment(now, now, Clock.REQUEST)
        raise NotCaughtError('the node runs by it')
    return inject


PARAMETER_FAULTS = (
    Fault('parameter_misspelt', 'a restart with "decelleration" in the parameter file', PLAIN,
          ('not_configured',),
          _unconfigured('/**:\n  ros__parameters:\n    vehicle: {decelleration: 0.3}\n'), restart),
    Fault('parameter_of_no_camera', 'a restart with the mounting of a camera that there is not',
          PLAIN, ('not_configured',),
          _unconfigured('/**:\n  ros__parameters:\n    mounting: {rear: {height: 1.0}}\n'),
          restart),
    Fault('parameters_for_nobody', 'a restart with a file for seg_nod', PLAIN, ('not_active',),
          _ended('seg_nod:\n  ros__parameters: {stop_go.go_after: 9}\n'), restart),
    Fault('parameters_for_another', 'a restart with a file for the node of another namespace',
          PLAIN, ('not_active',),
          _ended('/robot/seg_node:\n  ros__parameters: {stop_go.go_after: 9}\n'), restart),
    Fault('parameters_without_key', 'a restart with a file that lacks ros__parameters', PLAIN,
          ('not_active',), _ended('/**:\n  stop_go.go_after: 9\n'), restart),
    Fault('parameters_broken', 'a restart with a file that is indented with a tab', PLAIN,
          ('not_active',), _ended('/**:\n  ros__parameters:\n\tthreads: 1\n'), restart),
    Fault('parameters_explode', 'a restart with a file whose aliases stand for 10^28 values',
          PLAIN, ('not_active',), _ended(_ALIASES), restart),
)
