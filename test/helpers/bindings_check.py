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

"""Compare what the project uses of TensorRT with real bindings; a program, for one version each.

python bindings_check.py MODULE prints JSON: version, problems (none where all fits), features.
The bindings need none of TensorRT's libraries for that: names and signatures are looked at, and
nothing is called that would do something.
"""

from __future__ import annotations

from collections.abc import Iterator
import importlib
import inspect
import json
import re
import sys
import types
from typing import Any
import warnings

from seg_node.perception.backends.tensorrt.api import Api, LIBRARY_TACTICS
from seg_node.perception.backends.tensorrt.bindings import CLASSES, MEMBERS
from seg_node.perception.backends.tensorrt.callbacks import PhaseTree
from seg_node.perception.backends.tensorrt.library import Flavour, Library


def members(protocol: type) -> Iterator[str]:
    """Name what a class of bindings.py declares."""
    own = {**protocol.__dict__, **dict.fromkeys(protocol.__annotations__)}
    return (name for name in own if not name.startswith('_'))


def signatures(function: Any) -> list[list[str]]:
    """Return the parameter names of each overload, from the docstring that pybind11 writes."""
    found = []
    for match in re.finditer(rf'^(?:\d+\. )?{function.__name__}\((self: .*)\) -> ',
                             function.__doc__ or '', re.MULTILINE):
        # Commas inside of [] and () belong to types and defaults.
        flat = re.sub(r'\[[^\[\]]*\]|\([^()]*\)', '', re.sub(r'\[[^\[\]]*\]', '', match[1]))
        found.append([part.split(':')[0].strip() for part in flat.split(',')][1:])
    return found


def class_problems(trt: Any) -> Iterator[str]:
    """Compare the classes of bindings.py with the module's."""
    for protocol, name in CLASSES.items():
        real = getattr(trt, name, None)
        if real is None:
            yield f'no class {name}'
            continue
        for member in members(protocol):
            declared = protocol.__dict__.get(member)
            if not hasattr(real, member):
                yield f'no {name}.{member}'
            elif isinstance(declared, types.FunctionType):
                wanted = list(inspect.signature(declared).parameters)[1:]
                known = signatures(getattr(real, member))
                if not any(each[:len(wanted)] == wanted for each in known):
                    yield f'{name}.{member} takes {known}, used with {wanted}'
    for name, wanted in MEMBERS.items():
        missing = set(wanted) - set(getattr(trt, name).__members__)
        if missing:
            yield f'no {name}.{", ".join(sorted(missing))}'


def callback_problems(trt: Any, api: Api) -> Iterator[str]:
    """Make the objects that TensorRT calls back, and compare their methods with its own."""
    lines: list[Any] = []
    api.log_to(lines.append)
    for severity in trt.ILogger.Severity.__members__.values():
        api._logger.log(severity, severity.name)
    if [(line.level, line.text) for line in lines] != [
            (name.lower(), name) for name in trt.ILogger.Severity.__members__]:
        yield f'messages arrive as {lines}'
    if not hasattr(trt, 'IProgressMonitor'):
        return
    config, reports = types.SimpleNamespace(), []
    api.monitor(config, PhaseTree(), reports.append)
    monitor = config.progress_monitor
    for name, arguments in (('phase_start', ('whole', None, 2)), ('step_complete', ('whole', 0)),
                            ('phase_finish', ('whole',))):
        method = getattr(monitor, name)
        real = signatures(getattr(trt.IProgressMonitor, name))
        if real != [list(inspect.signature(method).parameters)]:
            yield f'IProgressMonitor.{name} takes {real}'
        method(*arguments)
    if [report.fraction for report in reports] != [0.0, 0.5, 1.0]:
        yield f'progress arrives as {reports}'


def features(trt: Any, api: Api) -> dict[str, Any]:
    """Say what of that which differs between the versions this one has."""
    class Options:
        dla_core: int | None = None

    on_dla = Options()
    on_dla.dla_core = 0
    config = trt.IBuilderConfig
    return {
        'network_flags': [api.network_flags(Options()), api.network_flags(on_dla)],
        'permissions': [name for name in ('FP16', 'INT8') if hasattr(trt.BuilderFlag, name)],
        'optimization_level': hasattr(config, 'builder_optimization_level'),
        'for_other_gpus': hasattr(config, 'hardware_compatibility_level') and 'AMPERE_PLUS' in (
            trt.HardwareCompatibilityLevel.__members__),
        'for_later_versions': hasattr(trt.BuilderFlag, 'VERSION_COMPATIBLE'),
        'host_code': hasattr(trt.Runtime, 'engine_host_code_allowed'),
        'library_tactics': [
            name for name in LIBRARY_TACTICS if name in trt.TacticSource.__members__],
        'progress': hasattr(config, 'progress_monitor'),
        'node_names': hasattr(trt.ParserError, 'node_name'),
    }


def main(module: str) -> None:
    """Check one version."""
    warnings.simplefilter('ignore')  # deprecations, which the versions have many of
    trt = importlib.import_module(module)
    flavour = Flavour.RTX if module == Flavour.RTX.value else Flavour.TENSORRT
    api = Api(Library(trt, flavour, trt.__version__))
    print(json.dumps({
        'version': trt.__version__,
        'problems': [*class_problems(trt), *callback_problems(trt, api)],
        'features': features(trt, api)}))


if __name__ == '__main__':
    main(sys.argv[1])
