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

"""The demo from end to end: node, replay and recorder as processes over DDS."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
import json
import os
from pathlib import Path
import signal
from typing import Any

import cv2
import pytest
from rosbags.rosbag2 import Reader
from std_msgs.msg import Bool

from benchmarks.latency.page_client import PageClient, says
from helpers.bag_files import write_bag
from helpers.fake_camera import no_road, road
from helpers.testbed import NodeTestbed, WAIT
from seg_node.tools.common.testbed.process import Process
from seg_node.tools.common.video_files import for_browsers
from seg_node.tools.demo.__main__ import FILMS, RESULTS
from seg_node.tools.demo.drive_log import read_sent


def demo(testbed: NodeTestbed, *arguments: str | Path) -> Process:
    return testbed.start_module('seg_node.tools.demo', *arguments)


def ended(testbed: NodeTestbed, process: Process) -> int:
    testbed.wait_for(lambda: process.exit_code is not None, 'end of the demo', seconds=120)
    assert 'Traceback' not in process.output
    assert process.exit_code is not None
    return process.exit_code


def write_images(folder: Path, images: Sequence[Any]) -> Path:
    folder.mkdir()
    for index, bgr in enumerate(images):
        bgr = bgr.copy()
        bgr[:4, :4] = index % 256      # a camera that repeats itself exactly is frozen
        cv2.imwrite(str(folder / f'{index}.png'), bgr)
    return folder


def strict(path: Path) -> Any:
    def refuse(constant: str) -> None:
        raise AssertionError(f'{constant} is no JSON')
    return json.loads(path.read_text(encoding='utf-8'), parse_constant=refuse)


def check_results(out: Path) -> None:
    written = {name for name in RESULTS if (out / name).is_file() and (out / name).stat().st_size}
    assert written >= {*RESULTS} - {*FILMS}
    [film] = written & {*FILMS}
    assert for_browsers(out / film) == out / film      # nothing is left to be done


async def watch_a_go(page: PageClient) -> None:
    await page.open()
    await page.until(lambda news: 'camera' in news.get('cameras', ()))
    await page.send(watch='camera')
    await page.until(lambda message: isinstance(message, bytes))
    await page.until(says('clear'))
    page.close()


def test_drive_gives_all_results(testbed: NodeTestbed, tiny_model: Path, tmp_path: Path) -> None:
    images = write_images(tmp_path / 'images', [road()] * 30 + [no_road()] * 10)
    out = tmp_path / 'out'
    process = demo(testbed, images, '--model', tiny_model, '--out', out, '--fps', '20',
                   '--view', '--view-port', '0')
    told = 'demo: the drive begins when this page is open: '
    testbed.wait_for(lambda: told in process.output or process.exit_code is not None, 'the page')
    address = process.output.partition(told)[2].split()[0]
    assert not read_sent(out / 'logs' / 'sent.csv')
    asyncio.run(asyncio.wait_for(watch_a_go(PageClient(address)), WAIT))
    assert ended(testbed, process) == 0, process.output
    check_results(out)
    summary = strict(out / 'summary.json')
    assert summary['frames_sent'] == 40
    assert summary['masks_received'] + summary['dropped'] == 40
    assert summary['masks_received'] > 0
    assert summary['latency_ms']['p50'] >= summary['inference_ms']['p50'] > 0
    assert summary['decisions']['go_s'] > 0
    assert summary['decisions']['stop_s'] > 0
    assert summary['backend'] == 'onnxruntime'
    assert summary['path_iou'] is None
    with Reader(out / 'results.mcap') as bag:
        counts = {c.topic: c.msgcount for c in bag.connections}
    assert counts['/camera/segmentation/mask'] == summary['masks_received']
    assert counts['/seg_node/stop'] > 0
    for topic in ('/camera/segmentation/overlay/compressed', '/camera/segmentation/camera_info',
                  '/seg_node/speed_limit', '/seg_node/state/camera/confidence'):
        assert counts[topic] > 0, topic
    assert counts['/seg_node/state'] == summary['states_received']


def test_compressed_bag_on_its_own_time_with_two_cameras(
    testbed: NodeTestbed, tiny_model: Path, tmp_path: Path,
) -> None:
    bag = write_bag(tmp_path / 'bag', topics=('/cam/image_raw/compressed',), count=20)
    out = tmp_path / 'out'
    process = demo(testbed, bag, '--model', tiny_model, '--out', out, '--camera', '2')
    assert ended(testbed, process) == 0, process.output
    summary = strict(out / 'summary.json')
    assert summary['cameras'] == ['camera0', 'camera1']
    assert summary['frames_sent'] == 40
    assert summary['masks_received'] > 0
    assert summary['latency_ms']['p50'] < 60_000      # on the wall clock, not since the recording
    [film] = out.glob('overlay.*')
    video = cv2.VideoCapture(str(film))
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == 128


def test_recording_cut_by_a_power_loss_is_driven_up_to_the_cut(
    testbed: NodeTestbed, tiny_model: Path, tmp_path: Path,
) -> None:
    bag = write_bag(tmp_path / 'bag', count=40)
    os.truncate(bag / 'bag.mcap', (bag / 'bag.mcap').stat().st_size * 6 // 10)
    out = tmp_path / 'out'
    process = demo(testbed, bag, '--model', tiny_model, '--out', out)
    assert ended(testbed, process) == 1, process.output
    summary = strict(out / 'summary.json')
    assert 5 < summary['frames_sent'] < 40
    assert summary['masks_received'] > 0
    check_results(out)
    assert 'could not play the recording to its end' in process.output
    assert 'cut off or damaged; try: mcap recover' in process.output
    assert f'{40 - summary["frames_sent"]} MISSING IN THE RECORDING' in process.output


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signal_while_driving_keeps_what_was_driven(
    testbed: NodeTestbed, tiny_model: Path, tmp_path: Path, number: signal.Signals,
) -> None:
    images = write_images(tmp_path / 'images', [road()] * 4000)
    stops = testbed.subscribe(Bool, 'seg_node/stop')
    out = tmp_path / 'out'
    process = demo(testbed, images, '--model', tiny_model, '--out', out, '--fps', '20')
    testbed.wait_for(lambda: Bool(data=False) in stops or process.exit_code is not None, 'GO')
    assert process.stop(number) == 130, process.output
    assert 'Traceback' not in process.output
    summary = strict(out / 'summary.json')
    assert summary['interrupted'] is True
    assert 0 < summary['frames_sent'] < 4000


def test_node_that_cannot_start_is_explained(testbed: NodeTestbed, tmp_path: Path) -> None:
    images = write_images(tmp_path / 'images', [road()])
    process = demo(testbed, images, '--model', tmp_path / 'missing', '--out', tmp_path / 'out')
    assert ended(testbed, process) == 1
    assert 'the node did not start' in process.output
    assert 'missing' in process.output
    assert str(tmp_path / 'out' / 'logs' / 'node.log') in process.output


@pytest.mark.parametrize(('arguments', 'words'), [
    (['missing.mp4'], 'no such file'),
    (['images', '--out', 'images/0.png/out'], '--out images/0.png/out: cannot be written'),
    (['images', '--seconds', '-1'], 'above 0'),
    (['images', '--camera', '0'], 'between 1 and 8'),
    (['images', '--params-file', 'missing.yaml'], 'No such file'),
])
def test_unusable_input_is_one_line_with_the_remedy(
    testbed: NodeTestbed, tmp_path: Path, arguments: list[str], words: str,
) -> None:
    write_images(tmp_path / 'images', [road()])
    here = [str(tmp_path / part) if part[0].isalpha() else part for part in arguments]
    process = demo(testbed, *here)
    assert ended(testbed, process) == 2
    (line,) = process.output.splitlines()
    assert words.replace('--out ', f'--out {tmp_path}/') in line


def test_a_parameter_file_and_a_calibration_put_the_corridor_on_the_ground(
    testbed: NodeTestbed, tiny_model: Path, tmp_path: Path,
) -> None:
    images = write_images(tmp_path / 'images', [road()] * 20)
    height, width = road().shape[:2]
    params = tmp_path / 'params.yaml'
    params.write_text(
        '/seg_node:\n  ros__parameters:\n    cameras: [front]\n'
        f'    model: {tiny_model}\n    mounting: {{front: {{height: 1.0}}}}\n'
        '    vehicle: {width: 0.5, max_speed: 1.0}\n')
    camera = tmp_path / 'camera.yaml'
    camera.write_text(
        f'image_width: {width}\nimage_height: {height}\ndistortion_model: plumb_bob\n'
        f'camera_matrix: {{data: [{width}, 0, {width / 2}, 0, {width}, {height / 2}, 0, 0, 1]}}\n')
    given = (images, '--params-file', params, '--fps', '10', '--out', tmp_path / 'out')
    process = demo(testbed, *given, '--camera-info', camera)
    assert ended(testbed, process) == 0, process.output
    summary = strict(tmp_path / 'out' / 'summary.json')
    assert summary['cameras'] == ['front']
    assert summary['model'] == 'tiny'
    assert 'invented' not in process.output
    log = (tmp_path / 'out' / 'logs' / 'node.log').read_text()
    assert 'no camera_info' not in log.partition('confirming')[2]
    with Reader(tmp_path / 'out' / 'results.mcap') as bag:
        told = {c.topic.removeprefix('/seg_node/') for c in bag.connections}
    assert {'obstacles', 'free', 'scan', 'things', 'free_distance'} <= told
    process = demo(testbed, *given)
    assert ended(testbed, process) == 0, process.output
    assert 'camera_info is invented' in process.output.splitlines()[-1]
