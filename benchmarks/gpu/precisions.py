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

"""Engines in the precisions that the node uses only when asked to; they take minutes to build."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.gpu.engines import check
from benchmarks.gpu.outcome import Outcome, Settings
from seg_node.perception.backends.tensorrt.options import graph_for, PRECISIONS
from seg_node.perception.models.model import at_precision, Model, Precision


def run(settings: Settings) -> Iterator[Outcome]:
    """Check them."""
    return check(settings, _others)


def _others(model: Model) -> list[Model]:
    there = (Precision.FP32, *(variant.precision for variant in model.variants))
    own = graph_for(model, 'auto').precision
    return [at_precision(model, precision) for precision in there
            if precision.value in PRECISIONS and precision is not own]
