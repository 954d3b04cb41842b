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

"""Evaluate decides as the node does: the same recording through both, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from sensor_msgs.msg import Image

from helpers.bag_files import PERIOD_NS, START_NS
from helpers.evaluate_inputs import drive, PARAMETERS, params_file, write_drive
from helpers.testbed import NodeTestbed
from seg_node.tools.evaluate.__main__ import main
from seg_node.tools.evaluate.table import read_table

# How long a frame waits between two steps says nothing about the recording.
PATIENT = {'stop_go.max_image_age': 10.0, 'stop_go.max_inference': 10.0, 'stop_go.min_rate': 0.0}
COUNT = 24
BLOCKED = range(9, 13)


def node_decisions(testbed: NodeTestbed, bag: Path) -> list[tuple[str, str]]:
    """Return decision and reason on each frame, played step by step."""
    process = testbed.start_module(
        'seg_node.tools.replay', bag, '--clock', '--paused', '--wait', '60')
    found = []
    with testbed.triggers('/replay', 'play_next', harmless='pause') as call:
        for index in range(COUNT):
            seconds, rest = divmod(START_NS + index * PERIOD_NS, 10**9)
            stamp = f'{seconds}.{rest:09d}'

            def decided(stamp: str = stamp) -> dict[str, str] | None:
                values = (state.values for state in testbed.states)
                return next((one for one in values if one.get('front.image_stamp') == stamp), None)

            assert call('play_next').success
            testbed.wait_for(decided, f'a decision on frame {index}')
            values = decided()
            assert values is not None
            found.append((values['front.decision'], values['front.reason']))
    assert process.stop() == 0
    return found


@dataclass(frozen=True)
class CameraCase:
    """What the camera sends, and what the check for tears is set to."""

    transport: str
    width: int
    height: int
    max_tear: float


@pytest.mark.usefixtures('signal_handlers')
@pytest.mark.parametrize('camera', [
    CameraCase('raw', 64, 32, 5.0), CameraCase('compressed', 1024, 512, 5.0),
    CameraCase('compressed', 1024, 512, 255.0)], ids=['raw', 'jpeg', 'reduced jpeg'])
def test_node_and_evaluate_decide_alike(
        testbed: NodeTestbed, tiny_model: Path, tmp_path: Path, camera: CameraCase) -> None:
    size = camera.width, camera.height
    bag = write_drive(tmp_path / 'bag', drive(BLOCKED, COUNT, *size), noise=20,
                      jpeg=camera.transport == 'compressed')
    own = {'transport': camera.transport, 'camera_health.max_tear': camera.max_tear}
    masks = testbed.subscribe(Image, 'front/segmentation/mask')
    testbed.start_seg_node(autostart=True, use_sim_time=True, cameras=['front'], **{
        name.replace('.', '__'): value
        for name, value in {**PARAMETERS, **PATIENT, **own}.items()})
    testbed.wait_for(lambda: testbed.states, 'the node')
    by_node = node_decisions(testbed, bag)
    testbed.wait_for(lambda: masks, 'a mask')
    assert {(mask.width, mask.height) for mask in masks} == {size}
    params = params_file(tmp_path, cameras=['front'], **PATIENT, **own)
    assert main([str(bag), '--out', str(tmp_path / 'out'), '--model', str(tiny_model),
                 '--params-file', str(params)]) == 0
    table = read_table(tmp_path / 'out')
    by_evaluate = list(zip(table['decision'], table['reason'], strict=True))
    assert by_node == by_evaluate
    # All of it was in the drive: GO earned, an obstacle, GO earned again.
    assert by_evaluate[:2] == [('stop', 'confirming'), ('go', 'clear')]
    assert by_evaluate[BLOCKED[0]] == ('stop', 'blocked')
    assert by_evaluate[-1] == ('go', 'clear')
