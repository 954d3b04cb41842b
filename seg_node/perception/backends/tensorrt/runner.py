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
Run an engine on camera frames: up they go, to the network's size, through it, and the maps back.

All of that is one CUDA graph per combination of layouts and sizes, recorded when it is first seen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time
from typing import NamedTuple, TYPE_CHECKING

import numpy as np

from seg_node.perception.backends import BackendError, Inference
from seg_node.perception.backends.contract import check_graph, INPUT, outputs_of, TensorInfo
from seg_node.perception.backends.cuda.device import DeviceError
from seg_node.perception.backends.cuda.input_plan import InputPlan, plan_input
from seg_node.perception.backends.cuda.transfer_buffer import transfer_buffer
from seg_node.perception.backends.tensorrt.reports import dtype_name
from seg_node.perception.images.layout import Layout
from seg_node.perception.images.pixels import Pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from seg_node.perception.backends.cuda.pycuda_device import Device
    from seg_node.perception.backends.cuda.pycuda_parts import Buffer, Graph, Stream
    from seg_node.perception.backends.tensorrt.bindings import Context, Engine
    from seg_node.perception.models.model import Model

KEPT = 8
"""Combinations of images whose memory and graph are kept."""


class ImageForm(NamedTuple):
    """What images have in common that go the same way: layout, and width and height in pixels."""

    layout: Layout
    width: int
    height: int

    @staticmethod
    def of(image: Pixels) -> ImageForm:
        """Return that of an image."""
        return ImageForm(image.layout, image.width, image.height)


@dataclass(frozen=True)
class EngineShape:
    """What an engine takes, 1 to max_batch images of width x height, and what it gives of each."""

    width: int
    height: int
    max_batch: int
    outputs: tuple[str, ...]


def check_engine(engine: Engine, model: Model) -> EngineShape:
    """Return what an engine takes; BackendError when its tensors are not those of the contract."""
    names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
    wanted = outputs_of(model)
    if sorted(names) != sorted((INPUT, *wanted)):
        raise BackendError(f'{model.graph}: inputs and outputs are {", ".join(names)}; must be '
                           f'{INPUT} in, {" and ".join(wanted)} out')
    image, *outputs = (
        TensorInfo(name, dtype_name(engine.get_tensor_dtype(name)),
                   tuple(engine.get_tensor_shape(name))) for name in (INPUT, *wanted))
    batch = image.shape[0]
    check_graph([image], outputs, model, batch)
    if batch < 0:
        batch = engine.get_tensor_profile_shape(INPUT, 0)[2][0]
    return EngineShape(model.width, model.height, int(batch), wanted)


class EngineRunner:
    """
    An engine, with memory and a CUDA graph for each combination of images' forms.

    Belongs to the thread that owns the device.

    :param device: with the kernels loaded.
    :param shape: what the engine takes, see check_engine().
    """

    def __init__(self, device: Device, engine: Engine, shape: EngineShape) -> None:
        self.max_batch = shape.max_batch
        self.notes: list[str] = []
        self._device = device
        self._engine = engine
        self._shape = shape
        self.stream = device.stream()
        self._executions: dict[tuple[ImageForm, ...], _Execution] = {}

    def run(self, images: Sequence[Pixels]) -> list[Inference]:
        """
        Segment 1 to max_batch images of any layouts and sizes.

        :raises ValueError: for another number of images.
        :raises DeviceError: when the GPU or TensorRT fail.
        """
        if not 1 <= len(images) <= self.max_batch:
            raise ValueError(f'{len(images)} images; the engine takes 1 to {self.max_batch}')
        execution = self._execution(tuple(map(ImageForm.of, images)))
        begun = time.perf_counter()
        execution.fill(images)
        filled = time.perf_counter()
        maps = execution.run()
        prepare = (filled - begun) / len(images)
        network = (time.perf_counter() - filled) / len(images)
        return [Inference(labels, confidence, prepare, network, *instances)
                for labels, confidence, *instances in maps]

    def stages(self, forms: Sequence[ImageForm]) -> dict[str, Callable[[], None]]:
        """
        Return the stages of images, in order, to be measured.

        Each puts its work on `stream`. They can be used until KEPT other forms have been seen.

        :raises DeviceError: when the GPU or TensorRT fail.
        """
        return self._execution(tuple(forms)).stages

    def close(self) -> None:
        """Free the frames' resources; before Device.release()."""
        while self._executions:
            self._executions.popitem()[1].free()

    def _execution(self, forms: tuple[ImageForm, ...]) -> _Execution:
        # The newest is last, the one unused for longest first.
        execution = self._executions.pop(forms, None)
        if execution is None:
            while len(self._executions) >= KEPT:
                self._executions.pop(next(iter(self._executions))).free()
            execution = _Execution(self._device, self.stream, self._engine, self._shape, forms)
            if execution.note and execution.note not in self.notes:
                self.notes.append(execution.note)
        self._executions[forms] = execution
        return execution


class _Source:
    """Where the images of one form come in, and how they become a slice of the input."""

    def __init__(self, device: Device, stream: Stream, form: ImageForm, shape: EngineShape,
                 target: int) -> None:
        self._stream = stream
        self._target = target
        self._plan: InputPlan = plan_input(*form, shape.width, shape.height)
        self._step = form.width * form.layout.pixel_bytes
        self._memory = transfer_buffer(device, self._plan.source_bytes(self._step))
        self._pixels = Pixels.within(self._memory.array, *form)
        tables = self._plan.tables.data
        self._tables: Buffer = device.allocate(max(1, tables.size))
        if tables.size:
            stream.upload(tables, self._tables.address)
            stream.synchronize()

    def fill(self, image: Pixels) -> None:
        """Take an image over."""
        for target, source in zip(self._pixels.planes, image.planes, strict=True):
            np.copyto(target, source)

    def upload(self) -> None:
        """Put on the stream that the GPU gets the image."""
        self._memory.upload(self._stream)

    def scale(self) -> None:
        """Put the kernel on the stream that makes the network's input of it."""
        self._stream.launch(self._plan.launch(
            self._memory.address, self._step, self._tables.address, self._target))

    def free(self) -> None:
        """Free the memory."""
        del self._pixels
        self._memory.free()
        self._tables.free()


class _Execution:
    """
    Images of certain forms through the engine, in this order.

    Ready to run once made. note: what is not as it could be, '' where all is well.
    """

    def __init__(self, device: Device, stream: Stream, engine: Engine, shape: EngineShape,
                 forms: tuple[ImageForm, ...]) -> None:
        self.note = ''
        self._stream = stream
        self._graph: Graph | None = None
        self._context = _context(engine, (len(forms), shape.height, shape.width, 3))
        pixels = shape.width * shape.height
        self._input = device.allocate(3 * pixels * len(forms))
        self._sources = [
            _Source(device, stream, form, shape, self._input.address + 3 * pixels * index)
            for index, form in enumerate(forms)]
        self._outputs = [transfer_buffer(device, pixels * len(forms)) for _ in shape.outputs]
        self._maps = [output.array.reshape(len(forms), shape.height, shape.width)
                      for output in self._outputs]
        addresses = (self._input.address, *(output.address for output in self._outputs))
        for name, address in zip((INPUT, *shape.outputs), addresses, strict=True):
            if not self._context.set_tensor_address(name, address):
                raise DeviceError(f'TensorRT refuses the address of {name}')
        # TensorRT settles itself when it first runs, which must not be recorded.
        self._enqueue()
        stream.synchronize()
        try:
            self._graph = stream.capture(self._enqueue)
        except DeviceError as error:
            self.note = f'without a CUDA graph: {error}'

    @property
    def stages(self) -> dict[str, Callable[[], None]]:
        """Its parts, in order; each puts its work on the stream."""
        return {'upload': self._upload, 'input kernel': self._scale, 'network': self._infer,
                'download': self._download}

    def fill(self, images: Sequence[Pixels]) -> None:
        """Take the images over."""
        for source, image in zip(self._sources, images, strict=True):
            source.fill(image)

    def run(self) -> list[tuple[NDArray[np.uint8], ...]]:
        """Return the maps of each image, in the order of the outputs."""
        if self._graph is None:
            self._enqueue()
        else:
            self._graph.run()
        self._stream.synchronize()
        return list(zip(*(maps.copy() for maps in self._maps), strict=True))

    def free(self) -> None:
        """Free the memory."""
        if self._graph is not None:
            self._graph.free()
        del self._maps
        for source in self._sources:
            source.free()
        for output in self._outputs:
            output.free()
        self._input.free()
        del self._context

    def _enqueue(self) -> None:
        """Enqueue all of it."""
        for stage in self.stages.values():
            stage()

    def _upload(self) -> None:
        for source in self._sources:
            source.upload()

    def _scale(self) -> None:
        for source in self._sources:
            source.scale()

    def _infer(self) -> None:
        if not self._context.execute_async_v3(self._stream.handle):
            raise DeviceError('TensorRT could not put the network on the stream')

    def _download(self) -> None:
        for output in self._outputs:
            output.download(self._stream)


def _context(engine: Engine, shape: tuple[int, ...]) -> Context:
    # One for each execution: a recorded graph stays valid only while its context keeps its shapes.
    context = engine.create_execution_context()
    if context is None:
        raise DeviceError('TensorRT could not make an execution context: GPU memory is short; '
                          'close other programs')
    if not context.set_input_shape(INPUT, shape):
        raise DeviceError(f'TensorRT refuses the input shape {list(shape)}')
    return context
