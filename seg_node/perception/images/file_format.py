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
What sensor_msgs/CompressedImage.format says: 'jpeg', or 'SOURCE; jpeg compressed TARGET'.

The latter is compressed_image_transport's: the encoding of the camera's image, and what it was
converted to for the file. Without a target, or with the source's own, the values went into the
file as they were.
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.outside_text import quoted
from seg_node.perception.images.bayer import BAYER8, BAYER16
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.raw import YUV

_KINDS = ('jpeg', 'jpg', 'png', 'webp')
_BAYER = (*BAYER8, *BAYER16)
_COLORS = ('bgr8', 'rgb8', 'bgr16', 'rgb16', 'bgra8', 'rgba8')
_GREY = ('mono8', 'mono16', '8uc1', '16uc1')


@dataclass(frozen=True)
class ImageFormat:
    """The encoding that the camera's image had and that of the file; empty where not told."""

    source: str
    target: str

    def mosaic(self, channels: int) -> str:
        """
        Return the encoding of the Bayer mosaic that a file with so many channels holds, or ''.

        :raises ImageError: where source, target and file do not agree on what the file shows.
        """
        if self.source in _BAYER and self.target in ('', self.source):
            if channels == 1:
                return self.source
            raise self._unclear(channels)
        if self.source in (*_BAYER, *YUV):
            known = _GREY if channels == 1 else _COLORS
            # A file of colours from YUV, without a word on how, can only be made as JPEG does.
            if self.target not in known and not (
                    channels > 1 and self.source in YUV and not self.target):
                raise self._unclear(channels)
        return ''

    def note(self, channels: int) -> str:
        """Return what is lost in a file with so many channels, or ''."""
        if channels > 1 or self.source in _GREY:
            return ''
        if not self.source:
            return 'the images are grey; if the camera sees colours, its driver loses them'
        return (f'the images are grey, though the camera sends {quoted(self.source)}: the colours '
                f'were lost where they were compressed')

    def _unclear(self, channels: int) -> ImageError:
        return ImageError(
            f'{self.source} compressed as {quoted(self.target)} with {channels} channels: it is '
            f'not clear what the values are. Publish colours, or the raw topic')


def read_format(format: str) -> ImageFormat:
    """Read a format; ImageError for one that is not supported."""
    name = format.strip().lower()
    if 'compresseddepth' in name:
        raise ImageError(
            f'format {quoted(format)} carries depth, not colour: choose a colour camera topic'
        )
    if name and not any(kind in name for kind in _KINDS):
        raise ImageError(
            f'format {quoted(format)} is not supported; supported are jpeg, png and webp')
    source, separator, rest = name.partition(';')
    if not separator:
        source, rest = '', name
    found = ImageFormat(source.strip(), rest.partition('compressed')[2].strip())
    if 'bayer' in name and found.source not in _BAYER:
        raise ImageError(f'format {quoted(format)} names a Bayer mosaic that is not known')
    return found
