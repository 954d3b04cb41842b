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
Measure what it costs to publish each of a camera's outputs: CPU time of the publishing thread.

One frame of the rendered drive, 640x480, again and again, with a subscriber to everything in a
process of its own. Exit codes: 0 measured, 2 unusable input.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
import sys
import tempfile
import time

from builtin_interfaces.msg import Time
import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header

from seg_node.perception.images.camera_image import CameraImage
from seg_node.perception.process_memory import keep_freed_memory
from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.ros.outputs import CAMERA_OUTPUTS
from seg_node.ros.outputs.confidence import ConfidenceOutput
from seg_node.ros.outputs.mask import MaskOutput
from seg_node.ros.outputs.output import CameraResult
from seg_node.ros.outputs.overlay import OverlayOutput
from seg_node.ros.parameters import declare, read_structure
from seg_node.scoring.percentiles import Percentiles
from seg_node.simulation.drive import demo_drive
from seg_node.stop_go.assessor import Assessment, Assessor, Observation
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.memory.camera_memory import CameraMemory
from seg_node.stop_go.memory.memory import Memory, Remembered
from seg_node.stop_go.memory.place import Place
from seg_node.stop_go.vehicle import Vehicle
from seg_node.stop_go.verdict import Finding, Reason, stop
from seg_node.tools.common.command_line import command, fail, OneLineParser, whole
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.participant import Participant
from seg_node.tools.common.testbed.process import Process, python

SIZE = 640, 480
_WARM_UP = 20
_PAUSE = 0.02
_FOR_PEOPLE = OverlayOutput.__name__
_LABELS = MaskOutput.__name__, ConfidenceOutput.__name__


def road_result(segmenter: Segmenter) -> CameraResult:
    """Return what becomes of a frame of the rendered drive, with a pedestrian on the road."""
    drive = demo_drive(*SIZE)
    camera = drive.camera
    view = View(
        Intrinsics(*SIZE, camera.focal_px, camera.focal_px, camera.cx, camera.cy),
        CameraPose.from_mounting(Mounting(height=camera.height_m, pitch=camera.pitch_rad)))
    info = CameraInfo(width=SIZE[0], height=SIZE[1], distortion_model='plumb_bob', d=[0.0] * 5)
    info.k = [camera.focal_px, 0.0, camera.cx, 0.0, camera.focal_px, camera.cy, 0.0, 0.0, 1.0]
    bgr = drive.frame(5.0).bgr
    seen = segmenter.segment(bgr)
    limits = Limits(vehicle=Vehicle(width=0.6, front=0.3, max_speed=1.0))
    assessor = Assessor(segmenter.model.classes, *seen.labels.shape[::-1], limits)
    assessment = replace(assessor.assess(Observation(seen.labels, seen.confidence, view)),
                         place=Place(0.0, 0.0, 0.0))
    return CameraResult(
        Header(frame_id='camera'), info, CameraImage.of(bgr, 'bgr8'), seen, seen, assessment, (),
        stop(Finding(Reason.CONFIRMING, 'benchmark')), 0.0, lambda event, times=1: None,
        _remembered(seen, assessment, assessor.paths))


def _remembered(seen: Segmentation, assessment: Assessment, paths: NDArray[np.bool_],
                ) -> Remembered:
    """Return what is remembered after this frame alone."""
    memory = Memory(assessment.limits)
    camera = CameraMemory(memory, paths, (seen.labels.shape[1], seen.labels.shape[0]))
    camera.recall(0.0, assessment, False)
    camera.remember(seen.labels, seen.confidence, assessment, ())
    return memory.now


def measure(frames: int, folder: Path) -> dict[str, Percentiles]:
    """Return the CPU time of each output, ms, of frames after the first ones."""
    keep_freed_memory()     # as the node does
    domain = Domain.claim()
    participant = Participant(domain, 'outputs')
    node = participant.node
    listener = None
    try:
        declare(node)
        with Segmenter.open('road', 'onnxruntime') as segmenter:
            result = road_result(segmenter)
            outputs = [output(node, 'camera', segmenter.model, read_structure(node))
                       for output in CAMERA_OUTPUTS]
        topics = dict(node.get_publisher_names_and_types_by_node('outputs', '/'))
        wanted = [each for each in topics if '/segmentation/' in each or '/outputs/' in each]
        listener = Process('listener', python(
            'benchmarks.outputs.listener', *(part for topic in wanted
                                             for part in (topic, topics[topic][0]))),
            folder / 'listener.log', domain.env)
        participant.wait_for(lambda: all(map(node.count_subscribers, wanted)),
                             'a subscriber to every output', 60.0)
        took: dict[str, list[float]] = defaultdict(list)
        for number in range(frames + _WARM_UP):
            frame = _anew(result, number)
            for output in outputs:
                begun = time.thread_time()
                output.publish(frame)
                if number >= _WARM_UP:
                    took[type(output).__name__].append(1e3 * (time.thread_time() - begun))
            time.sleep(_PAUSE)
        return {name: Percentiles.of(values) for name, values in took.items()}
    finally:
        if listener is not None:
            listener.kill()
        participant.close()
        domain.close()


def _anew(result: CameraResult, number: int) -> CameraResult:
    """Return the same as a frame of its own, from which nothing has been derived yet."""
    seen = replace(result.segmentation)
    header = Header(frame_id='camera', stamp=Time(sec=number))
    return replace(result, header=header, segmentation=seen, output=seen)


@command('benchmark outputs')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    parser = OneLineParser(prog='benchmark outputs', description=__doc__.split('\n')[1])
    parser.add_argument('--frames', type=whole(1, 10000), default=200)
    given = parser.parse_args(sys.argv[1:] if argv is None else argv)
    try:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(given.frames, Path(folder))
    except OSError as error:
        return fail('benchmark outputs', error)
    for name, ms in found.items():
        print(f'{name:<20} {ms.p50:6.2f} ms, 95 % below {ms.p95:6.2f} ms')
    print(f'{"together":<20} {sum(ms.p50 for ms in found.values()):6.2f} ms')
    told = sum(ms.p50 for name, ms in found.items() if name != _FOR_PEOPLE)
    print(f'{"without the overlay":<20} {told:6.2f} ms')
    labels = sum(found[name].p50 for name in _LABELS)
    print(f'{"free space, things":<20} {told - labels:6.2f} ms, all but mask and confidence')
    return 0
