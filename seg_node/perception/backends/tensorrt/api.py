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
TensorRT 8.5 to 11 and TensorRT for RTX behind one interface: all that differs between them.

What only some versions have is asked for by its name, in this module and nowhere else (which
library there is, library.py finds out). What all have is described in bindings.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TYPE_CHECKING

from seg_node.perception.backends.tensorrt.callbacks import make_logger, make_monitor
from seg_node.perception.backends.tensorrt.library import (
    find,
    Flavour,
    TensorRtAbsence,
    TensorRtMissingError,
)
from seg_node.perception.backends.tensorrt.reports import LogLine, ParserProblem

if TYPE_CHECKING:
    from seg_node.perception.backends.progress import Progress
    from seg_node.perception.backends.tensorrt.bindings import (
        Builder,
        Config,
        Context,
        Engine,
        OptimizationProfile,
        ParsedNetwork,
        ParserError,
        Runtime,
    )
    from seg_node.perception.backends.tensorrt.callbacks import PhaseTree
    from seg_node.perception.backends.tensorrt.library import Library
    from seg_node.perception.backends.tensorrt.options import EngineOptions

PERMISSIONS = {'fp32': (), 'fp16': ('FP16',), 'int8': ('INT8', 'FP16')}
"""Builder flags that let TensorRT before 11 compute in lower precisions, per precision."""

LIBRARY_TACTICS = ('CUBLAS', 'CUBLAS_LT', 'CUDNN')
"""Tactic sources, until TensorRT 10, whose libraries keep contexts of their own on the GPU."""


@cache
def load(flavours: tuple[Flavour, ...] = tuple(Flavour)) -> Api:
    """
    Return the first of the libraries that can be used; loaded once.

    :raises TensorRtMissingError: when there is none.
    """
    return Api(find(flavours))


class Api:
    """One of the libraries."""

    def __init__(self, library: Library) -> None:
        """Prepare to use a library; nothing of a GPU is touched yet."""
        self.library = library
        self._trt = library.module
        self._log: Callable[[LogLine], None] = lambda line: None
        self._logger = make_logger(self._trt.ILogger, lambda line: self._log(line))

    @property
    def title(self) -> str:
        """Return name and version for people."""
        return self.library.title

    @property
    def newest_opset(self) -> int:
        """Return the newest ONNX opset that the parser of this version is known to read."""
        return 17 if not self._is_rtx and self.library.numbers < (10, 0) else 20

    @property
    def _is_rtx(self) -> bool:
        return self.library.flavour is Flavour.RTX

    def log_to(self, log: Callable[[LogLine], None]) -> None:
        """Send the library's messages to a function, which any thread may call."""
        # The library keeps the first logger of a process: one has to serve all that follow.
        self._log = log

    def create_builder(self) -> Builder:
        """Make a builder; TensorRtMissingError where there is no GPU that it can work with."""
        builder: Builder = self._create(self._trt.Builder)
        return builder

    def _create(self, kind: Callable[[Any], Any]) -> Any:
        said: list[str] = []
        usual = self._log

        def listen(line: LogLine) -> None:
            usual(line)
            if line.is_trouble:
                said.append(line.text)

        self._log = listen
        try:
            return kind(self._logger)
        except Exception as error:  # TypeError, where the library gives nothing
            why = said[-1] if said else str(error)
            raise TensorRtMissingError(
                TensorRtAbsence.NO_GPU,
                f'{self.title} finds no GPU that it can use ({why}): check that nvidia-smi shows '
                f'one (on a Jetson: tegrastats), that its driver is new enough for this version, '
                f'and that a container is started with --runtime nvidia') from error
        finally:
            self._log = usual

    def create_network(self, builder: Builder, options: EngineOptions) -> ParsedNetwork:
        """Make an empty network, one that computes in the graph's own types where that exists."""
        return builder.create_network(self.network_flags(options))

    def network_flags(self, options: EngineOptions) -> int:
        """Return the flags of such a network, those that this version has."""
        known = self._trt.NetworkDefinitionCreationFlag
        names = ['EXPLICIT_BATCH'] + ['STRONGLY_TYPED'] * (not self._is_permissive(options))
        return sum(1 << int(getattr(known, name)) for name in names if hasattr(known, name))

    def _is_permissive(self, options: EngineOptions) -> bool:
        """Say whether flags permit lower precisions, instead of the graph's types ruling."""
        if not hasattr(self._trt.NetworkDefinitionCreationFlag, 'STRONGLY_TYPED'):
            return True
        # TensorRT 10 has both ways; its documentation builds for a DLA with flags.
        return options.dla_core is not None and hasattr(self._trt.BuilderFlag, 'FP16')

    def parse(self, network: ParsedNetwork, content: bytes) -> tuple[ParserProblem, ...]:
        """Read an ONNX graph, serialized, into a network; the problems, none when it is read."""
        # The network keeps the parser, which owns the weights, alive.
        parser = self._trt.OnnxParser(network, self._logger)
        if parser.parse(content):
            return ()
        found = tuple(_problem(parser.get_error(index)) for index in range(parser.num_errors))
        return found or (ParserProblem('the parser gives no reason'),)

    def configure(
        self, builder: Builder, options: EngineOptions, profile: OptimizationProfile | None
    ) -> tuple[Config, list[str]]:
        """Return the configuration for the options, and which of them this version lacks."""
        trt, config = self._trt, builder.create_builder_config()
        config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
        if profile is not None:
            config.add_optimization_profile(profile)
        if options.workspace_mib is not None:
            config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace_mib << 20)
        if options.dla_core is not None:
            config.default_device_type = trt.DeviceType.DLA
            config.DLA_core = options.dla_core
            config.set_flag(trt.BuilderFlag.GPU_FALLBACK)
        if self._is_permissive(options):
            for name in PERMISSIONS[options.precision.value]:
                _set_flag(trt, config, name)
        missing = [what for wanted, is_set, what in (
            (options.optimization_level is not None, self._set_level, 'optimization level'),
            (options.hardware_compatible, self._allow_gpus, 'engines for other GPUs'),
            (options.version_compatible, self._allow_versions, 'engines for later versions'),
            (True, self._choose_tactics, 'tactics of cuBLAS and cuDNN'),
        ) if wanted and not is_set(config, options)]
        return config, [f'{self.title} has no {what}; built without' for what in missing]

    def _set_level(self, config: Any, options: EngineOptions) -> bool:
        if not hasattr(config, 'builder_optimization_level'):
            return False
        config.builder_optimization_level = options.optimization_level
        return True

    def _allow_gpus(self, config: Any, options: EngineOptions) -> bool:
        levels = getattr(self._trt, 'HardwareCompatibilityLevel', None)
        if levels is None or self._is_rtx:  # where the setting is there, and does nothing
            return False
        config.hardware_compatibility_level = levels.AMPERE_PLUS
        return True

    def _allow_versions(self, config: Any, options: EngineOptions) -> bool:
        return not self._is_rtx and _set_flag(self._trt, config, 'VERSION_COMPATIBLE')

    def _choose_tactics(self, config: Config, options: EngineOptions) -> bool:
        libraries = self._tactic_bits(LIBRARY_TACTICS)
        asked = options.library_tactics is not None
        usual = config.get_tactic_sources()
        config.set_tactic_sources(usual | libraries if asked else usual & ~libraries)
        return bool(libraries) or not asked

    def _tactic_bits(self, names: Iterable[str]) -> int:
        known = self._trt.TacticSource.__members__
        return sum(1 << int(known[name]) for name in names if name in known)

    def tactics(self, config: Config) -> tuple[str, ...]:
        """Name the sources of tactics that may be used besides TensorRT's own, in lower case."""
        used = config.get_tactic_sources()
        return tuple(name.lower() for name in self._trt.TacticSource.__members__
                     if used & self._tactic_bits([name]))

    def build(self, builder: Builder, network: ParsedNetwork, config: Config) -> bytes | None:
        """Build an engine; None where it failed, with the reason in the log."""
        engine = builder.build_serialized_network(network, config)
        return None if engine is None else bytes(engine)

    def use_timing_cache(self, config: Config, saved: bytes) -> None:
        """Let the builder start from what it measured before, and measure the rest."""
        if self._is_rtx:  # it measures on the target, when it runs
            return
        for content in (saved, b''):
            known = config.create_timing_cache(content)
            if known is not None and config.set_timing_cache(known, False):
                return

    def timing_cache(self, config: Config) -> bytes:
        """Return what the builder measured; b'' where it does not."""
        measured = None if self._is_rtx else config.get_timing_cache()
        return b'' if measured is None else bytes(measured.serialize())

    def monitor(self, config: Any, tree: PhaseTree, report: Callable[[Progress], None]) -> None:
        """Report progress to a function, which any thread may call, where the version tells it."""
        base = getattr(self._trt, 'IProgressMonitor', None)
        if base is not None:
            config.progress_monitor = make_monitor(base, tree, report)

    def deserialize(self, engine: bytes, options: EngineOptions) -> Engine | None:
        """
        Load an engine on the current GPU; None where it does not fit it, or this version.

        :raises TensorRtMissingError: when there is no GPU.
        """
        runtime: Runtime = self._create(self._trt.Runtime)
        if options.version_compatible and hasattr(runtime, 'engine_host_code_allowed'):
            runtime.engine_host_code_allowed = True  # such an engine has a library inside
        if options.dla_core is not None:
            runtime.DLA_core = options.dla_core
        return runtime.deserialize_cuda_engine(engine)

    def inspect(self, engine: Engine, context: Context | None) -> str:
        """Describe all layers as JSON; types are told only with a context whose shapes are set."""
        inspector = engine.create_engine_inspector()
        if context is not None:
            inspector.execution_context = context
        return inspector.get_engine_information(self._trt.LayerInformationFormat.JSON)


def _problem(error: ParserError) -> ParserProblem:
    def told(name: str) -> str:
        method = getattr(error, name, None)
        return '' if method is None else str(method() or '')
    return ParserProblem(
        error.desc(), error.node(), told('node_name'), told('node_operator'), error.func())


def _set_flag(trt: Any, config: Config, name: str) -> bool:
    if not hasattr(trt.BuilderFlag, name):
        return False
    config.set_flag(getattr(trt.BuilderFlag, name))
    return True
