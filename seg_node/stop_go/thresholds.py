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

"""The limits of the decision, and how a measured corridor is held against them."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.stop_go.bounds import bounded, check_bounds
from seg_node.stop_go.corridor import CorridorMeasure
from seg_node.stop_go.verdict import Finding, Reason


@dataclass(frozen=True)
class Thresholds:
    """
    Limits of the decision; a new set is made to change one.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_clear_distance: float = bounded(
        0.9, 0.01, 1.0, 'nearest blocked row that still gives GO, share of the corridor')
    min_coverage: float = bounded(
        0.85, 0.0, 1.0, 'share of the corridor that must be path')
    min_confidence: float = bounded(
        0.6, 0.0, 1.0, 'mean confidence of the network in the corridor')
    min_obstacle: float = bounded(
        0.06, 0.001, 1.0, 'narrowest obstacle that blocks, share of the corridor width there')
    max_image_age: float = bounded(
        0.5, 0.01, 10.0, 'age of the newest image, by arrival and by stamp, seconds')
    max_future: float = bounded(
        0.1, 0.0, 1.0, 'how far a stamp may lie ahead of the ROS clock, seconds')
    go_after: int = bounded(5, 1, 1000, 'good frames in a row that earn GO')
    go_hold: float = bounded(0.5, 0.0, 60.0, 'time of good frames that earns GO, seconds')
    stop_after: int = bounded(
        2, 1, 2, 'bad frames that end GO, unless go_after good ones lie between them')

    def __post_init__(self) -> None:
        check_bounds(self)


def assess(measure: CorridorMeasure, thresholds: Thresholds) -> tuple[Finding, ...]:
    """
    Hold a measured corridor against the limits; no finding means a good frame.

    A value that is not a number is a finding.
    """
    findings = []
    if not measure.confidence >= thresholds.min_confidence:
        findings.append(Finding(
            Reason.LOW_CONFIDENCE,
            f'confidence {measure.confidence:.2f} in the corridor, '
            f'limit {thresholds.min_confidence:.2f}',
            measure.confidence, thresholds.min_confidence))
    if not measure.clear_distance >= thresholds.min_clear_distance:
        seen = 'path blocked at' if measure.blocked else 'path seen only to'
        findings.append(Finding(
            Reason.BLOCKED,
            f'{seen} {measure.clear_distance:.2f} {measure.unit}, '
            f'limit {thresholds.min_clear_distance:.2f}',
            measure.clear_distance, thresholds.min_clear_distance))
    if not measure.coverage >= thresholds.min_coverage:
        findings.append(Finding(
            Reason.LOW_COVERAGE,
            f'path covers {measure.coverage:.2f} of the corridor, '
            f'limit {thresholds.min_coverage:.2f}',
            measure.coverage, thresholds.min_coverage))
    return tuple(findings)
