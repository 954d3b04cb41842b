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

"""Run a model on the CPU with ONNX Runtime."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
import os
from typing import Any, TYPE_CHECKING

import numpy as np
import onnxruntime

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.contract import check_graph, TensorInfo
from seg_node.perception.backends.onnxruntime.session import core_shares, OnnxRuntimeSession
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels
from seg_node.perception.models.manifest import Precision
from seg_node.perception.models.model import graph_content

if TYPE_CHECKING:
    from seg_node.perception.models.model import Model


class OnnxRuntimeBackend:
    """
    A graph on the CPU, checked against its manifest and warmed up.

    An image alone has all the threads. Of several together each has its share of them in a
    session of its own: threads that share an image wait for each other at every layer, and the
    more so on a machine that is busy.
    """

    name = 'onnxruntime'
    layouts = frozenset({Layout.BGR8})

    def __init__(self, model: Model, threads: int, chosen_because: str,
                 warnings: tuple[str, ...] = (), max_batch: int = 1) -> None:
        """
        Load and check the graph.

        :raises BackendError: if it breaks the model contract.
        :raises ModelError: if it is missing or damaged.
        :param max_batch: maximum of images together, as far as there is a thread for each.
        """
        content = graph_content(model)
        self.model = model = replace(model, content=None)
        self.chosen_because = chosen_because
        self.warnings = warnings
        self.max_batch = min(max_batch, threads)
        counted = '1 thread' if threads == 1 else f'{threads} threads'
        self.detail = f'ONNX Runtime {onnxruntime.__version__}, CPU, {counted}'
        cores = os.sched_getaffinity(0)
        alone = OnnxRuntimeSession(content, model, threads, cores)
        check_graph(_infos(alone.graph.get_inputs()), _infos(alone.graph.get_outputs()), model)
        metadata = alone.graph.get_modelmeta().custom_metadata_map
        _check_classes(metadata.get('classes'), model)
        # A graph of another origin may compute lower than the precision it stands for.
        self.precision: str = (
            metadata.get('precision', 'fp32') if model.precision is Precision.FP32
            else model.precision.value)
        self._alone: OnnxRuntimeSession | None = alone
        self._abreast: list[OnnxRuntimeSession] = []
        if self.max_batch > 1:
            self._abreast = [OnnxRuntimeSession(content, model, threads // self.max_batch, share)
                             for share in core_shares(cores, self.max_batch)]
        self._threads = ThreadPoolExecutor(self.max_batch, 'network')
        black = Pixels.of(np.zeros((model.height, model.width, 3), np.uint8))
        for count in {1, self.max_batch}:
            self.infer([black] * count)

    def infer(self, images: Sequence[Pixels]) -> list[Inference]:
        """Return what Backend.infer() describes."""
        if self._alone is None:
            raise BackendError('backend onnxruntime is closed; open it again')
        if len(images) == 1:
            return [self._alone.infer(images[0].bgr)]
        running = [self._threads.submit(session.infer, image.bgr)
                   for session, image in zip(
                       self._abreast[:len(images)], images, strict=True)]
        wait(running)      # all of them, also where one fails: a session is for one at a time
        return [_share(future.result(), len(images)) for future in running]

    def close(self) -> None:
        """Release the sessions."""
        self._alone = None
        self._abreast.clear()
        self._threads.shutdown()


def _share(seen: Inference, count: int) -> Inference:
    """Return an image with its share of the time in which `count` of them were worked on."""
    return replace(seen, prepare=seen.prepare / count, network=seen.network / count)


def _infos(tensors: Sequence[Any]) -> list[TensorInfo]:
    return [TensorInfo(each.name, each.type.removeprefix('tensor(').rstrip(')'),
                       tuple(size if isinstance(size, int) else -1 for size in each.shape))
            for each in tensors]


def _check_classes(listed: str | None, model: Model) -> None:
    """Compare the manifest with the class names that the graph's metadata may list."""
    if listed is None:
        return
    in_graph = [name.strip() for name in listed.split(',')]
    in_manifest = [info.name for info in model.classes]
    if len(in_graph) != len(in_manifest):
        raise BackendError(
            f'model.yaml: {len(in_manifest)} classes, graph gives {len(in_graph)} '
            f'({", ".join(in_graph)}); correct classes in {model.graph.parent}/model.yaml'
        )
    pairs = zip(in_manifest, in_graph, strict=True)
    for index, (manifest_name, graph_name) in enumerate(pairs):
        if manifest_name != graph_name:
            raise BackendError(
                f'model.yaml: class {index} is {manifest_name}, graph says {graph_name}; '
                f'correct classes in {model.graph.parent}/model.yaml'
            )
