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

"""OpenCV and its decoders without lines of their own on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import ctypes
from functools import lru_cache
import os
import sys
import threading

_ROOM = 4096      # bytes of words kept; what goes beyond is dropped by the stream


def quiet_opencv() -> None:
    """
    Keep FFmpeg's and OpenCV's own log lines off the terminal, unless the user wants them.

    And bound the pixels of the files that OpenCV opens; where it is loaded already, at 2**30.
    """
    os.environ.setdefault('OPENCV_FFMPEG_LOGLEVEL', '-8')  # AV_LOG_QUIET
    os.environ.setdefault('OPENCV_IO_MAX_IMAGE_PIXELS', str(2**26))
    if 'OPENCV_LOG_LEVEL' in os.environ:
        return
    os.environ['OPENCV_LOG_LEVEL'] = 'OFF'
    # Read when OpenCV is loaded, which it may be already. Old ones have no such module.
    logging = getattr(getattr(sys.modules.get('cv2'), 'utils', None), 'logging', None)
    if logging is not None:
        logging.setLogLevel(logging.LOG_LEVEL_SILENT)


class Words:
    """What a decoder had to say, as one line; empty when it was content."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.text = ''


@contextmanager
def decoder_words() -> Iterator[Words]:
    """
    Take what libjpeg and libpng print, a line for each damaged image, off the terminal.

    They print to C's stderr, which is another stream meanwhile: lines of Python, rclpy and C++
    are not touched. Where the C library does not allow that, they print as ever.
    """
    words = Words()
    stream = _stream()
    if stream is None:
        yield words
        return
    with stream:
        try:
            yield words
        finally:
            words.text = stream.take()


class _MemoryStream:
    """A C stream into memory that stands in for stderr while this is entered."""

    def __init__(self) -> None:
        self._c = ctypes.CDLL(None)
        self._c.fmemopen.restype = ctypes.c_void_p
        self._c.ftell.restype = ctypes.c_long
        self._stderr = ctypes.c_void_p.in_dll(self._c, 'stderr')
        self._room = ctypes.create_string_buffer(_ROOM)
        file = self._c.fmemopen(self._room, ctypes.c_size_t(_ROOM), b'w')
        if not file:
            raise OSError('fmemopen')
        self._file = ctypes.c_void_p(file)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        self._before = self._stderr.value
        self._stderr.value = self._file.value

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def take(self) -> str:
        """Give stderr back and return what was printed, as one line."""
        self._stderr.value = self._before
        self._c.fflush(self._file)
        length = max(0, self._c.ftell(self._file))
        text = self._room.raw[:length].decode('ascii', 'replace')
        self._c.rewind(self._file)
        return '; '.join(text.split('\n')).strip('; ')


@lru_cache(maxsize=1)
def _stream() -> _MemoryStream | None:
    try:
        return _MemoryStream()
    except (AttributeError, OSError, ValueError, TypeError):
        return None
