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

"""What was seen and decided in a recording as an .rrd, for the viewer of rerun."""

from __future__ import annotations

from collections.abc import Sequence
import math
from pathlib import Path
import subprocess
import sys
import tempfile

import cv2
import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.models.model import Model
from seg_node.stop_go.verdict import Decision
from seg_node.tools.evaluate.judge import Judgement
from seg_node.tools.evaluate.segmenting import SegmentedFrame

NAME = 'results.rrd'
_QUALITY = 80
_UNLABELLED = 255
_NUMBERS = {'distance/free': 'free_distance', 'distance/required': 'required',
            'confidence': 'confidence'}
"""What of a measure has a curve, by its place in the file."""


class RerunFile:
    """
    Takes the frames of one recording in their order.

    Its timelines are the stamps, and the numbers of the frames. What a frame does not tell is
    cleared, or the viewer would go on to show what the frame before told. It lies in a file of
    the system's temporary folder until bytes are asked for.

    :param recorded_ns: when the first frame was recorded.
    """

    def __init__(self, name: str, model: Model, recorded_ns: int) -> None:
        """Begin; ModuleNotFoundError without the SDK."""
        import rerun
        self._rerun = rerun
        self._recorded_ns = recorded_ns
        self._folder = tempfile.TemporaryDirectory(prefix='seg_node_rerun_')
        self._path = Path(self._folder.name) / NAME
        self._stream = rerun.RecordingStream('seg_node')
        self._stream.save(self._path)
        self._stream.send_recording_name(name)
        self._stream.log('mask', rerun.AnnotationContext([
            *(rerun.AnnotationInfo(number, info.name, info.color)
              for number, info in enumerate(model.classes)),
            rerun.AnnotationInfo(_UNLABELLED, 'unlabelled', (0, 0, 0, 0))]), static=True)

    def add(self, seen: SegmentedFrame, judged: Judgement, drawn: NDArray[np.uint8]) -> None:
        """Take a frame with what was decided, and its overlay, BGR uint8 [H, W, 3]."""
        rerun, frame, verdict = self._rerun, seen.decoded.frame, judged.verdict
        stamp_ns = frame.stamp_ns
        if stamp_ns is None:
            stamp_ns = self._recorded_ns + frame.time_ns
        self._stream.set_time('stamp', timestamp=np.datetime64(stamp_ns, 'ns'))
        self._stream.set_time('frame', sequence=frame.index)
        _, jpeg = cv2.imencode('.jpg', drawn, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        self._stream.log('overlay', rerun.EncodedImage(
            contents=jpeg.tobytes(), media_type='image/jpeg'))
        nothing = rerun.Clear(recursive=False)
        self._stream.log('mask', nothing if seen.segmentation is None
                         else rerun.SegmentationImage(seen.segmentation.labels))
        level = 'WARN' if verdict.decision is Decision.STOP else 'INFO'
        self._stream.log(
            'decision', rerun.TextLog(verdict.text, level=level),
            rerun.AnyValues(decision=verdict.decision.value, reason=verdict.reason.value))
        for place, name in _NUMBERS.items():
            number = getattr(judged.assessment.measure, name, None)
            self._stream.log(place, nothing if number is None or not math.isfinite(number)
                             else rerun.Scalars(number))

    def finish(self) -> bytes:
        """Return the file; nothing can be added afterwards."""
        self._stream.disconnect()
        data = self._path.read_bytes()
        self.close()
        return data

    def close(self) -> None:
        """Throw the file away; safe to call twice."""
        self._stream.disconnect()
        self._folder.cleanup()


def join(files: Sequence[Path], target: Path) -> None:
    """Write one file with the recordings of several; UserError where that fails."""
    # Files that are merely put one after the other have indices that lead astray.
    try:
        with target.open('wb') as out:
            done = subprocess.run(
                [sys.executable, '-m', 'rerun', 'rrd', 'merge', *map(str, files)],
                stdout=out, stderr=subprocess.PIPE, check=False)
    except OSError as error:
        raise UserError(f'--rerun {target}: cannot be written ({error.strerror})') from None
    if done.returncode:
        raise UserError(f'--rerun {target}: cannot be made of {len(files)} recordings '
                        f'({done.stderr.decode(errors="replace").strip()[-200:]})')
