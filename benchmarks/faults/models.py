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
A tiny model for the fault benchmark: its inference fails on command, mid-drive.

The graph (fault_graph) obeys cells of magenta in the image. How long it works on a command is
measured on this machine.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
import time
from typing import Any

import cv2
import numpy as np
import yaml

from benchmarks.faults.commands import Command, Wiring
from benchmarks.faults.images import CAMERA, CELL, COMMAND_COLOR, Pixels

WIDTH, HEIGHT = CAMERA.width // 4, CAMERA.height // 4
WORK_SECONDS, SLOW_SECONDS, STALL_SECONDS = 0.06, 0.2, 1.5
"""How long the inference takes about at the commands of these names."""
GRAPH, WEIGHTS, MANIFEST = 'model.onnx', 'weights.bin', 'model.yaml'

_CLASSES = (
    ('background', [0, 0, 0], False, 'stop'), ('path', [0, 200, 90], True, 'go'),
    ('sidewalk', [230, 150, 40], False, 'stop'), ('obstacle', [230, 50, 60], False, 'stop'),
    ('speed_bump', [250, 220, 50], True, 'slow'))
_SELF_TEST = {'image': 'self_test.png', 'labels': 'self_test_labels.png'}
_FOR_EVER = 2**62
_TRIALS, _TRIAL_TURNS = 5, 100_000


def write_model(folder: Path, image: Pixels) -> Path:
    """
    Write graph, self-test and manifest into a folder, made if needed, and return the folder.

    :param image: that the self-test shows, BGR uint8 [H, W, 3].
    :raises UserError: when the onnx package, which builds the graph, is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    per_second = _TRIAL_TURNS / _seconds_of_work(_built({Command.WORK: _TRIAL_TURNS}))
    turns = {Command.WORK: int(WORK_SECONDS * per_second),
             Command.SLOW: int(SLOW_SECONDS * per_second),
             Command.STALL: int(STALL_SECONDS * per_second), Command.HANG: _FOR_EVER}
    data = _built(turns)
    small = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(folder / _SELF_TEST['image']), small)
    cv2.imwrite(str(folder / _SELF_TEST['labels']), _run(data, small)[0][0])
    write_graph(folder, data, self_test=_SELF_TEST)
    return folder


def write_graph(folder: Path, data: bytes, **entries: Any) -> None:
    """Write a graph with a manifest whose checksum fits it; entries are added to the manifest."""
    (folder / GRAPH).write_bytes(data)
    manifest = {
        'name': 'faulty', 'version': '1.0.0', 'license': 'Apache-2.0', 'graph': GRAPH,
        'sha256': hashlib.sha256(data).hexdigest(), 'input': {'width': WIDTH, 'height': HEIGHT},
        'classes': [dict(zip(('name', 'color', 'drivable', 'action'), entry, strict=True))
                    for entry in _CLASSES], **entries}
    (folder / MANIFEST).write_text(yaml.safe_dump(manifest), encoding='utf-8')


def write_wrong_engine(folder: Path) -> None:
    """Replace the graph by one that computes something else, which no checksum can tell."""
    write_graph(folder, _built({}, Wiring.SWAPPED), self_test=_SELF_TEST)


def write_broken_gpu(folder: Path) -> None:
    """Replace the graph by one that computes something else each time."""
    write_graph(folder, _built({}, Wiring.UNSTABLE))


def write_changed_weights(folder: Path) -> None:
    """Move the graph's weights to a file beside it, checksum and all, and then flip one bit."""
    import onnx
    graph = onnx.load_from_string((folder / GRAPH).read_bytes())
    for tensor in graph.graph.initializer:      # in the form that can be moved
        tensor.CopyFrom(onnx.numpy_helper.from_array(
            onnx.numpy_helper.to_array(tensor), tensor.name))
    (folder / WEIGHTS).unlink(missing_ok=True)
    onnx.save(graph, folder / GRAPH, save_as_external_data=True, location=WEIGHTS,
              size_threshold=0)
    data, weights = (folder / GRAPH).read_bytes(), bytearray((folder / WEIGHTS).read_bytes())
    write_graph(folder, data, sha256=hashlib.sha256(data + weights).hexdigest())
    weights[len(weights) // 2] ^= 1
    (folder / WEIGHTS).write_bytes(weights)


def write_endless(folder: Path) -> None:
    """Replace the graph by one that never ends, whatever it sees."""
    import onnx
    graph = onnx.load_from_string(_built({Command.HANG: _FOR_EVER}))
    for tensor in graph.graph.initializer:
        if tensor.name == 'no_turn':
            turns = np.full_like(onnx.numpy_helper.to_array(tensor), _FOR_EVER // 2)
            tensor.CopyFrom(onnx.numpy_helper.from_array(turns, tensor.name))
    write_graph(folder, graph.SerializeToString())


def _built(turns: dict[Command, int], wiring: Wiring = Wiring.RIGHT) -> bytes:
    from benchmarks.faults.graph import build
    return build(WIDTH, HEIGHT, turns, wiring)


def _run(graph: bytes, bgr: Pixels) -> Any:
    import onnxruntime
    session = onnxruntime.InferenceSession(graph, providers=['CPUExecutionProvider'])
    return session.run(None, {'image': np.ascontiguousarray(bgr[None, ..., ::-1])})


def _seconds_of_work(graph: bytes) -> float:
    """Time the loop of the graph, as the node runs it."""
    import onnxruntime
    session = onnxruntime.InferenceSession(graph, providers=['CPUExecutionProvider'])
    image = np.zeros((1, HEIGHT, WIDTH, 3), np.uint8)
    image[:, :CELL // 4, :CELL // 4] = COMMAND_COLOR

    def seconds() -> float:
        # Of this thread, which runs the loop: what else the machine does is not counted.
        begin = time.thread_time()
        session.run(None, {'image': image})
        return time.thread_time() - begin

    return min(seconds() for _ in range(_TRIALS))
