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

"""The latency benchmark with its real processes, on a case that any machine carries."""

from __future__ import annotations

import json
import subprocess
import sys
from types import SimpleNamespace

from benchmarks.latency.soak import Growth, Part


def run(tmp_path, *arguments):
    return subprocess.run(
        [sys.executable, '-m', 'benchmarks', *arguments, '--cameras', '2',
         '--out', str(tmp_path)], capture_output=True, text=True, timeout=600)


def test_every_frame_has_its_stop_and_its_mask(tmp_path):
    done = run(tmp_path, 'latency', '--sizes', '320x240', '--encodings', 'jpeg', '--rates', '4',
               '--seconds', '2')
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / 'latency.json').read_text())
    assert [one['subject'] for one in results['measured']] == [
        'seg_node', 'simple node', 'callback', 'relay']
    for one in results['measured']:
        assert one['sent'] >= 12
        assert one['stop']['p50'] > 0 and one['lost'] < 0.5
    for one in results['measured'][:3]:
        assert one['mask']['p50'] > 0 and one['unmasked'] < 0.5
    node, simple, *_ = results['measured']
    assert node['stages']['inference'] > 0
    assert 0 < node['overhead']['p50'] < node['stop']['p50']
    assert simple['overhead']['p50'] is None
    assert '320x240 jpeg, 2 x 4 Hz' in (tmp_path / 'latency.md').read_text()
    assert done.stdout.strip() == (tmp_path / 'latency.md').read_text().strip()


def test_a_gpu_that_is_none_leaves_what_the_node_costs(tmp_path):
    done = run(tmp_path, 'latency', '--stand-in-gpu', '--sizes', '320x240', '--encodings', 'nv12',
               '--rates', '10', '--seconds', '1', '--load', '1')
    assert done.returncode == 0, done.stderr
    measured = json.loads((tmp_path / 'latency.json').read_text())['measured']
    assert [one['subject'] for one in measured] == ['stand-in GPU', 'stand-in GPU, BGR8']
    assert all(one['lost'] < 0.5 and one['unmasked'] < 0.5 for one in measured)
    assert all(one['cpu'][one['subject']] > 0 for one in measured)
    assert all(one['cpu']['burner 0'] > 0.1 for one in measured)


def test_a_soak_looks_at_the_process_and_the_frames(tmp_path):
    done = run(tmp_path, 'soak', '--size', '320x240', '--rate', '10', '--minutes', '0.1')
    parts = json.loads((tmp_path / 'soak.json').read_text())['parts']
    assert len(parts) == 10
    # Six seconds settle nothing about the node; what they show is told.
    growth = Growth.of([Part(**{**one, 'stop': SimpleNamespace(**one['stop'])}) for one in parts])
    assert done.returncode == (1 if growth.findings else 0), done.stderr
    told = growth.findings or ['nothing grew in 0.1 minutes']
    assert done.stdout.splitlines()[-len(told):] == list(told)
    assert all(one['memory_mib'] > 10 and one['threads'] > 1 and one['files'] > 3 for one in parts)
    assert sum(one['stop']['p50'] > 0 for one in parts) > 5
