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

"""The images of one camera of a recording with its intrinsics, both upright."""

from __future__ import annotations

from collections.abc import Iterator

from seg_node.errors import UserError
from seg_node.parameters.structure import Structure
from seg_node.recordings.decoding import decode_frames, DecodedFrame
from seg_node.recordings.sources import Source
from seg_node.stop_go.camera_view import CameraInfo, to_intrinsics, ViewError
from seg_node.stop_go.geometry import Intrinsics


def frames_with_intrinsics(source: Source, structure: Structure, camera: str,
                           ) -> Iterator[tuple[DecodedFrame, Intrinsics]]:
    """
    Yield the frames that can be decoded; one at least.

    :raises UserError: where there is none, or nothing is known of the camera.
    """
    rotation = structure.setups[camera].rotation
    made: tuple[CameraInfo, Intrinsics] | None = None
    problem = 'has no images'
    for decoded in _until_damage(decode_frames(source, rotation=rotation), source):
        if decoded.image is None or decoded.bgr is None:
            problem = decoded.problem
            source.note(f'frame {decoded.frame.index}: {problem}; left out')
            continue
        if made is None or made[0] is not decoded.info:
            made = decoded.info, _intrinsics(decoded, source, structure, camera)
        yield decoded, made[1]
    if made is None:
        raise UserError(f'{source.name}: no image can be used: {problem}')


def _until_damage(frames: Iterator[DecodedFrame], source: Source) -> Iterator[DecodedFrame]:
    """Yield the frames before the damage of a recording; the first must be there."""
    begun = False
    try:
        for decoded in frames:
            yield decoded
            begun = True
    except UserError as error:
        if not begun:
            raise
        source.note(f'{error}')


def _intrinsics(decoded: DecodedFrame, source: Source, structure: Structure, camera: str,
                ) -> Intrinsics:
    if decoded.info is None:
        raise UserError(f'{source.name}: nothing is known of the camera. Give --camera-info '
                        'CALIBRATION.yaml (docs/calibration.md says how to make one), or --fov '
                        'DEGREES for a guess')
    rotation = structure.setups[camera].rotation
    try:
        found = to_intrinsics(decoded.info, structure.rectified).turned(rotation)
    except ViewError as error:
        raise UserError(f'{source.name}: {error}') from None
    assert decoded.image is not None
    if (found.width, found.height) != (decoded.image.width, decoded.image.height):
        raise UserError(
            f'{source.name}: its camera_info is for {found.width}x{found.height}, the upright '
            f'images are {decoded.image.width}x{decoded.image.height}. Calibrate for that size')
    return found
