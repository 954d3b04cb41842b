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

"""
Path segmentation and a stop/go signal from camera topics, for ROS 2.

From Python, without ROS: `seg_node.Segmenter.open().segment(bgr)`.
"""

from __future__ import annotations

from typing import Any

__version__ = '0.2.0'


def __getattr__(name: str) -> Any:
    """Load Segmenter when it is asked for: the version is there without NumPy."""
    if name == 'Segmenter':
        from seg_node.perception.segmenter import Segmenter
        return Segmenter
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
