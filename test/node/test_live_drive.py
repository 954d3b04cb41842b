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
"""A simulated vehicle, the node as a process and DDS between them: the whole loop in real time."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.__main__ import main

END_OF_ROAD = 0
"""A seed whose road ends."""


def test_a_vehicle_that_obeys_the_node_stops_before_the_end_of_the_road(tmp_path: Path):
    assert main(['live_drive', '--seed', str(END_OF_ROAD), '--out', str(tmp_path)]) == 0
    drive = json.loads((tmp_path / 'live_drive.json').read_text())
    assert drive['kind'] == 'end of road'
    assert drive['collision'] is None
    assert drive['metres'] > 5.0, 'it never drove'
    assert drive['trace'][-1]['speed'] == 0.0
    assert drive['trace'][-1]['decision'] == 'stop'
    assert 0.0 < drive['trace'][-1]['free'] < 10.0
    assert (tmp_path / 'live_drive.png').stat().st_size > 10_000


def test_a_model_that_does_not_load_ends_with_2(tmp_path: Path, capsys):
    assert main(['live_drive', '--model', str(tmp_path / 'none'), '--out', str(tmp_path)]) == 2
    assert 'none' in capsys.readouterr().err
