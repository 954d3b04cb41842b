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

"""What is a recording, and which lie where."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from errno import EINVAL
from os import fsencode, stat_result
from os.path import basename, realpath
from pathlib import Path
import re

from seg_node.errors import UserError

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.webp', '.tif', '.tiff', '.ppm', '.pgm')
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mkv', '.mov', '.webm', '.m4v', '.mpg', '.mpeg', '.wmv')
BAG_SUFFIXES = ('.mcap', '.db3', '.bag')
RUN = 'run.json'
"""A folder that holds it is the outcome of evaluate, and no recording."""


class Kind(Enum):
    """What a recording can be."""

    BAG = 'bag'
    VIDEO = 'video'
    IMAGES = 'images'
    RENDERED = 'rendered'


@dataclass(frozen=True)
class Recording:
    """A recording and its name among others, which can be that of a folder."""

    name: str
    path: Path


def kind_of(path: Path) -> Kind | None:
    """
    Return what kind of recording a file or folder is; None for a folder that is none itself.

    A folder is a bag when it has a metadata.yaml, or without one (its recording was cut off) when
    its only recording is one file of a bag, or all parts of one: NAME_0.mcap, NAME_1.mcap. With
    any other bags and videos each of them is a recording, else a folder with images is one.

    :raises OSError: when it cannot be read.
    """
    if path.is_file():
        if is_bag_file(path):
            return Kind.BAG
        return Kind.IMAGES if path.suffix.lower() in IMAGE_SUFFIXES else Kind.VIDEO
    if not path.is_dir():
        raise OSError(EINVAL, 'it is neither a file nor a folder')
    if (path / 'metadata.yaml').is_file():
        return Kind.BAG
    files = [file for file in path.iterdir() if file.is_file()]
    media = [file for file in files if is_media_file(file)]
    if media and all(map(is_bag_file, media)) and (len(media) == 1 or _are_parts(media)):
        return Kind.BAG
    if media:
        return None
    return Kind.IMAGES if any(f.suffix.lower() in IMAGE_SUFFIXES for f in files) else None


def is_bag_file(file: Path) -> bool:
    """Say whether a file is a bag or a part of one, by its name."""
    # Other things are compressed with zstd too; a bag's file is then my_bag_0.mcap.zstd.
    name = Path(file.stem) if file.suffix == '.zstd' else file
    return name.suffix in BAG_SUFFIXES


def is_media_file(file: Path) -> bool:
    """Say whether a file is a bag, a part of one or a video, by its name."""
    return is_bag_file(file) or file.suffix.lower() in VIDEO_SUFFIXES


def bag_files(path: Path) -> list[Path]:
    """Return the files of a bag, or of all bags in a folder, in natural order."""
    if path.is_file():
        return [path]
    return sorted((file for file in path.iterdir() if is_bag_file(file)), key=natural_key)


def _are_parts(files: Sequence[Path]) -> bool:
    # As rosbag2 names them. ROS 1 does so too, but each of its files is a bag by itself.
    names = [re.fullmatch(r'(.+)_\d+(\.(?:mcap|db3)(?:\.zstd)?)', file.name) for file in files]
    return all(names) and len({name.groups() for name in names if name}) == 1


def natural_key(path: Path) -> list[tuple[int, int, str] | tuple[int, str]]:
    """Return a sort key by which 'frame2' comes before 'frame10'."""
    parts = re.split(r'(\d+)', path.name.lower())
    return [(0, int(part), part) if part.isdecimal() else (1, part) for part in parts if part]


def find_recordings(paths: Sequence[Path], without: Collection[Path] = ()) -> list[Recording]:
    """
    Find the recordings that are meant by paths, in natural order, each with a name of its own.

    A path that is a recording is this one; any other folder is searched for them, each folder
    once, however links lead to it. What cannot be looked into is among them: it is told, and keeps
    nothing else from being read.

    :param without: folders that are not searched, such as that of the ground truth.
    :raises UserError: for a path that does not exist, or holds none.
    """
    skipped = {_identity(path.stat()) for path in without if path.exists()}
    found: list[Recording] = []
    names: set[str] = set()
    seen: set[str] = set()
    for path in paths:
        check_exists(path)
        own = list(_below(path, skipped)) if _kind(path) is None else [path]
        if not own:
            raise UserError(f'{path}: no recordings in it. Give bags, videos or folders of '
                            'images, or a folder that holds some')
        for recording in own:
            if realpath(recording) in seen:
                continue
            seen.add(realpath(recording))
            found.append(Recording(_name(recording, path, names), recording))
    return found


def check_exists(path: Path) -> None:
    """Raise UserError for a path that leads nowhere, or that OpenCV and others cannot name."""
    try:
        str(path).encode()
        path.stat()
    except UnicodeEncodeError:
        raise UserError(f'{shown(path)}: its name is not UTF-8. Rename it') from None
    except FileNotFoundError:
        raise UserError(f'{path}: no such file or folder. Check the path') from None
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror}). Check the path') from None


def shown(path: Path | str) -> str:
    """Return a path that can be printed, whatever bytes it is made of."""
    return fsencode(path).decode(errors='backslashreplace')


def _below(folder: Path, skipped: Collection[tuple[int, int]]) -> Iterator[Path]:
    # Not recursive: there are folders as deep as a path may be long.
    seen: set[tuple[int, int]] = set()
    below = [iter(_entries(folder, seen))]
    while below:
        entry = next(below[-1], None)
        if entry is None:
            below.pop()
            continue
        try:
            if entry.is_dir():
                if _identity(entry.stat()) in skipped or (entry / RUN).exists():
                    continue
                if kind_of(entry) is None:
                    below.append(iter(_entries(entry, seen)))
                    continue
            elif not is_media_file(entry):
                continue
        except OSError:
            pass      # said when it is opened
        yield entry


def _identity(status: stat_result) -> tuple[int, int]:
    """Tell a file from all others, however links lead to it."""
    return status.st_dev, status.st_ino


def _entries(folder: Path, seen: set[tuple[int, int]]) -> list[Path]:
    """Return what is in a folder, in natural order; nothing where it has been seen before."""
    identity = _identity(folder.stat())
    if identity in seen:
        return []
    seen.add(identity)
    return sorted((entry for entry in folder.iterdir() if not entry.name.startswith('.')),
                  key=natural_key)


def _kind(path: Path) -> Kind | None:
    try:
        return kind_of(path)
    except OSError as error:
        raise UserError(f'{path}: cannot be read ({error.strerror}). Check path and permissions') \
            from None


def _name(recording: Path, root: Path, taken: set[str]) -> str:
    """Return a name that is a folder's: from the path below the root, or the last part."""
    parts = recording.relative_to(root).parts or (basename(realpath(recording)),)
    name = re.sub(r'[^\w.+=-]+', '_', '__'.join(parts))
    suffix = Path(name).suffix.lower()
    if recording.is_file() and suffix in (*VIDEO_SUFFIXES, *BAG_SUFFIXES, *IMAGE_SUFFIXES):
        name = name[:-len(suffix)]
    name = name.strip('.') or 'recording'
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f'{name}_{number}'
    taken.add(unique)
    return unique
