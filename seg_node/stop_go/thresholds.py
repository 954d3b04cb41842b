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
The limits of the decision, and what a measured frame says against GO under them.

Measured with the bundled network on 1124 real images of roads (every second of the street
images and of the two road data sets, and two videos): the path takes 0.12 to 0.73 of the
image, the confidence of the least certain 5 % of the corridor is 0.32 at least, and from frame
to frame of the videos 0.02 of the corridor changes at most.
"""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.perception.models.manifest import Action
from seg_node.stop_go.bounds import bounded, check_bounds, switch
from seg_node.stop_go.corridor.measure import CorridorMeasure, Sighting
from seg_node.stop_go.verdict import Finding, Reason


@dataclass(frozen=True)
class AgeLimits:
    """How old, and how far ahead of ROS time, something with a stamp may be, seconds."""

    what: str
    max_age: float
    max_future: float


@dataclass(frozen=True)
class Thresholds:
    """
    Limits of the decision; a new set is made to change one.

    :raises ValueError: names the field, its value and the permitted range.
    """

    min_coverage: float = bounded(
        0.85, 0.0, 1.0, 'share of the corridor, as far as it must be clear, that must be path')
    min_confidence: float = bounded(
        0.6, 0.0, 1.0, 'mean confidence of the network in the corridor')
    min_confidence_low: float = bounded(
        0.3, 0.0, 1.0, 'confidence that 95 % of the corridor must reach')
    max_change: float = bounded(
        0.3, 0.01, 1.0, 'share of the corridor that may change between path and not from one '
        'frame to the next')
    max_same_answers: int = bounded(
        3, 0, 100000, 'images in a row that differ and get exactly the answer, confidence '
        'included, of the one before; 0: any number')
    max_path_share: float = bounded(
        0.9, 0.01, 1.0, 'share of the image that may be path; more is no road')
    min_path_share: float = bounded(
        0.02, 0.0, 1.0, 'share of the image that must be path')
    max_inference: float = bounded(
        0.25, 0.001, 10.0, 'longest time that the network may take for a frame, seconds')
    max_image_age: float = bounded(
        0.5, 0.01, 10.0, 'age of the newest image, by arrival and by stamp, seconds')
    max_future: float = bounded(
        0.1, 0.0, 1.0, 'how far a stamp may lie ahead of the ROS clock, seconds')
    max_transform_age: float = bounded(
        0.5, 0.01, 10.0, 'age of each moving transform between base_frame and the camera, by '
        'arrival and by stamp, seconds; static ones have none')
    min_rate: float = bounded(
        4.0, 0.0, 200.0, 'judged frames per second, over the last five; 0: not checked')
    go_after: int = bounded(5, 1, 1000, 'good frames in a row that earn GO')
    go_hold: float = bounded(0.5, 0.0, 60.0, 'time of good frames that earns GO, seconds')
    stop_after: int = bounded(
        2, 1, 2, 'bad frames that end GO, unless go_after good ones lie between them')
    slow_hold: float = bounded(
        1.0, 0.0, 60.0, 'SLOW lasts this long after the last frame that asked for it, seconds')
    min_slow_share: float = bounded(
        0.4, 0.01, 1.0, 'share of the corridor width that a class must fill to slow')
    slow_fraction: float = bounded(0.3, 0.01, 1.0, 'fraction of full speed at SLOW')
    latch_faults: bool = switch(
        False, 'a fault that ends GO keeps STOP until ~/reset is called')

    def __post_init__(self) -> None:
        check_bounds(self)

    @property
    def image_age(self) -> AgeLimits:
        """How old an image may be."""
        return AgeLimits('image', self.max_image_age, self.max_future)

    @property
    def transform_age(self) -> AgeLimits:
        """How old a moving transform may be."""
        return AgeLimits('transform', self.max_transform_age, self.max_future)


def assess(measure: CorridorMeasure, thresholds: Thresholds) -> tuple[Finding, ...]:
    """
    Hold a measured frame against the limits; no finding means a good frame.

    A value that is not a number is a finding.
    """
    findings = []

    def at_least(value: float, limit: float, reason: Reason, text: str) -> None:
        if not value >= limit:
            findings.append(Finding(reason, text, value, limit))

    def at_most(value: float, limit: float, reason: Reason, text: str) -> None:
        if not value <= limit:
            findings.append(Finding(reason, text, value, limit))

    limits = thresholds
    at_most(measure.path_share, limits.max_path_share, Reason.ALL_PATH,
            f'{measure.path_share:.1%} of the image is path, which is no road; '
            f'limit {limits.max_path_share:.1%}')
    at_least(measure.path_share, limits.min_path_share, Reason.NO_PATH,
             f'{measure.path_share:.1%} of the image is path, limit {limits.min_path_share:.1%}')
    at_least(measure.confidence, limits.min_confidence, Reason.LOW_CONFIDENCE,
             f'confidence {measure.confidence:.2f} in the corridor, '
             f'limit {limits.min_confidence:.2f}')
    at_least(measure.confidence_low, limits.min_confidence_low, Reason.LOW_CONFIDENCE,
             f'confidence of the least certain 5 % of the corridor {measure.confidence_low:.2f}, '
             f'limit {limits.min_confidence_low:.2f}')
    findings += _distance_findings(measure)
    at_least(measure.coverage, limits.min_coverage, Reason.LOW_COVERAGE,
             f'path covers {measure.coverage:.2f} of the corridor, '
             f'limit {limits.min_coverage:.2f}')
    at_most(measure.change, limits.max_change, Reason.MASK_JUMP,
            f'{measure.change:.0%} of the corridor changed within one frame, '
            f'limit {limits.max_change:.0%}')
    return tuple(findings)


def _distance_findings(measure: CorridorMeasure) -> list[Finding]:
    """Judge how far the path is clear, and the classes that slow or stop at their own distance."""
    findings = []
    if not measure.free_distance >= measure.required:
        reason, seen = Reason.BLOCKED, 'path blocked at'
        if not measure.blocked:
            reason, seen = Reason.BEYOND_RANGE, 'the camera sees only to'
        findings.append(Finding(
            reason, f'{seen} {measure.free_distance:.2f} {measure.unit}'
            f'{f" by {measure.blocked_by}" if measure.blocked_by else ""}, '
            f'needed {measure.required:.2f}{" to go on" if measure.stopped_for else ""}',
            measure.free_distance, measure.required))
    findings += [_class_finding(sighting, measure) for sighting in measure.sightings
                 if not sighting.distance >= _reach(sighting, measure)]
    return findings


def _reach(sighting: Sighting, measure: CorridorMeasure) -> float:
    return sighting.rule.distance or measure.required


def _class_finding(sighting: Sighting, measure: CorridorMeasure) -> Finding:
    rule, reach = sighting.rule, _reach(sighting, measure)
    reason = Reason.SLOW_CLASS if rule.action is Action.SLOW else Reason.BLOCKED
    return Finding(
        reason, f'{rule.name} at {sighting.distance:.2f} {measure.unit}, '
        f'{rule.action.value} within {reach:.2f}', sighting.distance, reach)
