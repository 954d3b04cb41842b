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

"""Find a model, bundled or not, and load it: manifest and checksum checked."""

from __future__ import annotations

from dataclasses import replace
import os
from pathlib import Path

from seg_node.perception.models.external_data import GraphError
from seg_node.perception.models.graph_file import read_graph
from seg_node.perception.models.manifest import (
    Action,
    ClassInfo,
    MANIFEST,
    Model,
    ModelError,
    Precision,
    read_manifest,
)
from seg_node.places import shared

__all__ = ['Action', 'ClassInfo', 'Model', 'ModelError', 'Precision', 'at_precision',
           'bundled_models', 'graph_content', 'load_model']

DEFAULT_MODEL = 'road'


def load_model(path: str | Path | None = None, precision: Precision = Precision.FP32) -> Model:
    """
    Return the model at a path, its manifest and the graph's checksum checked.

    path is a folder, a model.yaml, or the bare name of a bundled model; None is the bundled
    road model. Raises ModelError if it is missing, damaged, contradicts itself, or has no graph
    of the precision.
    """
    manifest = find_manifest(DEFAULT_MODEL if path is None else path)
    return at_precision(read_manifest(manifest), precision)


def at_precision(model: Model, precision: Precision) -> Model:
    """
    Return a model with the graph of a precision, its checksum checked.

    Raises ModelError if the model has no such graph, or the graph is missing or damaged.
    """
    return _checked(model.at(precision))


def find_manifest(path: str | Path) -> Path:
    """Return the manifest that a path or a bundled model's name stands for, else ModelError."""
    if isinstance(path, str) and path and not set(path) & {'/', os.sep, '.'}:
        # Before the file system, so that a name means the same in every working directory.
        for root in shared('models'):
            if (root / path / MANIFEST).is_file():
                return root / path / MANIFEST
    place = Path(path).expanduser()
    manifest = place / MANIFEST if place.is_dir() else place
    if str(path) and manifest.is_file():
        if manifest.suffix not in ('.yaml', '.yml'):
            raise ModelError(
                f'{manifest}: not a manifest; give the folder of the model or its {MANIFEST}'
            )
        return manifest
    if str(path) and place.is_dir():
        raise ModelError(f'{place}: has no {MANIFEST}; give the folder that holds it')
    roots = shared('models')
    raise ModelError(
        f'model {str(path)!r}: no such folder or {MANIFEST}, and no bundled model of that name '
        f'(bundled: {", ".join(bundled_models()) or "none"}; looked in '
        f'{", ".join(map(str, roots)) or "no folder"})'
    )


def bundled_models() -> tuple[str, ...]:
    """Return the names of the models that came with the package."""
    return tuple(sorted({entry.parent.name for root in shared('models')
                         for entry in root.glob(f'*/{MANIFEST}')}))


def graph_content(model: Model) -> bytes:
    """
    Return the graph of a model as its checksum was checked, all weights in it.

    Raises ModelError if the graph is missing or damaged.
    """
    if model.content is None:
        model = _checked(model)
    assert model.content is not None
    return model.content


def _checked(model: Model) -> Model:
    """Return the model with the content of its graph."""
    try:
        graph = read_graph(model.graph)
    except GraphError as error:
        raise ModelError(f'{model.graph}: {error}') from None
    if graph.sha256 != model.sha256:
        files = ' '.join((model.graph.name, *graph.others))
        raise ModelError(
            f'{model.graph}: sha256 is {graph.sha256} (cat {files} | sha256sum), {MANIFEST} says '
            f'{model.sha256}; the graph is damaged or was replaced: get it again, or correct the '
            'manifest')
    return replace(model, content=graph.content)
