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

"""A node as a process: one executor thread; on SIGINT or SIGTERM a last word and a clean end."""

from __future__ import annotations

from collections.abc import Callable
import signal
import sys
import threading
from types import FrameType
from typing import Any, Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from seg_node.parameters.blocks import read_blocks
from seg_node.ros.parameters import check_files, files_in


class ProcessNode(Protocol):
    """What run() needs of a node, besides being one of rclpy's."""

    def on_callback_error(self, error: Exception) -> None:
        """Do what a failed callback asks for, and log it."""

    def close(self) -> None:
        """Say the last word and release everything; destroy_node() follows."""


def run(name: str, make: Callable[[], Any], args: list[str] | None = None) -> int:
    """
    Run a node until SIGINT or SIGTERM; return the exit code.

    :param name: of the node, for the log.
    :param make: makes a ProcessNode; a ValueError tells what parameter cannot be used.
    """
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    # rclpy's own handlers would close the context before the last word is out.
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    try:
        files = files_in(sys.argv if args is None else args)
        for path in files:
            read_blocks(path)      # rcl's own words tell no remedy
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:      # rclpy raises several kinds that share no base of their own
        return _refuse(name, error)
    try:
        try:
            node = make()
        except ValueError as error:
            return _refuse(name, error)
        try:
            check_files(node, files)
        except ValueError as error:
            node.close()
            node.destroy_node()
            return _refuse(name, error)
        _spin(node, ended)
        return 0
    finally:
        rclpy.try_shutdown()


def _refuse(name: str, error: Exception) -> int:
    """Tell in one line what cannot be used, and return the exit code."""
    rclpy.logging.get_logger(name).fatal(' '.join(str(error).split()))
    return 2


def _spin(node: Any, ended: threading.Event) -> None:
    # One thread is enough for callbacks that only hand on: what takes long has threads of its own.
    # A MultiThreadedExecutor spins on a core while a callback waits for one of its threads.
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not ended.is_set() and rclpy.ok():
            try:
                executor.spin_once(timeout_sec=0.1)
            except Exception as error:      # whatever it was, such as rclpy's own on Jazzy
                node.on_callback_error(error)
    finally:
        # A second signal must not cut the shutdown short, nor Python's own exit after it. Not in
        # the handler: one that is already pending would then end in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        node.close()
        executor.shutdown(timeout_sec=5.0)
        node.destroy_node()
