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

"""The messages of a bag, whether it is whole or not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Protocol

from seg_node.recordings.bag_reader import BagReader, Channel
from seg_node.recordings.sources import SourceError

Message = tuple[Channel, int, bytes]
"""Channel, time of recording in ns, CDR bytes."""


class Bag(Protocol):
    """What gives the messages of a bag in the order of recording."""

    path: Path
    channels: tuple[Channel, ...]

    def messages(self, channels: Collection[Channel]) -> Iterator[Message]:
        """Yield the messages of channels; SourceError where they cannot be read on."""

    def close(self) -> None:
        """Close the files; safe to call twice."""


def open_bag(path: Path) -> Bag:
    """
    Open a bag; one that is damaged gives what lies before the damage.

    :raises SourceError: when nothing can be read.
    """
    try:
        return BagReader(path)
    except SourceError as error:
        from seg_node.recordings.damaged.salvage import SalvagedBag
        salvaged = SalvagedBag(path, error)
        if not salvaged.channels:
            raise
        return salvaged
