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

"""The benchmark of the camera's outputs publishes each of them."""

from __future__ import annotations

import re

from benchmarks.outputs.main import main


def test_each_output_is_published_and_timed(capsys):
    assert main(['--frames', '3']) == 0
    told = capsys.readouterr().out
    times = dict(re.findall(r'^(\w+) +([\d.]+) ms', told, re.MULTILINE))
    assert {'MaskOutput', 'PointsOutput', 'together'} <= set(times), told
    assert float(times['MaskOutput']) > 0 and float(times['PointsOutput']) > 0
