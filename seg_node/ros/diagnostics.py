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
"""/diagnostics, once a second: rates, latencies, drops, backend and model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.node import Node

from seg_node.calibration.watch import CalibrationWatch
from seg_node.drawing.colors import hex_of
from seg_node.perception.segmenter import Segmenter
from seg_node.ros.bond import ManagerBond
from seg_node.ros.clocks import Clocks
from seg_node.ros.loading import Loading
from seg_node.ros.log import WRITER
from seg_node.ros.messages import key_values
from seg_node.ros.newest_frames import NewestFrames
from seg_node.ros.outputs.state import describe
from seg_node.ros.speedometer import Speedometer
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.ros.surroundings import Inputs, Surroundings
from seg_node.stop_go.memory.memory import Memory
from seg_node.stop_go.verdict import Reason

_STAGES = ('latency', 'deliver', 'wait', 'decode', 'resize', 'inference', 'measure', 'decide',
           'consult', 'remember', 'publish')
"""Latency: from the stamp to the decision's publication. Inference has resize in it."""
_EVENTS = ('received', 'processed', 'lost', 'malformed', 'inference_failed', 'publish_failed',
           'no_view', 'no_depth', 'depth_received', 'depth_dropped', 'noted', 'things_small',
           'things_footless')
_LOG_EVERY = 10.0      # seconds between warnings of one kind
_ENOUGH = 0.8      # share of the expected rate below which diagnostics warn


class Diagnostics:
    """Report what the node is doing; what is not there at the moment is None."""

    def __init__(self, node: Node, clocks: Clocks, signal: StopSignal,
                 statistics: Mapping[str, CameraStatistics], speedometer: Speedometer,
                 memory: Memory, surroundings: Surroundings, bond: ManagerBond,
                 expected_rate: float, calibrations: Mapping[str, CalibrationWatch]) -> None:
        self._node = node
        self._logger = node.get_logger()
        self._prefix = node.get_fully_qualified_name()
        self._clocks = clocks
        self._signal = signal
        self._statistics = statistics
        self._speedometer = speedometer
        self._memory = memory
        self._surroundings = surroundings
        self._bond = bond
        self._expected_rate = expected_rate
        self._calibrations = calibrations
        self.loading: Loading | None = None
        self.segmenter: Segmenter | None = None
        self.frames: NewestFrames | None = None
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._calibration = node.create_publisher(DiagnosticStatus, '~/calibration', 10)
        node.create_timer(1.0, self._publish, clock=clocks.steady)

    def _publish(self) -> None:
        inputs = self._surroundings.look()
        calibrations = [self._calibrated(camera) for camera in self._calibrations]
        for status in calibrations:
            self._calibration.publish(status)
        message = DiagnosticArray(status=[
            describe(self._signal.decision(), self._prefix), self._backend(),
            self._odometry(inputs), self._remembered(), self._inputs(inputs), self._manager(),
            self._log(),
            *(self._camera(name, inputs) for name in self._statistics), *calibrations])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(message)

    def _backend(self) -> DiagnosticStatus:
        name = f'{self._prefix}: backend'
        segmenter, loading = self.segmenter, self.loading
        if loading is not None:
            return DiagnosticStatus(
                level=DiagnosticStatus.WARN, name=name, message=loading.text)
        if segmenter is None:
            return DiagnosticStatus(
                level=DiagnosticStatus.OK, name=name, message='no model loaded')
        model, backend = segmenter.model, segmenter.backend
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if backend.warnings else DiagnosticStatus.OK, name=name,
            message='; '.join((backend.chosen_because, *backend.warnings)),
            values=key_values({
                'backend': backend.name, 'precision': backend.precision, 'detail': backend.detail,
                'model': model.name, 'model_version': model.version, 'sha256': model.sha256,
                'input': f'{model.width}x{model.height}',
                'classes': ', '.join(f'{info.name} {hex_of(info.color)}'
                                     for info in model.classes)}))

    def _inputs(self, inputs: Inputs) -> DiagnosticStatus:
        """Tell of each topic who publishes it, and of those who have a rival."""
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if inputs.rivals else DiagnosticStatus.OK,
            name=f'{self._prefix}: inputs',
            message='; '.join(inputs.rivals) or 'one publisher at most of each topic',
            values=key_values({topic.topic: topic.text for topic in inputs}))

    def _odometry(self, inputs: Inputs) -> DiagnosticStatus:
        motion, doubt = self._speedometer.read()
        refused = self._speedometer.refused
        values: dict[str, Any] = {'speed': 'unknown', 'yaw_rate': 'unknown', 'refused': refused}
        if motion is not None and not doubt:
            values.update(speed=motion.speed, yaw_rate=motion.yaw_rate)
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if doubt and refused else DiagnosticStatus.OK,
            name=f'{self._prefix}: odometry', values=key_values(values),
            message=(f'{doubt}; {inputs.odometry.text}' if doubt
                     else f'{values["speed"]:.2f} m/s'))

    def _manager(self) -> DiagnosticStatus:
        return DiagnosticStatus(
            level=DiagnosticStatus.ERROR if self._bond.finding() else DiagnosticStatus.OK,
            name=f'{self._prefix}: bond', message=self._bond.text)

    def _remembered(self) -> DiagnosticStatus:
        """Tell what the vehicle remembers of the ground around it, and why it does not."""
        now, problem = self._memory.now, self._speedometer.place_problem
        held = now.occupied if self._memory.limits.seconds > 0 else 0
        message = f'{held} cells of the ground are held to be occupied'
        if problem:
            message = f'nothing new is remembered: {problem}; {message}'
        return DiagnosticStatus(
            level=DiagnosticStatus.OK, name=f'{self._prefix}: memory', message=message,
            values=key_values({
                'seconds': self._memory.limits.seconds, 'occupied': held, 'problem': problem,
                'odometry_jumps': self._speedometer.jumps}))

    def _calibrated(self, camera: str) -> DiagnosticStatus:
        """Tell where driving has shown a camera to sit, and whether its mounting can be."""
        seen = self._calibrations[camera].now
        values: dict[str, Any] = {'measurements': seen.measurements}
        level, message = DiagnosticStatus.OK, seen.silent
        if seen.estimate is not None:
            for name, measured in seen.estimate.found.items():
                values.update({name: measured.value, f'{name}_error': measured.error})
            values.update(pitch_off=seen.pitch_off, limit=seen.limit)
            message = f'driving shows a pitch of {seen.estimate.pitch.value:.3f} rad'
        if seen.estimate is not None and seen.doubtful:
            level = DiagnosticStatus.WARN
            message = (f'{Reason.MOUNTING_DOUBTFUL.value}: {message}, the mounting says '
                       f'{seen.estimate.pitch.value - seen.pitch_off:.3f}: off by '
                       f'{seen.pitch_off:+.3f}, limit {seen.limit:.3f} (ground.pitch_error); '
                       'check mounting and camera_info')
            self._logger.warning(f'{camera}: {message}', throttle_duration_sec=_LOG_EVERY)
        return DiagnosticStatus(
            level=level, name=f'{self._prefix}: calibration {camera}', message=message,
            values=key_values(values))

    def _log(self) -> DiagnosticStatus:
        lost = WRITER.lost
        return DiagnosticStatus(
            level=DiagnosticStatus.WARN if lost else DiagnosticStatus.OK,
            name=f'{self._prefix}: log',
            message=f'{lost} lines are missing on the console: nobody read them' if lost
            else 'is read', values=key_values({'lost': lost}))

    def _camera(self, camera: str, inputs: Inputs) -> DiagnosticStatus:
        statistics = self._statistics[camera]
        frames = self.frames
        rate = statistics.rate(self._clocks.now().steady)
        values: dict[str, Any] = {'rate': rate}
        if self._expected_rate > 0:
            values['expected_rate'] = self._expected_rate
        values.update({event: statistics.counted(event) for event in _EVENTS})
        values.update({f'finding.{reason.value}': count for reason in Reason
                       if (count := statistics.counted(f'finding.{reason.value}'))})
        waiting = frames.dropped(camera) if frames else 0
        values['dropped'] = statistics.counted('dropped') + waiting
        for stage in _STAGES:
            p = statistics.percentiles(stage)
            values.update({f'{stage}_ms.p50': p.p50, f'{stage}_ms.p95': p.p95,
                           f'{stage}_ms.p99': p.p99})
        level, message = DiagnosticStatus.OK, f'{rate:.1f} images per second'
        if frames is None:
            message = 'not active'
        elif rate == 0.0:
            level = DiagnosticStatus.ERROR
            message = f'no images; {inputs.images[camera].text}'
            self._logger.warning(f'{camera}: {message}', throttle_duration_sec=_LOG_EVERY)
        elif rate < _ENOUGH * self._expected_rate:
            level = DiagnosticStatus.WARN
            message = (f'{rate:.1f} images per second of {self._expected_rate:.1f} expected; if '
                       'the camera sends them, see docs/troubleshooting.md, images are lost')
        if statistics.noted:
            values['note'] = statistics.noted
            message = f'{message}; {statistics.noted}'
        return DiagnosticStatus(level=level, name=f'{self._prefix}: {camera}', message=message,
                                values=key_values(values))
