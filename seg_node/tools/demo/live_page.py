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

"""The live page of a drive, which begins when somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import math
from typing import Any

from seg_node.tools.common.testbed.process import Process
from seg_node.tools.view.__main__ import OPEN

START_SECONDS = 30.0


def page_arguments(node: str, port: int) -> list[str]:
    """Return the page's module and options."""
    return ['seg_node.tools.view', '--node', node, '--port', str(port)]


def wait_for_page(
    view: Process, cameras: Sequence[str], participant: Any, check: Callable[[], None],
) -> None:
    """
    Tell the page's address and wait until somebody looks at a camera, however long that takes.

    :param check: called while waiting; raises to give up.
    :raises DeadlineError: when there is no page.
    """
    def address() -> str | None:
        return next((line.removeprefix(OPEN) for line in view.output.splitlines()
                     if line.startswith(OPEN)), None)

    participant.wait_for(address, 'the live page', START_SECONDS, check)
    print(f'demo: the drive begins when this page is open: {address()}', flush=True)
    topics = [f'{camera}/segmentation/overlay/compressed' for camera in cameras]
    participant.wait(lambda: any(map(participant.node.count_subscribers, topics)), math.inf, check)
