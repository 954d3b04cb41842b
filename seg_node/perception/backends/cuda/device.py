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

"""What a GPU is, and the error of all that uses one."""

from __future__ import annotations

from dataclasses import dataclass


class DeviceError(RuntimeError):
    """There is no GPU to be used, it failed, or it was used from the wrong thread."""


@dataclass(frozen=True)
class DeviceFacts:
    """
    What a GPU is.

    `capability` is its compute capability, (8, 7) on Orin; `integrated` tells whether it shares
    its memory with the CPU, so that mapped memory needs no copies; `memory` is in bytes; `driver`
    is the version of CUDA that the driver is made for.
    """

    name: str
    capability: tuple[int, int]
    integrated: bool
    memory: int
    driver: tuple[int, int]
    uuid: str
