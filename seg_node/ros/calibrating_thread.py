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

"""The thread that tells from driving where cameras sit; nothing waits for it."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from rclpy.impl.rcutils_logger import RcutilsLogger

from seg_node.calibration.watch import CalibrationWatch
from seg_node.ros.messages import stamp_ns
from seg_node.ros.outputs.output import CameraResult

_LOG_EVERY = 10.0      # seconds between warnings of one kind


class CalibratingThread:
    """Do the work of watches, one piece at a time; what comes meanwhile is left out."""

    def __init__(self, logger: RcutilsLogger) -> None:
        self._logger = logger
        self._thread = ThreadPoolExecutor(1, 'calibration')
        self._work: Future[None] | None = None

    def look(self, camera: str, watch: CalibrationWatch, result: CameraResult) -> None:
        """Show a watch what became of a frame; it must not raise, and does not wait."""
        try:
            if not result.believed:
                watch.rest()
                return
            found = result.assessment
            work = watch.look(
                lambda: result.image.bgr, stamp_ns(result.header.stamp) * 1e-9, found.view,
                found.motion, found.limits.ground.pitch_error)
            if work is not None and (self._work is None or self._work.done()):
                self._work = self._thread.submit(work)
                self._work.add_done_callback(lambda done: self._tell(camera, done))
        except Exception as error:      # nothing of the decision rests on it
            self._log(camera, error)

    def close(self) -> None:
        """Begin no further work."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _tell(self, camera: str, done: Future[None]) -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._log(camera, error)

    def _log(self, camera: str, error: BaseException) -> None:
        self._logger.warning(f'{camera}: calibration while driving failed: {error!r}',
                             throttle_duration_sec=_LOG_EVERY)
