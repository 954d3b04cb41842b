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

"""Which graph of a model is quick on this CPU."""

from __future__ import annotations

from pathlib import Path

from seg_node.perception.backends.registry import at_asked_precision
from seg_node.perception.models.model import Model, Precision

CPU_INFO = Path('/proc/cpuinfo')
_BYTE_PRODUCTS = frozenset({'avx512_vnni', 'avx_vnni'})
"""
Instructions of x86 that multiply and add up bytes in 32 bits.

Without them ONNX Runtime adds up pairs in 16 bits on x86, which clips (its documentation,
"Quantize ONNX models"). ARM has such instructions too, on which nothing was measured.
"""


def graph_for(model: Model, asked: str) -> Model:
    """
    Return the model with the graph of a precision; `auto` is uint8 where that is quicker, or fp32.

    :raises ModelError: when the model has no such graph, or it is damaged.
    """
    return at_asked_precision(
        model, asked, Precision.UINT8 if multiplies_bytes() else Precision.FP32)


def multiplies_bytes() -> bool:
    """Tell whether this CPU has instructions for what a uint8 graph computes."""
    try:
        described = CPU_INFO.read_text(encoding='ascii', errors='replace')
    except OSError:
        return False
    flags = next((line for line in described.splitlines() if line.startswith('flags')), '')
    return not _BYTE_PRODUCTS.isdisjoint(flags.split())
