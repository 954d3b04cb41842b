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

"""How fast a page is sent images, and which cameras somebody looks at."""

from __future__ import annotations

import json
import time

import pytest

from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.view.feed import Feed, Viewer


class Page:
    def __init__(self):
        self.sent = []

    def close(self, code, reason):
        self.sent.append(code)

    def send(self, message):
        self.sent.append(message)

    @property
    def images(self):
        return [one for one in self.sent if isinstance(one, bytes)]

    @property
    def texts(self):
        return [json.loads(one) for one in self.sent if isinstance(one, str)]


@pytest.mark.parametrize(('rate', 'fps', 'shown'), [
    (30, 15, 15), (20, 15, 15), (15, 15, 15), (10, 15, 10), (50, 7, 7)])
def test_a_page_gets_as_many_images_as_it_wants_on_average(rate, fps, shown):
    page = Page()
    viewer = Viewer(page, fps)
    for step in range(10 * rate):
        viewer.offer(b'jpeg', 100.0 + step / rate)
        viewer.has_drawn()
    assert len(page.images) == pytest.approx(10 * shown, abs=2)


def test_the_next_image_waits_until_the_one_before_is_drawn_and_is_then_the_newest():
    page = Page()
    viewer = Viewer(page, 1000)
    viewer.offer(b'1', 1.0)
    viewer.offer(b'2', 2.0)
    assert page.images == [b'1']
    viewer.has_drawn()
    viewer.offer(b'3', 3.0)
    assert page.images == [b'1', b'3']


@pytest.fixture
def feed():
    made = Feed('/seg_node', 1000, lambda cameras: made.watched.append(cameras))
    made.watched = []
    made.take_state(StateMessage(time.monotonic(), '', {
        'decision': 'go', 'front.decision': 'go', 'rear.decision': 'go'}))
    return made


def test_each_page_gets_the_camera_it_watches_and_nobody_pays_for_others(feed):
    one, two = Page(), Page()
    for page in (one, two):
        feed.add(page)
    feed.take_overlay('front', b'unseen')
    feed.watch(one, 'front')
    feed.watch(two, 'rear')
    feed.take_overlay('front', b'front')
    feed.take_overlay('rear', b'rear')
    assert (one.images, two.images) == ([b'front'], [b'rear'])
    feed.watch(one, '')
    feed.take_overlay('front', b'unseen')
    feed.remove(two)
    assert feed.watched == [{'front'}, {'front', 'rear'}, {'rear'}, set()]
    assert one.images == [b'front']
    assert feed.viewers == 1


def test_cameras_that_the_node_does_not_have_are_not_subscribed_to(feed):
    page = Page()
    feed.add(page)
    feed.watch(page, '../../elsewhere')
    feed.watch(Page(), 'front')      # a page that was never added
    assert feed.watched == []


def test_a_new_page_is_told_everything_and_all_are_told_the_news(feed):
    one, two = Page(), Page()
    feed.add(one)
    feed.take_diagnostics([{'name': 'backend', 'level': 0, 'message': '', 'values': {}}])
    feed.tell_news()
    feed.add(two)
    hello = two.texts[0]
    assert hello['node'] == '/seg_node'
    assert hello['cameras'] == ['front', 'rear']
    assert hello['diagnostics'][0]['name'] == 'backend'
    assert hello['reasons']['clear'].startswith('#')
    feed.take_state(StateMessage(time.monotonic(), '', {'decision': 'stop', 'reason': 'blocked'}))
    feed.tell_news()
    for page in (one, two):
        told = [stretch['reason'] for each in page.texts for stretch in each.get('stretches', ())]
        assert told == ['no_state', 'unknown', 'blocked']
