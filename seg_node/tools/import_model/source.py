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

"""Read a foreign ONNX file and check that it is whole and made of standard operators."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import checker, defs, inliner, numpy_helper, TensorProto

from seg_node.errors import UserError
from seg_node.perception.models.external_data import GraphError
from seg_node.perception.models.graph_file import read_graph
from seg_node.tools.import_model.runtime import summary
from seg_node.tools.import_model.tensors import walk, weights

_STANDARD = ('', 'ai.onnx')
_FLOATS = (TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.DOUBLE)


@dataclass(frozen=True, eq=False)
class ForeignModel:
    """
    A foreign network as it came: all weights loaded, functions of its own inlined.

    sha256: of its files, as in GraphFile.
    """

    path: Path
    sha256: str
    producer: str
    opset: int
    model: onnx.ModelProto


def read_source(path: Path) -> ForeignModel:
    """
    Read and check an ONNX file and the weight files next to it.

    :raises UserError: when it cannot be read, is damaged, too large, holds NaN, or has operators
        that are not ONNX's.
    """
    if path.is_dir():
        raise UserError(f'{path}: is a folder; give the .onnx file in it')
    try:
        read = read_graph(path)
    except GraphError as error:
        raise UserError(f'{path}: {error}') from None
    model = _parsed(read.content, path)
    opset = opset_of(model)
    newest = defs.onnx_opset_version()
    if opset > newest:
        raise UserError(f'{path}: has opset {opset}, the onnx package here knows {newest}; '
                        'pip install --upgrade onnx, or export it with an older opset')
    if model.functions:
        model = inliner.inline_local_functions(model)
    _check_operators(model, opset, path)
    try:
        checker.check_model(model)
    except checker.ValidationError as error:
        raise UserError(f'{path}: breaks the rules of ONNX: {summary(error)}; export it '
                        'again') from None
    _check_weights(model, path)
    producer = ' '.join(filter(None, (model.producer_name, model.producer_version))) or 'unknown'
    return ForeignModel(path, read.sha256, producer, opset, model)


def opset_of(model: onnx.ModelProto) -> int:
    """Return the version of the standard operators that a model uses."""
    return max((entry.version for entry in model.opset_import if entry.domain in _STANDARD),
               default=1)


def _parsed(data: bytes, path: Path) -> onnx.ModelProto:
    model = onnx.ModelProto()
    # Protocol buffers come with onnx, which does not show their exceptions.
    try:
        model.ParseFromString(data)
    except Exception:
        raise UserError(f'{path}: is not an ONNX file, or is cut off; get it again, or export it '
                        'with torch.onnx.export') from None
    if not model.graph.node or not model.graph.output:
        raise UserError(f'{path}: holds no network; it is empty or not an ONNX file')
    return model


def _check_operators(model: onnx.ModelProto, opset: int, path: Path) -> None:
    for node in walk(model.graph):
        where = f'{path}: operator {node.op_type} (node {node.name or node.output[0]})'
        if node.domain not in _STANDARD:
            raise UserError(f'{where} is of {node.domain}, not of ONNX; TensorRT does not know '
                            'it: export the network without it')
        try:
            defs.get_schema(node.op_type, opset)
        except defs.SchemaError:
            raise UserError(f'{where} is not known in ONNX opset {opset}; export the network '
                            'without it') from None


def _check_weights(model: onnx.ModelProto, path: Path) -> None:
    for name, tensor in weights(model.graph):
        try:
            values = numpy_helper.to_array(tensor)
        except (ValueError, TypeError) as error:
            raise UserError(f'{path}: weight {name} is damaged or cut off: {summary(error)}'
                            ) from None
        if tensor.data_type in _FLOATS and np.isnan(values).any():
            raise UserError(f'{path}: weight {name} holds NaN; the training went wrong or the '
                            'file is damaged: export it again')
