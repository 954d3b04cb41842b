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

"""The page's server: whom it answers, and with what; no browser, and no robot."""

from __future__ import annotations

import json
import time

import pytest

pytest.importorskip('tornado')
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from helpers.places import ROOT
from helpers.served_page import served_page, TOKEN
from seg_node.tools.view.access import Access
from seg_node.tools.view.handlers import FILES
from seg_node.tools.view.server import MAX_REQUEST

PAGE = ROOT / 'seg_node' / 'tools' / 'view' / 'page'
RIGHT = {'Authorization': f'Bearer {TOKEN}'}
CHANGE = {'name': 'stop_go.min_confidence', 'value': 0.4}


@pytest.fixture(scope='module')
def page():
    with served_page() as served:
        yield served


def ours(page, **headers):
    return {'Origin': f'http://127.0.0.1:{page.port}', **headers}


def talk(page, messages, origin=None, count=1):
    """Return what a socket answers: texts, bytes and at last the code of its end, if it ends."""
    async def run():
        request = HTTPRequest(f'ws://127.0.0.1:{page.port}/live',
                              headers={'Origin': origin or f'http://127.0.0.1:{page.port}'})
        socket = await websocket_connect(request)
        try:
            for message in messages:
                await socket.write_message(
                    message if isinstance(message, bytes | str) else json.dumps(message))
            found = []
            while len(found) < count:
                if (one := await socket.read_message()) is None:
                    return [*found, socket.close_code]
                found.append(json.loads(one) if isinstance(one, str) else one)
            return found
        finally:
            socket.close()
    return page.run(run)


def test_the_page_and_its_files_are_served_as_they_are_and_nothing_else(page):
    assert {name for name, _ in FILES.values()} == {path.name for path in PAGE.iterdir()}
    for place, (name, kind) in FILES.items():
        status, headers, body = page.request('GET', f'/{place}')
        assert (status, body) == (200, (PAGE / name).read_text(encoding='utf-8'))
        assert headers['Content-Type'] == f'{kind}; charset=utf-8'
    for place in ('/index.html', '/server.py', '/../server.py', '/%2e%2e/server.py', '/etc', '//'):
        assert page.request('GET', place)[0] == 404


def test_nothing_is_loaded_from_elsewhere():
    """Neither named in the files nor let through by the policy."""
    for path in PAGE.iterdir():
        assert '//' not in path.read_text(encoding='utf-8').replace('// ', '').replace(
            '://${location.host}', ''), path.name


def test_headers_leave_a_browser_no_choice(page):
    for path in ('/', '/view.js', '/missing'):
        headers = page.request('GET', path)[1]
        policy = headers['Content-Security-Policy']
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert 'unsafe' not in policy
        assert headers['X-Content-Type-Options'] == 'nosniff'
        assert headers['Cache-Control'] == 'no-store'
        assert 'Server' not in headers
        assert 'Access-Control-Allow-Origin' not in headers


@pytest.mark.parametrize('path', ['/', '/live', '/parameters', '/view.js', '/missing'])
def test_a_foreign_name_gets_nothing_whatever_it_resolves_to(page, path):
    status, headers, body = page.request('GET', path, Host='evil.example', **RIGHT)
    assert status == 421
    assert body == '421 Misdirected Request\n'
    assert 'evil' not in headers['Content-Security-Policy']


def test_parameters_are_told_on_this_computer_and_changed_with_the_token_only(page):
    status, _, body = page.request('GET', '/parameters')
    assert status == 200
    assert {one['name']: one['value'] for one in json.loads(body)['parameters']} \
        == page.robot.values
    before = dict(page.robot.values)
    for headers, status in (
            ({}, 403), (RIGHT, 403), ({'Origin': 'http://evil.example', **RIGHT}, 403),
            ({'Origin': 'null', **RIGHT}, 403), (ours(page), 401),
            (ours(page, Authorization='Bearer wrong'), 401), (ours(page, Authorization=''), 401)):
        assert page.request('POST', '/parameters', CHANGE, **headers)[0] == status
    assert page.robot.values == before
    status, _, body = page.request('POST', '/parameters', CHANGE, **ours(page, **RIGHT))
    assert (status, json.loads(body)) == (200, {'refused': ''})
    assert page.robot.values['stop_go.min_confidence'] == 0.4


@pytest.mark.parametrize('body', [
    b'', b'{', b'[]', b'"name"', b'{"name": 1, "value": 1}', b'{"name": "x"}', b'[' * 4000,
    b'{"name": "stop_go.min_confidence", "value": NaN}', b'\xff\xfe'])
def test_what_is_no_change_is_refused(page, body):
    before = dict(page.robot.values)
    assert page.request('POST', '/parameters', body, **ours(page, **RIGHT))[0] == 400
    assert page.robot.values == before


def test_a_body_too_large_is_not_read(page):
    before = dict(page.robot.values)
    status = page.request('POST', '/parameters', b' ' * (MAX_REQUEST + 1),
                          **ours(page, **RIGHT))[0]
    assert status >= 400
    assert page.robot.values == before


def test_refusals_of_the_node_and_of_the_type_are_told(page):
    page.robot.refusal = 'above its range'
    _, _, body = page.request('POST', '/parameters', CHANGE, **ours(page, **RIGHT))
    page.robot.refusal = ''
    assert json.loads(body)['refused'] == 'above its range'
    _, _, body = page.request('POST', '/parameters', {**CHANGE, 'value': 'high'},
                              **ours(page, **RIGHT))
    assert "'high' is no number" in json.loads(body)['refused']


def test_a_socket_tells_decisions_and_shows_the_camera_that_is_watched(page):
    page.say('go', 'clear', 'path clear', front__decision='go', front__free_distance='3.5000')
    hello = talk(page, [{'token': ''}])[0]
    assert hello['node'] == '/seg_node'
    assert (hello['decision'], hello['text'], hello['cameras']) == ('go', 'path clear', ['front'])
    watching = talk(page, [{'token': ''}, {'watch': 'front'}], count=2)[1]
    assert watching == {'watching': 'front'}
    deadline = time.monotonic() + 60
    while page.watched:      # the closed socket is noticed
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize('message', ['', 'no json', '[]', b'\xff', '1', '[' * 3000])
def test_a_socket_that_says_what_no_page_of_ours_says_is_closed(page, message):
    # What is no UTF-8 Tornado itself cuts off, without a code.
    assert talk(page, [message])[-1] == (None if message == b'\xff' else 4400)


@pytest.mark.parametrize('origin', ['http://evil.example', 'null', 'http://127.0.0.1'])
def test_a_socket_of_another_page_is_refused(page, origin):
    with pytest.raises(HTTPClientError) as refused:
        talk(page, [{'token': TOKEN}], origin)
    assert refused.value.code == 403


def test_from_elsewhere_nothing_is_told_without_the_token(capfd):
    with served_page(Access('0.0.0.0', TOKEN)) as page:
        assert page.request('GET', '/parameters')[0] == 401
        assert page.request('GET', '/parameters', **RIGHT)[0] == 200
        assert talk(page, [{'token': 'wrong'}]) == [4401]
        assert talk(page, [{'watch': 'front'}]) == [4401]
        assert talk(page, [{'token': TOKEN}])[0]['node'] == '/seg_node'
        assert page.request('GET', '/')[0] == 200
    told = capfd.readouterr().err
    assert 'view: refused a request: a wrong token, or none' in told
    assert TOKEN not in told
    assert 'Traceback' not in told
