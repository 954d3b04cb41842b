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

"""What a node under test has said, with the times of arrival; without ROS."""

from __future__ import annotations

from dataclasses import dataclass, field
import math


@dataclass(frozen=True)
class StopMessage:
    """One message of ~/stop, and when it arrived on the monotonic clock, seconds."""

    time: float
    stop: bool


@dataclass(frozen=True)
class StateMessage:
    """One message of ~/state, and when it arrived on the monotonic clock, seconds."""

    time: float
    text: str
    values: dict[str, str] = field(default_factory=dict, compare=False)
    name: str = ''
    level: bytes = b'\0'

    @property
    def decision(self) -> str:
        """Whether it says stop, slow or go."""
        return self.values.get('decision', '')

    @property
    def reason(self) -> str:
        """The code of the decision's reason."""
        return self.values.get('reason', '')


def parse_number(text: str | None) -> float | None:
    """Turn a value of ~/state into a finite number; None if it is none."""
    try:
        value = float(text or '')
    except ValueError:
        return None
    return value if math.isfinite(value) else None
