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

"""Why the node says STOP while nothing is judged."""

from __future__ import annotations

from seg_node.perception.backends import BackendError
from seg_node.perception.models.model import ModelError
from seg_node.stop_go.verdict import Finding, Reason

UNCONFIGURED = Finding(
    Reason.NOT_ACTIVE,
    'waits for configure (ros2 lifecycle set, a lifecycle manager, or autostart: true)')
INACTIVE = Finding(Reason.NOT_ACTIVE, 'configured, waits for activate')
FAILED = Finding(Reason.NOT_ACTIVE, 'a transition failed, see the log; waits for configure')
SHUT_DOWN = Finding(Reason.NOT_ACTIVE, 'shut down')


def refused(error: Exception) -> Finding:
    """Return why after an error that kept the node from being configured."""
    if isinstance(error, ModelError | BackendError):
        return Finding(Reason.LOADING_FAILED, f'loading failed: {error}')
    return Finding(Reason.NOT_CONFIGURED, f'not configured: {error}')
