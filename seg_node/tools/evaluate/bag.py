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

"""What was seen and decided in a recording as a bag, to be opened beside it."""

from __future__ import annotations

from pathlib import Path
import tempfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.free_space.free_space import FreeSpaceMeter
from seg_node.free_space.scan import ANGLE_MIN, BEAMS, INCREMENT, RANGE_MIN, Scanner
from seg_node.parameters.structure import Structure
from seg_node.perception.models.model import Model
from seg_node.recordings.cdr import typestore, write_cdr
from seg_node.recordings.channels import IMAGE
from seg_node.stop_go.verdict import Decision
from seg_node.tools.common.results_bag import ResultsBag
from seg_node.tools.evaluate.judge import Judgement
from seg_node.tools.evaluate.segmenting import SegmentedFrame

BOOL, SCAN = 'std_msgs/msg/Bool', 'sensor_msgs/msg/LaserScan'
STATUS, KEY_VALUE = 'diagnostic_msgs/msg/DiagnosticStatus', 'diagnostic_msgs/msg/KeyValue'
_NODE = 'seg_node'


class EvaluatedBag:
    """
    Takes the frames of one recording in their order; topics and types are those of the node.

    Messages have the stamps of the frames, and the times of their recording. It lies in a file of
    the system's temporary folder until bytes are asked for.

    :param recorded_ns: when the first frame was recorded.
    """

    def __init__(self, structure: Structure, camera: str, model: Model, recorded_ns: int) -> None:
        """Begin; UserError without rosbags."""
        self._types = typestore().types
        self._camera = camera
        self._structure = structure
        self._recorded_ns = recorded_ns
        self._meter = FreeSpaceMeter(model.classes)
        self._scanner = Scanner(structure.scan_range)
        self._folder = tempfile.TemporaryDirectory(prefix='seg_node_bag_')
        self._bag = ResultsBag(Path(self._folder.name))

    def add(self, seen: SegmentedFrame, judged: Judgement, drawn: NDArray[np.uint8]) -> None:
        """Take a frame with what was decided, and its overlay, BGR uint8 [H, W, 3]."""
        frame, info = seen.decoded.frame, seen.decoded.info
        at = self._recorded_ns + frame.time_ns
        stamp_ns = at if frame.stamp_ns is None else frame.stamp_ns
        frame_id = f'{self._camera}_optical_frame' if info is None or not hasattr(info, 'header') \
            else info.header.frame_id
        header = self._header(stamp_ns, frame_id)
        topic = f'{self._camera}/segmentation'
        self._bag.write_jpeg(f'{topic}/overlay/compressed', header, at, drawn)
        if seen.segmentation is not None and seen.decoded.image is not None:
            image = seen.decoded.image
            mask = image.rotation.as_sent(seen.segmentation.at(image.width, image.height).mask)
            height, width = mask.shape
            self._write(f'{topic}/mask', IMAGE, at, header, height, width, 'mono8', 0, width,
                        np.ascontiguousarray(mask).reshape(-1))
            self._add_scan(seen, judged, at, stamp_ns)
        self._add_decision(seen, judged, at)

    def _add_decision(self, seen: SegmentedFrame, judged: Judgement, at: int) -> None:
        verdict, measure = judged.verdict, judged.assessment.measure
        values = {'decision': verdict.decision.value, 'reason': verdict.reason.value}
        numbers: dict[str, float] = {}
        if seen.segmentation is not None:
            numbers['inference_ms'] = seen.segmentation.network * 1e3
        if measure is not None:
            values[f'{self._camera}.blocked_by'] = str(measure.blocker or '')
            numbers |= {'free_distance': measure.free_distance,
                        'required_distance': measure.required, 'coverage': measure.coverage,
                        'confidence': measure.confidence,
                        'confidence_low': measure.confidence_low}
        values |= {f'{self._camera}.{name}': f'{number:.4f}' for name, number in numbers.items()}
        pairs = [self._types[KEY_VALUE](key, value) for key, value in values.items()]
        self._write(f'{_NODE}/state', STATUS, at, verdict.level, f'/{_NODE}: stop_go',
                    verdict.text, '', pairs)
        self._bag.write_numbers(f'{_NODE}/state', values, at)
        self._write(f'{_NODE}/stop', BOOL, at, verdict.decision is Decision.STOP)

    def _add_scan(self, seen: SegmentedFrame, judged: Judgement, at: int, stamp_ns: int) -> None:
        """Add the scan, by the rule of the node: only from a frame that passed every check."""
        view, limits = judged.assessment.view, judged.assessment.limits
        if view is None or not judged.believed:
            return
        assert seen.segmentation is not None
        shown = self._meter.measure(
            seen.segmentation.labels, seen.segmentation.confidence, view, limits)
        self._write(
            f'{_NODE}/scan', SCAN, at, self._header(stamp_ns, self._structure.base_frame),
            ANGLE_MIN, ANGLE_MIN + (BEAMS - 1) * INCREMENT, INCREMENT, 0.0, 0.0, RANGE_MIN,
            self._structure.scan_range, self._scanner.scan(shown, limits.ground.max_blind),
            np.empty(0, np.float32))

    def _header(self, stamp_ns: int, frame_id: str) -> Any:
        stamp = self._types['builtin_interfaces/msg/Time'](*divmod(stamp_ns, 10**9))
        return self._types['std_msgs/msg/Header'](stamp, frame_id)

    def _write(self, topic: str, kind: str, at: int, *fields: Any) -> None:
        self._bag.write(topic, kind, at, write_cdr(self._types[kind](*fields), kind))

    def finish(self) -> bytes:
        """Return the file; nothing can be added afterwards."""
        data = self._bag.close().read_bytes()
        self.close()
        return data

    def close(self) -> None:
        """Throw the file away; safe to call twice."""
        self._bag.discard()
        self._folder.cleanup()
