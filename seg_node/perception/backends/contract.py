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
What every graph must keep to, whichever library runs it.

One whose manifest says `instances` has a third output of that name, a number for each pixel: 0 no
instance, 1 to 255 the network's instances in this image. They are numbered anew in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_node.perception.backends import BackendError
from seg_node.perception.models.manifest import UNLABELLED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from seg_node.perception.models.model import Model

INPUT = 'image'
OUTPUTS = ('labels', 'confidence')
INSTANCES = 'instances'


@dataclass(frozen=True)
class TensorInfo:
    """An input or output of a graph; dtype is NumPy's name, a dynamic dimension is -1."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    def __str__(self) -> str:
        """Return type and shape."""
        sizes = ', '.join('dynamic' if size == -1 else str(size) for size in self.shape)
        return f'{self.dtype} [{sizes}]'


@dataclass(frozen=True)
class ContractBreach:
    """What is wrong, where in the file ('' for all of it), and what to change."""

    where: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        """Return it as one line."""
        return f'{self.where}: {self.problem}; {self.remedy}' if self.where else (
            f'{self.problem}; {self.remedy}')


def outputs_of(model: Model) -> tuple[str, ...]:
    """Return the names of the outputs that a model's graph must have."""
    return (*OUTPUTS, INSTANCES) if model.instances else OUTPUTS


def check_tensors(
    inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], max_batch: int = 1,
    wanted: Sequence[str] = OUTPUTS,
) -> tuple[ContractBreach, ...]:
    """Compare inputs and outputs with the model contract; what a backend could not serve."""
    if not inputs and not outputs:
        return (ContractBreach(
            '', 'there is no network in it', 'get the file again; is it ONNX?'),)
    given = ', '.join(tensor.name for tensor in inputs)
    findings = []
    if [tensor.name for tensor in inputs] != [INPUT]:
        findings.append(ContractBreach(
            '', f"the inputs are {given or 'none'}; must be 'image' alone",
            'rename them, or wrap the network with import_model'))
    else:
        findings += _check_image(inputs[0], max_batch)
    by_name = {tensor.name: tensor for tensor in outputs}
    for name in wanted:
        if name not in by_name:
            findings.append(ContractBreach(
                '', f'the outputs are {", ".join(by_name) or "none"}; {name!r} is missing',
                'rename them, or wrap the network with import_model'))
        elif by_name[name].dtype != 'uint8' or len(by_name[name].shape) != 3:
            findings.append(ContractBreach(
                f'output {name!r}', f'is {by_name[name]}; must be uint8 [N, H, W]',
                'end the network with ArgMax, Cast (to float), Cast (to uint8)'))
    return tuple(findings)


def _check_image(image: TensorInfo, max_batch: int) -> list[ContractBreach]:
    where = "input 'image'"
    if image.dtype != 'uint8' or len(image.shape) != 4 or image.shape[3] != 3:
        return [ContractBreach(where, f'is {image}; must be uint8 [N, H, W, 3]',
                               'wrap the network with import_model')]
    if -1 in image.shape[1:]:
        return [ContractBreach(
            where, f'is {image}: height and width are dynamic',
            'export the network with fixed height and width; only N may be dynamic')]
    if image.shape[0] not in (-1, max_batch):
        return [ContractBreach(
            where, f'takes {image.shape[0]} image(s) at once; {max_batch} wanted',
            f'export it with dynamic N, or build with batch {image.shape[0]}')]
    return []


def check_graph(
    inputs: Sequence[TensorInfo], outputs: Sequence[TensorInfo], model: Model, max_batch: int = 1
) -> None:
    """Raise BackendError for a graph that breaks the contract or is not of the manifest's size."""
    for finding in check_tensors(inputs, outputs, max_batch, outputs_of(model)):
        raise BackendError(f'{model.graph}: {finding}')
    height, width = inputs[0].shape[1:3]
    if (width, height) != (model.width, model.height):
        raise BackendError(
            f'model.yaml says {model.width}x{model.height}, graph takes {width}x{height}; '
            f'correct input in {model.graph.parent}/model.yaml')


def check_labels(labels: NDArray[np.uint8], model: Model) -> None:
    """Raise BackendError for a label, uint8 [h, w], that the model has no class for."""
    count = len(model.classes)
    highest = int(labels.max())
    if highest == UNLABELLED:
        highest = int(labels.max(where=labels != UNLABELLED, initial=0))
    if highest >= count:
        raise BackendError(
            f'{model.graph}: gives label {highest}, '
            f'the manifest has {count} classes; list all of them'
        )
