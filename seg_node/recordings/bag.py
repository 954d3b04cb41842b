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

"""Open a bag of any kind, whole or damaged."""

from __future__ import annotations

from pathlib import Path

from seg_node.errors import UserError
from seg_node.recordings.cdr import require_rosbags
from seg_node.recordings.channels import Bag
from seg_node.recordings.whole_bag import WholeBag


def open_bag(path: Path) -> Bag:
    """
    Open a bag; of a damaged one there is what lies before the damage.

    :raises UserError: when nothing can be read, or rosbags is missing.
    """
    require_rosbags()
    try:
        return WholeBag(path)
    except UserError as error:
        # Loads what comes with rosbags.
        from seg_node.recordings.damaged.salvaged_bag import SalvagedBag
        salvaged = SalvagedBag(path, error)
        if not salvaged.channels:
            raise
        return salvaged
