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
Colours of decisions and reasons, the same in overlay, timelines and reports.

Hex, legible on white and on black.
"""

from __future__ import annotations

DECISIONS = {'go': '#2eaf50', 'slow': '#e19614', 'stop': '#de3030'}
_LINES = {'go': '#b4ff96', 'slow': '#ffbe3c', 'stop': '#ff3838'}
"""On images: brighter, to stand out from a path that is coloured green itself."""
FALSE_GO, EARLY_GO, FALSE_STOP = '#d6269a', '#8457d1', '#7c8ba1'
_OTHER = '#8a8f98'
_REASONS = {
    'clear': '#6fb98f', 'slow_class': '#dfae45', 'confirming': '#b9b08a',
    # the road
    'blocked': '#c9403a', 'low_coverage': '#e08a52', 'beyond_range': '#b5654d',
    'blocked_by_depth': '#a83a5a', 'blocked_remembered': '#8c2f2a', 'no_path': '#9c2f62',
    'all_path': '#7a3f98', 'low_confidence': '#7d77d9', 'mask_jump': '#c06fae',
    'mask_frozen': '#8a5fa0',
    'stands_up': '#b0306a', 'looks_different': '#a8642a',
    # the camera
    'camera_changed': '#5f7fb8', 'no_camera_info': '#64748b', 'no_transform': '#52607a',
    'no_depth': '#587090',
    'mounting_doubtful': '#4c6078', 'unwatched_way': '#7b6fa8', 'camera_dark': '#2f5d8c',
    'camera_overexposed': '#4aa9cf', 'camera_covered': '#1d7a91', 'camera_frozen': '#3b82c4',
    'camera_torn': '#6fa1c7', 'camera_noisy': '#8fb3c9', 'camera_blocked': '#0f8077',
    'camera_blurred': '#41b0a5', 'malformed': '#5b5fc7',
    # time and system
    'no_image': '#8d7b68', 'stale': '#7c6f64', 'stale_stamp': '#9a8268',
    'stamp_in_future': '#a98f5f', 'stamp_backwards': '#8a6d3b', 'clock_jump': '#6b5b4d',
    'rate_low': '#a3876a', 'over_budget': '#94705a', 'inference_failed': '#5c4a44',
    'self_test_failed': '#7a5c53', 'latched_fault': '#8f4a45', 'loading_failed': '#6d4c41',
    'bond_broken': '#80605a', 'bond_missing': '#9c9088',
    'loading': '#a1a7b3', 'not_active': '#aeb4bf', 'not_configured': '#a8adb9',
    # of those who listen: the node is silent
    'no_state': '#c4c8d0',
}


def banner_color(decision: str) -> tuple[int, int, int]:
    """Return BGR of a decision; anything but GO and SLOW counts as a STOP."""
    return bgr(DECISIONS.get(decision.lower(), DECISIONS['stop']))


def line_color(decision: str) -> tuple[int, int, int]:
    """Return BGR of a decision for lines on an image, as banner_color()."""
    return bgr(_LINES.get(decision.lower(), _LINES['stop']))


def color_of(reason: str) -> str:
    """Return the colour of a reason's code."""
    return _REASONS.get(reason, _OTHER)


def bgr(color: str) -> tuple[int, int, int]:
    """Return a colour as OpenCV takes it."""
    red, green, blue = bytes.fromhex(color[1:])
    return blue, green, red


def hex_of(rgb: tuple[int, int, int]) -> str:
    """Return a colour as pages and plots take it."""
    return '#' + bytes(rgb).hex()


def pale(color: str) -> str:
    """Return a colour on which dark text can be read: a third of it, the rest white."""
    red, green, blue = (255 - (255 - part) // 3 for part in bytes.fromhex(color[1:]))
    return hex_of((red, green, blue))
