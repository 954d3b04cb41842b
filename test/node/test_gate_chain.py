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
"""The whole chain: camera, seg_node, cmd_vel_gate, base."""

from __future__ import annotations

import signal

from test_cmd_vel_gate import FORWARD, gate  # noqa: F401  (a fixture)

from helpers.camera import blocked_road, raw, road


def test_commands_pass_as_long_as_the_road_is_free_and_the_node_lives(gate):  # noqa: F811
    node = gate.bench.start_node(autostart=True)
    gate.start('-r', 'stop:=seg_node/stop', '-r', 'speed_limit:=seg_node/speed_limit')
    camera = gate.bench.camera(raw(road()))
    gate.inputs(stop=None, limit=None, command=FORWARD)
    gate.wait_for(FORWARD)
    camera.message = raw(blocked_road())
    gate.wait_for_zeros()
    camera.message = raw(road())
    gate.wait_for(FORWARD)
    node.send(signal.SIGKILL)
    gate.wait_for_zeros()
