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

"""The mounting of a camera from TF."""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from rclpy.time import Time

from seg_node.outside_text import quoted
from seg_node.parameters.declaration import ParameterError
from seg_node.stop_go.camera_view import ViewError
from seg_node.stop_go.geometry import CameraPose
from seg_node.stop_go.limits import Limits


class TfPose:
    """
    Look the pose of optical frames up in TF, from the vehicle's frame.

    :raises ParameterError: when tf2_ros is not installed.
    """

    def __init__(self, node: Node, base_frame: str) -> None:
        try:
            import tf2_ros
        except ImportError as error:
            raise ParameterError(
                f'mounting_source: tf needs tf2_ros ({error}); install it, or give mounting.* and '
                'choose parameters') from error
        self._base_frame = base_frame
        self._errors: Any = tf2_ros.TransformException
        self._buffer: Any = tf2_ros.Buffer()
        # Kept alive here: it fills the buffer.
        self._listener = tf2_ros.TransformListener(self._buffer, node)
        self._last: tuple[Any, CameraPose] | None = None

    def apply(self, limits: Limits) -> None:
        """Do nothing: TF tells the mounting."""

    def pose(self, frame_id: str) -> CameraPose:
        """Return the newest pose of an optical frame; the same object while it stays."""
        try:
            found = self._buffer.lookup_transform(self._base_frame, frame_id, Time()).transform
        except self._errors as error:
            raise ViewError(
                f'no transform from {self._base_frame} to {quoted(frame_id)}: {error}; publish '
                'it, or give mounting.*') from error
        at, turn = found.translation, found.rotation
        numbers = ((at.x, at.y, at.z), (turn.x, turn.y, turn.z, turn.w))
        if self._last is None or self._last[0] != numbers:
            try:
                self._last = numbers, CameraPose.from_transform(*numbers)
            except ValueError as error:
                raise ViewError(f'{self._base_frame} to {quoted(frame_id)}: {error}') from error
        return self._last[1]
