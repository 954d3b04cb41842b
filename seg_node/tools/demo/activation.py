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

"""Bringing a lifecycle node to active."""

from __future__ import annotations

from collections.abc import Callable
import time

from seg_node.errors import UserError
from seg_node.tools.common.testbed.client import NodeClient
from seg_node.tools.common.testbed.listener import NodeListener

STATE_SECONDS = 1.0
"""Time for the next message of ~/state, which a node publishes 20 times a second."""
_STEPS = {'unconfigured': 'configure', 'inactive': 'activate'}
_NOT_YET = ('loading', 'loading_failed', 'not_active', 'not_configured')
"""Reasons of ~/state with which an active node does not judge, or is active no longer."""


def activate(client: NodeClient, listener: NodeListener, seconds: float,
             check: Callable[[], None]) -> None:
    """
    Bring the node to active, and wait until it has loaded its model, however long that takes.

    :param seconds: time for all but loading.
    :param check: called while waiting; raises to give up.
    :raises UserError: when it refuses, fails, or does not answer in time.
    """
    deadline = time.monotonic() + seconds
    loading = False
    while time.monotonic() < deadline:
        state = client.lifecycle_state()
        if state != 'active' and loading:
            raise UserError('the node could not load its model: see its log')
        if verb := _STEPS.get(state):
            if not client.change_state(verb):
                raise UserError(f'the node refuses to {verb}')
            continue
        message = listener.next_state(STATE_SECONDS, check)
        reason = message.reason if message is not None else ''
        if state == 'active' and reason not in _NOT_YET:
            return
        if state == 'active' and reason == 'loading':
            if not loading:
                print('the node builds its engine, which may take minutes', flush=True)
            loading, deadline = True, time.monotonic() + seconds
    raise UserError(f'the node is not active after {seconds:g} s')
