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

"""The model card: what import_model knows, and what only the user can tell."""

from __future__ import annotations

from seg_node.perception.backends.contract import INSTANCES, OUTPUTS
from seg_node.tools.import_model.assembly import Assembly
from seg_node.tools.import_model.classes import ClassList
from seg_node.tools.import_model.options import Options, Values
from seg_node.tools.import_model.scores import Scores
from seg_node.tools.import_model.trial import Trial

GAP = '**To be filled in:**'
"""Marks what the user must add."""


def write_card(options: Options, classes: ClassList, made: Assembly, trial: Trial) -> str:
    """Return the text of MODEL_CARD.md."""
    source, network = made.source, made.network
    license_text = (f'Weights: {options.license}, as given to `import_model`; not checked.'
                    if options.license else
                    f'{GAP} under which licence the weights are, and whose they are. The manifest '
                    'says `unknown`.')
    rows = '\n'.join(
        f'| {index} | {info.name} | {"yes" if info.drivable else "no"} | {info.action.value} |'
        for index, info in enumerate(classes.classes))
    seen = ', '.join(trial.seen[:5])
    outputs = (*OUTPUTS, INSTANCES) if made.instances else OUTPUTS
    return f"""\
# {options.name}

{options.description or f'{GAP} what the network is for, and for which cameras.'}

Imported by `import_model` under the model contract: uint8 RGB in, {' and '.join(outputs)} out.
{trial.parameters / 1e6:.2f} M parameters, input {network.width}x{network.height}.

## Licence

{license_text}

## Data

{GAP} what the network was trained on, and whether that data's licence allows your use.

## Scores

{GAP} path IoU on images of your own roads, and the share of background called path.
`scripts/benchmark model --data DATA --models FOLDER` measures both.

Tried once, on {trial.image}: path on {trial.path:.1%} of the image, mean confidence
{trial.confidence:.2f}; {seen}. That shows that it runs, not that it is right.

## Limits

{GAP} what it does not see, where it was not tried. {_confidence(made)}

## Classes

From `{classes.source}`.

| id | class | drivable | action |
|---|---|---|---|
{rows}

## Origin

| | |
|---|---|
| file | `{source.path.name}`, sha256 `{source.sha256}` |
| made by | {source.producer}, opset {source.opset}, here {made.opset} |
| input | `{network.input}`, {network.layout.value.upper()}: {options.pixels} |
| output | `{", ".join(network.output_names)}`: {made.holds.text} |
"""


def _confidence(made: Assembly) -> str:
    if isinstance(made.holds, Scores) and made.holds.values is Values.LABELS:
        return ('The network gives no scores: its confidence is 255 everywhere and means nothing, '
                'so `low_confidence` never stops the vehicle.')
    return ('Confidence is what the network says, not calibrated: foreign networks are often '
            'too sure.')
