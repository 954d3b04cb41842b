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

"""The node's process: one executor thread, clean shutdown with a last STOP."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType

import cv2
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from seg_node.perception.process_memory import keep_freed_memory
from seg_node.ros.descriptors import ParameterError
from seg_node.ros.lifecycle_node import SegNode


def main(args: list[str] | None = None) -> None:
    """Run the node until SIGINT or SIGTERM; the last thing it says is STOP."""
    ended = threading.Event()
    keep_freed_memory()
    # OpenCV's own threads take turns with the network's, and spin while they wait: 0.7 ms of CPU
    # time a frame of 1280x720, to save 0.4 of the 0.9 ms that one alone takes for it.
    cv2.setNumThreads(1)

    def end(number: int, frame: FrameType | None) -> None:
        ended.set()

    # rclpy's own handlers would close the context before the last STOP is out.
    signal.signal(signal.SIGINT, end)
    signal.signal(signal.SIGTERM, end)
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    try:
        sys.exit(_run(ended))
    finally:
        rclpy.try_shutdown()


def _run(ended: threading.Event) -> int:
    try:
        node = SegNode()
    except ParameterError as error:
        rclpy.logging.get_logger('seg_node').fatal(str(error))
        return 2
    # One thread is enough for callbacks that only hand on: heartbeat and inference have their own.
    # A MultiThreadedExecutor spins on a core while a callback waits for one of its threads.
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        while not ended.is_set() and rclpy.ok():
            try:
                executor.spin_once(timeout_sec=0.1)
            except Exception as error:
                # Such as rclpy's own, on Jazzy, for a lifecycle transition that does not exist.
                # GO does not rest on callbacks that fail: it needs fresh images to stay.
                node.get_logger().error(
                    f'a callback failed: {error!r}', throttle_duration_sec=2.0)
    finally:
        # A second signal must not cut the shutdown short, nor Python's own exit after it. Not in
        # the handler: one that is already pending would then end in a traceback.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        node.close()
        executor.shutdown(timeout_sec=5.0)
        node.destroy_node()
    if node.inference_hangs:
        # The interpreter cannot be taken down around a running inference: that aborts.
        rclpy.try_shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
    return 0


if __name__ == '__main__':
    main()
