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
"""Pictures that lack labels of their own, and the files with those that were made for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
import json
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from numpy.typing import NDArray

from training.datasets import Sample, video_frames

Array = NDArray[np.uint8]

VIDEO = 'test_video'
SOURCES = ('street_views', 'video', 'street', 'roads/train', 'roads/valid', 'roads/test')
HELD_OUT_SHARE = 0.1


@dataclass(frozen=True)
class Picture:
    """
    A picture of a source; `name` is its file's without the suffix.

    path: of the image, or of the video that `frame` is in.
    """

    source: str
    name: str
    path: Path
    frame: int | None = None

    @property
    def key(self) -> str:
        """Path of its files below a folder of labels, without a suffix."""
        return f'{self.source}/{self.name}'

    @property
    def held_out(self) -> bool:
        """Tell whether it is kept for validation: always the same tenth of the street pictures."""
        return self.source == 'street' and crc32(self.name.encode()) % 1000 < 1000 * HELD_OUT_SHARE

    @property
    def share_alike(self) -> bool:
        """Tell whether its licence asks that of what is made from it (CC BY-SA)."""
        return self.source == 'street' or (
            self.source == 'street_views' and self.path.parent.name != 'lund')

    def read(self) -> Array:
        """Return it, BGR; raises ValueError where it cannot be read."""
        if self.frame is not None:
            return video_frames(self.path)[self.frame]
        image = cv2.imread(str(self.path), cv2.IMREAD_COLOR)
        if image is None:
            raise ValueError(f'{self.path}: not a readable image')
        return image


@dataclass(frozen=True)
class Thing:
    """
    What stands somewhere in a picture.

    kind: of labelling.detectors.KINDS. box: left, top, right, bottom in pixels. score: of the
    surest finding. votes: detectors and views that agree. certain: whether it is labelled an
    obstacle, not only unknown. mask: how its outline was found: deeplab, network, grabcut, none.
    foot: share of the box's lowest quarter that is labelled as no path.
    """

    kind: str
    box: tuple[float, float, float, float]
    score: float
    votes: int
    certain: bool
    mask: str = 'none'
    foot: float = 0.0


def pictures(data: Path, source: str) -> list[Picture]:
    """Return the pictures of one of SOURCES, by name."""
    if source == 'video':
        path = data / 'videos' / f'{VIDEO}.mp4'
        return [Picture(source, f'{VIDEO}_{frame:03d}', path, frame)
                for frame in range(len(video_frames(path)))]
    folders = [data / source / 'images']
    if source == 'street_views':
        folders = sorted(folder for folder in (data / source).iterdir() if folder.is_dir())
    return [Picture(source, path.stem, path)
            for folder in folders for path in sorted(folder.iterdir())]


def write_text(path: Path, text: str) -> None:
    """Write a file, all or nothing."""
    part = path.with_suffix('.part')
    part.write_text(text)
    part.rename(path)


def write(labels_folder: Path, picture: Picture, codes: Array, things: list[Thing]) -> None:
    """Write the label codes and the things of a picture."""
    path = labels_folder / f'{picture.key}.png'
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path.with_suffix('.json'), json.dumps([asdict(thing) for thing in things]))
    part = path.with_name(f'{path.stem}.part.png')
    cv2.imwrite(str(part), codes)
    part.rename(path)      # at last: who finds the codes finds the things


def read_things(labels_folder: Path, picture: Picture) -> list[Thing]:
    """Return what stands in a labelled picture."""
    listed = json.loads((labels_folder / f'{picture.key}.json').read_text())
    return [Thing(**{**each, 'box': tuple(each['box'])}) for each in listed]


def read_codes(labels_folder: Path, picture: Picture) -> Array | None:
    """Return a picture's label codes; None where it has none yet."""
    path = labels_folder / f'{picture.key}.png'
    return cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) if path.is_file() else None


def samples(data: Path, labels_folder: Path, source: str) -> list[Sample]:
    """Return the labelled pictures of a source that may be learned from."""
    return [sample for _, sample in _labelled(data, labels_folder, source, held_out=False)]


def held_out(data: Path, labels_folder: Path) -> list[tuple[Sample, list[Thing]]]:
    """Return the labelled street pictures that are never learned from, and what stands in them."""
    return [(sample, read_things(labels_folder, picture))
            for picture, sample in _labelled(data, labels_folder, 'street', held_out=True)]


def _labelled(data: Path, labels_folder: Path, source: str, held_out: bool,
              ) -> Iterator[tuple[Picture, Sample]]:
    for picture in pictures(data, source):
        codes = read_codes(labels_folder, picture)
        if picture.held_out is held_out and codes is not None:
            yield picture, Sample(picture.read(), codes)
