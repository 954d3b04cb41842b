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

"""The messages of one file without its index: of a damaged one what lies before the damage."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from seg_node.errors import UserError
from seg_node.recordings.channels import Channel, Message
from seg_node.recordings.damaged import db3_scan, mcap_scan, ros1_scan
from seg_node.recordings.damaged.scanning import DamageError
from seg_node.recordings.file_formats import FileFormat, format_of

_SCANS = {FileFormat.MCAP: mcap_scan.scan, FileFormat.SQLITE3: db3_scan.scan,
          FileFormat.ROS1: ros1_scan.scan}


class ScannedFile:
    """
    A BagFile read from its beginning to its end, or to the damage.

    There the error is raised that the file was refused with. Counts are not known.
    """

    def __init__(self, path: Path, error: UserError) -> None:
        """Read through the file for channels and times."""
        self._path = path
        self._error = error
        self._format = format_of(path)
        self._channels: dict[tuple[str, str], Channel] = {}
        self._is_whole = False
        self.start_ns = self.end_ns = 0
        try:
            for message in self._scan():
                self.start_ns = min(self.start_ns or message.recorded_ns, message.recorded_ns)
                self.end_ns = max(self.end_ns, message.recorded_ns)
            self._is_whole = True
        except DamageError:
            pass
        self.channels = tuple(self._channels.values())

    def messages(self, channels: Collection[tuple[str, str]], start_ns: int | None = None,
                 stop_ns: int | None = None) -> Iterator[Message]:
        """Yield the messages of channels, then raise UserError where there is damage."""
        try:
            for message in self._scan():
                recorded = message.recorded_ns
                if (message.channel.name in channels and (start_ns is None or recorded >= start_ns)
                        and (stop_ns is None or recorded < stop_ns)):
                    yield message
        except DamageError:
            pass
        if not self._is_whole and (stop_ns is None or stop_ns > self.end_ns):
            raise self._error

    def close(self) -> None:
        """Nothing stays open."""

    def _scan(self) -> Iterator[Message]:
        if self._format is None:
            raise DamageError('it begins like no bag')
        yield from _SCANS[self._format](
            self._path, lambda channel: self._channels.setdefault(channel.name, channel))
