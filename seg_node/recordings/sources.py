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
Images from a video, a folder, a bag or the rendered drive, as one kind of iterable.

ROS-free. What reads the images (OpenCV, rosbags, the renderer) loads when it is needed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.stop_go.vehicle import Motion

IMAGE_SUFFIXES = ('.png', '.jpg', '.jpeg', '.bmp', '.webp', '.tif', '.tiff', '.ppm', '.pgm')
BAG_SUFFIXES = ('.mcap', '.db3', '.bag', '.zstd')


class SourceError(UserError):
    """An input that gives no images; the message names it and the remedy."""


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera without distortion; all values in pixels."""

    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True)
class Frame:
    """
    One image of a source: decoded pixels, or a recorded message as it lies in the bag.

    time_ns is the time since the source's first frame. bgr is uint8 [H, W, 3] or None; message
    and camera_info are CDR bytes of sensor_msgs (bags only); stamp_ns is the recorded stamp.
    motion is that of the vehicle, where it is known; name is that of an image's file.
    """

    index: int
    time_ns: int
    bgr: NDArray[np.uint8] | None = None
    message: bytes | None = None
    stamp_ns: int | None = None
    camera_info: bytes | None = None
    motion: Motion | None = None
    name: str = ''


class Source:
    """
    Base of all sources: iterate it for Frames, close it afterwards.

    Attributes: kind ('video', 'images', 'bag', 'rendered'), name, fps in Hz, count of frames or
    None when unknown, size (width, height) of the first image, intrinsics or None, start_ns
    (time of the first frame on the recorded clock; None when nothing was recorded), compressed
    (frames are CompressedImage messages), node_parameters (what suits a node that watches it),
    notes (what the user should know, for the log).
    """

    kind = ''
    compressed = False
    start_ns: int | None = None
    intrinsics: Intrinsics | None = None
    # Nothing is known of the vehicle that recorded it, so the corridor lies in the image.
    node_parameters: Mapping[str, object] = MappingProxyType({'geometry': 'trapezoid'})

    def __init__(
        self, name: str, fps: float, count: int | None, size: tuple[int, int],
    ) -> None:
        """Set what every source can tell before its first frame is read."""
        self.name = name
        self.fps = fps
        self.count = count
        self.size = size
        self.notes: list[str] = []

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from the start; a second iteration starts again."""
        raise NotImplementedError

    def close(self) -> None:
        """Release files; safe to call twice."""

    def __enter__(self) -> Source:
        """Return the source itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the source."""
        self.close()

    def note(self, text: str) -> None:
        """Keep something for the user to know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def _frame(self, index: int, bgr: NDArray[np.uint8]) -> Frame:
        return Frame(index, round(index * 1e9 / self.fps), bgr)


def open_source(
    path: str | Path | None, topic: str | None = None, fps: float | None = None,
) -> Source:
    """
    Open a video, a folder of images, an image, a bag, or the rendered drive.

    A bag is a folder, .mcap, .db3, or .bag (ROS 1). path None is the rendered drive. topic chooses
    the image topic of a bag; fps in Hz replaces the frame rate of everything but bags. Raises
    SourceError with a remedy.
    """
    source = _open(path, topic, fps)
    if topic and source.kind != 'bag':
        source.close()
        raise SourceError(f'--topic {topic}: only a ROS 2 bag has topics, '
                          f'{source.name} is not one. Leave --topic out')
    return source


def _open(path: str | Path | None, topic: str | None, fps: float | None) -> Source:
    from seg_node.recordings import images
    if path is None:
        return images.RenderedDrive(fps)
    path = Path(path)
    try:
        if not path.exists():
            raise SourceError(f'{path}: no such file or folder. Check the path')
        if is_bag(path, fps):
            from seg_node.recordings.bags import BagFile
            return BagFile(path, topic)
        if path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES:
            return images.ImageFolder(path, fps)
        with path.open('rb') as file:
            if not file.read(1):
                raise SourceError(f'{path}: the file is empty. Give a video, a folder of images, '
                                  'or a ROS 2 bag')
        return images.VideoFile(path, fps)
    except OSError as error:
        raise SourceError(f'{path}: cannot be read ({error.strerror}). '
                          'Check the permissions') from None


def is_bag(path: Path, fps: float | None = None) -> bool:
    """Say whether a path is a bag; SourceError when it is one and fps is given."""
    found = is_bag_file(path) if path.is_file() else (
        (path / 'metadata.yaml').is_file() or any(is_bag_file(file) for file in path.iterdir()))
    if found and fps:
        raise SourceError(f'--fps {fps:g}: a bag keeps its recorded timing. '
                          'Use --rate to play it faster or slower')
    return found


def is_bag_file(file: Path) -> bool:
    """Say whether a file is a bag or a part of one, by its name."""
    # Other things are compressed with zstd too; a bag's file is then my_bag_0.mcap.zstd.
    name = Path(file.stem) if file.suffix == '.zstd' else file
    return name.suffix in BAG_SUFFIXES
