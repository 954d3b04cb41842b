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

"""The messages of a damaged sqlite3 file in the order in which they were written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import sqlite3
from urllib.parse import quote

from seg_node.recordings.channels import Message
from seg_node.recordings.damaged.scanning import channel_of, damage_ends, DamageError, Found
from seg_node.recordings.indexed_file import not_cdr


def scan(path: Path, found: Found) -> Iterator[Message]:
    """Yield message after message; DamageError at the damage."""
    with damage_ends():
        database = sqlite3.connect(f'file:{quote(str(path))}?mode=ro&immutable=1', uri=True)
        try:
            # Lets SQLite read a file that is shorter than it should be; nothing is written.
            database.execute('PRAGMA writable_schema = ON')
            database.row_factory = sqlite3.Row
            topics = {}
            for row in database.execute('SELECT * FROM topics'):
                channel = channel_of(row['name'], row['type'], _qos(row),
                                     not_cdr(row['serialization_format']))
                found(channel)
                if not channel.problem:
                    topics[row['id']] = channel
            # By the row number: the index by time may be the part that is damaged.
            for number, recorded, data in database.execute(
                    'SELECT topic_id, timestamp, data FROM messages ORDER BY rowid'):
                if number in topics:
                    yield Message(topics[number], recorded, bytes(data))
            pages, size = (database.execute(f'PRAGMA {name}').fetchone()[0]
                           for name in ('page_count', 'page_size'))
            if path.stat().st_size < pages * size:
                raise DamageError('it is shorter than it should be')
        finally:
            database.close()


def _qos(row: sqlite3.Row) -> str:
    # Older files have no such column.
    return str(dict(row).get('offered_qos_profiles', ''))
