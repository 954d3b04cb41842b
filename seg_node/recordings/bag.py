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

"""Every message of a bag as CDR bytes: ROS 2 (sqlite3, mcap, zstd, split) and ROS 1."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from seg_node.errors import UserError
from seg_node.recordings.bag_metadata import BagMetadata, MetadataError, NAME, read_metadata
from seg_node.recordings.cdr import is_cdr, require_rosbags
from seg_node.recordings.channels import Bag, BagFile, Channel, Message, ZSTD_MAGIC
from seg_node.recordings.file_formats import FileFormat, unreadable
from seg_node.recordings.find import bag_files
from seg_node.recordings.indexed_file import IndexedFile
from seg_node.recordings.unpacking import bound_rosbags, PackedError, unpack, unpack_file

_PACKED = '.zstd'


def open_bag(path: Path) -> Bag:
    """
    Open a bag; of a damaged one there is what lies before the damage.

    :raises UserError: when nothing can be read, or rosbags is missing.
    """
    require_rosbags()
    bound_rosbags()
    metadata, notes = None, []
    if (path / NAME).is_file():
        try:
            metadata = read_metadata(path)
        except MetadataError as error:
            notes = [f'{path / NAME}: {error}; the files are read without it']
    return FilesOfBag(path, metadata or BagMetadata(tuple(
        file.name for file in bag_files(path))), notes)


class FilesOfBag:
    """
    A Bag of files that follow each other.

    What they hold counts, and is held against what metadata.yaml promises. Damage ends a file,
    not the bag; it is raised when all is read.
    """

    def __init__(self, path: Path, metadata: BagMetadata, notes: Sequence[str] = ()) -> None:
        """Open all files; UserError where none can be read."""
        self.path = path
        self._promises = metadata.promises
        self._unpacked = TemporaryDirectory(prefix='seg_node_')
        self._files: list[BagFile] = []
        self._damage: list[UserError] = []
        own_notes = list(notes)
        try:
            for name in metadata.files:
                try:
                    self._files.append(self._open_file(path if path.is_file() else path / name))
                except UserError as error:
                    self._damage.append(error)
            if not self._files and self._damage:
                raise self._damage[0]
        except BaseException:
            self.close()
            raise
        self.channels = tuple(sorted(self._merged(), key=lambda c: c.name))
        starts = [file.start_ns for file in self._files if file.end_ns]
        self.start_ns = min(starts, default=0)
        self.end_ns = max((file.end_ns for file in self._files), default=0)
        left_out = [channel.told for channel in self.channels if channel.problem]
        if left_out:
            own_notes.append(f'{path}: topics that cannot be read are left out: '
                             f'{", ".join(left_out)}')
        self.notes = tuple(own_notes)

    def _open_file(self, file: Path) -> BagFile:
        plain = file
        if not file.is_file():
            raise UserError(f'{self.path}: its file {file.name} is missing, which metadata.yaml '
                            'names. Put it back, or try: ros2 bag reindex FOLDER')
        if file.suffix == _PACKED:
            plain = self._unpack(file)
        try:
            return IndexedFile(plain, self.path)
        except UserError as error:
            from seg_node.recordings.damaged.scanned_file import ScannedFile
            scanned = ScannedFile(plain, error)
            if not scanned.channels:
                raise
            return scanned

    def _unpack(self, file: Path) -> Path:
        """Return a file that is not compressed; of a damaged one what comes before the damage."""
        plain = Path(self._unpacked.name, file.stem)
        try:
            with file.open('rb') as packed, plain.open('wb') as out:
                if not unpack_file(packed, out, self._unpacked.name):
                    self._damage.append(unreadable(
                        self.path, f'{file.name}: zstd that is cut off', 'unzstd FILE'))
        except (OSError, PackedError) as error:
            raise UserError(f'{self.path}: {file.name} cannot be unpacked: {error}') from None
        return plain

    def _merged(self) -> Iterator[Channel]:
        """Yield a channel for each topic and type, also for those that are only promised."""
        every: dict[tuple[str, str], list[Channel]] = {
            name: [Channel(*name, 0)] for name, one in self._promises.items() if one.count}
        for file in self._files:
            for channel in file.channels:
                every.setdefault(channel.name, []).append(channel)
        for name, parts in every.items():
            known = [part.count for part in parts if part.count is not None]
            count = sum(known) if len(known) == len(parts) else None
            promised = self._promises.get(name)
            yield replace(
                parts[-1], count=count if promised is None else max(promised.count, count or 0),
                digest=parts[-1].digest or (promised.digest if promised else ''),
                offered=next((part.offered for part in parts if part.offered), ()),
                latched=any(part.latched for part in parts))

    def messages(self, channels: Collection[Channel], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield messages, then raise UserError for damage and for what is missing."""
        wanted = {channel.name: channel for channel in channels}
        counts = dict.fromkeys(wanted, 0)
        damage = list(self._damage)
        for file in self._files:
            try:
                for message in file.messages(wanted, start_ns, stop_ns):
                    name = message.channel.name
                    data = self._plain(message)
                    counts[name] += 1
                    yield Message(wanted[name], message.recorded_ns, data)
            except UserError as error:
                damage.append(error)
        if start_ns is None and stop_ns is None:
            damage += self._missing(wanted.values(), counts)
        if damage:
            raise damage[0]

    def _plain(self, message: Message) -> bytes:
        """Return the bytes of a message, which may be compressed by itself."""
        data = message.data
        try:
            if data[:4] == ZSTD_MAGIC:
                data = unpack('zstd', data)
            if is_cdr(data):
                return data
            what = 'that is no CDR'
        except PackedError as error:
            what = f'of {error}'
        raise unreadable(self.path, f'a message on {message.channel.topic} {what}',
                         FileFormat.SQLITE3.remedy)

    def _missing(self, channels: Collection[Channel], counts: dict[tuple[str, str], int]
                 ) -> list[UserError]:
        short = [f'{channel.topic}: {counts[channel.name]} of {channel.count}'
                 for channel in channels
                 if not channel.problem and counts[channel.name] < (channel.count or 0)]
        return [UserError(f'{self.path}: messages are missing that it promises ('
                          f'{", ".join(short)}). The recording is cut off or damaged; try: '
                          'ros2 bag reindex FOLDER')] if short else []

    def close(self) -> None:
        """Close the files; safe to call twice."""
        while self._files:
            self._files.pop().close()
        self._unpacked.cleanup()
