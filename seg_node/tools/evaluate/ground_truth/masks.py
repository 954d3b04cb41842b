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

"""Where masks come from: a folder, or a topic of the bag itself."""

from __future__ import annotations

from pathlib import Path
import re

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.images.errors import ImageError
from seg_node.recordings.cdr import read_image
from seg_node.recordings.channels import Bag, COMPRESSED, find_channel
from seg_node.recordings.find import IMAGE_SUFFIXES, natural_key
from seg_node.recordings.images import read_image as read_file
from seg_node.recordings.sources import RecordedFrame
from seg_node.recordings.stamps import stamp_of
from seg_node.recordings.topics import images_of
from seg_node.tools.evaluate.ground_truth.mapping import Mapping

_GREY = ('mono8', '8UC1')
KEPT_NS = 2 * 10**9
"""Masks may be recorded in another order than their images, by this much."""


class FolderMasks:
    """
    Masks in a folder: by the name of the image, or by the number of the frame.

    Names count where images have some. Else the masks are taken in natural order when there are
    as many as frames; when there are fewer, the last number in a mask's name is its frame's, from
    0 on.

    :param count: of the frames; None: unknown.
    """

    def __init__(self, folder: Path, mapping: Mapping, count: int | None) -> None:
        """List the masks; UserError without any."""
        self._folder = folder
        self._mapping = mapping
        files = sorted((file for file in folder.iterdir()
                        if file.suffix.lower() in IMAGE_SUFFIXES), key=natural_key)
        if not files:
            raise UserError(f'--truth {folder}: no masks in it (looked for '
                            f'{" ".join(IMAGE_SUFFIXES)})')
        self._by_name = {_without(file.stem, mapping.mask_suffix): file for file in files}
        self._by_number = dict(enumerate(files)) if len(files) == count else {
            int(numbers[-1]): file for file in files
            if (numbers := re.findall(r'\d+', file.stem))}

    def codes(self, frame: RecordedFrame) -> NDArray[np.uint8] | None:
        """Return the codes of a frame, uint8 [H, W]; None without a mask. Or UserError."""
        if frame.name:
            stem = _without(Path(frame.name).stem, self._mapping.image_suffix)
            file = self._by_name.get(stem)
        else:
            file = self._by_number.get(frame.index)
        if file is None:
            return None
        return read_mask(file, self._mapping)


class FileMask:
    """The one mask of a recording of one image."""

    def __init__(self, file: Path, mapping: Mapping) -> None:
        self._file = file
        self._mapping = mapping

    def codes(self, frame: RecordedFrame) -> NDArray[np.uint8]:
        """Return the codes, uint8 [H, W]; or UserError."""
        return read_mask(self._file, self._mapping)


def read_mask(file: Path, mapping: Mapping) -> NDArray[np.uint8]:
    """Return the codes of a mask's file, uint8 [H, W]; or UserError."""
    mask = read_file(file, cv2.IMREAD_UNCHANGED)
    if mask is None:
        raise UserError(f'{file}: is no readable image. Mend or remove this mask')
    if mask.dtype != np.uint8:
        raise UserError(f'{file}: {mask.dtype}, masks have 8 bits a channel. Convert it')
    if mask.ndim == 3 and mask.shape[2] == 4:
        mask = np.ascontiguousarray(mask[..., :3])
    return mapping.codes(str(file), np.asarray(mask, np.uint8))


class TopicMasks:
    """
    Masks of a topic, each with the stamp of its image: class ids as mono8 or 8UC1, or colours.

    :param bag: opened for this alone; closed by close().
    """

    def __init__(self, bag: Bag, topic: str, mapping: Mapping) -> None:
        """Find the topic; UserError without it."""
        self._bag = bag
        self._mapping = mapping
        channel = find_channel(images_of(bag), topic)
        if channel is None:
            listing = ', '.join(each.topic for each in images_of(bag)) or 'none'
            bag.close()
            raise UserError(f'{bag.path}: no image topic {topic} for --truth; it has {listing}')
        self.topic = channel.topic
        self._compressed = channel.type == COMPRESSED
        self._messages = bag.messages([channel])
        self._ended = False
        self._kept: dict[int, bytes] = {}

    def codes(self, frame: RecordedFrame) -> NDArray[np.uint8] | None:
        """Return the codes of a frame, uint8 [H, W]; None without a mask. Or UserError."""
        stamp = frame.stamp_ns
        if stamp is None:
            return None
        self._read_until(stamp + KEPT_NS)
        message = self._kept.pop(stamp, None)
        self._kept = {at: data for at, data in self._kept.items() if at >= stamp - KEPT_NS}
        if message is None:
            return None
        try:
            image = read_image(message, self._compressed)
        except ImageError as error:
            raise UserError(f'{self.topic}, stamp {stamp}: {error}') from None
        mask = image.bgr
        if image.encoding in _GREY:
            mask = np.ascontiguousarray(mask[..., 0])
        return self._mapping.codes(f'{self.topic}, stamp {stamp}', mask)

    def close(self) -> None:
        """Close the bag."""
        self._bag.close()

    def _read_until(self, stamp: int) -> None:
        while not self._ended and not any(at >= stamp for at in self._kept):
            try:
                found = next(self._messages, None)
            except UserError:      # told by the images, which end there too
                found = None
            if found is None:
                self._ended = True
                return
            self._kept[stamp_of(found.data)] = found.data


def masks_in(folder: Path, name: str, *, alone: bool) -> Path | None:
    """
    Return the folder of a recording's masks: FOLDER/NAME, or FOLDER where it is the only one.

    :returns: None when there is none.
    """
    own = folder / name
    if own.is_dir():
        return own
    return folder if alone else None


def _without(stem: str, suffix: str) -> str:
    return stem.removesuffix(suffix) if suffix else stem
