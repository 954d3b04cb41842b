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
A real browser: Chromium without a window, told what to do through its DevTools protocol.

The protocol goes through a pair of pipes, so that no port and no package is needed.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager, suppress
import json
import os
from pathlib import Path
import select
import shutil
import signal
import subprocess
import tempfile
import time
from typing import Any

import pytest

PROGRAM = shutil.which('chromium') or shutil.which('google-chrome')
needs_chromium = pytest.mark.skipif(PROGRAM is None, reason='Chromium is not installed')
TIMEOUT = 60.0
"""Seconds; a busy machine starts it slowly."""


class Chromium:
    """
    One page. `errors` collects what its console complained of, refused resources among them.

    Made by opened_chromium().
    """

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._rest = b''
        self._count = 0
        self._session: str | None = None
        self.errors: list[str] = []
        target = self.call('Target.createTarget', url='about:blank')['targetId']
        self._session = self.call(
            'Target.attachToTarget', targetId=target, flatten=True)['sessionId']
        for domain in ('Page', 'Runtime', 'Log'):
            self.call(f'{domain}.enable')

    def call(self, method: str, timeout: float = TIMEOUT, **parameters: Any) -> Any:
        """Call a method of the protocol; AssertionError with what the browser says against it."""
        self._count += 1
        content = {'id': self._count, 'method': method, 'params': parameters}
        if self._session is not None:
            content['sessionId'] = self._session
        os.write(self._to, json.dumps(content).encode() + b'\0')
        until = time.monotonic() + timeout
        while True:
            message = self._next(until)
            if message.get('id') == self._count:
                assert 'error' not in message, f'{method}: {message["error"]}'
                return message['result']
            self._hear(message)

    def open(self, address: str | Path, width: int = 1440, height: int = 900, dark: bool = False
             ) -> None:
        """Open a page, at a size in px, and wait until it has loaded."""
        self.call('Emulation.setDeviceMetricsOverride', width=width, height=height,
                  deviceScaleFactor=1, mobile=width < 500)
        self.call('Emulation.setEmulatedMedia', features=[
            {'name': 'prefers-color-scheme', 'value': 'dark' if dark else 'light'}])
        url = address.resolve().as_uri() if isinstance(address, Path) else address
        self.call('Page.navigate', url=url)
        self.wait_for(f'document.readyState === "complete" && location.href === {json.dumps(url)}')

    def ask(self, expression: str) -> Any:
        """Return what a JavaScript expression, or its promise, comes to."""
        answer = self.call('Runtime.evaluate', expression=expression, returnByValue=True,
                           awaitPromise=True)
        assert 'exceptionDetails' not in answer, answer['exceptionDetails']
        return answer['result'].get('value')

    def wait_for(self, expression: str, timeout: float = TIMEOUT) -> Any:
        """Wait until an expression is true; return it."""
        until = time.monotonic() + timeout
        while not (found := self.ask(expression)):
            assert time.monotonic() < until, f'never true: {expression}'
            time.sleep(0.05)      # the page tells nothing by itself
        return found

    def click(self, x: float, y: float) -> None:
        """Click, at px of the window."""
        for kind in ('mousePressed', 'mouseReleased'):
            self.call('Input.dispatchMouseEvent', type=kind, x=x, y=y, button='left',
                      clickCount=1)

    def press(self, key: str) -> None:
        """Press a key, for example ArrowRight."""
        for kind in ('keyDown', 'keyUp'):
            self.call('Input.dispatchKeyEvent', type=kind, key=key, code=key)

    def cut_off(self) -> list[str]:
        """Name the elements whose text is not whole: beyond the window, or beyond their box."""
        return list(self.ask(_CUT_OFF))

    def picture(self, path: Path, whole: bool = True) -> None:
        """Write a screenshot, PNG, of the whole page or of what is in the window."""
        size = self.call('Page.getLayoutMetrics')['cssContentSize']
        clip = {'clip': {'x': 0, 'y': 0, 'width': size['width'], 'height': size['height'],
                         'scale': 1}} if whole else {}
        data = self.call('Page.captureScreenshot', captureBeyondViewport=whole, **clip)['data']
        path.write_bytes(base64.b64decode(data))

    def _hear(self, message: dict[str, Any]) -> None:
        about = message.get('params', {})
        if message.get('method') == 'Runtime.exceptionThrown':
            self.errors.append(str(about['exceptionDetails']))
        elif message.get('method') == 'Runtime.consoleAPICalled' \
                and about['type'] in ('error', 'warning', 'assert'):
            self.errors.append(str(about['args']))
        elif message.get('method') == 'Log.entryAdded' \
                and about['entry']['level'] in ('error', 'warning'):
            self.errors.append(f'{about["entry"]["text"]} {about["entry"].get("url", "")}')

    def _next(self, until: float) -> Any:
        while b'\0' not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            assert ready, 'Chromium does not answer'
            more = os.read(self._from, 1 << 20)
            assert more, 'Chromium has ended'
            self._rest += more
        one, _, self._rest = self._rest.partition(b'\0')
        return json.loads(one)


# Text that a box hides, or that lies beyond the window without anything to scroll it into view.
_CUT_OFF = """
(() => {
  const found = [], width = document.documentElement.clientWidth;
  const told = (node) => `${node.tagName} ${node.id || node.className.baseVal || node.className}: `
    + (node.textContent || '').trim().slice(0, 40);
  if (document.documentElement.scrollWidth > width + 1) found.push('the page scrolls sideways');
  for (const node of document.querySelectorAll('body *')) {
    const box = node.getBoundingClientRect();
    if (!box.width || !box.height || node.closest('.scroll, [data-scrolls], defs')) continue;
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!own) continue;
    const svg = node.closest('svg');
    const frame = svg ? svg.getBoundingClientRect() : {left: 0, right: width};
    if (box.left < frame.left - 1 || box.right > frame.right + 1) found.push(told(node));
    else if (!svg && getComputedStyle(node).overflowX !== 'visible' && node.tagName !== 'SELECT'
             && node.scrollWidth > node.clientWidth + 1) found.push(told(node));
  }
  return found;
})()
"""


@contextmanager
def opened_chromium() -> Iterator[Chromium]:
    """Start Chromium and end it afterwards, whatever happens."""
    assert PROGRAM is not None, 'mark the test with needs_chromium'
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()

    def wire() -> None:
        # It reads from descriptor 3 and writes to 4; either may be the other's now.
        for place, own in enumerate([os.dup(to_read), os.dup(from_write)], 3):
            os.dup2(own, place)

    with tempfile.TemporaryDirectory(prefix='chromium_', ignore_cleanup_errors=True) as profile:
        # HOME: it writes to its configuration whatever the profile.
        process = subprocess.Popen(
            [PROGRAM, '--headless=new', '--remote-debugging-pipe', '--no-sandbox',
             '--disable-gpu', '--disable-dev-shm-usage', '--mute-audio', '--no-first-run',
             '--autoplay-policy=no-user-gesture-required', '--hide-scrollbars',
             f'--user-data-dir={profile}'],
            env={**os.environ, 'HOME': profile}, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=wire, start_new_session=True)
        try:
            os.close(to_read)
            os.close(from_write)
            yield Chromium(to_write, from_read)
        finally:
            os.close(to_write)
            os.close(from_read)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
