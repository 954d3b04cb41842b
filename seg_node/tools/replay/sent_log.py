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

"""Which images were sent when: a table for whoever compares, a number for whoever waits."""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager
import csv
from pathlib import Path
import time

from seg_node.errors import UserError
from seg_node.recordings.stamps import stamp_of

SENT_COLUMNS = ('camera', 'index', 'stamp_ns', 'wall_ns', 'source_ns')


class SentLog(AbstractContextManager['SentLog']):
    """
    Takes the images that are sent, topic by topic.

    :param path: CSV file of them; None: none.
    :param progress: print the number of frames sent, a line each.
    :raises UserError: when the file cannot be written.
    """

    def __init__(self, path: Path | None, progress: bool) -> None:
        """Begin the file."""
        self._progress = progress
        self._sent: Counter[str] = Counter()
        self._told = 0
        try:
            self._file = path.open('w', newline='') if path else None
        except OSError as error:
            raise UserError(f'--log {path}: cannot be written ({error.strerror}). '
                            'Choose a writable path') from None
        self._table = csv.writer(self._file) if self._file else None
        if self._table:
            self._table.writerow(SENT_COLUMNS)

    def about_to_send(self, topic: str, data: bytes, source_ns: int) -> None:
        """Note an image: its topic as recorded or chosen, CDR bytes, time in the recording."""
        index = self._sent[topic]
        self._sent[topic] += 1
        if self._table and self._file:
            camera = topic.strip('/').removesuffix('/compressed').removesuffix('/image_raw')
            self._table.writerow((camera, index, stamp_of(data), time.time_ns(), source_ns))
            self._file.flush()
        if self._progress and index >= self._told:
            self._told = index + 1
            print(self._told, flush=True)

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
