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

"""The live page in a real browser."""

from __future__ import annotations

import json

import pytest

pytest.importorskip('tornado')

from helpers.chromium import needs_chromium, opened_chromium
from helpers.served_page import served_page, TOKEN

pytestmark = needs_chromium
HOSTILE = '<img src=x onerror="document.title=1"> ' + 'a_long_word_' * 12
SHOWN = {'front__decision': 'go', 'front__free_distance': '3.5000', 'front__unit': 'm',
         'front__required_distance': '2.0000', 'front__image_age': '0.0420',
         'rear__decision': 'go', 'front__blocked_by': HOSTILE}


@pytest.fixture(scope='module')
def page():
    with served_page() as served:
        yield served


@pytest.fixture(scope='module')
def browser():
    with opened_chromium() as found:
        yield found


def text_of(browser, place):
    return browser.ask(f'document.querySelector({json.dumps(place)}).textContent')


def wait_for_text(browser, page, place, text, *said, **values):
    """Have the robot go on saying something until the page shows it."""
    for _ in range(600):
        page.say(*said, **values)
        if text in text_of(browser, place):
            return
        browser.call('Runtime.evaluate', awaitPromise=True,
                     expression='new Promise((done) => setTimeout(done, 100))')
    pytest.fail(f'{place} never shows {text}: {text_of(browser, place)}')


def drawn(browser):
    """Return the brightness of what is drawn of the camera."""
    return browser.ask("""(() => { const copy = document.createElement('canvas');
        const pen = copy.getContext('2d', {willReadFrequently: true});
        pen.drawImage(document.querySelector('#image'), 0, 0);
        return pen.getImageData(9, 9, 1, 1).data[0]; })()""")


@pytest.mark.parametrize('dark', [False, True], ids=['light', 'dark'])
@pytest.mark.parametrize('width', [390, 800, 1440])
def test_all_is_shown_and_nothing_cut(page, browser, width, dark):
    page.say('go', 'clear', HOSTILE, **SHOWN)
    page.diagnose({'name': 'backend', 'level': 1, 'message': HOSTILE,
                   'values': {'sha256': 64 * 'f', 'classes': 'background #000000, path #00b050'}})
    browser.open(f'http://127.0.0.1:{page.port}/', width, 900, dark)
    wait_for_text(browser, page, '#decision', 'GO', 'go', 'clear', HOSTILE, **SHOWN)
    browser.wait_for('document.querySelectorAll(".parameter").length === 4')
    browser.ask('document.querySelectorAll("details").forEach((one) => { one.open = true; })')
    assert browser.cut_off() == []
    assert browser.errors == []
    assert text_of(browser, '#text') == HOSTILE
    assert '3.50 m' in text_of(browser, '#cards')
    assert text_of(browser, '#classes').split() == ['path']
    assert browser.ask('document.title') == '/seg_node'
    assert browser.ask('document.images.length') == 0
    wide = browser.ask('document.querySelector("#chart").clientWidth')
    assert 250 < wide < width


def test_images_are_drawn_and_another_camera_can_be_chosen(page, browser):
    for camera, gray in (('front', 40), ('rear', 200)):
        browser.ask(f"""(() => {{ const c = document.querySelector('#camera');
            c.value = '{camera}'; c.dispatchEvent(new Event('change')); }})()""")
        for _ in range(600):
            page.say('go', 'clear', **SHOWN)
            page.show('front', 40)
            page.show('rear', 200)
            if abs(drawn(browser) - gray) < 5:
                break
        assert abs(drawn(browser) - gray) < 5
        assert page.watched == {camera}
    # Then no more come: what is seen is said to be old.
    browser.wait_for('document.body.classList.contains("old")')
    assert ' ago' in text_of(browser, '#age')


def test_a_stop_is_shown_with_its_reason_and_stays_in_the_history(page, browser):
    wait_for_text(browser, page, '#reason', 'blocked', 'stop', 'blocked', 'path blocked', **SHOWN)
    assert text_of(browser, '#decision') == 'STOP'
    assert browser.ask('document.querySelector("#verdict").className') == 'stop'
    wait_for_text(browser, page, '#decision', 'GO', 'go', 'clear', **SHOWN)
    reasons = browser.ask(
        '[...document.querySelectorAll("#history li")].slice(0, 2).map((one) => one.textContent)')
    assert 'clear' in reasons[0]
    assert 'STOP' in reasons[1]
    assert 'path blocked' in reasons[1]
    browser.wait_for('document.querySelector("#reason").textContent === "no_state"')      # silent


def set_confidence(browser, value):
    browser.ask(f"""(() => {{ const input = document.getElementById('p-stop_go.min_confidence');
        input.value = '{value}'; input.dispatchEvent(new Event('change')); }})()""")


def test_parameters_are_tried_with_the_token_and_put_back(page, browser):
    told = 'document.querySelector("#told").textContent'
    set_confidence(browser, 0.3)
    browser.wait_for(f'{told}.includes("needs the token")')
    assert page.robot.values['stop_go.min_confidence'] == 0.6
    browser.ask(f'location.hash = "token={TOKEN}"')
    browser.wait_for('document.querySelector("#ask").hidden && location.hash === ""')
    set_confidence(browser, 0.3)
    browser.wait_for(f'{told} === "stop_go.min_confidence is 0.3 now"')
    assert page.robot.values['stop_go.min_confidence'] == 0.3
    page.robot.refusal = 'above its range'
    set_confidence(browser, 99)
    browser.wait_for(f'{told}.includes("stays as it was: above its range")')
    page.robot.refusal = ''
    browser.wait_for('document.querySelector(".changed button") !== null')
    browser.ask('document.querySelector(".changed button").click()')
    browser.wait_for(f'{told} === "stop_go.min_confidence is 0.6 now"')
    assert page.robot.values['stop_go.min_confidence'] == 0.6
    assert browser.errors == []


def test_a_lost_connection_is_said_and_comes_back_by_itself(page, browser):
    wait_for_text(browser, page, '#decision', 'GO', 'go', 'clear', **SHOWN)
    port = page.port
    page.stop_serving()
    browser.wait_for('document.querySelector("#decision").textContent === "?"')
    assert 'no connection' in text_of(browser, '#link')
    page.listen(port)
    wait_for_text(browser, page, '#decision', 'GO', 'go', 'clear', **SHOWN)
    assert browser.ask('document.querySelector("#link").hidden')
