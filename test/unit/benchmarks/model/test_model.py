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

"""The command `benchmark model` on tiny data with a tiny model."""

from __future__ import annotations

from dataclasses import dataclass
import json
import math
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.model.cases import choose, write_cases
from benchmarks.model.images import Format, FORMATS
from benchmarks.model.quality import Robustness
from benchmarks.model.tables import BEGIN, END, write_card
from helpers.markdown import narrow
from helpers.tiny_model import write_tiny_model
from seg_node.errors import UserError
from seg_node.perception.backends.classical.techniques import TECHNIQUES
from seg_node.scoring.path_score import PathScore

WIDTH, HEIGHT, IMAGES = 96, 64, 3
# Ids of lums, by the colour that the tiny model takes for such a thing.
COLORS = {0: (255, 0, 0), 1: (0, 0, 255), 2: (0, 255, 0)}


def write_pair(folder, name, ids):
    bgr = np.zeros((*ids.shape, 3), np.uint8)
    for index, color in COLORS.items():
        bgr[ids == index] = color
    for kind, image in (('images', bgr), ('masks', ids)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / kind / f'{name}.png'), image)


def write_data(folder, split='valid'):
    """Write both sets: the tiny model gets all of it right."""
    for number in range(IMAGES):
        ids = np.zeros((HEIGHT, WIDTH), np.uint8)
        ids[HEIGHT // 2:, 16:64 + 4 * number] = 2
        roads = (ids == 2).astype(np.uint8)
        write_pair(folder / 'roads' / split, f'road{number}', ids)
        cv2.imwrite(str(folder / 'roads' / split / 'masks' / f'road{number}.png'), roads)
        ids[:HEIGHT // 4, 64:] = 1
        write_pair(folder / 'lums' / split, f'lums{number}', ids)
    return folder


@pytest.fixture(scope='module', autouse=True)
def few_pictures_of_its_own():
    """Leave most of the pictures out that a run makes itself: they take minutes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('benchmarks.model.main._RENDERED', 3)
        patch.setattr('benchmarks.model.main._NO_ROADS', 4)
        yield


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    return write_data(tmp_path_factory.mktemp('data'))


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return write_tiny_model(
        tmp_path_factory.mktemp('models') / 'tiny', width=WIDTH, height=HEIGHT)


def run(data, model, out, *more):
    return main(['model', '--data', str(data), '--models', str(model), '--split', 'valid',
                 '--threads', '1', '--rounds', '2', '--out', str(out), *more])


@pytest.fixture(scope='module')
def results(data, model, tmp_path_factory):
    out = tmp_path_factory.mktemp('out')
    card = out / 'CARD.md'
    card.write_text(f'# tiny\n\n{BEGIN}\nold\n{END}\n\nThe end.\n', encoding='utf-8')
    assert run(data, model, out, '--corruptions', '--card', str(card)) == 0
    return out


@pytest.fixture(scope='module')
def found(results):
    def refuse(name):
        raise AssertionError(f'{name} is not JSON')
    return json.loads((results / 'model.json').read_text(encoding='utf-8'), parse_constant=refuse)


def test_a_model_that_is_always_right_has_full_scores(found):
    tiny = found['contenders']['tiny']
    for name in ('lums', 'roads'):
        score = tiny['sets'][name]
        assert score['images'] == IMAGES == found['images'][name]
        assert score['path_iou'] == score['boundary_f1'] == score['recall'] == 1.0
        assert score['path_iou_95'] == [1.0, 1.0]
        assert score['false_path_rate'] == score['ece'] == 0.0
        assert set(score['iou_of_images'].values()) == {1.0}
    assert tiny['sets']['lums']['class_iou'] == {
        'background': 1.0, 'path': 1.0, 'sidewalk': None, 'obstacle': 1.0, 'speed_bump': None}
    assert tiny['sets']['lums']['mean_iou'] == 1.0
    assert tiny['sets']['roads']['class_iou'] is None


def test_what_ran_is_told(found):
    tiny = found['contenders']['tiny']
    assert tiny['runtime'].startswith('ONNX Runtime') and tiny['precision'] == 'fp32'
    assert (tiny['width'], tiny['height'], tiny['baseline']) == (WIDTH, HEIGHT, False)
    latency = tiny['latency']
    assert 0 < latency['inference_ms'] <= latency['median_ms'] <= latency['p95_ms']
    assert latency['ratio'] is None
    assert [line.partition(':')[0] for line in found['left_out']] == [
        'road-segmentation-adas-0001', 'twinlitenet']
    assert found['command'] == ('scripts/benchmark model --data DATA --models tiny --split valid '
                                '--threads 1 --rounds 2 --corruptions')


def test_corruptions_are_scored_and_only_when_asked_for(found, data, model, tmp_path):
    robust = found['contenders']['tiny']['corruptions']
    assert robust['clean'] == 1.0 and len(robust['ious']) == 12
    values = [iou for ious in robust['ious'].values() for iou in ious]
    assert len(values) == 36
    assert robust['mean'] == pytest.approx(sum(values) / 36, abs=1e-5)
    kind, strength, iou = robust['worst']
    assert iou == min(values) == robust['ious'][kind][strength - 1] < 1.0
    assert run(data, model, tmp_path) == 0
    again = json.loads((tmp_path / 'model.json').read_text(encoding='utf-8'))
    assert again['contenders']['tiny']['corruptions'] is None
    assert 'corruption' not in (tmp_path / 'model.md').read_text(encoding='utf-8')


def test_techniques_are_scored_by_themselves_only_when_asked_for(found, data, model, tmp_path):
    names = {each.name for each in TECHNIQUES}
    assert list(found['contenders']) == ['tiny', 'classical']
    assert run(data, model, tmp_path, '--techniques') == 0
    asked = json.loads((tmp_path / 'model.json').read_text(encoding='utf-8'))
    assert set(asked['contenders']) == {'tiny', 'classical', *names}
    assert asked['command'].endswith('--rounds 2 --techniques')


def test_images_without_roads_are_told_apart(found):
    apart = found['contenders']['tiny']['corridor_confidence']
    assert apart['road'] > 0.9 and apart['auroc'] > 0.9
    assert list(apart['kinds']) == ['cover', 'noise', 'sky', 'blur', 'room']


def test_nothing_of_this_machine_s_folders_is_told(results, data, model):
    text = ''.join((results / name).read_text(encoding='utf-8')
                   for name in ('model.json', 'model.md'))
    assert not any(str(folder) in text for folder in (data, model, results))


def test_the_plots_are_images(results):
    for name in ('accuracy_over_time.png', 'reliability.png'):
        image = cv2.imread(str(results / name))
        assert image.shape[0] > 400 and image.std() > 5


def test_the_tables_go_between_the_marks_of_the_card(results):
    card = (results / 'CARD.md').read_text(encoding='utf-8')
    tables = (results / 'model.md').read_text(encoding='utf-8').strip()
    assert card == f'# tiny\n\n{BEGIN}\n\n{tables}\n\n{END}\n\nThe end.\n'
    assert '| lums | tiny | 1.000 | 1.000 to 1.000 | 1.000 | 0.0 % | 0.000 |' in narrow(card)


def test_writing_a_card_again_changes_nothing_else(tmp_path):
    card = tmp_path / 'CARD.md'
    card.write_text(f'before\n{BEGIN}{END} after', encoding='utf-8')
    write_card(card, 'first')
    write_card(card, 'second')
    assert card.read_text(encoding='utf-8') == f'before\n{BEGIN}\n\nsecond\n\n{END} after'


@pytest.mark.parametrize('text', ['', BEGIN, END, f'{END}\n{BEGIN}', f'{BEGIN}{END}{BEGIN}{END}'])
def test_a_card_without_its_marks_is_refused_untouched(tmp_path, text):
    card = tmp_path / 'CARD.md'
    card.write_text(text, encoding='utf-8')
    with pytest.raises(UserError, match='put both into it'):
        write_card(card, 'tables')
    assert card.read_text(encoding='utf-8') == text


def test_the_worst_corruption_is_named():
    robust = Robustness(1, 1.0, {'fog': (0.9, 0.8, 0.7), 'rain': (0.9, 0.6, 0.75)})
    assert robust.worst == ('rain', 2, 0.6)
    assert robust.mean == pytest.approx(4.65 / 6)
    undefined = Robustness(1, 1.0, {'fog': (math.nan, 0.8, 0.7)})
    assert undefined.worst == ('fog', 3, 0.7) and undefined.mean == pytest.approx(0.75)


def remove_masks(folder):
    for path in (folder / 'roads/valid/masks').iterdir():
        path.unlink()
    (folder / 'roads/valid/masks').rmdir()


def remove_one_mask(folder):
    (folder / 'lums/valid/masks/lums1.png').unlink()


def remove_images(folder):
    for path in (folder / 'roads/valid/images').iterdir():
        path.unlink()


def damage_image(folder):
    (folder / 'lums/valid/images/lums1.png').write_bytes(b'no image')


def empty_mask(folder):
    (folder / 'lums/valid/masks/lums1.png').write_bytes(b'')


def use_wrong_ids(folder):
    cv2.imwrite(str(folder / 'roads/valid/masks/road2.png'), np.full((HEIGHT, WIDTH), 3, np.uint8))


def use_a_small_mask(folder):
    cv2.imwrite(str(folder / 'roads/valid/masks/road2.png'), np.zeros((8, 9), np.uint8))


@pytest.mark.parametrize('damage, words', [
    (remove_masks, 'roads/valid/masks: no such folder'),
    (remove_one_mask, 'lums1.png: no mask of that name'),
    (remove_images, 'roads/valid/images: no images in it'),
    (damage_image, 'images/lums1.png: not a readable image'),
    (empty_mask, 'masks/lums1.png: not a readable image'),
    (use_wrong_ids, 'road2.png: id 3; masks of roads hold 0 to 1, or 255 for unknown'),
    (use_a_small_mask, 'road2.png: 9x8, its image is 96x64'),
])
def test_bad_data_is_one_line_that_names_it(tmp_path, model, capfd, damage, words):
    damage(write_data(tmp_path / 'data'))
    assert run(tmp_path / 'data', model, tmp_path / 'out') == 2
    # Before it, that the baselines are left out.
    last = capfd.readouterr().err.strip().splitlines()[-1]
    assert last.startswith('benchmark model: ') and words in last
    assert not list((tmp_path / 'out').glob('*')) if (tmp_path / 'out').exists() else True


@pytest.mark.parametrize('options, words', [
    (['--data', 'nowhere'], '--data nowhere: no such folder'),
    (['--models', 'no_such_model'], "--models no_such_model: model 'no_such_model'"),
    (['--card', 'NO_CARD.md'], '--card NO_CARD.md: cannot be read'),
    (['--split', 'test'], 'lums/test/images: no such folder'),
])
def test_bad_options_are_one_line(tmp_path, data, model, capsys, monkeypatch, options, words):
    monkeypatch.chdir(tmp_path)
    assert run(data, model, tmp_path / 'out', *options) == 2
    error = capsys.readouterr().err
    assert words in error.splitlines()[-1]


def test_a_model_given_twice_is_refused(tmp_path, data, model, capsys):
    assert main(['model', '--data', str(data), '--models', str(model), str(model),
                 '--split', 'valid', '--out', str(tmp_path)]) == 2
    assert 'a folder named tiny is already among them' in capsys.readouterr().err


def test_fewer_images_are_drawn_alike_every_time(tmp_path, data, model):
    names = []
    for name in ('one', 'two'):
        assert run(data, model, tmp_path / name, '--images', '2') == 0
        content = json.loads((tmp_path / name / 'model.json').read_text(encoding='utf-8'))
        names.append(list(content['contenders']['tiny']['sets']['lums']['iou_of_images']))
    assert len(names[0]) == 2 and names[0] == names[1]


def test_an_interrupt_ends_with_130(tmp_path, data, model, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt
    monkeypatch.setattr('benchmarks.model.main.score_sets', interrupted)
    assert run(data, model, tmp_path) == 130
    assert 'stopped' in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_images_without_any_path_have_no_scores_and_no_trouble(tmp_path, model):
    ids = np.zeros((HEIGHT, WIDTH), np.uint8)
    for name in ('lums', 'roads'):
        write_pair(tmp_path / name / 'valid', 'nothing', ids)
    assert run(tmp_path, model, tmp_path / 'out', '--corruptions') == 0
    content = json.loads((tmp_path / 'out' / 'model.json').read_text(encoding='utf-8'))
    score = content['contenders']['tiny']['sets']['roads']
    assert score['path_iou'] is None and score['false_path_rate'] == 0.0
    assert '| roads | tiny | – | – to – | – | 0.0 % | 0.000 |' in narrow(
        (tmp_path / 'out' / 'model.md').read_text(encoding='utf-8'))


def test_sheets_show_the_best_the_middle_and_the_worst():
    scores = {f'p{k}': PathScore(both=k, predicted=10, true=10, background=90) for k in range(10)}
    scores['nothing'] = PathScore(both=0, predicted=0, true=0, background=100)
    assert choose(scores) == {
        'best': ['p9', 'p8', 'p7'], 'typical': ['p6', 'p5', 'p4'], 'worst': ['p0', 'p1', 'p2']}


def test_each_model_and_set_has_a_sheet_of_images(results):
    for name in ('lums', 'roads', 'rendered'):
        sheet = cv2.imread(str(results / f'cases_tiny_{name}.jpg'))
        assert sheet.shape == (3 * (240 + 24), 3 * 426, 3)


class LeftHalf:
    """Calls the left half path."""

    def segment(self, bgr):
        path = np.zeros(bgr.shape[:2], bool)
        path[:, :bgr.shape[1] // 2] = True
        return SimpleNamespace(path=path)


@dataclass(frozen=True)
class LowerHalf:
    """A grey image whose lower half is path."""

    name: str
    format: Format = FORMATS[1]

    def read(self):
        ids = np.zeros((240, 426), np.uint8)
        ids[120:] = 1
        return np.full((240, 426, 3), 128, np.uint8), ids


def test_sheets_tell_right_false_and_missed_path_by_colour(tmp_path):
    items = [LowerHalf(str(k)) for k in range(3)]
    score = PathScore(both=1, predicted=2, true=2, background=2)
    write_cases(tmp_path / 'sheet.png', LeftHalf(), {item.name: score for item in items}, items)
    tile = cv2.imread(str(tmp_path / 'sheet.png'))[24:264, :426].astype(int)
    corners = [tile[60, 100], tile[60, 300], tile[180, 100], tile[180, 300]]
    strongest = [int(np.argmax(corner)) if np.ptp(corner) > 20 else None for corner in corners]
    assert strongest == [2, None, 1, 0]     # false is red, right green, missed blue
