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

"""What the values of masks mean, and which mask belongs to which frame."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pytest

from helpers.bag_files import PERIOD_NS, START_NS
from helpers.evaluate_inputs import drive, road, write_drive, write_masks
from helpers.places import ROOT
from seg_node.errors import UserError
from seg_node.perception.models.manifest import Action
from seg_node.recordings.bag import open_bag
from seg_node.recordings.sources import RecordedFrame
from seg_node.scoring.ground_truth import NOT_PATH, SOME_PATH, UNKNOWN
from seg_node.stop_go.actions import ClassRule
from seg_node.tools.evaluate.ground_truth.labels import TruthLabels
from seg_node.tools.evaluate.ground_truth.mapping import find_mapping, model_ids, read_mapping
from seg_node.tools.evaluate.ground_truth.masks import FolderMasks, masks_in, TopicMasks

CLASSES = ('background', 'path', 'sidewalk')
SHIPPED = sorted(path.stem for path in (ROOT / 'config' / 'mappings').glob('*.yaml'))


def mapping(folder: Path, text: str):
    path = folder / 'mapping.yaml'
    path.write_text(text)
    return read_mapping(path, CLASSES)


def test_ids_say_path_or_not(tmp_path):
    read = mapping(tmp_path, 'ids: {7: path, 8: not_path, 9: unknown}')
    mask = np.array([[7, 8, 9, 10]], np.uint8)
    assert read.codes('x', mask).tolist() == [[SOME_PATH, NOT_PATH, UNKNOWN, UNKNOWN]]
    assert read.codes('x', np.repeat(mask[..., None], 3, axis=2)).tolist() == \
        read.codes('x', mask).tolist()
    assert not read.has_classes


def test_a_mapping_that_names_a_class_maps_to_classes(tmp_path):
    read = mapping(tmp_path, 'ids: {0: not_path, 7: path, 8: sidewalk}')
    assert read.codes('x', np.array([[0, 7, 8]], np.uint8)).tolist() == [[NOT_PATH, 1, 2]]
    assert read.has_classes


def test_colours_are_red_green_blue(tmp_path):
    read = mapping(tmp_path, 'colours:\n  [128, 64, 32]: path\n  [0, 0, 0]: unknown\n'
                             'other: not_path')
    bgr = np.array([[[32, 64, 128], [0, 0, 0], [128, 64, 32], [255, 255, 255]]], np.uint8)
    assert read.codes('x', bgr).tolist() == [[SOME_PATH, UNKNOWN, NOT_PATH, NOT_PATH]]


def test_masks_without_a_mapping_hold_the_ids_of_the_model():
    codes = model_ids(CLASSES).codes('x', np.array([[0, 2, 3, 255]], np.uint8))
    assert codes.tolist() == [[0, 2, UNKNOWN, UNKNOWN]]


@pytest.mark.parametrize(('text', 'words'), [
    ('ids: {7: road}', ['ids: 7', 'road', 'not_path', 'background, path, sidewalk']),
    ('ids: {256: path}', ['256', '0 to 255']),
    ('colours: {[1, 2]: path}', ['(1, 2)', '[R, G, B]']),
    ('colours: {7: path}', ['7', '[R, G, B]']),
    ('ids: {7: path}\ncolours: {[1, 2, 3]: path}', ['either']),
    ('ids: {}', ['empty']),
    ('idz: {7: path}\nids: {7: path}', ['idz', 'colours']),
    ('ids: [', ['YAML']),
    ('', ['ids:']),
])
def test_a_mapping_that_cannot_be_used_is_told(tmp_path, text, words):
    with pytest.raises(UserError) as raised:
        mapping(tmp_path, text)
    assert all(word in str(raised.value) for word in ['mapping.yaml', *words])


@pytest.mark.parametrize('name', SHIPPED)
def test_shipped_mappings_know_path_and_not_path(name):
    read = read_mapping(find_mapping(name), CLASSES)
    codes = {read.other, *(read.ids or read.colours).values()}
    assert {SOME_PATH, NOT_PATH} <= codes
    assert not read.has_classes
    assert 'http' in (ROOT / 'config' / 'mappings' / f'{name}.yaml').read_text()


def test_the_two_mappings_of_cityscapes_agree():
    ids, colours = (read_mapping(find_mapping(f'cityscapes_{kind}'), CLASSES)
                    for kind in ('ids', 'colors'))
    assert colours.colours[128, 64, 128] == ids.ids[7] == SOME_PATH
    assert colours.colours[250, 170, 160] == ids.ids[9] == UNKNOWN


def test_a_mask_of_the_other_kind_is_told(tmp_path):
    ids = mapping(tmp_path, 'ids: {7: path}')
    with pytest.raises(UserError, match='coloured'):
        ids.codes('a.png', np.arange(6, dtype=np.uint8).reshape(1, 2, 3))
    colours = mapping(tmp_path, 'colours: {[1, 2, 3]: path}')
    with pytest.raises(UserError, match='one channel'):
        colours.codes('a.png', np.zeros((1, 2), np.uint8))


# --- which mask is whose ------------------------------------------------------------------------

def test_images_with_names_have_the_mask_of_their_name(tmp_path):
    write_masks(tmp_path, {3: road()}, '_gt')
    masks = FolderMasks(tmp_path, mapping(
        tmp_path, 'ids: {1: path}\nimage_suffix: _cam\nmask_suffix: _gt'), 9)
    assert masks.codes(RecordedFrame(0, 0, name='0003_cam.jpg')).max() == UNKNOWN
    assert masks.codes(RecordedFrame(3, 0, name='0004_cam.jpg')) is None


def test_frames_without_names_go_by_number_or_by_order(tmp_path):
    write_masks(tmp_path, {1: road(), 2: road(True), 3: road()})
    sparse = FolderMasks(tmp_path, model_ids(CLASSES), 100)
    assert [sparse.codes(RecordedFrame(k, 0)) is None for k in range(5)] == [
        True, False, False, False, True]
    # As many as frames: counted from 1, as ffmpeg does, they are the frames from 0 on.
    whole = FolderMasks(tmp_path, model_ids(CLASSES), 3)
    assert [whole.codes(RecordedFrame(k, 0)) is None for k in range(4)] == [
        False, False, False, True]


def test_masks_that_cannot_be_read_are_told(tmp_path):
    (tmp_path / '0001.png').write_bytes(b'no image')
    masks = FolderMasks(tmp_path, model_ids(CLASSES), None)
    with pytest.raises(UserError, match='0001.png'):
        masks.codes(RecordedFrame(1, 0))
    cv2.imwrite(str(tmp_path / '0002.png'), np.zeros((2, 2), np.uint16))
    masks = FolderMasks(tmp_path, model_ids(CLASSES), None)
    with pytest.raises(UserError, match='0002.png.*8 bits'):
        masks.codes(RecordedFrame(2, 0))
    with pytest.raises(UserError, match='no masks'):
        (tmp_path / 'none').mkdir()
        FolderMasks(tmp_path / 'none', model_ids(CLASSES), None)


def test_each_recording_has_its_folder(tmp_path):
    (tmp_path / 'a').mkdir()
    assert masks_in(tmp_path, 'a', alone=False) == tmp_path / 'a'
    assert masks_in(tmp_path, 'b', alone=False) is None
    assert masks_in(tmp_path, 'b', alone=True) == tmp_path


def test_masks_of_a_topic_are_found_by_their_stamps(tmp_path):
    labels = drive(range(3, 5), 6)
    bag = write_drive(tmp_path / 'bag', labels, masks=labels)
    with closing(TopicMasks(open_bag(bag), 'truth', model_ids(('a',) * 5))) as masks:
        for index, expected in enumerate(labels):
            frame = RecordedFrame(index, 0, stamp_ns=START_NS + index * PERIOD_NS)
            assert np.array_equal(masks.codes(frame), expected)
        assert masks.codes(RecordedFrame(7, 0, stamp_ns=START_NS + 1)) is None
    with pytest.raises(UserError, match='no image topic /gt for --truth; it has /front'):
        TopicMasks(open_bag(bag), '/gt', model_ids(CLASSES))


def test_truth_becomes_labels_that_can_be_judged():
    rules = [ClassRule('background', Action.STOP), ClassRule('bump', Action.SLOW),
             ClassRule('road', Action.GO)]
    codes = np.array([[0, 1, SOME_PATH, NOT_PATH, UNKNOWN]], np.uint8)
    seen = np.array([[2, 2, 0, 2, 1]], np.uint8)
    assert TruthLabels(rules).of(codes, seen).tolist() == [[0, 1, 2, 255, 1]]
