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

"""The node with a launcher that hangs: its stdout and stderr are a full pipe, never read."""

from __future__ import annotations

from collections.abc import Callable
import os

from seg_node.ros.node import main


def run_unread(main: Callable[[], object], descriptor: int) -> None:
    """Run a node with what is written to filled up; the caller holds its other end open."""
    filling = os.open(f'/proc/self/fd/{descriptor}', os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    for size in (1 << 12, 1):
        try:
            while True:
                os.write(filling, b'x' * size)
        except BlockingIOError:
            pass
    os.close(filling)
    for output in (1, 2):
        os.dup2(descriptor, output)
    main()


if __name__ == '__main__':
    run_unread(main, os.pipe()[1])
