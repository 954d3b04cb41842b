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

"""A camera's view from its camera_info and its mounting."""

from __future__ import annotations

import math
from typing import Any, Protocol

from seg_node.perception.images.rotation import Rotation
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.lens import Lens, MOST_COEFFICIENTS, read_lens
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.verdict import Finding, Reason

CameraInfo = Any
"""A sensor_msgs/CameraInfo, whichever library made it: ROS 2 names its fields in small letters."""


_MOVED = 0.02
"""Metres that a camera may move on the vehicle; part of the side margin."""
_TURNED = 1e-3
"""Radians that it may turn where no error of the pitch is reckoned with."""


class ViewError(ValueError):
    """Why there is no usable view; the message names what is wrong and what to do."""

    def __init__(self, text: str, reason: Reason = Reason.NO_CAMERA_INFO, measured: float = 0.0,
                 limit: float = 0.0) -> None:
        super().__init__(text)
        self.finding = Finding(reason, text, measured, limit)


class ViewSource(Protocol):
    """Where the view of a camera comes from."""

    def view(self, info: CameraInfo | None, width: int, height: int) -> View:
        """Return the view for images of a size, the same object while it stays. Or ViewError."""
        ...

    def apply(self, limits: Limits) -> None:
        """Take over limits, which hold the mountings that the parameters give."""
        ...


class PoseSource(Protocol):
    """Where a camera is mounted."""

    def pose(self, frame_id: str) -> CameraPose:
        """Return the pose of an optical frame; the same object while it stays. Or ViewError."""
        ...

    def apply(self, limits: Limits) -> None:
        """Take over limits, which hold the mountings that the parameters give."""
        ...


class FixedPose:
    """The mounting that the parameters give a camera."""

    def __init__(self, camera: str, limits: Limits,
                 rotation: Rotation = Rotation.NONE) -> None:
        self._camera = camera
        self._rotation = rotation
        self._mounting: Mounting | None = None
        self.apply(limits)

    def pose(self, frame_id: str) -> CameraPose:
        """Return the pose, whatever the frame is called."""
        return self._pose

    def apply(self, limits: Limits) -> None:
        """Take over the mounting."""
        mounting = limits.mountings[self._camera]
        if mounting != self._mounting:
            self._mounting = mounting
            # The angles say where the upright picture looks; the pose is the camera's own.
            self._pose = CameraPose.from_mounting(mounting).turned(self._rotation.back)


class CameraView:
    """Keep the view of one camera: the same object until camera_info or mounting change."""

    def __init__(self, source: PoseSource, rectified: bool,
                 rotation: Rotation = Rotation.NONE) -> None:
        self._source = source
        self._rectified = rectified
        self._rotation = rotation
        self._made: tuple[Any, ...] | None = None
        self._view: View | None = None

    def apply(self, limits: Limits) -> None:
        """Take over limits, which hold the mountings that the parameters give."""
        self._source.apply(limits)

    def view(self, info: CameraInfo | None, width: int, height: int) -> View:
        """
        Return the view for images of a size; both upright.

        :raises ViewError: when there is no usable camera_info or mounting.
        """
        if info is None:
            raise ViewError('no camera_info has arrived; publish it beside the images, or choose '
                            'geometry: trapezoid')
        pose = self._source.pose(info.header.frame_id)
        # Comparing a few numbers is cheaper than building the corridor again for each image.
        made = (fingerprint(info), width, height, pose)
        if self._view is None or made != self._made:
            intrinsics = to_intrinsics(info, self._rectified)
            size = self._rotation.size(width, height)
            if (intrinsics.width, intrinsics.height) != size:
                raise ViewError(
                    f'camera_info is for {intrinsics.width}x{intrinsics.height}, the images are '
                    f'{size[0]}x{size[1]}; calibrate for the size that is published')
            self._made = made
            self._view = View(intrinsics.turned(self._rotation), pose.turned(self._rotation))
        return self._view


class EarnedView:
    """
    The view under which GO was earned, and what differs from it since.

    view: None before the first.
    """

    def __init__(self) -> None:
        self.view: View | None = None
        self._info_changes: int | None = None

    def judge(self, now: View, info_changes: int, pitch_error: float) -> tuple[Finding, ...]:
        """
        Find that the camera is another one, or sits elsewhere; that is then the view to earn.

        :param info_changes: how often a camera_info has differed from the one before it, so far.
        :param pitch_error: by which it may turn, for so much is reckoned with anyway, radians.
        """
        # Against the view that was earned, not the one before, so that one that creeps is found.
        changed = judge_change(self.view or now, now, pitch_error)
        if changed or self.view is None:
            self.view = now
        if not changed and self._info_changes not in (None, info_changes):
            # Two that take turns can be in step with the images: one is always the newest then.
            changed = (Finding(
                Reason.CAMERA_CHANGED,
                'camera_info has changed and changed back; does somebody else publish it?'),)
        self._info_changes = info_changes
        return changed


def judge_change(known: View, now: View, pitch_error: float) -> tuple[Finding, ...]:
    """
    Find that a camera is another one than the one that was judged, or sits elsewhere.

    :param pitch_error: by which it may turn, for so much is reckoned with anyway, radians.
    """
    found = []
    if now.intrinsics != known.intrinsics:
        found.append(Finding(Reason.CAMERA_CHANGED, 'camera_info has changed'))
    if now.pose is not known.pose:
        moved, turned = now.pose.distance(known.pose)
        if not (moved <= _MOVED and turned <= max(pitch_error, _TURNED)):
            found.append(Finding(
                Reason.CAMERA_CHANGED,
                f'the mounting has changed by {moved:.2f} m and {turned:.3f} rad, '
                f'{known.pose.position[2]:.2f} to {now.pose.position[2]:.2f} m over the ground'))
    return tuple(found)


def to_intrinsics(info: CameraInfo, rectified: bool) -> Intrinsics:
    """
    Read a camera_info, with its region of interest and binning.

    :param rectified: the images are rectified: P counts, and there is no distortion.
    :raises ViewError: names what is wrong.
    """
    fx, fy, cx, cy = info.p[0], info.p[5], info.p[2], info.p[6]
    if not rectified:
        fx, fy, cx, cy = info.k[0], info.k[4], info.k[2], info.k[5]
    roi = info.roi
    width, height = (roi.width or info.width), (roi.height or info.height)
    binning_x, binning_y = max(1, info.binning_x), max(1, info.binning_y)
    try:
        _check_matrix(info, rectified)
        if not math.isfinite(cx) or not math.isfinite(cy):
            raise ValueError(f'cx, cy: {cx}, {cy} are no numbers')
        return Intrinsics(
            width // binning_x, height // binning_y, fx / binning_x, fy / binning_y,
            (cx - roi.x_offset + 0.5) / binning_x - 0.5,
            (cy - roi.y_offset + 0.5) / binning_y - 0.5,
            Lens() if rectified else read_lens(info.distortion_model, info.d))
    except ValueError as error:
        raise ViewError(f'camera_info cannot be used: {error}') from error


def _check_matrix(info: CameraInfo, rectified: bool) -> None:
    """Tell where the matrix that counts is empty, and the other one is not."""
    k, p = any(info.k[:6]), any(info.p[:7])
    if p and not k and not rectified:
        raise ValueError('K is all zeros, P is not; where the images are rectified set '
                         'rectified: true, else calibrate the camera')
    if k and not p and rectified:
        raise ValueError('P is all zeros, K is not; set rectified: false where the images are not '
                         'rectified, else have P published')


def fingerprint(info: CameraInfo) -> tuple[Any, ...]:
    """Return what a camera_info says of the camera, to be compared."""
    roi = info.roi
    return (info.width, info.height, info.distortion_model,
            tuple(info.d[:MOST_COEFFICIENTS + 1]), tuple(info.k), tuple(info.p),
            info.binning_x, info.binning_y, roi.x_offset, roi.y_offset, roi.width, roi.height)
