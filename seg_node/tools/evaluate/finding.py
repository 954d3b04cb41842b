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

"""Which recordings lie where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
import re

from seg_node.errors import UserError
from seg_node.recordings.images import natural_key
from seg_node.recordings.sources import IMAGE_SUFFIXES
from seg_node.tools.evaluate.job import Recording

VIDEO_SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov', '.webm', '.m4v', '.mpg', '.mpeg', '.wmv')
_BAG_FILES = ('.mcap', '.db3', '.bag')
RUN = 'run.json'
"""A folder that holds it is the outcome of a run, and no recording."""


def find_recordings(paths: Sequence[Path], without: Collection[Path] = ()) -> list[Recording]:
    """
    Find the recordings that are meant by paths, in natural order, each with a name of its own.

    A path to a file, a bag's folder or a folder of images is one recording; any other folder is
    searched for them. Folders with a metadata.yaml are bags, their files no recordings of their
    own.

    :param without: folders that are not searched, such as that of the truth.
    :raises UserError: for a path that does not exist, or holds none.
    """
    skipped = {path.resolve() for path in without}
    found: list[Recording] = []
    names: set[str] = set()
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise UserError(f'{path}: no such file or folder. Check the path')
        own = [path] if path.is_file() or _is_recording(path) else list(_below(path, skipped))
        if not own:
            raise UserError(f'{path}: no recordings in it. Give bags, videos or folders of '
                            'images, or a folder that holds some')
        for recording in own:
            if recording.resolve() in seen:
                continue
            seen.add(recording.resolve())
            found.append(Recording(_name(recording, path, names), recording))
    return found


def _below(folder: Path, skipped: Collection[Path]) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir(), key=natural_key)
    except OSError as error:
        raise UserError(f'{folder}: cannot be read ({error.strerror}). Check the permissions') \
            from None
    for entry in entries:
        if entry.name.startswith('.') or entry.resolve() in skipped:
            continue
        if entry.is_file():
            if entry.suffix.lower() in (*VIDEO_SUFFIXES, *_BAG_FILES):
                yield entry
        elif entry.is_dir() and not (entry / RUN).exists():
            if _is_recording(entry):
                yield entry
            else:
                yield from _below(entry, skipped)


def _is_recording(folder: Path) -> bool:
    """Say whether a folder is one recording: a bag, or images."""
    if (folder / 'metadata.yaml').is_file():
        return True
    files = [file for file in folder.iterdir() if file.is_file()]
    if any(file.suffix.lower() in (*VIDEO_SUFFIXES, *_BAG_FILES) for file in files):
        return False      # each file is one
    return any(file.suffix.lower() in IMAGE_SUFFIXES for file in files)


def _name(recording: Path, root: Path, taken: set[str]) -> str:
    """Return a name that is a folder's: from the path below the root, or the last part."""
    parts = recording.relative_to(root).parts or (recording.resolve().name,)
    name = re.sub(r'[^\w.+=-]+', '_', '__'.join(parts))
    suffix = Path(name).suffix.lower()
    if recording.is_file() and suffix in (*VIDEO_SUFFIXES, *_BAG_FILES, *IMAGE_SUFFIXES):
        name = name[:-len(suffix)]
    name = name.strip('.') or 'recording'
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f'{name}_{number}'
    taken.add(unique)
    return unique
