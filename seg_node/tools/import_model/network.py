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

"""Choose input and output of a foreign network, and fix its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import difflib

import onnx
from onnx import TensorProto, ValueInfoProto

from seg_node.errors import UserError
from seg_node.perception.models.manifest import MAX_SIDE, MIN_SIDE
from seg_node.tools.import_model.options import AxisOrder
from seg_node.tools.import_model.tensors import make_room, produced, prune, shape

_WEIGHTS_ARE_NO_INPUTS = 4
"""Since this IR version; before it weights were listed as inputs too."""
_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16)


@dataclass(frozen=True, eq=False)
class Network:
    """
    A network with one image in.

    model has a fixed input size and only what the outputs need. output_names is what the file
    calls the outputs, whose names in the model can differ. half: the input is float16. alone: it
    has no dimension for images.
    """

    model: onnx.ModelProto
    input: str
    outputs: tuple[str, ...]
    output_names: tuple[str, ...]
    layout: AxisOrder
    width: int
    height: int
    free_batch: bool
    half: bool
    alone: bool = False

    @property
    def output(self) -> str:
        """The first output."""
        return self.outputs[0]

    @property
    def output_name(self) -> str:
        """What the file calls it."""
        return self.output_names[0]


def select(
    model: onnx.ModelProto, input_name: str | None, outputs: Sequence[str],
    layout: AxisOrder | None, size: tuple[int, int] | None,
) -> Network:
    """
    Return the part of a network from its image to some outputs, at one size.

    Arguments that are None are found out; size is (width, height) and the only one that a
    network without a size of its own needs.

    :raises UserError: when something is ambiguous or cannot be used.
    """
    cut = onnx.ModelProto()
    cut.CopyFrom(model)
    cut.ir_version = max(cut.ir_version, _WEIGHTS_ARE_NO_INPUTS)
    graph = cut.graph
    del graph.output[:], graph.value_info[:]
    # Without type and shape: those in the file need not hold for this size.
    graph.output.extend(ValueInfoProto(name=name) for name in outputs)
    prune(graph)
    image = _choose_input(graph, input_name, outputs[0])
    found = _layout(image, layout)
    free_batch, height, width = _fix_size(image, found, size)
    half = image.type.tensor_type.elem_type == TensorProto.FLOAT16
    names = make_room(graph)
    return Network(cut, image.name, tuple(names.get(name, name) for name in outputs),
                   tuple(outputs), found, width, height, free_batch, half,
                   len(shape(image)) == 3)


def describe(value: ValueInfoProto) -> str:
    """Return name, type and shape of an input or output."""
    kind = TensorProto.DataType.Name(value.type.tensor_type.elem_type).lower()
    dims = ', '.join('?' if dim is None else str(dim) for dim in shape(value))
    return f'{value.name!r} {kind} [{dims}]'


def choose_output(graph: onnx.GraphProto, wanted: str | None) -> str:
    """
    Return the output that is wanted, the only one where that is None.

    :raises UserError: when there are several then, or none of that name.
    """
    outputs: list[str] = [value.name for value in graph.output]
    listed = '; '.join(describe(value) for value in graph.output)
    if wanted is None:
        if len(outputs) != 1:
            raise UserError(f'the network has {len(outputs)} outputs, choose one with --output: '
                            f'{listed}')
        return outputs[0]
    inside = produced(graph)
    if wanted not in outputs and wanted not in inside:
        near = difflib.get_close_matches(wanted, inside, 3)
        hint = f'; inside there are {", ".join(near)}' if near else ''
        raise UserError(f'--output {wanted}: the network has no such tensor; its outputs: '
                        f'{listed}{hint}')
    return wanted


def _choose_input(graph: onnx.GraphProto, wanted: str | None, output: str) -> ValueInfoProto:
    fixed = {tensor.name for tensor in graph.initializer}
    for index in reversed(range(len(graph.input))):
        if graph.input[index].name in fixed:
            del graph.input[index]
    inputs: list[ValueInfoProto] = list(graph.input)
    listed = '; '.join(describe(value) for value in inputs) or 'none'
    names = [value.name for value in inputs]
    if wanted is not None and wanted not in names:
        raise UserError(f'--input-name {wanted}: output {output!r} depends on no such input; its '
                        f'inputs: {listed}')
    if len(inputs) != 1:
        raise UserError(f'output {output!r} needs {len(inputs)} inputs, one image can be given: '
                        f'{listed}')
    image = inputs[0]
    if image.type.tensor_type.elem_type not in _FLOATS:
        raise UserError(f'input {listed}: must be float or float16; export the network without '
                        'its own conversion from bytes')
    if len(shape(image)) not in (3, 4):
        raise UserError(f'input {listed}: must have 4 dimensions, [N, 3, H, W] or [N, H, W, 3], '
                        'or 3, without N')
    return image


def _layout(image: ValueInfoProto, wanted: AxisOrder | None) -> AxisOrder:
    dims = _dims(image)
    fitting = [layout for layout in AxisOrder if dims[layout.channel_axis] in (3, None)]
    certain = [layout for layout in fitting if dims[layout.channel_axis] == 3]
    if wanted in fitting:
        return wanted
    if wanted is not None:
        raise UserError(f'--layout {wanted.value}: input {describe(image)} does not have its 3 '
                        'channels there')
    if len(certain) == 1:
        return certain[0]
    if not fitting:
        raise UserError(f'input {describe(image)}: takes no image of 3 channels')
    raise UserError(f'input {describe(image)}: which dimension the 3 channels are cannot be '
                    'told; give --layout nchw or --layout nhwc')


def _dims(image: ValueInfoProto) -> list[int | None]:
    """Return the dimensions of an input, with one for images."""
    dims = shape(image)
    return dims if len(dims) == 4 else [1, *dims]


def _fix_size(image: ValueInfoProto, layout: AxisOrder, wanted: tuple[int, int] | None,
              ) -> tuple[bool, int, int]:
    """Return whether the batch is free, and height and width of the input."""
    dims = _dims(image)
    rows, cols = (2, 3) if layout is AxisOrder.NCHW else (1, 2)
    batch, height, width = dims[0], dims[rows], dims[cols]
    if batch not in (1, None):
        raise UserError(f'input {describe(image)}: takes {batch} images at once; export it '
                        'with a batch of 1 or a free one')
    if wanted is None:
        if height is None or width is None:
            raise UserError(f'input {describe(image)}: has no size of its own; give '
                            '--size WIDTHxHEIGHT, best the one it was trained at')
    elif height not in (None, wanted[1]) or width not in (None, wanted[0]):
        raise UserError(f'--size {wanted[0]}x{wanted[1]}: input {describe(image)} has another, '
                        'fixed size; leave --size out, or export the network with a free one')
    else:
        width, height = wanted
    if not all(MIN_SIDE <= side <= MAX_SIDE for side in (width, height)):
        raise UserError(f'input {describe(image)}: is {width}x{height}; both sides must lie '
                        f'between {MIN_SIDE} and {MAX_SIDE}')
    return batch is None, height, width
