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

"""Videos as packets, and bags of them, encoded by PyAV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import get_types_from_msg, get_typestore, Stores

from helpers.bag_files import _header, CAMERA_INFO, camera_info, PERIOD_NS, START_NS
from seg_node.recordings.video.packets import COMPRESSED_VIDEO, FFMPEG_PACKET

GROUP = 10
"""Pictures from one keyframe to the next."""
LIVE = {'preset': 'ultrafast', 'tune': 'zerolatency', 'crf': '4'}
QUIET = 'log-level=none'
_DEFINITIONS = {
    # As of 2026, with two fields more than in the beginning.
    COMPRESSED_VIDEO: 'builtin_interfaces/Time timestamp\nstring frame_id\nuint8[] data\n'
                      'string format\nstring uuid\nstring lineage\n',
    FFMPEG_PACKET: 'std_msgs/Header header\nint32 width\nint32 height\nstring encoding\n'
                   'uint64 pts\nuint8 flags\nbool is_bigendian\nuint8[] data\n'}
STORE: Any = get_typestore(Stores.ROS2_JAZZY)
for _kind, _text in _DEFINITIONS.items():
    STORE.register(get_types_from_msg(_text, _kind))


def grey(index: int, width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """Return a picture that tells its number: see number_of()."""
    return np.full((height, width, 3), 20 + 7 * index, np.uint8)


def number_of(bgr: NDArray[np.uint8]) -> float:
    """Return the number of a picture of grey(), with a fraction where it is not quite one."""
    return (float(bgr.mean()) - 20) / 7


def encode(frames: Sequence[NDArray[np.uint8]], codec: str = 'libx264',
           options: Mapping[str, str] = LIVE, group: int = GROUP, b_frames: int = 0,
           ) -> list[tuple[int, bytes]]:
    """Return packets in their order, each with the number of its picture."""
    context: Any = av.CodecContext.create(codec, 'w')
    context.height, context.width, _ = frames[0].shape
    context.pix_fmt, context.gop_size, context.max_b_frames = 'yuv420p', group, b_frames
    context.time_base, context.framerate = Fraction(1, 20), 20
    context.options = dict(options)
    packets: list[Any] = []
    for number, bgr in enumerate(frames):
        frame = av.VideoFrame.from_ndarray(bgr, 'bgr24').reformat(format='yuv420p')
        frame.pts = number
        packets += context.encode(frame)
    packets += context.encode(None)
    return [(packet.pts, bytes(packet)) for packet in packets]


def message(kind: str, stamp_ns: int, data: bytes, codec: str = 'h264') -> bytes:
    """Return one packet as CDR bytes."""
    pixels, header = np.frombuffer(data, np.uint8), _header(stamp_ns, 'lens')
    fields = (header.stamp, 'lens', pixels, codec, 'id', '') if kind == COMPRESSED_VIDEO else (
        header, 64, 48, codec, 0, 0, False, pixels)
    return bytes(STORE.serialize_cdr(STORE.types[kind](*fields), kind))


def write_video_bag(folder: Path, messages: Sequence[bytes], kind: str = COMPRESSED_VIDEO,
                    topic: str = '/front/image_raw/ffmpeg') -> Path:
    """Write messages, recorded PERIOD_NS apart, and a camera_info."""
    with Writer(folder, version=8, storage_plugin=StoragePlugin.MCAP) as bag:
        packets = bag.add_connection(topic, kind, typestore=STORE)
        infos = bag.add_connection('/front/camera_info', CAMERA_INFO, typestore=STORE)
        bag.write(infos, START_NS, camera_info(START_NS, 100.0))
        for index, data in enumerate(messages):
            bag.write(packets, START_NS + index * PERIOD_NS, data)
    return folder
