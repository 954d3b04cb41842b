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

"""From the frames of a source to images that can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
import time
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.rotation import Rotation
from seg_node.recordings.cdr import read_cdr, read_image
from seg_node.recordings.channels import CAMERA_INFO
from seg_node.recordings.sources import RecordedFrame, Source
from seg_node.stop_go.camera_view import CameraInfo


@dataclass(frozen=True, eq=False)
class DecodedFrame:
    """
    One frame, decoded.

    image is None where there is a `problem`. truth is uint8 [H, W] of scoring.truth's
    codes, None where there is no mask. decode_ms leaves the reading of the truth out.
    """

    frame: RecordedFrame
    image: CameraImage | None
    info: CameraInfo | None = None
    problem: str = ''
    truth: NDArray[np.uint8] | None = None
    decode_ms: float = 0.0

    @property
    def bgr(self) -> NDArray[np.uint8] | None:
        """The image, uint8 [h, w, 3], as far as it was decoded."""
        return None if self.image is None else self.image.bgr


class GroundTruth(Protocol):
    """Where the masks come from."""

    def codes(self, frame: RecordedFrame) -> NDArray[np.uint8] | None:
        """Return the codes of a frame, uint8 [H, W]; None without a mask. Or UserError."""


def decode_frames(
    source: Source, truth: GroundTruth | None = None, min_size: tuple[int, int] | None = None,
    rotation: Rotation = Rotation.NONE,
) -> Iterator[DecodedFrame]:
    """
    Decode frame after frame; a damaged image becomes a frame with its problem.

    :param min_size: width and height of the images that are enough; None: all there is.
    :param rotation: of the camera; images and truth are turned upright.
    :raises UserError: where the recording cannot be read on.
    """
    infos, depth, told = _Infos(), BitDepth(), False
    frames = iter(source)
    while True:
        begun = time.perf_counter()
        frame = _next(frames, source)
        if frame is None:
            return
        image, problem = _image(frame, source.compressed, min_size, depth)
        took = (time.perf_counter() - begun) * 1e3
        if image is not None and image.note and not told:      # each may have another
            told = True
            source.note(f'{source.name}: {image.note}')
        codes = None if truth is None else truth.codes(frame)
        if image is not None:
            image = image.turned(rotation)
        if codes is not None:
            codes = rotation.upright(codes)
        info = infos.read(frame.camera_info, source)
        yield DecodedFrame(frame, image, info, problem, codes, took)


def _next(frames: Iterator[RecordedFrame], source: Source) -> RecordedFrame | None:
    try:
        return next(frames, None)
    except UserError:
        raise
    except Exception as error:      # what reads a damaged file raises almost anything
        raise UserError(f'{source.name}: cannot be read on ({type(error).__name__}: {error}). '
                          'The recording is damaged here') from error


def bytes_of(frame: DecodedFrame) -> int:
    """Return the memory that a frame takes."""
    return sum(part.nbytes for part in (frame.bgr, frame.truth) if part is not None)


def _image(
    frame: RecordedFrame, compressed: bool, min_size: tuple[int, int] | None, depth: BitDepth,
) -> tuple[CameraImage | None, str]:
    if frame.message is None:
        return None if frame.bgr is None else CameraImage.of(frame.bgr), ''
    try:
        return read_image(frame.message, compressed, min_size, depth), ''
    except Exception as error:      # ImageError, and what rosbags raises for damaged bytes
        return None, f'{error}' or type(error).__name__


class _Infos:
    """Reads camera_info; what repeats the one before, but for its stamp, is the same object."""

    def __init__(self) -> None:
        self._bytes = b''
        self._info: CameraInfo | None = None

    def read(self, message: bytes | None, source: Source) -> CameraInfo | None:
        if message is None:
            return source.camera
        if message[12:] != self._bytes:      # behind encapsulation and stamp
            self._bytes = message[12:]
            self._info = _read_info(message, source)
        return self._info


def _read_info(message: bytes, source: Source) -> CameraInfo | None:
    try:
        return read_cdr(message, CAMERA_INFO)
    except Exception as error:      # as above
        source.note(f'{source.name}: a camera_info cannot be read ({error}); left out')
        return None


def first_seconds(frames: Iterable[DecodedFrame], seconds: float | None) -> Iterator[DecodedFrame]:
    """Yield the frames of the first seconds; None: all."""
    for decoded in frames:
        if seconds is not None and decoded.frame.time_ns >= seconds * 1e9:
            return
        yield decoded
