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

"""
The node on a machine where TensorRT has to build an engine first, which takes as long as one says.

Lines on standard input say how it goes on: a number is the progress in per cent, 'done' gives the
model (run by ONNX Runtime, as there is no GPU), anything else fails with that text.
"""

from __future__ import annotations

from dataclasses import replace
import queue
import sys
import threading

from seg_node.perception.backends import BackendCancelledError, BackendError, tensorrt
from seg_node.perception.backends.onnxruntime.backend import OnnxRuntimeBackend
from seg_node.perception.backends.progress import Progress
from seg_node.ros.node import main

words: queue.Queue[str] = queue.Queue()


def listen():
    """Pass on what standard input says."""
    for line in sys.stdin:
        words.put(line.strip())


def build(model, options, monitor, chosen_because, warnings):
    """Stand in for the backend tensorrt."""
    while True:
        try:
            word = words.get(timeout=0.05)
        except queue.Empty:
            if monitor.cancelled():
                print('the build is cancelled', flush=True)
                raise BackendCancelledError('cancelled') from None
            continue
        if word == 'done':
            return OnnxRuntimeBackend(model, options.threads, 'tensorrt: as a test')
        if not word.isdecimal():
            raise BackendError(word)
        monitor.progress(Progress(
            'building the TensorRT engine: measuring tactics', int(word) / 100))


if __name__ == '__main__':
    threading.Thread(target=listen, daemon=True).start()
    tensorrt.BACKEND = replace(tensorrt.BACKEND, open=build)
    main()
