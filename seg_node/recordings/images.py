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

"""Images from video files, image folders and the rendered drive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.images.compressed import read_header
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.quiet_opencv import decoder_words, quiet_opencv
from seg_node.recordings.calibration import Calibration
from seg_node.recordings.find import IMAGE_SUFFIXES, Kind, natural_key, shown
from seg_node.recordings.sources import RecordedFrame, Source
from seg_node.regular_file import FileError, read_bytes
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Motion

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)

FOLDER_FPS = 10.0
"""Frame rate in Hz of a folder of images, which has none of its own."""
VIDEO_FPS = 25.0
"""Frame rate in Hz assumed for a video whose header names none that can be true."""
MAX_FPS = 1000.0
MAX_FILE = 256 << 20
"""Bytes of an image's file, which is read as a whole."""
_UNBOUNDED = (b'BM', b'II*\0', b'MM\0*', b'P2', b'P3', b'P5', b'P6')
"""How BMP, TIFF, PGM and PPM begin: OpenCV bounds their pixels, see quiet_opencv()."""


class VideoFile(Source):
    """A video file, decoded by OpenCV at the frame rate in its header."""

    kind = Kind.VIDEO

    def __init__(self, path: Path, fps: float | None = None) -> None:
        """Open the file and read one frame, so that a broken file is found before the drive."""
        self._path = path
        capture = self._open()
        try:
            readable, first = capture.read()
            if not readable:
                raise UserError(
                    f'{path}: no frame can be decoded; the file is empty, cut off or not a video. '
                    'Give a video, a folder of images, or a bag')
            header_fps = float(capture.get(cv2.CAP_PROP_FPS))
            count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        finally:
            capture.release()
        known = math.isfinite(header_fps) and 0 < header_fps <= MAX_FPS
        rate = fps or (header_fps if known else VIDEO_FPS)
        size = (first.shape[1], first.shape[0])
        super().__init__(path.name, rate, count if count > 0 else None, size)
        if not known and not fps:
            self.note(f'{path.name}: its header gives {header_fps:g} fps; '
                      f'playing at {VIDEO_FPS:g} (choose with --fps)')

    def _open(self) -> Any:
        capture = cv2.VideoCapture(str(self._path))
        if not capture.isOpened():
            raise UserError(
                f'{self._path}: cannot be opened as a video; the file is cut off, not a video or '
                'of an unknown codec. Try: ffmpeg -i FILE -c:v libx264 fixed.mp4')
        return capture

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Decode frame after frame."""
        capture = self._open()
        index = 0
        try:
            while True:
                readable, bgr = capture.read()
                if not readable:
                    break
                yield self._frame(index, bgr)
                index += 1
        finally:
            capture.release()
        if self.count and index < 0.9 * self.count:
            self.note(f'{self.name}: ends after {index} of {self.count} frames '
                      'that its header promises; the file is cut off or damaged')


class ImageFolder(Source):
    """Images in natural order of their names (2 before 10), at a chosen frame rate."""

    kind = Kind.IMAGES

    def __init__(self, path: Path, fps: float | None = None) -> None:
        """List the images and decode until one is readable."""
        self._files = [path] if path.is_file() else sorted(
            (file for file in path.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES),
            key=natural_key)
        first = next((bgr for bgr in map(read_image, self._files) if bgr is not None), None)
        if first is None:
            raise UserError(f'{path}: none of its {len(self._files)} image files can be '
                              'decoded. Give a folder with readable images')
        size = (first.shape[1], first.shape[0])
        super().__init__(path.name, fps or FOLDER_FPS, len(self._files), size)
        self.skipped = 0

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Decode image after image; one that cannot be decoded is noted and left out."""
        self.skipped = 0
        for index, file in enumerate(self._files):
            bgr = read_image(file)
            if bgr is None:
                self.skipped += 1
                self.note(f'{shown(file.name)}: cannot be decoded as an image; left out')
                continue
            # The place in the folder keeps its time: a damaged image leaves a gap in time.
            yield replace(self._frame(index, bgr), name=shown(file.name))


class RenderedDrive(Source):
    """The drive that the package renders itself; its ground truth is known."""

    kind = Kind.RENDERED

    def __init__(self, fps: float | None = None) -> None:
        """Set up the scene."""
        from seg_node.simulation import demo_drive
        self._drive = demo_drive()
        rate = fps or float(self._drive.fps)
        count = max(1, math.floor(self._drive.duration * rate + 1e-6))
        camera = self._drive.camera
        super().__init__('rendered drive', rate, count, (camera.width, camera.height))
        focal = float(camera.focal_px)
        self.camera = Calibration.pinhole(
            *self.size, focal, float(camera.cx), float(camera.cy))
        self.node_parameters = {
            'geometry': 'ground', 'mounting.camera.height': camera.height_m,
            'mounting.camera.pitch': camera.pitch_rad, 'vehicle.width': 1.5,
            'vehicle.side_margin': 0.2, 'vehicle.max_speed': 6.0, 'vehicle.deceleration': 3.0,
            'class_actions': ['obstacle=stop@8.0']}

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Render frame after frame."""
        assert self.count is not None
        for index in range(self.count):
            t = index / self.fps
            pose = self._drive.pose(t)
            yield replace(self._frame(index, self._drive.frame(t).bgr),
                          motion=Motion(self._drive.speed(t), self._drive.yaw_rate(t)),
                          place=Place(pose.x, pose.y, pose.yaw))


def read_image(path: Path, flags: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8] | None:
    """
    Decode an image file to BGR uint8 [H, W, 3]; None when it is no readable image.

    Only what IMAGE_SUFFIXES names gets to OpenCV, whatever the file is called, and what a message
    could not cost either.

    :param flags: OpenCV's, for another result than BGR.
    """
    try:
        data = read_bytes(path, MAX_FILE)
        if not data.startswith(_UNBOUNDED):
            read_header(data)
        with decoder_words():
            image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, ImageError, FileError, MemoryError):
        return None
    return None if image is None else np.asarray(image)
