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
"""The way of one frame, on the worker thread: decode, segment, measure, decide, publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import threading
import time
from typing import Any

from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.perception.image_codec import ImageError
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.ros.camera_judge import CameraJudge, LastFrame
from seg_node.ros.clocks import Clocks
from seg_node.ros.messages import seconds, to_bgr
from seg_node.ros.newest_frames import Frame, NewestFrames
from seg_node.ros.outputs import CameraOutputs
from seg_node.ros.parameters import Limits
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.stop_go.corridor import Corridor, CorridorMeasure
from seg_node.stop_go.thresholds import assess
from seg_node.stop_go.verdict import Finding, Reason, Verdict

_LOG_EVERY = 2.0      # seconds between warnings of one kind


@dataclass(frozen=True)
class Camera:
    """What the worker keeps for one camera."""

    outputs: CameraOutputs
    statistics: CameraStatistics


class CameraWorker:
    """
    Own the segmenter while active and work through the newest frames, one at a time.

    Whatever goes wrong with a frame becomes a STOP, a counter and a throttled warning; the thread
    goes on with the next frame.
    """

    def __init__(self, segmenter: Segmenter, cameras: Mapping[str, Camera], frames: NewestFrames,
                 signal: StopSignal, clocks: Clocks, limits: Limits,
                 logger: RcutilsLogger) -> None:
        self._segmenter = segmenter
        self._cameras = cameras
        self._frames = frames
        self._signal = signal
        self._clocks = clocks
        self._logger = logger
        self.apply(limits)
        self._thread = threading.Thread(target=self._run, name='segmentation', daemon=True)
        self._thread.start()

    def apply(self, limits: Limits) -> None:
        """
        Take over changed limits, from the next frame on.

        :raises ValueError: when the corridor does not fit the network's label map.
        """
        model = self._segmenter.model
        # One assignment, so that the thread never sees one half of a change.
        self._geometry = (
            Corridor.from_trapezoid(limits.corridor, model.width, model.height), limits)

    def stop(self, timeout: float) -> bool:
        """Finish the frame in hand and end; False when it takes longer than `timeout` seconds."""
        self._frames.close()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            frame = self._frames.take()
            if frame is None:
                return
            try:
                self._work(frame)
            except Exception as error:      # a STOP with its reason, whatever it was
                self._fail(frame, Reason.INFERENCE_FAILED, 'inference_failed', error)

    def _work(self, frame: Frame) -> None:
        statistics = self._cameras[frame.camera].statistics
        started = time.monotonic()
        try:
            bgr = to_bgr(frame.message)
        except ImageError as error:
            self._fail(frame, Reason.MALFORMED, 'malformed', error)
            return
        self._check_camera_info(frame, bgr)
        decoded = time.monotonic()
        segmentation = self._segmenter.segment(bgr)
        inferred = time.monotonic()
        inference_ms = (inferred - decoded) * 1e3
        corridor, limits = self._geometry
        measure = corridor.measure(
            segmentation.drivable, segmentation.confidence, limits.stop_go.min_obstacle)
        header = frame.message.header
        last = LastFrame(header.stamp, measure, inference_ms)
        verdicts: list[Verdict] = []

        def decide(judges: Mapping[str, CameraJudge]) -> None:
            judge = judges[frame.camera]
            findings = (*judge.health.check(bgr), *assess(measure, limits.stop_go))
            judge.observe(last, findings, frame.arrival, limits)
            verdicts.append(judge.verdict(self._clocks.now()))

        self._signal.judge(decide)
        statistics.count('processed')
        statistics.took('decode', (decoded - started) * 1e3)
        statistics.took('inference', inference_ms)
        statistics.took('decide', (time.monotonic() - inferred) * 1e3)
        statistics.took('latency', (self._clocks.now().ros - seconds(header.stamp)) * 1e3)
        self._publish(frame, bgr, segmentation, corridor, measure, verdicts[0], inference_ms)

    def _check_camera_info(self, frame: Frame, bgr: Any) -> None:
        info, (height, width) = frame.camera_info, bgr.shape[:2]
        if info is None or (info.width, info.height) == (width, height):
            return
        self._cameras[frame.camera].statistics.count('camera_info_mismatch')
        self._logger.warning(
            f'{frame.camera}: camera_info is for {info.width}x{info.height}, the images are '
            f'{width}x{height}; calibrate for the size that is published',
            throttle_duration_sec=_LOG_EVERY)

    def _publish(self, frame: Frame, bgr: Any, segmentation: Segmentation, corridor: Corridor,
                 measure: CorridorMeasure, verdict: Verdict, inference_ms: float) -> None:
        """Publish the pictures; a failure here is counted, the decision already stands."""
        camera = self._cameras[frame.camera]
        header = frame.message.header
        started = time.monotonic()
        try:
            camera.outputs.publish_labels(segmentation, header)
            camera.outputs.publish_overlay(
                bgr, segmentation, header, corridor, measure, verdict, inference_ms)
        except Exception as error:
            camera.statistics.count('publish_failed')
            self._logger.error(f'{frame.camera}: publishing failed: {error}',
                               throttle_duration_sec=_LOG_EVERY)
        camera.statistics.took('publish', (time.monotonic() - started) * 1e3)

    def _fail(self, frame: Frame, reason: Reason, event: str, error: Exception) -> None:
        text = f'{error}' or type(error).__name__
        self._cameras[frame.camera].statistics.count(event)
        last = LastFrame(frame.message.header.stamp, None, 0.0)
        finding = Finding(reason, f'{reason.value.replace("_", " ")}: {text}')
        self._signal.judge(
            lambda judges: judges[frame.camera].fail(last, finding, frame.arrival))
        self._logger.warning(f'{frame.camera}: {finding.text}', throttle_duration_sec=_LOG_EVERY)
