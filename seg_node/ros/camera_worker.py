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
"""The way of a frame, on the worker thread: decode, segment, measure, decide, publish."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
import threading
import time

import numpy as np
from numpy.typing import NDArray
from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.errors import ImageError
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.ros.background import Background
from seg_node.ros.camera_judge import CameraJudge, LastFrame
from seg_node.ros.clocks import Clocks
from seg_node.ros.messages import decode_message, seconds
from seg_node.ros.newest_frames import Frame, NewestFrames
from seg_node.ros.outputs import CameraOutputs
from seg_node.ros.speedometer import Speedometer
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.stop_go.assessor import Assessment, Assessor
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import Role
from seg_node.stop_go.sight import enough_pixels, Judged, make_assessor, SegmentedImage, Sight
from seg_node.stop_go.verdict import Finding, Reason, Verdict

_LOG_EVERY = 2.0      # seconds between warnings of one kind


@dataclass(frozen=True)
class Camera:
    """What the worker keeps for one camera."""

    outputs: CameraOutputs
    statistics: CameraStatistics
    geometry: Geometry
    role: Role
    sight: Sight


@dataclass(frozen=True, eq=False)
class _Decoded:
    """
    A frame with its image, and the check of it, which goes on beside.

    `assessor` holds the limits of both that check and the judgement.
    """

    frame: Frame
    image: CameraImage
    assessor: Assessor
    health: Future[tuple[Finding, ...]]


class CameraWorker:
    """
    Own the segmenter while active and work through the newest frames.

    One at a time, or as many of different cameras as the backend works on together. Whatever goes
    wrong with a frame becomes a STOP, a counter and a throttled warning; the thread goes on with
    the next one. While the network works, another thread looks after the camera's health; a third
    one publishes images, while this one is at the next frame.
    """

    def __init__(self, segmenter: Segmenter, cameras: Mapping[str, Camera], frames: NewestFrames,
                 signal: StopSignal, clocks: Clocks, speedometer: Speedometer, limits: Limits,
                 logger: RcutilsLogger) -> None:
        self._segmenter = segmenter
        self._cameras = cameras
        self._frames = frames
        self._signal = signal
        self._clocks = clocks
        self._speedometer = speedometer
        self._logger = logger
        self.apply(limits)
        self._beside = ThreadPoolExecutor(1, 'camera health')
        self._publishing = Background(len(cameras))
        self._thread = threading.Thread(target=self._run, name='segmentation', daemon=True)
        self._thread.start()

    def apply(self, limits: Limits) -> None:
        """
        Take over changed limits, from the next frame on.

        :raises ValueError: when they do not fit the model or the geometry.
        """
        # One assignment, so that the thread never sees one half of a change.
        model = self._segmenter.model
        self._judging = {name: make_assessor(model, camera.role, limits, camera.geometry)
                         for name, camera in self._cameras.items()}

    def stop(self, timeout: float) -> bool:
        """Finish the frame in hand and end; False when it takes longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._frames.close()
        self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        self._beside.shutdown()
        return self._publishing.close(deadline - time.monotonic())

    def _run(self) -> None:
        while taken := self._frames.take(self._segmenter.backend.max_batch):
            images = [one for frame in taken if (one := self._decode(frame)) is not None]
            if not images:
                continue
            begun = time.monotonic()
            try:
                seen = self._segmenter.segment_together([one.image.bgr for one in images])
            except Exception as error:      # a STOP with its reason, whatever it was
                for one in images:
                    self._fail(one.frame, Reason.INFERENCE_FAILED, 'inference_failed', error)
                continue
            took = time.monotonic() - begun
            for one, segmentation in zip(images, seen, strict=True):
                try:
                    self._judge(one, segmentation, took)
                except Exception as error:      # as above
                    self._fail(one.frame, Reason.INFERENCE_FAILED, 'inference_failed', error)

    def _decode(self, frame: Frame) -> _Decoded | None:
        """Return the image; or None, where that is a STOP already."""
        statistics = self._cameras[frame.camera].statistics
        started = time.monotonic()
        statistics.took('wait', (started - frame.arrival.steady) * 1e3)
        assessor = self._judging[frame.camera]
        try:
            image = decode_message(
                frame.message, enough_pixels(self._segmenter.model, assessor.limits))
        except Exception as error:
            expected = isinstance(error, ImageError)
            self._fail(frame, Reason.MALFORMED if expected else Reason.INFERENCE_FAILED,
                       'malformed' if expected else 'inference_failed', error)
            return None
        statistics.took('decode', (time.monotonic() - started) * 1e3)
        return _Decoded(frame, image, assessor, self._beside.submit(
            self._cameras[frame.camera].sight.inspect, image, assessor.limits))

    def _judge(self, one: _Decoded, segmentation: Segmentation, inference: float) -> None:
        """Decide, and publish; inference is what the frame waited for its segmentation, s."""
        frame, assessor = one.frame, one.assessor
        camera = self._cameras[frame.camera]
        statistics = camera.statistics
        inferred = time.monotonic()
        segmentation = segmentation.at(one.image.width, one.image.height)
        motion = self._speedometer.motion(assessor.limits.vehicle.odometry_timeout)
        judged = camera.sight.judge(SegmentedImage(
            segmentation.width, segmentation.height, segmentation.labels,
            segmentation.confidence, one.health.result(), frame.camera_info, motion, inference),
            assessor)
        measured = time.monotonic()
        assessment = judged.assessment
        self._tell_of_view(frame.camera, judged)
        header = frame.message.header
        last = LastFrame(header.stamp, assessment.measure, inference * 1e3)
        verdicts: list[Verdict] = []

        def decide(judges: Mapping[str, CameraJudge]) -> None:
            judge = judges[frame.camera]
            judge.observe(last, assessment.findings, frame.arrival, assessor.limits)
            verdicts.append(judge.verdict(self._clocks.now()))

        self._signal.judge(decide)
        statistics.count('processed')
        for finding in assessment.findings:
            statistics.count(f'finding.{finding.reason.value}')
        stamp = seconds(header.stamp)
        statistics.took('deliver', (frame.arrival.ros - stamp) * 1e3)
        statistics.took('resize', segmentation.prepare * 1e3)
        statistics.took('inference', last.inference_ms)
        statistics.took('measure', (measured - inferred) * 1e3)
        statistics.took('decide', (time.monotonic() - measured) * 1e3)
        statistics.took('latency', (self._clocks.now().ros - stamp) * 1e3)
        self._publishing.put(partial(
            self._publish, frame, one.image.bgr, segmentation, assessment, verdicts[0],
            last.inference_ms))

    def _tell_of_view(self, camera: str, judged: Judged) -> None:
        if judged.look.no_view:
            self._cameras[camera].statistics.count('no_view')
            self._logger.warning(
                f'{camera}: {judged.look.no_view}', throttle_duration_sec=_LOG_EVERY)

    def _publish(self, frame: Frame, bgr: NDArray[np.uint8], segmentation: Segmentation,
                 assessment: Assessment, verdict: Verdict, inference_ms: float) -> None:
        """Publish the images; a failure here is counted, the decision already stands."""
        camera = self._cameras[frame.camera]
        header = frame.message.header
        started = time.monotonic()
        try:
            camera.outputs.publish_labels(segmentation, header)
            camera.outputs.publish_overlay(
                bgr, segmentation, header, assessment, verdict, inference_ms)
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
