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

"""Check that an engine keeps to the model contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from seg_node.perception.backends.contract import INPUT, OUTPUTS
from seg_node.perception.backends.tensorrt.builder import BuildError
from seg_node.perception.backends.tensorrt.reports import dtype_name

if TYPE_CHECKING:
    from seg_node.perception.backends.tensorrt.bindings import Engine
    from seg_node.perception.models.model import Model


@dataclass(frozen=True)
class EngineShape:
    """What an engine takes: 1 to max_batch images of width x height."""

    width: int
    height: int
    max_batch: int


def check_engine(engine: Engine, model: Model) -> EngineShape:
    """
    Return what an engine takes.

    :raises BuildError: when its tensors are not those of the model contract.
    """
    names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
    if sorted(names) != sorted((INPUT, *OUTPUTS)):
        raise BuildError(f'{model.graph}: inputs and outputs are {", ".join(names)}; must be '
                         f'{INPUT} in, {" and ".join(OUTPUTS)} out')
    plane = (model.height, model.width)
    for name, wanted in ((INPUT, (*plane, 3)), *((name, plane) for name in OUTPUTS)):
        dtype = dtype_name(engine.get_tensor_dtype(name))
        shape = tuple(engine.get_tensor_shape(name))
        if dtype != 'uint8' or shape[1:] != wanted:
            raise BuildError(f'{model.graph}: {name} is {dtype} {list(shape)}; must be uint8 '
                             f'[N, {", ".join(map(str, wanted))}]')
    batch = engine.get_tensor_shape(INPUT)[0]
    if batch < 0:
        batch = engine.get_tensor_profile_shape(INPUT, 0)[2][0]
    return EngineShape(model.width, model.height, int(batch))
