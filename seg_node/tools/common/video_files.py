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
import shutil
import subprocess
import tempfile
from typing import Any

from seg_node.perception.images.quiet_opencv import decoder_words, quiet_opencv

quiet_opencv()
import cv2  # noqa: E402  (after its log level is set)


@dataclass(frozen=True)
class FilmCodec:
    """A codec by its four letters, with the ending of the files that it goes into."""

    fourcc: str
    suffix: str


H264 = FilmCodec('avc1', '.mp4')
"""What browsers play, and quick to make; not every build of OpenCV can."""
VP8 = FilmCodec('VP80', '.webm')
"""What browsers play; the wheels of OpenCV can, at 27 ms of a core for an image of 640x360."""
MPEG4 = FilmCodec('mp4v', '.mp4')
"""Quick, and every build can; for players, not for browsers."""
QUICK = (H264, MPEG4)
"""What can be made while a vehicle drives: 2 ms of a core for such an image."""
PLAYED = ('avc1', 'h264', 'H264', 'VP80')
"""Codes by which OpenCV names what browsers play."""


def open_writer(stem: Path, codecs: Sequence[FilmCodec], fps: float, size: tuple[int, int],
                ) -> tuple[Any, FilmCodec]:
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


def for_browsers(path: Path) -> Path:
    """
    Make a film that browsers play of one that may be MPEG-4, and remove that; return its path.

    H.264 with the program ffmpeg where it is installed, else VP8. The film stays as it is where it
    plays already, or neither can be made.
    """
    if not path.is_file() or _fourcc(path) in PLAYED:
        return path
    with tempfile.TemporaryDirectory(prefix='.film-', dir=path.parent) as folder:
        made = _by_ffmpeg(path, Path(folder)) or _by_opencv(path, Path(folder))
        if made is None:
            return path
        found = path.with_suffix(made.suffix)
        made.replace(found)
    if found != path:
        path.unlink()
    return found


def has_ffmpeg() -> bool:
    """Say whether the program ffmpeg is installed."""
    return shutil.which('ffmpeg') is not None


def _fourcc(path: Path) -> str:
    capture: Any = cv2.VideoCapture(str(path))
    code = int(capture.get(cv2.CAP_PROP_FOURCC))
    capture.release()
    return code.to_bytes(4, 'little').decode('ascii', 'replace')


def _by_ffmpeg(path: Path, folder: Path) -> Path | None:
    if not has_ffmpeg():
        return None
    made = folder / f'film{H264.suffix}'
    done = subprocess.run(
        ['ffmpeg', '-loglevel', 'quiet', '-nostdin', '-i', str(path.absolute()), '-c:v', 'libx264',
         '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', str(made)],
        check=False, start_new_session=True)      # Ctrl-C is not for it
    return made if done.returncode == 0 and made.is_file() else None


def _by_opencv(path: Path, folder: Path) -> Path | None:
    capture: Any = cv2.VideoCapture(str(path))
    writer: Any = None
    try:
        fps = capture.get(cv2.CAP_PROP_FPS)
        while (found := capture.read())[0]:
            if writer is None:
                size = found[1].shape[1], found[1].shape[0]
                writer, _ = open_writer(folder / 'film', (VP8,), fps, size)
            writer.write(found[1])
    except OSError:      # no encoder
        return None
    finally:
        capture.release()
        if writer is not None:
            writer.release()
    return folder / f'film{VP8.suffix}' if writer is not None else None
