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


from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rosbags.rosbag2 import Reader

import helpers.bag_files as bag_files
from helpers.bag_files import STORE
from seg_node.recordings.cdr import read_image
from seg_node.tools.demo.drive_log import read_records
from seg_node.tools.recorder.overlay_video import OverlayVideo
from seg_node.tools.recorder.recording_writer import Arrival, RecordingWriter, topics_of

PERIOD = 40_000_000
START = 1_700_000_000 * 10**9


def status(decision: str) -> bytes:
    types = STORE.types
    values = [types['diagnostic_msgs/msg/KeyValue'](key, text) for key, text in (
        ('decision', decision), ('camera.confidence', '0.7500'), ('camera.coverage', 'nan'),
        ('camera.image_stamp', '1.5'))]
    return bytes(STORE.serialize_cdr(types['diagnostic_msgs/msg/DiagnosticStatus'](
        1, 'node: stop_go', 'text', '', values), 'diagnostic_msgs/msg/DiagnosticStatus'))


def flag(value: bool) -> bytes:
    return bytes(STORE.serialize_cdr(
        STORE.types['std_msgs/msg/Bool'](value), 'std_msgs/msg/Bool'))


def record(folder: Path) -> RecordingWriter:
    recording = RecordingWriter(folder, ['camera'], 25.0, folder / 'records.jsonl')
    topics = {topic.kind: topic for topic in topics_of(['camera'], 'seg_node')}
    others = [topic for topic in topics_of(['camera'], 'seg_node') if topic.kind == 'other']
    for index in range(5):
        wall = START + index * PERIOD
        for kind, raw in (('mask', bag_files.image(wall, 1)),
                          ('overlay', bag_files.image(wall, 40 * index)),
                          ('stop', flag(True)), ('state', status('go'))):
            recording.put(Arrival(topics[kind], raw, wall))
        for kind, raw in (('std_msgs/msg/Float32', b'\0\1\0\0\0\0\x80?'),
                          (bag_files.CAMERA_INFO, bag_files.camera_info(wall, 100.0))):
            (topic,) = (one for one in others if one.msgtype == kind)
            recording.put(Arrival(topic, raw, wall))
    return recording


def test_bag_opens_with_definitions_and_holds_what_came(tmp_path: Path) -> None:
    counts = record(tmp_path).close()
    assert counts['received'] == {
        'mask': 5, 'overlay': 5, 'stop': 5, 'state': 5, 'other': 10}
    assert counts['dropped'] == {}
    with Reader(tmp_path / 'results.mcap') as bag:
        assert {c.topic: (c.msgtype, c.msgcount) for c in bag.connections} == {
            '/camera/segmentation/mask': ('sensor_msgs/msg/Image', 5),
            '/seg_node/stop': ('std_msgs/msg/Bool', 5),
            '/seg_node/state': ('diagnostic_msgs/msg/DiagnosticStatus', 5),
            '/seg_node/speed_limit': ('std_msgs/msg/Float32', 5),
            '/seg_node/state/camera/confidence': ('std_msgs/msg/Float64', 5),
            '/camera/segmentation/camera_info': ('sensor_msgs/msg/CameraInfo', 5),
            '/camera/segmentation/overlay/compressed': ('sensor_msgs/msg/CompressedImage', 5)}
        numbers = [c for c in bag.connections if c.topic.endswith('confidence')]
        assert [STORE.deserialize_cdr(raw, c.msgtype).data
                for c, _, raw in bag.messages(numbers)] == 5 * [0.75]
        pictures = [c for c in bag.connections if c.topic.endswith('/compressed')]
        assert [round(float(read_image(bytes(raw), True).bgr.mean()) / 40)
                for _, _, raw in bag.messages(pictures)] == list(range(5))
        assert all(c.msgdef.data for c in bag.connections)
        masks = [c for c in bag.connections if c.topic.endswith('mask')]
        assert [bytes(raw) for _, _, raw in bag.messages(masks)] == [
            bag_files.image(START + i * PERIOD, 1) for i in range(5)]


def test_records_and_video_hold_what_came(tmp_path: Path) -> None:
    assert record(tmp_path).close()['overlay_frames'] == 5
    records = read_records(tmp_path / 'records.jsonl')
    assert records.overlays == tuple(
        ('camera', START + i * PERIOD, i) for i in range(5))
    assert [state.decision for state in records.states] == ['go'] * 5
    assert video(tmp_path / 'overlay.mp4') == [0, 40, 80, 120, 160]
    assert not list(tmp_path.glob('.recording-*'))


def test_failure_of_the_disk_is_kept_for_the_caller(tmp_path: Path) -> None:
    recording = RecordingWriter(tmp_path, ['camera'], 25.0, tmp_path / 'records.jsonl')
    topics = {topic.kind: topic for topic in topics_of(['camera'], 'seg_node')}
    recording.put(Arrival(topics['state'], b'\0\1\0\0no message', START))
    recording.close()
    assert recording.error is not None


# --- the video ---------------------------------------------------------------------------------

def video(path: Path) -> list[int]:
    """Return the brightness of each frame, to the nearest 10."""
    capture, values = cv2.VideoCapture(str(path)), []
    while True:
        readable, bgr = capture.read()
        if not readable:
            return values
        values.append(round(float(bgr.mean()) / 10) * 10)


def gray(value: int, size: tuple[int, int] = (64, 48)) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), value, np.uint8)


def test_lost_image_repeats_the_one_before(tmp_path: Path) -> None:
    overlay = OverlayVideo(tmp_path / 'a.mp4', ['camera'], 25)
    places = [overlay.add('camera', START + i * PERIOD, gray(40 * i)) for i in (0, 1, 4)]
    overlay.close()
    assert places == [0, 1, 4]
    assert video(tmp_path / 'a.mp4') == [0, 40, 40, 40, 160]


def test_gap_and_jump_back_in_time_are_cut(tmp_path: Path) -> None:
    overlay = OverlayVideo(tmp_path / 'a.mp4', ['camera'], 25)
    places = [overlay.add('camera', START + seconds * 10**9, gray(value))
              for seconds, value in ((0, 0), (3600, 80), (5, 160))]
    overlay.close()
    assert places == [0, 1, 2]
    assert video(tmp_path / 'a.mp4') == [0, 80, 160]


def test_image_of_another_size_is_scaled(tmp_path: Path) -> None:
    overlay = OverlayVideo(tmp_path / 'a.mp4', ['camera'], 25)
    overlay.add('camera', START, gray(0))
    overlay.add('camera', START + PERIOD, gray(100, (200, 100)))
    overlay.close()
    assert video(tmp_path / 'a.mp4') == [0, 100]


def test_cameras_are_tiled_and_a_silent_one_does_not_hold_up(tmp_path: Path) -> None:
    overlay = OverlayVideo(tmp_path / 'a.mp4', ['left', 'right'], 25)
    for index in range(40):
        overlay.add('left', START + index * PERIOD, gray(200))
        if index < 10:
            overlay.add('right', START + index * PERIOD + 1_000_000, gray(100))
    overlay.close()
    capture = cv2.VideoCapture(str(tmp_path / 'a.mp4'))
    frames = [capture.read()[1] for _ in range(int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))]
    assert len(frames) == 40
    assert frames[5].shape == (48, 128, 3)
    for frame in (frames[5], frames[39]):
        assert round(float(frame[:, :56].mean()), -1) == 200
        assert round(float(frame[:, 72:].mean()), -1) == 100
