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

"""
A folder that only this user can write: what is loaded from it may be run as code.

Everything goes through the folder's file descriptor, and every file is checked after it is
opened, so that nothing can be exchanged between the check and the use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import errno
import fcntl
import os
from pathlib import Path
import stat
import time
from types import TracebackType

LOCK_SUFFIX = '.lock'
PART_SUFFIX = '.part'

_POLL = 0.1
"""Seconds between two looks at a lock that another process holds: flock cannot be awaited."""


class FolderError(Exception):
    """A folder or file that is not to be trusted, or cannot be used; the message says why."""


class PrivateFolder:
    """An open private folder; a context manager."""

    def __init__(self, path: Path) -> None:
        """Open the folder, made if it is not there; FolderError where it is not private."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError as error:
            if os.path.islink(path):  # which, unlike Path's, never raises
                raise FolderError(
                    f'{path} is a symbolic link; give the folder that it points to, or replace it '
                    f'by a folder of your own') from None
            raise FolderError(f'{path} cannot be used ({error.strerror}); '
                              f'give another folder') from None
        try:
            _check_private(os.fstat(self._fd), path, 0o700)
        except FolderError:
            os.close(self._fd)
            raise

    def __enter__(self) -> PrivateFolder:
        """Return the folder."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        os.close(self._fd)

    def read(self, name: str) -> bytes:
        """
        Return the content of a file, and note that it was used.

        :raises FileNotFoundError: when there is none.
        :raises FolderError: when it is not private, or cannot be read.
        """
        try:
            # Not to hang on a pipe of that name.
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=self._fd)
        except FileNotFoundError:
            raise
        except OSError as error:
            why = 'is a symbolic link' if error.errno == errno.ELOOP else (
                f'cannot be read ({error.strerror})')
            raise FolderError(f'{self.path / name} {why}') from None
        with os.fdopen(fd, 'rb') as file:
            status = os.fstat(fd)
            if not stat.S_ISREG(status.st_mode):
                raise FolderError(f'{self.path / name} is not a regular file')
            _check_private(status, self.path / name, 0o600)
            try:
                content = file.read()
            except OSError as error:
                raise FolderError(
                    f'{self.path / name} cannot be read ({error.strerror})') from None
            with suppress(OSError):  # on a read-only file system nothing is removed either
                os.utime(fd)
            return content

    def write(self, name: str, content: bytes) -> None:
        """
        Put a file in place, whole or not at all; call it with the lock of that name held.

        :raises FolderError: when there is no space, or the folder is read-only.
        """
        part = name + PART_SUFFIX
        try:
            self._unlink(part)  # of a writer that was killed: the lock is ours now
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600,
                         dir_fd=self._fd)
            try:
                with os.fdopen(fd, 'wb') as file:
                    file.write(content)
                    file.flush()
                    os.fsync(fd)
                os.rename(part, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
                os.fsync(self._fd)
            except OSError:
                self._unlink(part)
                raise
        except OSError as error:
            raise FolderError(f'{self.path / name} cannot be written ({error.strerror})') from None

    def remove(self, name: str) -> None:
        """Remove a file, if it is there; FolderError where that is not possible."""
        try:
            self._unlink(name)
        except OSError as error:
            raise FolderError(
                f'{self.path / name} cannot be removed ({error.strerror})') from None

    def _unlink(self, name: str) -> None:
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=self._fd)

    def sizes(self, suffix: str) -> dict[str, int]:
        """Return the sizes in bytes of the files whose names end so, the longest unused first."""
        found = []
        for name in os.listdir(self._fd):
            if name.endswith(suffix):
                with suppress(FileNotFoundError):  # removed by another process meanwhile
                    status = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
                    found.append((status.st_mtime_ns, name, status.st_size))
        return {name: size for _, name, size in sorted(found)}

    @contextmanager
    def locked(self, name: str, wait: Callable[[], None]) -> Iterator[None]:
        """
        Hold the lock of a name, among all processes; the death of its holder frees it.

        wait is called again and again while another holds it; what it raises ends the waiting.

        :raises FolderError: when there can be no lock here.
        """
        while True:
            fd = self._open_lock(name)
            try:
                while not _try_lock(fd, self.path / name):
                    wait()
                    time.sleep(_POLL)
                if self._is_current(name, fd):
                    yield
                    return
            finally:
                os.close(fd)

    @contextmanager
    def locked_now(self, name: str) -> Iterator[bool]:
        """Hold the lock of a name if nobody else does, and say so."""
        fd = self._open_lock(name)
        try:
            yield _try_lock(fd, self.path / name) and self._is_current(name, fd)
        finally:
            os.close(fd)

    def _open_lock(self, name: str) -> int:
        try:
            return os.open(name + LOCK_SUFFIX, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600,
                           dir_fd=self._fd)
        except OSError as error:
            raise FolderError(
                f'{self.path} cannot be written ({error.strerror}); give another folder') from None

    def _is_current(self, name: str, fd: int) -> bool:
        """Say whether a lock's file is still the one in the folder, not one that was removed."""
        try:
            there = os.stat(name + LOCK_SUFFIX, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(there, os.fstat(fd))


def _try_lock(fd: int, path: Path) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        raise FolderError(f'{path} cannot be locked ({error.strerror}); '
                          f'give a folder on another file system') from None
    return True


def _check_private(status: os.stat_result, path: Path, mode: int) -> None:
    if status.st_uid != os.geteuid():
        raise FolderError(f'{path} belongs to another user (uid {status.st_uid}); '
                          f'remove it, or give a folder of your own')
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise FolderError(f'{path} can be written by others (mode {status.st_mode & 0o7777:o}); '
                          f'chmod {mode:o} {path}, if nobody else has')
