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

"""The whole way: read, assemble, write, try."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.backends import BackendError
from seg_node.perception.models.manifest import ModelError
from seg_node.perception.models.self_test import SelfTestError
from seg_node.tools.import_model.assembly import assemble, Assembly
from seg_node.tools.import_model.card import write_card
from seg_node.tools.import_model.classes import ClassList, read_classes
from seg_node.tools.import_model.folder import (
    add_self_test,
    CARD,
    check_place,
    new_folder,
    write_model,
)
from seg_node.tools.import_model.options import Options
from seg_node.tools.import_model.trial import read_sample, RENDERED, Trial, try_model

_LITTLE, _MUCH = 0.005, 0.995
"""Shares of path on an image of a road that are hard to believe."""


@dataclass(frozen=True, eq=False)
class Imported:
    """What was imported; self_test says how that went."""

    classes: ClassList
    assembly: Assembly
    trial: Trial
    self_test: str
    warnings: tuple[str, ...]


def import_network(options: Options) -> Imported:
    """
    Write a model folder for a foreign network.

    :raises UserError: when that cannot be done; nothing is written then.
    """
    check_place(options.out, options.force)
    classes = read_classes(options.classes, options.drivable)
    sample = read_sample(options.image)
    made = assemble(options, classes, sample)
    with new_folder(options.out) as folder:
        try:
            imported = _fill(folder, options, classes, made, sample)
        except (ModelError, BackendError) as error:
            # The folder that the error names is gone when it is read.
            raise UserError(str(error).replace(str(folder), str(options.out))) from None
    return imported


def _fill(folder: Path, options: Options, classes: ClassList, made: Assembly,
          sample: NDArray[np.uint8]) -> Imported:
    size = (made.network.width, made.network.height)
    write_model(folder, made.graph.SerializeToString(), size, classes, options, made.instances)
    trial = try_model(folder, sample, options.image.name if options.image else RENDERED)
    warnings = list(made.warnings)
    if not _LITTLE < trial.path < _MUCH:
        warnings.append(
            f'{trial.path:.1%} of {trial.image} is path: --mean, --std, --scale or --order may '
            'be wrong, or the image is unlike those that the network knows')
    try:
        self_test = add_self_test(folder, sample)
    except SelfTestError as error:
        self_test = 'none'
        warnings.append(f'no self-test on {trial.image}: {error}. Give a --image of a road '
                        'that the network knows')
    (folder / CARD).write_text(write_card(options, classes, made, trial), encoding='utf-8')
    return Imported(classes, made, trial, self_test, tuple(warnings))
