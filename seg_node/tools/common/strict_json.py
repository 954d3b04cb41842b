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

"""Results as JSON that every reader takes."""

from __future__ import annotations

from collections.abc import Mapping
import json
import math
from typing import Any


def strict_json(content: Any, digits: int | None = 6) -> str:
    """
    Return JSON as RFC 8259 knows it: numbers that are not finite become null.

    :param digits: behind the point; None: all there are.
    """
    return json.dumps(_strict(content, digits), indent=1, allow_nan=False) + '\n'


def _strict(value: Any, digits: int | None) -> Any:
    if isinstance(value, Mapping):
        return {key: _strict(each, digits) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(each, digits) for each in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return value if digits is None else round(value, digits)
    return value
