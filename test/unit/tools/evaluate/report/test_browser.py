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

"""The report in a real browser: nothing is cut off, the film plays, one cursor for both."""

from __future__ import annotations

import pytest

from helpers.chromium import needs_chromium, opened_chromium
from helpers.evaluated_runs import Drive, RATE, write_run
from seg_node.tools.evaluate.compare.comparison import compare
from seg_node.tools.evaluate.compare.page import write_comparison
from seg_node.tools.evaluate.report.index import write_index
from seg_node.tools.evaluate.report.results import read_run
from seg_node.tools.evaluate.report.write import write_report
from seg_node.tools.evaluate.scenario.expectation import Expectation, Quantifier

FILM = 'document.querySelector("#film video")'
SHOWN = 'Number(document.querySelector("#readout b").textContent.split(" ")[1])'


@pytest.fixture(scope='module')
def pages(tmp_path_factory):
    """Return report, comparison and index."""
    folder = tmp_path_factory.mktemp('runs')
    expect = {'one': (Expectation(Quantifier.ALWAYS, 'stop', 1.0, 2.5, ('obstacle',)),
                      Expectation(Quantifier.NEVER, 'camera'))}
    runs = [read_run(write_run(folder / name, [Drive('one', 120, film=True), Drive('two', 60, 2)],
                               ['broken'], scenarios=expect)) for name in ('a', 'b')]
    reports = [write_report(run) for run in runs]
    return reports[0], write_comparison(compare(*runs), folder / 'b'), write_index(folder)


@needs_chromium
def test_pages_in_a_browser(pages):
    with opened_chromium() as browser:
        for width in (390, 800, 1440):
            for page in pages:
                browser.open(page, width, dark=width == 800)
                assert browser.cut_off() == []
        browser.open(pages[0])
        browser.wait_for(f'{FILM}.readyState >= 2')
        assert browser.ask(f'{FILM}.duration') == pytest.approx(120 / RATE, abs=0.06)
        # A click in the middle of the timeline goes to the middle of the film, arrows step.
        browser.wait_for(f'!{FILM}.seeking')
        browser.ask('document.querySelector("#timeline").scrollIntoView()')
        box = browser.ask('(({left, top, width}) => [left, top, width])'
                          '(document.querySelector("#chart svg").getBoundingClientRect())')
        browser.click(box[0] + 58 + (box[2] - 68) * 0.504, box[1] + 40)
        assert browser.ask(SHOWN) == 60
        for key, frame in (('ArrowRight', 61), ('ArrowLeft', 60), ('ArrowLeft', 59)):
            browser.press(key)
            assert browser.ask(SHOWN) == frame
        browser.wait_for(f'!{FILM}.seeking && Math.floor({FILM}.currentTime * {RATE}) === 59')
        # The film plays, and takes the cursor along.
        browser.press(' ')
        browser.wait_for(f'{FILM}.currentTime > 3.3')
        browser.ask('document.querySelector("[data-play]").click()')
        assert browser.ask(SHOWN) >= 60
        assert browser.ask(f'Math.abs({SHOWN} - {FILM}.currentTime * {RATE}) < 3')
        # A picture of the contact sheet leads to its frame.
        browser.ask('document.querySelector("[data-strip]:not([hidden]) button").click()')
        assert browser.ask(SHOWN) == 0
        # So does what a scenario says: here to the first frame of its time, which is broken.
        browser.ask('document.querySelector("[data-ms]").click()')
        assert browser.ask(SHOWN) == 1.0 * RATE
        assert browser.errors == []

        # Without its film the timeline goes on, and says so.
        for film in (pages[0].parent / 'recordings' / 'one').glob('overlay.*'):
            film.unlink()
        browser.open(pages[0])
        browser.wait_for('document.querySelector("#film .problem").textContent')
        shown = browser.ask(SHOWN)
        browser.press('ArrowRight')
        assert browser.ask(SHOWN) == shown + 1
