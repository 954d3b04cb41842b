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

"""The way of a frame, on the worker thread: decode, segment, assess, decide, publish."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
import threading
import time

from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.calibration.watch import CalibrationWatch
from seg_node.perception.images.bit_depth import BitDepth
from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.images.errors import ImageError
from seg_node.perception.images.rotation import Rotation
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.ros.calibrating_thread import CalibratingThread
from seg_node.ros.clocks import Clocks
from seg_node.ros.depth_input import DepthInput
from seg_node.ros.messages import decode_message, stamp_ns
from seg_node.ros.newest_frames import CameraFrame, NewestFrames
from seg_node.ros.outputs.output import CameraOutput, CameraResult
from seg_node.ros.publishing_thread import PublishingThread
from seg_node.ros.speedometer import Speedometer
from seg_node.ros.statistics import CameraStatistics
from seg_node.ros.stop_signal import StopSignal
from seg_node.stop_go.assessor import Assessment
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.depth.depth_image import DepthImage
from seg_node.stop_go.image_size import min_image_size
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.memory import Remembered
from seg_node.stop_go.segmented_image import Inspection, SegmentedImage
from seg_node.stop_go.verdict import Finding, Reason, Verdict

_LOG_EVERY = 2.0      # seconds between warnings of one kind


@dataclass(frozen=True)
class CameraParts:
    """What the worker keeps for one camera."""

    judge: CameraJudge
    outputs: Sequence[CameraOutput]
    statistics: CameraStatistics
    rotation: Rotation
    calibration: CalibrationWatch


@dataclass(frozen=True, eq=False)
class _DecodedFrame:
    """A frame with its image, and the inspection of it, which goes on beside the inference."""

    frame: CameraFrame
    image: CameraImage
    inspection: Future[Inspection]


class CameraWorker:
    """
    Own the segmenter while active and work through the newest frames.

    One at a time, or as many of different cameras as the backend works on together. Whatever goes
    wrong with a frame becomes a STOP, a counter and a throttled warning; the thread goes on with
    the next one. While the network works, another thread looks after the camera's health; a third
    one publishes images, while this one is at the next frame.
    """

    def __init__(self, segmenter: Segmenter, cameras: Mapping[str, CameraParts],
                 frames: NewestFrames, depths: Mapping[str, DepthInput], signal: StopSignal,
                 clocks: Clocks, speedometer: Speedometer, limits: Limits,
                 output_size: tuple[int, int] | None,
                 logger: RcutilsLogger) -> None:
        self.limits = limits
        """Those of the next frame; may be replaced at any time."""
        self._segmenter = segmenter
        self._cameras = cameras
        self._frames = frames
        self._signal = signal
        self._clocks = clocks
        self._speedometer = speedometer
        self._output_size = output_size
        self._logger = logger
        self._depths = depths
        self._bit_depths = {camera: BitDepth() for camera in cameras}
        self._health = ThreadPoolExecutor(1, 'camera health')
        self._publishing = PublishingThread(len(cameras))
        self._calibrating = CalibratingThread(logger)
        self._thread = threading.Thread(target=self._run, name='segmentation', daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """Finish the frame in hand and end; False when it takes longer than `timeout` seconds."""
        deadline = time.monotonic() + timeout
        self._frames.close()
        self._thread.join(timeout)
        if self._thread.is_alive():
            return False
        self._health.shutdown()
        self._calibrating.close()
        return self._publishing.close(deadline - time.monotonic())

    def _run(self) -> None:
        while frames := self._frames.take(self._segmenter.backend.max_batch):
            self._process(frames)

    def _process(self, frames: Sequence[CameraFrame]) -> None:
        """Take frames of different cameras their way; each ends in a decision."""
        decoded = [one for frame in frames if (one := self._decode(frame)) is not None]
        for one, segmentation, seconds in self._segment(decoded):
            try:
                seen = self._seen(one, segmentation, seconds)
                assessment = self._assess(one, segmentation, seen)
                verdict, findings = self._decide(one.frame, assessment, seconds)
                assessment, remembered = self._look_back(
                    one.frame.camera, seen, assessment, findings)
                self._publishing.put(partial(self._publish, one.frame, CameraResult(
                    one.frame.message.header, one.frame.camera_info, one.image, segmentation,
                    self._output(one.frame.camera, segmentation), assessment, findings, verdict,
                    seconds, self._cameras[one.frame.camera].statistics.count, remembered)))
            except Exception as error:      # a STOP with its reason, whatever it was
                self._fail(one.frame, Reason.INFERENCE_FAILED, error)

    def _decode(self, frame: CameraFrame) -> _DecodedFrame | None:
        """Return the image, its inspection begun; or None, where that is a STOP already."""
        camera = self._cameras[frame.camera]
        limits = self.limits
        started = time.monotonic()
        camera.statistics.took('wait', (started - frame.arrival.steady) * 1e3)
        try:
            image = decode_message(
                frame.message, min_image_size(self._segmenter.model, limits, camera.rotation),
                self._bit_depths[frame.camera]).turned(camera.rotation).among(
                    self._segmenter.backend.layouts)
        except Exception as error:      # as above
            self._fail(frame, Reason.MALFORMED if isinstance(error, ImageError)
                       else Reason.INFERENCE_FAILED, error)
            return None
        camera.statistics.note(image.note)
        camera.statistics.took('decode', (time.monotonic() - started) * 1e3)
        inspection = self._health.submit(camera.judge.inspect, image, limits)
        return _DecodedFrame(frame, image, inspection)

    def _segment(self, decoded: Sequence[_DecodedFrame],
                 ) -> Iterator[tuple[_DecodedFrame, Segmentation, float]]:
        """Return each frame with its segmentation, and the seconds it waited for it."""
        if not decoded:
            return
        started = time.monotonic()
        try:
            found = self._segmenter.segment_together([one.image.pixels for one in decoded])
        except Exception as error:      # as above
            for one in decoded:
                self._fail(one.frame, Reason.INFERENCE_FAILED, error)
            return
        seconds = time.monotonic() - started
        for one, segmentation in zip(decoded, found, strict=True):
            if self._frames.closed:     # what comes back from a hang must not count any more
                self._cameras[one.frame.camera].statistics.count('dropped')
            else:
                yield one, segmentation.at(one.image.width, one.image.height), seconds

    def _seen(self, one: _DecodedFrame, segmentation: Segmentation, inference: float,
              ) -> SegmentedImage:
        """Put together what is known of a segmented frame."""
        stamp = stamp_ns(one.frame.message.header.stamp)
        return SegmentedImage(
            segmentation.width, segmentation.height, segmentation.labels, segmentation.confidence,
            one.inspection.result(), one.frame.camera_info, self._speedometer.motion(), inference,
            one.frame.info_changes, self._depth_of(one), stamp,
            self._speedometer.place(stamp * 1e-9))

    def _assess(self, one: _DecodedFrame, segmentation: Segmentation, seen: SegmentedImage,
                ) -> Assessment:
        """Find what speaks against GO."""
        camera = self._cameras[one.frame.camera]
        started = time.monotonic()
        assessment = camera.judge.assess(seen)
        camera.statistics.took('resize', segmentation.prepare * 1e3)
        camera.statistics.took('inference', seen.inference * 1e3)
        camera.statistics.took('measure', (time.monotonic() - started) * 1e3)
        for finding in assessment.findings:
            camera.statistics.count(f'finding.{finding.reason.value}')
            if finding.reason in (Reason.NO_CAMERA_INFO, Reason.NO_TRANSFORM):
                camera.statistics.count('no_view')
                self._logger.warning(f'{one.frame.camera}: {finding.text}',
                                     throttle_duration_sec=_LOG_EVERY)
        return assessment

    def _depth_of(self, one: _DecodedFrame) -> DepthImage | Finding | None:
        """Return the depth of a frame, or why there is none; None where it is not asked for."""
        depth = self._depths.get(one.frame.camera)
        if depth is None:
            return None
        return depth.of(one.frame.message.header, one.image, self.limits.depth_camera.max_offset)

    def _decide(self, frame: CameraFrame, assessment: Assessment, inference: float,
                ) -> tuple[Verdict, tuple[Finding, ...]]:
        """Decide, and publish the vehicle's decision; return the camera's, and all it found."""
        started = time.monotonic()
        stamp = stamp_ns(frame.message.header.stamp)

        def decide(judges: Mapping[str, CameraJudge]) -> tuple[Verdict, tuple[Finding, ...]]:
            judge = judges[frame.camera]
            found = judge.observe(stamp, assessment, frame.arrival, inference)
            return judge.verdict(self._clocks.now()), found

        decided = self._signal.judge(decide)
        statistics = self._cameras[frame.camera].statistics
        statistics.count('processed')
        statistics.took('deliver', (frame.arrival.ros - stamp * 1e-9) * 1e3)
        statistics.took('decide', (time.monotonic() - started) * 1e3)
        statistics.took('latency', (self._clocks.now().ros - stamp * 1e-9) * 1e3)
        return decided

    def _output(self, camera: str, segmentation: Segmentation) -> Segmentation:
        """Return the segmentation at the size of the output, upright."""
        if self._output_size is None:
            return segmentation
        return segmentation.at(*self._cameras[camera].rotation.size(*self._output_size))

    def _look_back(self, camera: str, seen: SegmentedImage, assessment: Assessment,
                   findings: Sequence[Finding]) -> tuple[Assessment, Remembered]:
        """Do with a decided frame what the decision need not wait for."""
        judge, statistics = self._cameras[camera].judge, self._cameras[camera].statistics
        started = time.monotonic()
        assessment = judge.consult(seen, assessment)
        consulted = time.monotonic()
        remembered = judge.remember(seen, assessment, findings)
        statistics.took('consult', (consulted - started) * 1e3)
        statistics.took('remember', (time.monotonic() - consulted) * 1e3)
        return assessment, remembered

    def _publish(self, frame: CameraFrame, result: CameraResult) -> None:
        """Publish the images; a failure here is counted, the decision already stands."""
        camera = self._cameras[frame.camera]
        started = time.monotonic()
        for output in camera.outputs:
            try:
                output.publish(result)
            except Exception as error:
                camera.statistics.count('publish_failed')
                self._logger.error(f'{frame.camera}: publishing failed: {error}',
                                   throttle_duration_sec=_LOG_EVERY)
        camera.statistics.took('publish', (time.monotonic() - started) * 1e3)
        self._calibrating.look(frame.camera, camera.calibration, result)

    def _fail(self, frame: CameraFrame, reason: Reason, error: Exception) -> None:
        """Make a frame that went wrong a STOP."""
        finding = Finding(
            reason, f'{reason.value.replace("_", " ")}: {f"{error}" or type(error).__name__}')
        self._cameras[frame.camera].statistics.count(reason.value)
        stamp = stamp_ns(frame.message.header.stamp)
        self._signal.judge(lambda judges: judges[frame.camera].fail(stamp, finding, frame.arrival))
        self._logger.warning(f'{frame.camera}: {finding.text}', throttle_duration_sec=_LOG_EVERY)
