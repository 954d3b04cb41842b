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

"""What the open pages are sent: news ten times a second, images as fast as each page draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
import json
import time
from typing import Any, Protocol

from seg_node.drawing.colors import color_of, DECISIONS
from seg_node.stop_go.verdict import Reason
from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.view.history import History, NO_STATE

NEWS_SECONDS = 0.1
HELD_UP_SECONDS = 0.3


class Page(Protocol):
    """A page that is open: what it has been let see, and the way to it."""

    def send(self, message: str | bytes) -> None:
        """Send a text or an image; never waits."""

    def close(self, code: int | None = None, reason: str | None = None) -> None:
        """End it, with a code of WebSockets."""


class Viewer:
    """
    What one page looks at, and how fast.

    An image is sent when the one before has been drawn, so that a slow network shows fewer images
    and not old ones, and no more of them in a second than are wanted.
    """

    def __init__(self, page: Page, fps: float) -> None:
        self.page = page
        self.camera = ''
        self._period = 1.0 / fps
        self._due = 0.0
        self._drawn = True

    def watch(self, camera: str) -> None:
        """Look at a camera from now on, or at none ('')."""
        self.camera = camera
        self._drawn = True

    def has_drawn(self) -> None:
        """Take the next image."""
        self._drawn = True

    def offer(self, jpeg: bytes, now: float) -> None:
        """Send an image, if it is time for one; now is on the monotonic clock."""
        if not self._drawn or now < self._due:
            return
        # Kept to the period on average, also where the camera's own is no part of it.
        self._due = max(self._due + self._period, now - self._period)
        self._drawn = False
        self.page.send(jpeg)


class Feed:
    """Takes what the robot says and hands it to the viewers; lives on one thread."""

    def __init__(self, node: str, fps: float, watch: Callable[[set[str]], None]) -> None:
        """
        Begin with nobody looking.

        :param node: name of the node.
        :param fps: images per second that a page is sent at most.
        :param watch: told of which cameras somebody wants to see images.
        """
        self._node = node
        self._fps = fps
        self._watch = watch
        self._history = History(node, time.monotonic(), time.time())
        self._diagnostics: Sequence[Mapping[str, Any]] = ()
        self._viewers: dict[Page, Viewer] = {}
        self._told = time.monotonic()

    @property
    def viewers(self) -> int:
        """How many look."""
        return len(self._viewers)

    def take_state(self, state: StateMessage) -> None:
        """Take a state of the node."""
        self._history.take(state, time.time())

    def take_diagnostics(self, diagnostics: Sequence[Mapping[str, Any]]) -> None:
        """Take the node's diagnostics, as JSON takes them."""
        self._diagnostics = diagnostics
        self._send_all({'diagnostics': diagnostics})

    def take_overlay(self, camera: str, jpeg: bytes) -> None:
        """Take an image of a camera."""
        now = time.monotonic()
        for viewer in [*self._viewers.values()]:
            if viewer.camera == camera:
                viewer.offer(jpeg, now)

    def add(self, page: Page) -> None:
        """Tell a new page everything."""
        self.tell_news()      # to the others, so that nothing is told this one again
        self._viewers[page] = Viewer(page, self._fps)
        now = time.monotonic()
        page.send(_json({
            'node': self._node, 'decisions': DECISIONS,
            'reasons': {reason: color_of(reason)
                        for reason in (*(one.value for one in Reason), NO_STATE)},
            'diagnostics': self._diagnostics, **self._history.everything(now)}))

    def remove(self, page: Page) -> None:
        """Forget a page."""
        if self._viewers.pop(page, None) is not None:
            self._tell_watched()

    def watch(self, page: Page, camera: str) -> None:
        """Have a page look at a camera that the node has, or at none ('')."""
        viewer = self._viewers.get(page)
        if viewer is None or camera and camera not in self._history.cameras:
            return
        viewer.watch(camera)
        page.send(_json({'watching': camera}))
        self._tell_watched()

    def has_drawn(self, page: Page) -> None:
        """Let a page have the next image."""
        if (viewer := self._viewers.get(page)) is not None:
            viewer.has_drawn()

    def close(self) -> None:
        """End all pages; they try again by themselves."""
        for page in [*self._viewers]:
            page.close(1001, 'the server ends')

    def tell_news(self) -> None:
        """Tell all pages what is new; to be called every NEWS_SECONDS."""
        now = time.monotonic()
        # Where this process itself was held up, what the node has said since is still on its way.
        if now - self._told < HELD_UP_SECONDS:
            self._history.look(now, time.time())
        self._told = now
        news = self._history.news(now)
        if self._viewers:
            self._send_all(news)

    def _tell_watched(self) -> None:
        self._watch({viewer.camera for viewer in self._viewers.values()} - {''})

    def _send_all(self, content: Mapping[str, Any]) -> None:
        text = _json(content)
        for page in [*self._viewers]:
            page.send(text)


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, separators=(',', ':'), allow_nan=False)
