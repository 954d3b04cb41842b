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

"""The model of the fault benchmark: healthy without a command, and faulty on command."""

from __future__ import annotations

import pytest

from benchmarks.faults import models
from benchmarks.faults.commands import Command
from benchmarks.faults.images import Clips, with_command
from seg_node.perception.backends import BackendError
from seg_node.perception.models.self_test import run_self_test, SelfTestError
from seg_node.perception.segmenter import Segmenter

pytest.importorskip('onnx', reason='the graph is built with onnx')


@pytest.fixture(scope='module')
def image():
    return Clips().free.frame(0)


@pytest.fixture
def folder(tmp_path, image):
    return models.write_model(tmp_path, image)


def test_without_a_command_it_sees_the_road(folder, image):
    with Segmenter.open(folder) as segmenter:
        result = segmenter.segment(image)
        assert result.path[-40:, 280:360].all()
        assert not result.path[:100].any()
        assert result.confidence.mean() > 250
        run_self_test(segmenter)


def test_it_raises_on_command(folder, image):
    with Segmenter.open(folder) as segmenter:
        with pytest.raises(BackendError):
            segmenter.segment(with_command(Command.RAISE)(image))
        segmenter.segment(image)


def test_nan_on_command_is_no_confidence(folder, image):
    with Segmenter.open(folder) as segmenter:
        assert not segmenter.segment(with_command(Command.NAN)(image)).confidence.any()


def test_work_changes_nothing_but_the_time(folder, image):
    with Segmenter.open(folder) as segmenter:
        worked = segmenter.segment(with_command(Command.WORK)(image))
        assert (worked.path == segmenter.segment(image).path)[100:].all()


def test_it_shifts_and_freezes_on_command(folder):
    image = Clips().obstacle.frame(0)
    with Segmenter.open(folder) as segmenter:
        def labels(command=None):
            shown = image if command is None else with_command(command)(image)
            return segmenter.segment(shown).labels

        seen = labels()
        assert (seen == 3).sum() > 20
        aside, up = labels(Command.SHIFT_ASIDE), labels(Command.SHIFT_UP)
        across = round(models.WIDTH / 6)
        assert (aside[10:, :-across] == seen[10:, across:]).all()
        assert (up[10:-4] == seen[14:]).all()
        frozen = [segmenter.segment(with_command(Command.FREEZE)(shown))
                  for shown in (image, image // 2)]
        assert (frozen[0].labels == frozen[1].labels).all()
        assert (frozen[0].confidence == frozen[1].confidence).all()
        assert frozen[0].path[-40:, 280:360].all() and not frozen[0].path[:100].any()


@pytest.mark.parametrize('damage', [
    models.write_wrong_engine, models.write_broken_gpu])
def test_a_graph_that_computes_something_else_fails_its_self_test(folder, damage):
    damage(folder)
    with Segmenter.open(folder) as segmenter, pytest.raises(SelfTestError):
        run_self_test(segmenter)
