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
from pathlib import Path
import tempfile

from seg_node.recordings.bag_reader import BagReader, Channel
from seg_node.recordings.damaged import db3_scan, mcap_scan, ros1_scan
from seg_node.recordings.damaged.scanning import DamageError, Scanned
from seg_node.recordings.messages import Message
from seg_node.recordings.sources import is_bag_file, SourceError

_SCANS = {'.mcap': mcap_scan.scan, '.db3': db3_scan.scan, '.bag': ros1_scan.scan}


class SalvagedBag:
    """
    The messages of a damaged bag, file after file, up to the damage.

    At the damage the error is raised that the bag was refused with. Channels are those of which
    there is a message: nothing else is known.
    """

    def __init__(self, path: Path, error: SourceError) -> None:
        """Look through the files for channels."""
        self.path = path
        self._error = error
        self._files = _files(path)
        found: dict[tuple[str, str], Channel] = {}
        try:
            for topic, kind, _, _ in self._scan():
                found.setdefault((topic, kind), Channel(topic, kind, None))
        except SourceError:
            pass      # said again when it is read
        self._channels = found
        self.channels = tuple(sorted(found.values(), key=lambda c: (c.topic, c.type)))

    def messages(self, channels: Collection[Channel]) -> Iterator[Message]:
        """Yield the messages of channels up to the damage, then raise SourceError."""
        for topic, kind, recorded, data in self._scan():
            channel = self._channels.get((topic, kind))
            if channel is not None and channel in channels:
                yield channel, recorded, data

    def close(self) -> None:
        """Nothing stays open."""

    def _scan(self) -> Iterator[Scanned]:
        for file in self._files:
            try:
                whole = BagReader(file)
            except SourceError:
                yield from self._scan_damaged(file)
                raise self._error from None
            try:
                for channel, recorded, data in whole.messages(whole.channels):
                    yield channel.topic, channel.type, recorded, data
            finally:
                whole.close()
        raise self._error

    def _scan_damaged(self, file: Path) -> Iterator[Scanned]:
        with tempfile.TemporaryDirectory(prefix='seg_node_') as folder:
            plain = _unpacked(file, Path(folder))
            scan = _SCANS.get(plain.suffix)
            if scan is None:
                return
            try:
                yield from scan(plain)
            except DamageError:
                return


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted((file for file in path.iterdir() if is_bag_file(file)),
                  key=lambda file: (len(file.name), file.name))      # _2 before _10


def _unpacked(file: Path, folder: Path) -> Path:
    """Return a file that is not compressed; of a damaged one what comes before the damage."""
    if file.suffix != '.zstd':
        return file
    from seg_node.recordings.damaged.scanning import zstd
    plain = folder / file.stem
    with file.open('rb') as packed, plain.open('wb') as out:
        unpack = zstd.ZstdDecompressor()
        try:
            while not unpack.eof and (block := packed.read(1 << 20)):
                out.write(unpack.decompress(block))
        except zstd.ZstdError:
            pass
    return plain
