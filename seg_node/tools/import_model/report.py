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

"""Tell what was imported, and what to do next."""

from __future__ import annotations

from seg_node.tools.import_model.card import GAP
from seg_node.tools.import_model.options import Options
from seg_node.tools.import_model.workflow import Imported


def tell(options: Options, imported: Imported) -> str:
    """Return the lines that end the command."""
    made, classes, trial = imported.assembly, imported.classes, imported.trial
    source, network = made.source, made.network
    drivable = ', '.join(classes.classes[k].name for k in classes.drivable_ids)
    batch = 'any number of images' if network.free_batch else 'one image'
    opset = f'{source.opset} -> {made.opset}' if source.opset != made.opset else str(made.opset)
    lines = {
        'network': f'{source.path.name}, {source.producer}, opset {opset}',
        'input': f'{network.width}x{network.height}, {batch} at once; {network.input}: '
                 f'{network.layout.value.upper()} {options.pixels}',
        'output': f'{", ".join(network.output_names)}: {made.holds.text}',
        'classes': f'{len(classes)} from {classes.source}; drivable: {drivable}',
        'size': f'{trial.parameters / 1e6:.2f} M parameters, {trial.file_bytes / 1e6:.1f} MB',
        'tried on': f'{trial.image}: path {trial.path:.1%}, mean confidence '
                    f'{trial.confidence:.2f}; {", ".join(trial.seen[:5])}',
        'latency': f'{1e3 * trial.seconds:.0f} ms, {trial.backend}',
        'self-test': imported.self_test,
    }
    out = options.out
    return '\n'.join([
        f'import_model: {options.name} {options.version} is in {out}',
        *(f'  {name:<10} {text}' for name, text in lines.items()),
        f'next: fill in {out}/MODEL_CARD.md where it says {GAP.strip("*:")!r}; look at what it '
        f'sees: scripts/demo --model {out} my_drive.mp4; for TensorRT: build_engine --model {out}',
    ])
