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

"""What can be read of a bag that cannot be opened as a whole."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
import tempfile
from typing import Any

from seg_node.errors import UserError
from seg_node.recordings.channels import Channel, Message
from seg_node.recordings.damaged import db3_scan, mcap_scan, ros1_scan
from seg_node.recordings.damaged.scanning import DamageError, zstd
from seg_node.recordings.find import bag_files
from seg_node.recordings.whole_bag import WholeBag
from seg_node.safe_yaml import read_yaml

_SCANS = {'.mcap': mcap_scan.scan, '.db3': db3_scan.scan, '.bag': ros1_scan.scan}
_MAX_METADATA = 1 << 20
"""Bytes; that of a bag of thousands of files is larger, and promises nothing then."""


class SalvagedBag:
    """
    A Bag of the messages of a damaged one, file after file, up to the damage.

    There the error is raised that the bag was refused with. Channels are those of which there is
    a message; their counts are what metadata.yaml promises, where there is one.
    """

    def __init__(self, path: Path, error: UserError) -> None:
        """Read through the files for channels and times."""
        self.path = path
        self._error = error
        self._files = bag_files(path)
        self._channels: dict[tuple[str, str], Channel] = {}
        self.start_ns = self.end_ns = 0
        promised = _promised(path)
        with suppress(UserError):      # raised again when it is read
            for channel, recorded, _ in self._scan():
                own = replace(channel, count=promised.get(channel.topic))
                self._channels.setdefault((channel.topic, channel.type), own)
                self.start_ns = min(self.start_ns or recorded, recorded)
                self.end_ns = max(self.end_ns, recorded)
        self.channels = tuple(sorted(self._channels.values(), key=lambda c: (c.topic, c.type)))

    def messages(self, channels: Collection[Channel], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield the messages of channels up to the damage, then raise UserError."""
        for found, recorded, data in self._scan():
            if stop_ns is not None and recorded >= stop_ns:
                return
            channel = self._channels.get((found.topic, found.type))
            if channel in channels and (start_ns is None or recorded >= start_ns):
                assert channel is not None
                yield Message(channel, recorded, data)

    def close(self) -> None:
        """Nothing stays open."""

    def _scan(self) -> Iterator[Message]:
        for file in self._files:
            try:
                whole = WholeBag(file)
            except UserError:
                yield from self._scan_damaged(file)
                raise self._error from None
            try:
                yield from whole.messages(whole.channels)
            finally:
                whole.close()
        raise self._error

    def _scan_damaged(self, file: Path) -> Iterator[Message]:
        with tempfile.TemporaryDirectory(prefix='seg_node_') as folder:
            plain = _unpacked(file, Path(folder))
            scan = _SCANS.get(plain.suffix)
            if scan is None:
                return
            try:
                yield from scan(plain)
            except DamageError:
                return


def _promised(path: Path) -> dict[str, int]:
    """Return the numbers of messages by topic that metadata.yaml tells; none where it is none."""
    try:
        facts: Any = read_yaml(path / 'metadata.yaml', max_bytes=_MAX_METADATA)
        return {str(one['topic_metadata']['name']): int(one['message_count'])
                for one in facts['rosbag2_bagfile_information']['topics_with_message_count']}
    except (ValueError, KeyError, TypeError):
        return {}


def _unpacked(file: Path, folder: Path) -> Path:
    """Return a file that is not compressed; of a damaged one what comes before the damage."""
    if file.suffix != '.zstd':
        return file
    plain = folder / file.stem
    with file.open('rb') as packed, plain.open('wb') as out, suppress(zstd.ZstdError):
        unpack = zstd.ZstdDecompressor()
        while not unpack.eof and (block := packed.read(1 << 20)):
            out.write(unpack.decompress(block))
    return plain
