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

"""Video files as OpenCV can write them, the codecs that browsers play told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seg_node.perception.images.quiet_opencv import decoder_words, quiet_opencv

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)


@dataclass(frozen=True)
class Codec:
    """A codec by its four letters, with the ending of the files that it goes into."""

    fourcc: str
    suffix: str


H264 = Codec('avc1', '.mp4')
"""What browsers play, and quick to make; not every build of OpenCV can."""
VP8 = Codec('VP80', '.webm')
"""What browsers play; the wheels of OpenCV can, at 27 ms of a core for an image of 640x360."""
MPEG4 = Codec('mp4v', '.mp4')
"""Quick, and every build can; for players, not for browsers."""


def open_writer(stem: Path, codecs: Sequence[Codec], fps: float, size: tuple[int, int],
                ) -> tuple[Any, Codec]:
    """
    Open the file `stem` plus the ending of the first codec that can be written.

    :param size: even width and height, px.
    :returns: a cv2.VideoWriter and its codec.
    :raises OSError: when OpenCV can write none of them.
    """
    for codec in codecs:
        path = stem.with_suffix(codec.suffix)
        with decoder_words():      # it prints what it tries
            writer = cv2.VideoWriter(
                str(path), cv2.VideoWriter.fourcc(*codec.fourcc), fps, size)
        if writer.isOpened():
            return writer, codec
        path.unlink(missing_ok=True)
    raise OSError(f'{stem}: OpenCV has no encoder for '
                  f'{" or ".join(codec.fourcc for codec in codecs)}')
