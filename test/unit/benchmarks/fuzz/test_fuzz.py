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

"""The fuzz benchmark: a short run in its own process, and that it sees what is wrong."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time

import pytest

from benchmarks.fuzz import main as fuzz
from benchmarks.fuzz.outcome import MAX_MEGABYTES, MAX_SECONDS, Outcome
from helpers.places import ROOT


def test_twenty_thousand_structures(tmp_path):
    """In a process of its own, whose memory is that of the structures."""
    done = subprocess.run(
        [sys.executable, '-m', 'benchmarks', 'fuzz', '--structures', '20000', '--out',
         str(tmp_path)], cwd=ROOT, text=True, capture_output=True, timeout=300,
        env={name: value for name, value in os.environ.items() if name != 'OPENCV_LOG_LEVEL'})
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((tmp_path / 'fuzz.json').read_text())
    assert told['passed'] is True
    assert told['structures'] == 20000
    assert told['slowest_ms'] < MAX_SECONDS * 1e3
    assert told['megabytes'] < MAX_MEGABYTES
    # Neither all sound nor all refused at the door.
    for kind in ('raw', 'compressed', 'camera_info'):
        assert told['taken'][kind] > 1000
        assert told['refused'][kind] > 1000
    assert 'WARN' not in done.stderr
    assert 'Corrupt' not in done.stderr


def test_a_structure_follows_from_seed_and_number():
    for number in range(300):
        kinds = {fuzz.structure(3, number)[0] for _ in range(2)}
        results = {fuzz.structure(3, number)[1]() for _ in range(2)}
        assert len(kinds) == len(results) == 1


@pytest.mark.parametrize('error', [ValueError('x'), AssertionError(), MemoryError(), KeyError(1)])
def test_what_is_raised_fails(monkeypatch, tmp_path, error, capsys):
    def judge():
        raise error
    monkeypatch.setattr(fuzz, 'structure', lambda seed, number: ('raw', judge))
    assert fuzz.main(['--structures', '3', '--out', str(tmp_path), '--first', '7']) == 1
    assert f'7 (raw): {type(error).__name__}' in capsys.readouterr().out


def test_what_takes_too_long_fails(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(fuzz, 'MAX_SECONDS', 0.01)
    monkeypatch.setattr('benchmarks.fuzz.outcome.MAX_SECONDS', 0.01)
    monkeypatch.setattr(fuzz, 'structure',
                        lambda seed, number: ('raw', lambda: time.sleep(0.02) or True))
    assert fuzz.main(['--structures', '1', '--out', str(tmp_path)]) == 1
    assert re.search(r'^0 \(raw\): [\d.]+ s$', capsys.readouterr().out, re.MULTILINE)


def test_too_much_memory_fails(monkeypatch):
    monkeypatch.setattr('benchmarks.fuzz.outcome.MAX_MEGABYTES', 1)
    assert not Outcome().passed
