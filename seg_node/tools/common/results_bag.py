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

"""A bag of what the node says, for Foxglove and ros2 bag; and the numbers of ~/state in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import math
from pathlib import Path
import shutil
import tempfile
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.recordings.cdr import read_cdr, typestore, write_cdr
from seg_node.recordings.channels import COMPRESSED

NAME = 'results.mcap'
FLOAT64 = 'std_msgs/msg/Float64'
NUMBERS = ('free_distance', 'required_distance', 'coverage', 'confidence', 'confidence_low',
           'inference_ms', 'image_age')
"""What ~/state tells of a camera in numbers, as text: here each has a topic of its own."""
VERSION: Any = 8
"""Of the embedded rosbag2 metadata that Humble to Kilted read."""
_QUALITY = 80


class ResultsBag:
    """A file NAME in a folder, which appears when it is closed."""

    def __init__(self, folder: Path) -> None:
        """Begin; OSError where that cannot be done, UserError without rosbags."""
        self._store = typestore()
        from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
        self._connections: dict[str, Any] = {}
        self._folder = folder
        self._scratch = Path(tempfile.mkdtemp(prefix='.recording-', dir=folder))
        self._bag = Writer(self._scratch / 'results', version=VERSION,
                           storage_plugin=StoragePlugin.MCAP)
        # Chunks of label images shrink a hundredfold; Foxglove and rosbag2 read zstd chunks.
        self._bag.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        self._bag.open()

    def write(self, topic: str, kind: str, recorded_ns: int, raw: bytes) -> None:
        """Write CDR bytes; kind is the type, such as std_msgs/msg/Bool."""
        name = '/' + topic.strip('/')
        if name not in self._connections:
            self._connections[name] = self._bag.add_connection(name, kind, typestore=self._store)
        self._bag.write(self._connections[name], recorded_ns, raw)

    def write_numbers(self, state: str, values: Mapping[str, str], recorded_ns: int) -> None:
        """Write the numbers of a state, below its topic: seg_node/state/camera/confidence."""
        for key, number in numbers_in(values):
            self.write(f'{state}/{key.replace(".", "/")}', FLOAT64, recorded_ns,
                       write_cdr(self._store.types[FLOAT64](number), FLOAT64))

    def write_jpeg(self, topic: str, header: Any, recorded_ns: int, bgr: NDArray[np.uint8]
                   ) -> None:
        """Write BGR uint8 [H, W, 3] as a CompressedImage with a header of read_cdr()."""
        _, jpeg = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        message = self._store.types[COMPRESSED](
            header, 'bgr8; jpeg compressed bgr8', jpeg.reshape(-1))
        self.write(topic, COMPRESSED, recorded_ns, write_cdr(message, COMPRESSED))

    def close(self) -> Path:
        """Finish the file and return its path; OSError or ValueError where that fails."""
        self._bag.close()
        path = self._folder / NAME
        shutil.move(str(self._scratch / 'results' / NAME), str(path))
        return path

    def discard(self) -> None:
        """Leave nothing behind but a closed file; safe to call twice."""
        shutil.rmtree(self._scratch, ignore_errors=True)


def numbers_in(values: Mapping[str, str]) -> Iterator[tuple[str, float]]:
    """Yield the keys and numbers of NUMBERS among the values of a state."""
    for key, text in values.items():
        if key.rpartition('.')[2] in NUMBERS:
            try:
                number = float(text)
            except ValueError:
                continue
            if math.isfinite(number):
                yield key, number


def as_pixels(raw: bytes) -> tuple[Any, NDArray[np.uint8]]:
    """Return header and pixels, BGR uint8 [H, W, 3], of an Image of bgr8 as CDR bytes."""
    message = read_cdr(raw, 'sensor_msgs/msg/Image')
    rows = np.asarray(message.data, np.uint8).reshape(message.height, message.step)
    return message.header, rows[:, :3 * message.width].reshape(message.height, message.width, 3)
