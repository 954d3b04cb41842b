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

"""The live page over DDS: what the node says arrives, and its parameters can be tried."""

from __future__ import annotations

import asyncio
import signal

import cv2
import numpy as np
import pytest

pytest.importorskip('tornado')

from benchmarks.latency.page_client import PageClient, says
from helpers.fake_camera import raw, road
from helpers.testbed import WAIT
from seg_node.tools.view.__main__ import OPEN

OVERLAY = '/camera/segmentation/overlay/compressed'


def started_view(testbed, *arguments):
    """Return the process and the address of its page."""
    view = testbed.start_module('seg_node.tools.view', '--port', '0', *arguments)
    testbed.wait_for(lambda: OPEN in view.output or view.exit_code is not None, 'the page')
    [line] = [line for line in view.output.splitlines() if line.startswith(OPEN)]
    return view, line.removeprefix(OPEN)


def test_the_page_shows_the_node_and_tries_its_parameters(testbed):
    async def look(page):
        assert (await page.open())['node'] == '/seg_node'
        news = await page.until(says('clear'))
        assert news['values']['camera.unit'] == 'of the corridor'
        assert testbed.node.count_subscribers(OVERLAY) == 0
        await page.send(watch='camera')
        jpeg = await page.until(lambda message: isinstance(message, bytes))
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image.shape == road().shape
        told = await page.until(lambda one: isinstance(one, dict) and one.get('diagnostics'))
        names = {one['name'] for one in told['diagnostics']}
        assert {'stop_go', 'backend', 'camera'} <= names

        tunable = {one['name']: one for one in (await page.parameters())['parameters']}
        assert {'stop_go.min_confidence', 'vehicle.deceleration'} <= set(tunable)
        assert tunable['stop_go.min_confidence']['high'] == 1.0
        assert {'model', 'cameras', 'use_sim_time', 'heartbeat_rate'}.isdisjoint(tunable)
        for name, value, words in (
                ('stop_go.min_confidence', 1.5, '1.5'), ('stop_go.min_confidence', 'x', 'number'),
                ('model', 'other', 'no such parameter'), ('use_sim_time', True, 'no such'),
                ('trapezoid.far_row', 0.99, 'near_row')):
            assert words in (await page.parameters(name=name, value=value))['refused']
        assert await page.parameters(name='trapezoid.near_width', value=0.6) == {'refused': ''}
        changed = {one['name']: one for one in (await page.parameters())['parameters']}
        assert changed['trapezoid.near_width']['value'] == 0.6

        testbed.process.kill()
        silent = await page.until(says('no_state'))
        assert (silent['decision'], silent['values']) == ('stop', {})
        assert 'does not answer' in (await page.parameters())['refused']
        testbed.restart_node()
        await page.until(says('clear'))
        page.close()

    testbed.start_seg_node(autostart=True)
    testbed.start_camera(raw(road()))
    view, address = started_view(testbed)
    asyncio.run(asyncio.wait_for(look(PageClient(address)), 3 * WAIT))
    # An overlay that nobody looks at is not drawn.
    testbed.wait_for(lambda: testbed.node.count_subscribers(OVERLAY) == 0, 'nobody looks')
    assert view.stop(signal.SIGTERM) == 0
    assert 'Traceback' not in view.output
    assert view.output.count('\n') == 1, view.output


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--address', 'robot.local'], 'is no IP address'),
    (['--address', '203.0.113.1'], 'cannot be listened on'),
    (['--token-file', 'missing'], 'cannot be read')])
def test_unusable_input_is_one_line_with_the_remedy(testbed, arguments, words):
    view = testbed.start_module('seg_node.tools.view', *arguments)
    assert view.wait(WAIT) == 2
    (line,) = view.output.splitlines()
    assert words in line
