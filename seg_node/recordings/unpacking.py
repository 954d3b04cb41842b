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

"""Unpack what bags compress, within bounds: a few kilobytes can stand for gigabytes."""

from __future__ import annotations

from bz2 import BZ2Decompressor
from collections.abc import Callable
import io
import shutil
import sys
from typing import Any, BinaryIO

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd  # comes with rosbags

__all__ = ['MAX_BYTES', 'PackedError', 'bound_rosbags', 'unpack', 'unpack_file', 'zstd']

MAX_BYTES = 512 << 20
"""Of a chunk or message; writers make chunks of some MB, and a picture of 8K takes 100 MB."""
MIN_FILE, MAX_RATIO = 1 << 30, 200
"""A file may unpack to so many bytes in any case, and to so many times its size."""
_BLOCK = 1 << 20


class PackedError(Exception):
    """Packed bytes that are damaged, or stand for more than they may; the message says which."""


def unpack(compression: str, packed: bytes, at_most: int = MAX_BYTES, *, whole: bool = True
           ) -> bytes:
    """
    Unpack bytes: none, zstd, lz4 or bz2 ('' is none).

    :param whole: whether it must be complete; else what comes before the cut is returned.
    :raises PackedError: for more than `at_most` bytes, damage, or another compression.
    """
    if compression in ('', 'none'):
        return packed
    machine = _machine(compression)
    try:
        # One byte more tells whether there would be more.
        plain: bytes = machine.decompress(packed, at_most + 1)
    except Exception as error:      # each library has its own
        raise PackedError(f'{compression}: {error}') from error
    if len(plain) > at_most:
        raise PackedError(f'{len(packed)} bytes of {compression} unpack to more than {at_most}')
    if whole and not machine.eof:
        raise PackedError(f'{compression} that is cut off')
    return plain


def _machine(compression: str) -> Any:
    if compression == 'zstd':
        return zstd.ZstdDecompressor()
    if compression == 'bz2':
        return BZ2Decompressor()
    if compression == 'lz4':
        from lz4.frame import LZ4FrameDecompressor
        return LZ4FrameDecompressor()
    raise PackedError(f'compression {compression!r} is not known')


def unpack_file(packed: BinaryIO, plain: BinaryIO, folder: str) -> bool:
    """
    Unpack a file that is compressed with zstd; False where it is cut off or damaged.

    :param folder: where `plain` lies, whose free space counts.
    :raises PackedError: for more bytes than a file of that size may stand for.
    """
    size = packed.seek(0, io.SEEK_END)
    packed.seek(0)
    limit = min(max(MIN_FILE, MAX_RATIO * size), shutil.disk_usage(folder).free)
    machine, written, block = zstd.ZstdDecompressor(), 0, b''
    while not machine.eof:
        if machine.needs_input:
            block = packed.read(_BLOCK)
            if not block:
                return False
        try:
            part = machine.decompress(block if machine.needs_input else b'', _BLOCK)
        except zstd.ZstdError:
            return False
        written += len(part)
        if written > limit:
            raise PackedError(f'{size} bytes of zstd unpack to more than {limit}, which the disk '
                              'or good sense do not allow; unpack it yourself: unzstd FILE')
        plain.write(part)
    return True


def bound_rosbags() -> None:
    """Let rosbags unpack chunks as unpack() does; by itself it trusts that they are honest."""
    from rosbags.rosbag1 import reader as ros1
    from rosbags.rosbag2 import storage_mcap as mcap

    def sized(compression: str) -> Callable[[bytes, int], bytes]:
        return lambda packed, size: unpack(compression, packed, min(size, MAX_BYTES))

    def unsized(compression: str) -> Callable[[bytes], bytes]:
        return lambda packed: unpack(compression, packed)

    mcap.DECOMPRESSORS.update({name: sized(name) for name in ('zstd', 'lz4')})
    ros1.decompressors.update({name: unsized(name) for name in ('bz2', 'lz4')})
