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

"""Parameter descriptors: what tools show of a parameter, and what ROS itself checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

from seg_node.parameters.errors import ParameterError
from seg_node.stop_go.bounds import Bound

__all__ = ['ParameterError', 'describe', 'describe_bound']


def describe(text: str, default: Any, low: float | None, high: float | None,
             choices: Sequence[str] = (), *, read_only: bool) -> ParameterDescriptor:
    """Describe a parameter: its meaning, and its range or its choices where it has some."""
    descriptor = ParameterDescriptor(description=text, read_only=read_only)
    if choices:
        descriptor.additional_constraints = 'one of: ' + ', '.join(choices)
    if low is None or high is None or isinstance(default, bool):
        return descriptor
    if isinstance(default, int):
        descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=1)]
    else:
        descriptor.floating_point_range = [
            FloatingPointRange(from_value=float(low), to_value=float(high))]
    return descriptor


def describe_bound(bound: Bound, default: Any, *, read_only: bool) -> ParameterDescriptor:
    """Describe a parameter that mirrors a bounded field."""
    return describe(bound.meaning, default, bound.low, bound.high, read_only=read_only)
