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
The part of TensorRT's Python bindings that this project uses.

All of it exists, with these names and parameters, in TensorRT 8.5 to 11 and in TensorRT for
RTX; what exists in some versions only is in api. A test compares every class here with the real
bindings of each version. Handles of the driver (streams, memory) are plain integers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Tensor(Protocol):
    """A tensor of a network; a dynamic dimension is -1."""

    name: str
    dtype: Any
    shape: Sequence[int]


class Layer(Protocol):
    """A layer of a network that is not built yet."""

    name: str
    num_outputs: int

    def get_output(self, index: int) -> Tensor | None:
        """Return one of its outputs."""


class ParsedNetwork(Protocol):
    """What the parser made of an ONNX file."""

    num_inputs: int
    num_outputs: int
    num_layers: int

    def get_input(self, index: int) -> Tensor:
        """Return one of the inputs."""

    def get_output(self, index: int) -> Tensor:
        """Return one of the outputs."""

    def get_layer(self, index: int) -> Layer:
        """Return one of the layers."""


class ParserError(Protocol):
    """What the parser has against a node; newer versions tell the node's name too."""

    def desc(self) -> str:
        """Return its text."""

    def func(self) -> str:
        """Return the function of the parser that found it."""

    def node(self) -> int:
        """Return the number of the node in the file, -1 without one."""


class Parser(Protocol):
    """Reads ONNX."""

    num_errors: int

    def get_error(self, index: int) -> ParserError:
        """Return one of them."""

    def parse(self, model: bytes) -> bool:
        """Read a serialized graph into the network; False on errors."""


class OptimizationProfile(Protocol):
    """The range of the shapes that an engine takes."""

    # The names are those of the bindings.
    def set_shape(
        self, input: str, min: Sequence[int], opt: Sequence[int], max: Sequence[int]
    ) -> None:
        """Set the range of an input."""


class HostMemory(Protocol):
    """Bytes that the library owns; bytes() copies them."""

    nbytes: int

    def __buffer__(self, flags: int, /) -> memoryview:
        """Support the buffer protocol; for type checkers, because bindings do it in C."""


class TimingCache(Protocol):
    """What the builder measured of tactics."""

    def serialize(self) -> HostMemory:
        """Return it as bytes."""


class Config(Protocol):
    """What the builder is to observe."""

    DLA_core: int
    default_device_type: Any
    profiling_verbosity: Any

    def set_flag(self, flag: Any) -> None:
        """Set a BuilderFlag."""

    def set_memory_pool_limit(self, pool: Any, pool_size: int) -> None:
        """Limit a pool to a number of bytes."""

    def get_tactic_sources(self) -> int:
        """Return a bit for each TacticSource that may be used."""

    def set_tactic_sources(self, tactic_sources: int) -> bool:
        """Choose what may be used; False where that is invalid."""

    def add_optimization_profile(self, profile: OptimizationProfile) -> int:
        """Add a profile; its number, or -1 where it is invalid."""

    def create_timing_cache(self, serialized_timing_cache: bytes) -> TimingCache | None:
        """Make a timing cache of bytes, an empty one of none; None where they are damaged."""

    def set_timing_cache(self, cache: TimingCache, ignore_mismatch: bool) -> bool:
        """Use a timing cache; False where it is of another version or GPU."""

    def get_timing_cache(self) -> TimingCache | None:
        """Return the timing cache in use."""


class Builder(Protocol):
    """Makes engines."""

    num_DLA_cores: int  # noqa: N815 - the bindings' name

    def create_network(self, flags: int) -> ParsedNetwork:
        """Make an empty network."""

    def create_builder_config(self) -> Config:
        """Make a configuration."""

    def create_optimization_profile(self) -> OptimizationProfile:
        """Make an empty profile."""

    def build_serialized_network(self, network: ParsedNetwork, config: Config,
                                 ) -> HostMemory | None:
        """Build; None where it failed, with the reason in the log."""


class Inspector(Protocol):
    """Tells what is in an engine."""

    execution_context: Any

    def get_engine_information(self, format: Any) -> str:
        """Describe all layers."""


class Context(Protocol):
    """Runs an engine."""

    def set_input_shape(self, name: str, shape: Sequence[int]) -> bool:
        """Set the shape of an input; False where the profile forbids it."""

    def set_tensor_address(self, name: str, memory: int) -> bool:
        """Set where on the device a tensor is."""

    def execute_async_v3(self, stream_handle: int) -> bool:
        """Run on a stream; False where it could not be enqueued."""


class Engine(Protocol):
    """A network made ready for a GPU."""

    num_io_tensors: int

    def get_tensor_name(self, index: int) -> str:
        """Return the name of an input or output."""

    def get_tensor_dtype(self, name: str) -> Any:
        """Return the DataType."""

    def get_tensor_shape(self, name: str) -> Sequence[int]:
        """Return the shape; a dynamic dimension is -1."""

    def get_tensor_profile_shape(self, name: str, profile_index: int) -> Sequence[Sequence[int]]:
        """Return the smallest, optimal and largest shape of an input."""

    def create_execution_context(self) -> Context | None:
        """Make a context; None where device memory is short."""

    def create_engine_inspector(self) -> Inspector:
        """Make an inspector."""


class Runtime(Protocol):
    """Loads engines."""

    DLA_core: int

    def deserialize_cuda_engine(self, serialized_engine: bytes) -> Engine | None:
        """Load an engine; None where it does not fit the library or the GPU."""


CLASSES: Mapping[type, str] = {
    Builder: 'Builder', Config: 'IBuilderConfig', Context: 'IExecutionContext',
    Engine: 'ICudaEngine', HostMemory: 'IHostMemory', Inspector: 'EngineInspector',
    Layer: 'ILayer', ParsedNetwork: 'INetworkDefinition', Parser: 'OnnxParser',
    ParserError: 'ParserError', OptimizationProfile: 'IOptimizationProfile', Runtime: 'Runtime',
    Tensor: 'ITensor', TimingCache: 'ITimingCache',
}
"""The bindings' name of each class."""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    'BuilderFlag': ('GPU_FALLBACK',),
    'DeviceType': ('DLA', 'GPU'),
    'DataType': ('UINT8', 'FLOAT', 'HALF', 'INT8', 'INT32', 'BOOL'),
    'LayerInformationFormat': ('JSON',),
    'MemoryPoolType': ('WORKSPACE',),
    'ProfilingVerbosity': ('DETAILED',),
}
"""The members of enumerations that are used in every version."""
