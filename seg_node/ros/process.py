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
from contextlib import suppress
import faulthandler
import gc
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, NoReturn, Protocol

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.signals import SignalHandlerOptions

from seg_node.parameters.blocks import read_blocks
from seg_node.ros.console import never_block, STDERR
from seg_node.ros.log import Log, WRITER
from seg_node.ros.parameters import check_files, files_in

_END_WITHIN = 20.0      # seconds from a signal to the end, whatever hangs
_LAST_LINES = 2.0      # seconds that the log may take to be written at the end


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
    never_block()
    ended = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    # rclpy's own handlers would close the context before the last word is out.
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    _end_in_time()
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
        except (ValueError, _rclpy.RCLError) as error:      # such as security that is not there
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
        WRITER.drain(_LAST_LINES)
        rclpy.try_shutdown()


def end_process(code: int) -> NoReturn:
    """
    End the process at once, after what rclpy still holds has been given back.

    Python would take the interpreter down first, and aborts where a thread that hangs was left
    behind in a library.
    """
    # The middleware leaves its shared memory behind where the last handle is not collected.
    gc.collect()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):      # nobody reads, or it is closed
            stream.flush()
    os._exit(code)


def _end_in_time() -> None:
    """
    Have the process ended some time after a signal, if it has not ended by then.

    Python runs its handlers on the main thread alone, which may hang in a library. So the signal
    itself wakes another thread, and that arms a third one, which needs not even Python's lock.
    """
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def watch() -> None:
        os.read(woken, 1)
        faulthandler.dump_traceback_later(_END_WITHIN, exit=True, file=STDERR)

    threading.Thread(target=watch, name='end', daemon=True).start()


def _refuse(name: str, error: Exception) -> int:
    """Tell in one line what cannot be used, and return the exit code."""
    Log(name, WRITER).fatal(' '.join(str(error).split()))
    WRITER.drain(_LAST_LINES)
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
        WRITER.drain(_LAST_LINES)      # before the node takes its /rosout along
        executor.shutdown(timeout_sec=5.0)
        node.destroy_node()
