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

"""How large an image must be for its judgement."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.tiny_model import write_tiny_model
from seg_node.perception.models.model import load_model
from seg_node.stop_go.camera_health.thresholds import HealthThresholds
from seg_node.stop_go.image_size import min_image_size
from seg_node.stop_go.limits import Limits


@pytest.mark.parametrize('max_tear', [0.0, 5.0, 254.9])
def test_every_row_is_needed_as_long_as_tears_are_looked_for(max_tear):
    limits = replace(Limits(), camera_health=HealthThresholds(max_tear=max_tear))
    assert min_image_size(load_model('road'), limits) is None


def test_without_that_it_is_what_the_network_takes_and_the_checks_sample(tmp_path):
    limits = replace(Limits(), camera_health=HealthThresholds(max_tear=255.0))
    road = load_model('road')
    assert min_image_size(road, limits) == (road.width, road.height)
    tiny = load_model(write_tiny_model(tmp_path))
    assert (tiny.width, tiny.height) == (64, 32)
    assert min_image_size(tiny, limits) == (256, 144)
