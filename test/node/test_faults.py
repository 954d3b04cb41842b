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

"""The fault benchmark end to end: a few quick faults through its command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from helpers.places import ROOT

pytest.importorskip('onnx', reason='the benchmark builds its models with onnx')


def benchmark(*arguments):
    return subprocess.run(
        [sys.executable, '-m', 'benchmarks', 'faults', *arguments], cwd=ROOT,
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)


def test_faults_are_injected_named_and_recovered_from(tmp_path):
    names = ['dark', 'data_truncated', 'stale_stamp', 'deactivated_mid_frame']
    ended = benchmark('--out', str(tmp_path), '--only', *names)
    told = json.loads((tmp_path / 'faults.json').read_text())
    assert told['faults'] == len(names)
    assert [entry['name'] for entry in told['entries']] == names
    late = [entry for entry in told['entries'] if not entry['caught']]
    assert ended.returncode == (1 if late else 0), ended.stdout
    # On a busy machine a STOP may be late, but nothing else may be wrong with it.
    assert all(entry['time_to_stop_ms'] > told['allowed_ms'] for entry in late), late
    for entry in told['entries']:
        assert entry['reason_named'], entry
        assert entry['time_to_stop_ms'] is not None, entry
        assert entry['go_again_s'] is not None, entry
        assert not entry['crash'], entry
    assert all(name in (tmp_path / 'faults.md').read_text() for name in names)


def test_the_list_names_at_least_forty_faults_each_once():
    lines = benchmark('--list').stdout.splitlines()
    names = [line.split()[0] for line in lines]
    assert len(names) == len(set(names)) >= 40


@pytest.mark.parametrize('arguments', [['--only', 'nonsense'], ['--repeat', '0']])
def test_unusable_arguments_are_refused_in_one_line(arguments):
    ended = benchmark(*arguments)
    assert ended.returncode == 2
    assert len(ended.stdout.splitlines()) == 1
