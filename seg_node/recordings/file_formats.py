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

"""What a file of a bag is, by its first bytes."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from seg_node.errors import UserError


class FileFormat(Enum):
    """The formats of a bag's files: first bytes, suffix, version of ROS, what may mend it."""

    MCAP = (b'\x89MCAP0\r\n', '.mcap', 2, 'mcap recover FILE -o fixed.mcap')
    SQLITE3 = (b'SQLite format 3\0', '.db3', 2, 'ros2 bag reindex FOLDER')
    ROS1 = (b'#ROSBAG V2.0\n', '.bag', 1, 'rosbag reindex FILE')

    def __init__(self, magic: bytes, suffix: str, ros: int, remedy: str) -> None:
        self.magic = magic
        self.suffix = suffix
        self.ros = ros
        self.remedy = remedy


def unreadable(bag: Path, detail: str, remedy: str, ros: int = 2) -> UserError:
    """Return the error for a damaged bag."""
    return UserError(f'{bag}: cannot be read as a ROS {ros} bag ({detail}). The recording is cut '
                     f'off or damaged; try: {remedy}')


def format_of(file: Path) -> FileFormat | None:
    """
    Return the format of a file by its first bytes, or by its name where it is empty.

    :raises OSError: when it cannot be read.
    """
    with file.open('rb') as content:
        begin = content.read(16)
    for form in FileFormat:
        if begin.startswith(form.magic) or (not begin and file.suffix == form.suffix):
            return form
    return None
