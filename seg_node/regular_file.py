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

"""Read a file of whatever origin: a FIFO, a device or an endless file must not hold a process."""

from __future__ import annotations

from pathlib import Path
import stat


class FileError(ValueError):
    """A file that is not read; one short line that follows its name."""


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """
    Return the content of a regular file that is not too large.

    :raises FileError: why it cannot be read.
    """
    try:
        # Before it is opened: a FIFO would wait for its writer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise FileError('is no file')
        with path.open('rb') as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise FileError(f'cannot be read ({error.strerror})') from None
    if len(content) > max_bytes:
        raise FileError(f'is larger than {max_bytes} bytes')
    return content
