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

"""scripts/segment: sheets of pictures, films of videos and bags, and the table of scores."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from helpers.recorded_bags import written
from helpers.tiny_model import write_tiny_model
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.scoring.ground_truth import path_truth
from seg_node.simulation import demo_drive
from seg_node.tools.segment.__main__ import main, parse, table
from seg_node.tools.segment.methods import known_methods, open_methods
from seg_node.tools.segment.sheet import draw_sheet

FEW = ['--methods', 'otsu', 'classical']


@pytest.fixture
def pictures(tmp_path):
    """Return a folder with images/ and masks/ of two moments of the demo drive."""
    for name in ('images', 'masks'):
        (tmp_path / name).mkdir()
    for index, moment in enumerate((2.0, 6.5)):
        frame = demo_drive(320, 192).frame(moment)
        cv2.imwrite(str(tmp_path / 'images' / f'road{index}.png'), frame.bgr)
        cv2.imwrite(str(tmp_path / 'masks' / f'road{index}.png'), frame.labels)
    return tmp_path


def rows_of(text):
    return {line.split()[0]: line.split()[1:]
            for line in text.splitlines() if line.startswith('  ')}


def test_a_sheet_for_each_picture_and_a_table(pictures, capsys):
    out = pictures / 'out'
    assert main([str(pictures / 'images'), '--truth', str(pictures / 'masks'), '--out', str(out),
                 *FEW]) == 0
    assert sorted(path.name for path in out.iterdir()) == ['road0.jpg', 'road1.jpg']
    rows = rows_of(capsys.readouterr().out)
    assert rows['method'] == ['path', 'IoU', 'precision', 'recall', 'ms']
    assert float(rows['classical'][0]) > 0.8 and float(rows['otsu'][0]) > 0.5


def test_one_picture_and_its_mask(pictures, capsys):
    assert main([str(pictures / 'images' / 'road0.png'), '--out', str(pictures / 'out'), *FEW,
                 '--truth', str(pictures / 'masks' / 'road0.png')]) == 0
    assert float(rows_of(capsys.readouterr().out)['classical'][0]) > 0.8


def test_without_masks_there_are_times_alone(pictures, capsys):
    assert main([str(pictures / 'images' / 'road0.png'), '--out', str(pictures / 'out'),
                 *FEW]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert rows['method'] == ['ms'] and float(rows['otsu'][0]) > 0


def test_a_video_becomes_a_film(pictures, capsys):
    video = pictures / 'drive.avi'
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*'MJPG'), 10.0, (160, 96))
    for moment in range(8):
        writer.write(demo_drive(160, 96).frame(moment / 10).bgr)
    writer.release()
    assert main([str(video), '--out', str(pictures / 'out'), '--seconds', '0.5', *FEW]) == 0
    film = cv2.VideoCapture(str(pictures / 'out' / 'drive.mp4'))
    assert film.get(cv2.CAP_PROP_FRAME_COUNT) == 5


def test_a_bag_becomes_a_film(tmp_path, capsys):
    bag = written(tmp_path / 'bag', 'mcap', range(3))
    assert main([str(bag), '--out', str(tmp_path / 'out'), *FEW]) == 0
    assert [path.suffix for path in (tmp_path / 'out').iterdir()] == ['.mp4']


@pytest.mark.parametrize(('arguments', 'message'), [
    (['--methods', 'magic'], 'magic: is no technique (otsu, '),
    (['--methods', 'otsu', 'otsu'], 'otsu: is given twice'),
    (['--truth', 'nowhere.png'], 'nowhere.png: give the mask of a picture'),
    (['--mapping', 'nothing', '--truth', '.'], '--mapping nothing: no such file')])
def test_what_cannot_be_done_is_one_line(pictures, capsys, arguments, message):
    few = [] if '--methods' in arguments else FEW
    assert main([str(pictures / 'images' / 'road0.png'), '--out', str(pictures / 'out'), *few,
                 *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and error.count('\n') == 1


def test_a_mask_of_another_size_is_refused(pictures, capsys):
    mask = pictures / 'masks' / 'road0.png'
    cv2.imwrite(str(mask), np.ones((10, 10), np.uint8))
    assert main([str(pictures / 'images' / 'road0.png'), '--out', str(pictures / 'out'), *FEW,
                 '--truth', str(mask)]) == 2
    assert 'the mask has not the size of its image' in capsys.readouterr().err


def test_all_there_is_is_the_default():
    methods = parse(['picture.png']).methods
    assert methods == known_methods()
    assert {*(each.name for each in TECHNIQUES), 'classical', 'road'} <= set(methods)


def test_a_model_folder_is_a_method(tmp_path):
    folder = str(write_tiny_model(tmp_path))
    method, = open_methods([folder])
    answer = method.segment(np.zeros((40, 60, 3), np.uint8), None)
    assert answer.name == folder and answer.iou is None
    assert folder in table([method])


def test_a_sheet_has_a_tile_for_the_image_and_for_each_method():
    frame = demo_drive(320, 192).frame(2.0)
    truth = path_truth(frame.labels, (1, 4))
    methods = open_methods(['otsu', 'canny', 'classical'])
    answers = [method.segment(frame.bgr, truth) for method in methods]
    sheet = draw_sheet(frame.bgr, truth, answers, tile_width=160)
    assert sheet.shape == (2 * (96 + 30 + 6) + 6, 2 * (160 + 6) + 6, 3)
    assert sheet.dtype == np.uint8
    assert (sheet != draw_sheet(frame.bgr, None, answers, tile_width=160)).any()    # outline
    assert methods[2].score.iou == answers[2].iou and len(methods[2].times) == 1
