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
Keep engines between starts: a build takes minutes on a Jetson.

An engine is loaded only where all that it depends on is the same, and only from a folder and a
file that nobody else can write, because an engine is code. Whatever is wrong with the folder
costs a build, and is said, but never stops the node.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
import os
from pathlib import Path

from seg_node.perception.backends.progress import never
from seg_node.perception.backends.tensorrt.builder import (
    BuildCancelledError,
    BuildFacts,
    BuiltEngine,
)
from seg_node.perception.backends.tensorrt.engine_file import (
    EngineFileError,
    EngineKey,
    pack,
    SUFFIX,
    unpack,
)
from seg_node.perception.backends.tensorrt.private_folder import (
    FolderError,
    LOCK_SUFFIX,
    PART_SUFFIX,
    PrivateFolder,
)

LIMIT_BYTES = 2 << 30
"""Default of the size that the engines of a folder may have together."""


def default_folder() -> Path:
    """Return the user's folder for engines (XDG base directory specification)."""
    base = os.environ.get('XDG_CACHE_HOME', '')
    # The specification wants relative paths there ignored.
    root = Path(base) if os.path.isabs(base) else Path.home() / '.cache'
    return root / 'seg_node' / 'engines'


class EngineSource(Enum):
    """Where an engine came from."""

    BUILT = 'built'
    CACHE = 'cache'


@dataclass(frozen=True)
class CachedEngine:
    """
    An engine that is ready to use.

    path: its file, None where it could not be kept. warnings: what is wrong with the cache.
    """

    data: bytes
    facts: BuildFacts
    source: EngineSource
    path: Path | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class EngineCache:
    """The engines of one folder, shared with other processes."""

    folder: Path = field(default_factory=default_folder)
    limit_bytes: int = LIMIT_BYTES

    def get_or_build(
        self, key: EngineKey, build: Callable[[bytes], BuiltEngine], *,
        cancelled: Callable[[], bool] = never, waiting: Callable[[], None] = lambda: None,
    ) -> CachedEngine:
        """
        Return the engine of a key, from its file or else built and put there.

        build is given the timing cache of earlier builds. While another process builds the same
        engine, this one waits for it, and calls waiting again and again.

        :raises BuildCancelledError: when cancelled() is true while waiting.
        """
        wait = _wait(key, cancelled, waiting)
        warnings: list[str] = []
        try:
            with PrivateFolder(self.folder) as folder, folder.locked(key.file_name, wait):
                found = self._load(folder, key, warnings)
                return found or self._build_and_store(folder, key, build, warnings)
        except FolderError as error:
            warnings.append(f'{error}; no engine is kept until then')
        # A folder that is read-only may hold the engine nevertheless.
        with suppress(FolderError), PrivateFolder(self.folder) as folder:
            if (found := self._load(folder, key, warnings)) is not None:
                return found
        built = build(b'')
        return CachedEngine(built.data, built.facts, EngineSource.BUILT, None, tuple(warnings))

    def discard(self, key: EngineKey, *, cancelled: Callable[[], bool] = never) -> None:
        """
        Forget the engine of a key, once nobody builds it.

        :raises FolderError: where that is not possible.
        :raises BuildCancelledError: when cancelled() is true while waiting.
        """
        wait = _wait(key, cancelled, lambda: None)
        with PrivateFolder(self.folder) as folder, folder.locked(key.file_name, wait):
            folder.remove(key.file_name)

    def _load(
        self, folder: PrivateFolder, key: EngineKey, warnings: list[str]
    ) -> CachedEngine | None:
        path = self.folder / key.file_name
        try:
            header, data = unpack(folder.read(key.file_name))
            if header.get('key') != key.text:
                raise EngineFileError('is of another engine')
            facts = BuildFacts.from_json(header.get('facts', {}))
        except FileNotFoundError:
            return None
        except FolderError as error:
            warnings.append(f'{error}; not loaded, built again')
            return None
        except EngineFileError as error:
            warnings.append(f'{path} {error}; built again')
            return None
        except (KeyError, TypeError, ValueError) as error:
            warnings.append(f'{path} has an unreadable header ({error!r}); built again')
            return None
        return CachedEngine(data, facts, EngineSource.CACHE, path, tuple(warnings))

    def _build_and_store(
        self, folder: PrivateFolder, key: EngineKey, build: Callable[[bytes], BuiltEngine],
        warnings: list[str],
    ) -> CachedEngine:
        built = build(_read_timing(folder, key))
        path: Path | None = self.folder / key.file_name
        try:
            folder.write(key.file_name, pack(
                {'key': key.text, 'facts': built.facts.to_json()}, built.data))
            if built.timing_cache:
                with folder.locked(key.timing_name, lambda: None):
                    folder.write(key.timing_name, pack({}, built.timing_cache))
            self._evict(folder)
        except FolderError as error:
            warnings.append(f'{error}; used, but built again at the next start')
            path = None
        return CachedEngine(built.data, built.facts, EngineSource.BUILT, path, tuple(warnings))

    def _evict(self, folder: PrivateFolder) -> None:
        """
        Remove what was not used for longest, until the rest fits.

        What a process has locked stays, so also what this one has just built.
        """
        for name in folder.sizes(PART_SUFFIX):
            _remove_idle(folder, name.removesuffix(PART_SUFFIX), (PART_SUFFIX,))
        sizes = folder.sizes(SUFFIX)
        excess = sum(sizes.values()) - self.limit_bytes
        for name, size in sizes.items():
            if excess > 0 and _remove_idle(folder, name, ('', LOCK_SUFFIX)):
                excess -= size


def _wait(
    key: EngineKey, cancelled: Callable[[], bool], waiting: Callable[[], None]
) -> Callable[[], None]:
    def wait() -> None:
        if cancelled():
            raise BuildCancelledError(f'waiting for {key.file_name} was cancelled')
        waiting()
    return wait


def _read_timing(folder: PrivateFolder, key: EngineKey) -> bytes:
    # The builder measures again whatever is missing here.
    with suppress(FileNotFoundError, FolderError, EngineFileError):
        return unpack(folder.read(key.timing_name))[1]
    return b''


def _remove_idle(folder: PrivateFolder, name: str, suffixes: tuple[str, ...]) -> bool:
    """Remove the files of a name that no process has locked; say whether that was so."""
    with folder.locked_now(name) as ours:
        for suffix in suffixes if ours else ():
            folder.remove(name + suffix)
        return ours
