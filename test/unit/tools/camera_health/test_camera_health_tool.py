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

"""Tests of seg_node.tools.camera_health.__main__."""

from __future__ import annotations

from pathlib import Path
import re

import cv2
import numpy as np
import pytest

from helpers.bag_files import write_bag
from seg_node.tools.camera_health.__main__ import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for index, brightness in enumerate((0, 90, 180)):
        image = np.full((90, 160, 3), brightness, np.uint8)
        image[:40] += 60
        cv2.imwrite(str(tmp_path / f'{index}.png'), image)
    return tmp_path


def test_table_shows_distribution_and_what_is_beyond_the_limit(folder, capsys):
    assert main([str(folder), '--single', '--limit', 'min_brightness=50']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith(': 3 images, 3 found unusable')
    brightness = next(line.split() for line in lines if 'min_brightness' in line)
    assert brightness[1] == '50.00'
    assert float(brightness[2]) < 30 < float(brightness[4]) < 130 < float(brightness[6])
    assert ' '.join(brightness[7:]) == '1 of 3, 33.3%'
    assert '  camera_dark: frames 0' in lines
    assert '  camera_blocked: frames 0, 1, 2' in lines


def test_frames_of_a_folder_follow_each_other_unless_single(folder, capsys):
    assert main([str(folder), '--limit', 'max_identical=1']) == 0
    assert 'camera_blocked' not in capsys.readouterr().out
    assert main([str(folder), '--limit', 'blocked_after=2']) == 0
    assert '  camera_blocked: frames 1, 2' in capsys.readouterr().out


@pytest.mark.parametrize('topic', ['/front/image_raw', '/front/image_raw/compressed'])
def test_bag_is_decoded(tmp_path, topic, capsys):
    bag = write_bag(tmp_path / 'bag', topics=(topic,))
    assert main([str(bag)]) == 0
    assert ': 6 images, 6 found unusable' in capsys.readouterr().out


def test_damaged_bag_is_shown_up_to_the_damage(tmp_path, capsys):
    bag = write_bag(tmp_path / 'bag', count=20)
    file = bag / 'bag.mcap'
    file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])
    assert main([str(bag)]) == 1
    shown, told = capsys.readouterr()
    images = int(re.search(r': (\d+) images', shown)[1])
    assert 5 < images < 20
    assert 'cut off or damaged; try: ' in told


@pytest.mark.parametrize('arguments, words', [
    (['no_such_folder'], 'no such file'), (['x', '--limit', 'blur=1'], 'blur=1'),
    (['x', '--limit', 'max_noise=high'], "'high'"), (['x', '--limit', 'max_noise=-1'], '-1'),
    (['x', '--limit', 'blocked_after=0.5'], 'blocked_after')])
def test_unusable_input_is_one_line(arguments, words, capsys):
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert words in told
    assert told.count('\n') == 1
