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
"""Results as files that are there whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from seg_node.errors import UserError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """
    Lend a path beside `path` to write to; it takes the place of `path` when that has gone well.

    :raises UserError: when it cannot be written.
    """
    partial = path.with_name(f'.{path.name}.partial')
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        raise UserError(f'{path}: cannot be written ({error.strerror}). Check the permissions, '
                        'and that the disk has room') from None
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes) -> None:
    """
    Write a file, text as UTF-8.

    :raises UserError: when it cannot be written.
    """
    with whole(path) as partial:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
