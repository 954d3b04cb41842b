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

"""Run a graph that takes `image` with ONNX Runtime, and say what libraries complain of."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime

from seg_node.errors import UserError

Array = NDArray[np.generic]

_QUIET = 4
_LONGEST = 240
_CODES = re.compile(r'^\[ONNXRuntimeError\] : \d+ : \w+ : ')


def run(model: onnx.ModelProto, image: NDArray[np.uint8]) -> Array:
    """
    Return the first output for images uint8 [N, H, W, 3] RGB.

    :raises UserError: when the graph cannot be loaded or run.
    """
    return run_all(model, image)[0]


def run_all(model: onnx.ModelProto, image: NDArray[np.uint8]) -> list[Array]:
    """Return all outputs, as run()."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _QUIET
    options.intra_op_num_threads = 2
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    # ONNX Runtime's exceptions share no base class of their own.
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=['CPUExecutionProvider'])
        outputs: list[Array] = [np.asarray(each) for each in session.run(None, {'image': image})]
    except Exception as error:
        size = f'{image.shape[2]}x{image.shape[1]}'
        raise UserError(f'ONNX Runtime cannot run the network at {size}: {summary(error)}; where '
                        'a network takes any size, it may want a multiple of 32') from None
    return outputs


def summary(error: BaseException) -> str:
    """Return an error's text on one line, without error codes and dumps, shortened."""
    text = ' '.join(str(error).partition('==> Context')[0].split())
    text = _CODES.sub('', text).rstrip('.') or type(error).__name__
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]} ...'
