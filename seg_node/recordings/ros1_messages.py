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

"""Messages of ROS 1 as ROS 2 would have serialized them, by the definitions in the bag."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import os
from typing import Any

HEADER = 'std_msgs/msg/Header'
RENAMED = {'tf/msg/tfMessage': 'tf2_msgs/msg/TFMessage'}


class ConversionError(Exception):
    """A ROS 1 type that has no counterpart; the message says why."""


def converter(msgtype: str, definition: str) -> tuple[str, Callable[[bytes], bytes]]:
    """
    Return the ROS 2 name of a ROS 1 type and what turns its bytes into CDR.

    definition is the text recorded with the messages. Where ROS 2 has the type with the same
    fields, bytes are rearranged without decoding; where the fields differ, they go by their names
    and new ones are empty. A type that ROS 2 does not have keeps its name and fields.
    """
    # Not a part of rosbags that every version promises, so it loads where it is needed.
    from rosbags.convert.converter import is_same_wireformat, migrate_bytes
    from rosbags.typesys import get_types_from_msg, get_typestore, Stores
    source = get_typestore(Stores.EMPTY)
    name = RENAMED.get(msgtype, msgtype)
    try:
        source.register(get_types_from_msg(definition, msgtype))
        target = _types_of_this_distribution()
        if name not in target.fielddefs:
            target = _with_ros2_header(source, target)
        target.get_msgdef(name)  # generates the code, which may fail
        if is_same_wireformat(source, target, msgtype, name):
            return name, lambda raw: bytes(target.ros1_to_cdr(raw, name))
        migrate = partial(migrate_bytes, source, target, msgtype, name, {},
                          src_is2=False, dst_is2=True)
        return name, lambda raw: bytes(migrate(raw))
    except Exception as error:
        # The parser and the code generator raise almost anything for a broken definition.
        detail = ' '.join(str(error).split()) or type(error).__name__
        raise ConversionError(f'its definition in the ROS 1 bag is not understood ({detail})') \
            from error


def _types_of_this_distribution() -> Any:
    from rosbags.typesys import get_typestore, Stores
    name = f'ROS2_{os.environ.get("ROS_DISTRO", "").upper()}'
    return get_typestore(getattr(Stores, name, Stores.ROS2_JAZZY))


def _with_ros2_header(source: Any, target: Any) -> Any:
    from rosbags.typesys import get_typestore, Stores
    own = get_typestore(Stores.EMPTY)
    own.register({**source.fielddefs, HEADER: target.fielddefs[HEADER]})
    return own
