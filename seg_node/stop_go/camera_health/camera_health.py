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
Whether a camera gives images that can be used at all.

The defaults were measured on 4473 images: the training, validation and test folders of the two
road data sets, the street images named in the model card, and two driving videos. Of the 3031
images outside `roads/train` three are found unusable, all as blocked: a damaged file, rightly,
and two views of smooth asphalt (one of 1100 in `lums/train`, one of 131 in `roads/valid`), which
would have to stay like that for `blocked_after` frames. `roads/train` holds copies with brightness
changed at random, down to black and up to white; of its 1442 images 85 are found unusable: 31
too dark, 3 over-exposed, 16 (15 of them among the dark ones) without contrast, and 56 as blocked,
nearly all because their lower part is black. Shown as one drive, though each image has little
to do with the next, one of the street images is found torn: at the edge of a bonnet. The
rendered drive has no findings.

Found among 465 of the images, damaged on purpose (widths and shifts in shares of the width):
defocus of a standard deviation of 0.25 % in 8 %, of 0.5 % and more in all; motion blur of 2 %
sideways in 99.6 % and up and down in 43 %, of 4 % in 99.8 %; noise of a standard deviation of 10
in 3 %, of 15 and more in 99.8 %; the lower part from another image in 78 %, shifted by 30 % in
57 %, black in all and grey in 97 %; a hand before half of the lens in all, mud on a third in
99 %, on a quarter in 3 %. Recompression as JPEG of quality 30 raises nothing.

Not found: a scene that is damaged in details only (drops of water, a small sticker), a tear
between images that are alike at that row, and a tear that is there from the first image on.
Ground without any structure, as plain snow or an untextured simulation, is found as blocked:
raise `max_blocked` there. `python -m seg_node.tools.camera_health` measures recordings of your
own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seg_node.perception.images.camera_image import CameraImage
from seg_node.stop_go.camera_health import statistics
from seg_node.stop_go.camera_health.thresholds import HealthThresholds, SATURATED
from seg_node.stop_go.verdict import Finding, Reason

__all__ = ['CameraHealth', 'HealthThresholds']

_REASONS = {
    'min_brightness': Reason.CAMERA_DARK,
    'max_saturated': Reason.CAMERA_OVEREXPOSED,
    'min_contrast': Reason.CAMERA_COVERED,
    'max_identical': Reason.CAMERA_FROZEN,
    'max_tear': Reason.CAMERA_TORN,
    'max_noise': Reason.CAMERA_NOISY,
    'max_blocked': Reason.CAMERA_BLOCKED,
    'min_sharpness': Reason.CAMERA_BLURRED,
}
_TEXTS = {
    Reason.CAMERA_DARK: 'image dark: brightness {0:.1f} of 255, limit {1:.1f}',
    Reason.CAMERA_OVEREXPOSED: 'image over-exposed: {0:.0%} saturated, limit {1:.0%}',
    Reason.CAMERA_COVERED: 'lens covered or fogged: contrast {0:.1f}, limit {1:.1f}',
    Reason.CAMERA_FROZEN: 'image frozen: {0:.0f} repeated frames in a row, limit {1:.0f}',
    Reason.CAMERA_TORN:
        'image torn: all of a row brighter or darker by {0:.1f} of 255, limit {1:.1f}',
    Reason.CAMERA_NOISY: 'image noisy: noise {0:.1f} of 255, limit {1:.1f}',
    Reason.CAMERA_BLOCKED: 'lens partly blocked: {0:.0%} shows nothing, limit {1:.0%}',
    Reason.CAMERA_BLURRED: 'image blurred: sharpness {0:.2f}, limit {1:.2f}',
}
_JUMP_FADES = 0.98  # per frame
_LINE_MOVES = 1 / 60
"""How far a level line moves from an image to the next, share of the height."""
_LINE_SHARPENS = 2.0
_LINE_COVERED = 0.625
"""Share of the width in which it must have been seen."""


@dataclass
class _Memory:
    """What is kept of the images before; starts over with restart() and another format."""

    format: str
    luma: NDArray[np.uint8] | None = None
    identical: int = 0
    columns: NDArray[np.uint8] | None = None
    jump: float = 0.0
    smooth: NDArray[np.int64] | None = None


class CameraHealth:
    """
    Watch over the images of one camera, each given once and in order.

    `thresholds` may be replaced at any time.
    """

    def __init__(self, thresholds: HealthThresholds | None = None) -> None:
        self.thresholds = thresholds or HealthThresholds()
        self._memory: _Memory | None = None
        self._measured: dict[str, float] = {}

    @property
    def measured(self) -> Mapping[str, float]:
        """What the last image measured, by the name of its limit; without what it cannot say."""
        return self._measured

    @property
    def repeated(self) -> bool:
        """Whether the last image repeats the one before exactly."""
        return self._memory is not None and self._memory.identical > 0

    def restart(self) -> None:
        """Forget the images seen so far."""
        self._memory = None
        self._measured = {}

    def check(self, image: CameraImage) -> tuple[Finding, ...]:
        """
        Judge one image, on small samples of it, whatever its layout.

        Of its encoding only matters whether it changes; tears lie along the rows as they were
        sent. Where the image was decoded at reduced size, each of its pixels is a mean.

        :returns: what is wrong with it, nothing for a usable image.
        """
        limits = self.thresholds
        findings = []
        received = f'{image.width}x{image.height} {image.encoding}'.rstrip()
        memory = self._memory  # restart() may come from another thread meanwhile
        if memory is None or memory.format != received:
            if memory is not None:
                findings.append(Finding(
                    Reason.CAMERA_CHANGED,
                    f'image changed from {memory.format} to {received}'))
            memory = self._memory = _Memory(received)
        values = self._measured = _measure(image, limits, memory)
        for name, measured in values.items():
            limit = float(getattr(limits, name))
            if measured < limit if name.startswith('min_') else measured > limit:
                reason = _REASONS[name]
                findings.append(Finding(
                    reason, _TEXTS[reason].format(measured, limit), measured, limit))
        # What is out of focus or fogged as a whole shows nothing anywhere, and is told as such.
        whole = {Reason.CAMERA_BLURRED, Reason.CAMERA_COVERED}
        if whole & {finding.reason for finding in findings}:
            findings = [found for found in findings if found.reason != Reason.CAMERA_BLOCKED]
        return tuple(findings)


def _measure(
    image: CameraImage, limits: HealthThresholds, memory: _Memory,
) -> dict[str, float]:
    """Return what there is to measure, by the name of its limit."""
    pixels = image.pixels
    luma = statistics.small_luma(pixels)
    small = statistics.areas(luma)
    contrast = float(small.std())
    measured = {
        'min_brightness': float(small.mean()),
        'max_saturated': float(np.count_nonzero(small >= SATURATED)) / small.size,
        'min_contrast': contrast,
    }
    repeated = memory.luma is not None and np.array_equal(luma, memory.luma)
    memory.identical = memory.identical + 1 if repeated else 0
    memory.luma = luma
    if limits.max_identical:
        measured['max_identical'] = float(memory.identical)
    if pixels.width < statistics.MIN_SIZE[0] or pixels.height < statistics.MIN_SIZE[1]:
        return measured
    noise = statistics.noise(pixels)
    if noise is not None:
        # Noise of single pixels: the mean of n has 1 / sqrt(n) of its deviation.
        measured['max_noise'] = min(255.0, image.width / pixels.width * noise)
    sharpness = statistics.sharpness(luma, noise or 0.0)
    if sharpness is not None:
        measured['min_sharpness'] = sharpness
    if limits.needs_every_row:
        measured['max_tear'] = _new_jump(statistics.columns(image.sent), limits, memory)
    else:
        memory.columns = None
    smooth = statistics.smooth_tiles(small, contrast, noise or 0.0)
    measured['max_blocked'] = _blocked_share(smooth, limits, memory)
    return measured


def _new_jump(
    green: NDArray[np.uint8], limits: HealthThresholds, memory: _Memory,
) -> float:
    """Return by how much a jump exceeds the strongest that was there before, 0 to 40."""
    jumps = statistics.row_jumps(green)
    row = int(jumps.argmax())
    jump = max(0.0, float(jumps[row]))
    if memory.columns is None:
        memory.jump = jump
    elif jump - memory.jump > limits.max_tear:
        memory.jump = max(memory.jump, _known_jump(memory.columns, row))
    rise = max(0.0, jump - memory.jump)
    if rise <= limits.max_tear:
        memory.columns = green
        memory.jump = max(jump, _JUMP_FADES * memory.jump)
    return rise


def _known_jump(green: NDArray[np.uint8], row: int) -> float:
    """
    Return what jump at a row the image before leads one to expect.

    A bonnet, a barrier or the horizon of a plain have been there before, but how sharp they are
    depends on where they lie between two rows: look again, less strictly. A line that is no
    thicker than a row or two, as a bright gap along the horizon, has its jump split between its
    two edges, so that at its own place it may double; and what hid part of it may have gone.
    """
    jumps = statistics.row_jumps(green, covered=_LINE_COVERED)
    near = _LINE_MOVES * len(green)
    line = jumps[max(0, round(row - near)):round(row + near) + 1]
    return float(max(_LINE_SHARPENS * line.max(),
                     *(statistics.row_jumps(green, rows).max() for rows in (2, 3))))


def _blocked_share(
    smooth: NDArray[np.bool_], limits: HealthThresholds, memory: _Memory,
) -> float:
    """Return the share of the judged tiles that have been smooth for long enough."""
    before = np.zeros(smooth.shape, np.int64) if memory.smooth is None else memory.smooth
    memory.smooth = np.where(smooth, before + 1, 0)
    rows = len(smooth)
    judged = memory.smooth[
        round(limits.blocked_top * rows):round(limits.blocked_bottom * rows)]
    return float(np.count_nonzero(judged >= limits.blocked_after)) / judged.size
