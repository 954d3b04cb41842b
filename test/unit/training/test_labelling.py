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

"""Labels of pictures that have none: where something stands no pixel stays path."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from seg_node.places import shared
from training import label, label_files, labels
from training.label_files import Picture, Thing
from training.labelling import curation, cutouts
from training.labelling.compose import compose, street_ground
from training.labelling.detectors import (
    all_anchors,
    DETECTORS,
    find,
    Findings,
    KINDS,
    source_of,
)
from training.labelling.from_a_car import from_a_car
from training.labelling.masks import is_tight
from training.labelling.sight import class_network, closest_views, Sight, Watcher
from training.labelling.things import agree
from training.labelling.views import FAR, FULL, MIRROR, NEAR, VIEWS

SIZE = 240
FIRST = ['rdd_japan_0015', 'rdd_japan_0018', 'rdd_japan_0019']
VEHICLE = KINDS.index('vehicle')
CAR = (0.4, 0.4, 0.6, 0.6)
PVB, CROSSROAD, OPEN_IMAGES, SMALL_PVB = range(len(DETECTORS))


def findings(*rows) -> Findings:
    """Make findings of (box, score, detector, view) of vehicles."""
    return Findings(np.array([row[0] for row in rows], np.float32).reshape(-1, 4),
                    np.full(len(rows), VEHICLE), np.array([row[1] for row in rows], np.float32),
                    np.array([source_of(row[2], row[3]) for row in rows], np.int64))


SURE = findings((CAR, 0.9, PVB, FULL), (CAR, 0.9, SMALL_PVB, MIRROR),
                (CAR, 0.8, CROSSROAD, FULL))
DOUBT = findings((CAR, 0.5, PVB, FULL), (CAR, 0.4, OPEN_IMAGES, FULL))
NOTHING = findings()


def sight(found: Findings, path: int = 255, curb: int = 0, sidewalk: int = 0,
          shapes=None) -> Sight:
    """Make a sight of a picture that looks the same everywhere."""
    classes = np.zeros((len(labels.CLASSES), 256, 448), np.uint8)
    classes[labels.SIDEWALK] = sidewalk
    classes[labels.PATH] = 255 - sidewalk
    return Sight(found, np.full((256, 448), path, np.uint8), np.full((256, 448), curb, np.uint8),
                 classes, shapes or {})


def car_shape(bottom: float = 0.6) -> np.ndarray:
    """Make DeepLab's answer to the whole picture: a car that fills its box nearly."""
    shape = np.zeros((513, 513), np.uint8)
    shape[int(0.4 * 513):int(bottom * 513), int(0.4 * 513):int(0.6 * 513)] = 7
    shape[int(0.4 * 513):int(0.45 * 513), int(0.4 * 513):int(0.46 * 513)] = 0
    return shape


GREY = np.full((SIZE, SIZE, 3), 120, np.uint8)
ROAD = np.full((SIZE, SIZE), labels.SOME_PATH, np.uint8)
BOX = np.s_[96:144, 96:144]


def test_a_mirrored_box_comes_back_to_its_place():
    box = np.array([[0.1, 0.2, 0.3, 0.9]], np.float32)
    assert np.allclose(MIRROR.to_picture(box), [[0.7, 0.2, 0.9, 0.9]])


def test_a_part_shows_what_its_boxes_say():
    picture = np.zeros((100, 200, 3), np.uint8)
    picture[40:50, 20:40] = 255
    cut = NEAR[0].cut(picture)
    rows, columns = np.nonzero(cut[..., 0])
    height, width = cut.shape[:2]
    box = np.array([[columns.min() / width, rows.min() / height,
                     (columns.max() + 1) / width, (rows.max() + 1) / height]], np.float32)
    assert np.allclose(NEAR[0].to_picture(box), [[0.1, 0.4, 0.2, 0.5]], atol=0.01)


def test_what_the_edge_of_a_view_cuts_is_left_out_but_not_what_the_picture_cuts():
    boxes = np.array([[0.0, 0.4, 0.2, 0.6], [0.8, 0.4, 1.0, 0.6]], np.float32)
    assert NEAR[0].whole(boxes).tolist() == [True, False]
    assert FULL.whole(boxes).all()


def test_a_detector_that_sees_beyond_the_picture_is_clipped_to_it():
    class Wild:
        def look(self, bgr):
            return (np.array([[-0.5, 0.3, 0.4, 1.5]], np.float32), np.array([VEHICLE]),
                    np.array([0.9], np.float32))
    found = find(Wild(), PVB, GREY, FULL)
    assert np.allclose(found.boxes, [[0, 0.3, 0.4, 1]])


def test_the_anchors_are_as_many_as_the_network_answers():
    anchors = all_anchors()
    assert anchors.shape == (1917, 4)
    assert np.allclose(anchors[0], [0.5 / 19, 0.5 / 19, 0.1, 0.1])
    assert np.allclose(anchors[-1, :2], 0.5)


def test_views_and_detectors_that_agree_make_one_certain_thing():
    [thing] = agree(SURE, SIZE, SIZE)
    assert thing.certain and thing.kind == 'vehicle' and thing.votes == 3
    assert np.allclose(thing.box, (96, 96, 144, 144))


@pytest.mark.parametrize('found', [
    DOUBT, findings((CAR, 0.95, PVB, FULL)),
    findings((CAR, 0.95, OPEN_IMAGES, FULL), (CAR, 0.95, OPEN_IMAGES, MIRROR))])
def test_a_single_voice_and_the_weaker_detector_alone_are_doubts(found):
    [thing] = agree(found, SIZE, SIZE)
    assert not thing.certain


def test_next_to_nothing_is_nothing():
    assert agree(findings((CAR, 0.3, PVB, FULL)), SIZE, SIZE) == []


def test_a_ghost_as_large_as_the_picture_needs_both_detectors():
    ghost = (0.0, 0.0, 1.0, 0.9)
    alone = findings((ghost, 0.9, CROSSROAD, FULL), (ghost, 0.9, CROSSROAD, NEAR[0]))
    assert agree(alone, SIZE, SIZE) == []
    both = findings((ghost, 0.9, CROSSROAD, FULL), (ghost, 0.9, PVB, FULL))
    assert agree(both, SIZE, SIZE)[0].certain


def test_a_large_box_of_one_detector_stays_a_doubt():
    large = (0.2, 0.3, 0.8, 0.9)
    [thing] = agree(findings((large, 0.9, CROSSROAD, FULL), (large, 0.9, CROSSROAD, NEAR[0])),
                    SIZE, SIZE)
    assert not thing.certain


def test_two_cars_side_by_side_stay_two():
    beside = (0.6, 0.4, 0.8, 0.6)
    other = findings((beside, 0.9, PVB, FULL), (beside, 0.9, SMALL_PVB, MIRROR))
    both = Findings.joined([SURE, other])
    assert len(agree(both, SIZE, SIZE)) == 2


def test_no_path_is_left_where_something_stands():
    codes, [thing] = compose(GREY, sight(SURE), ROAD)
    assert not labels.is_path(codes[BOX]).any()
    assert (codes[140:144, 110:130] == labels.NOT_PATH).all()      # its foot
    assert thing.mask == 'none' and thing.foot > 0.7
    outside = np.ones_like(codes, bool)
    outside[90:150, 90:150] = False
    assert (codes[outside] == labels.SOME_PATH).all()


def test_a_tight_mask_is_an_obstacle_and_the_ground_under_it_no_path():
    codes, [thing] = compose(GREY, sight(SURE, shapes={VIEWS.index(FULL): car_shape()}), ROAD)
    assert thing.mask == 'deeplab'
    assert (codes[110:142, 100:140] == labels.OBSTACLE).all()
    assert (codes[145, 100:140] == labels.NOT_PATH).all()           # contact shadow
    assert codes[98, 100] == labels.UNKNOWN                         # in the box, in no mask
    assert codes[150, 120] == labels.SOME_PATH


def test_a_mask_that_lacks_the_feet_is_not_used():
    codes, [thing] = compose(
        GREY, sight(SURE, shapes={VIEWS.index(FULL): car_shape(bottom=0.55)}), ROAD)
    assert thing.mask != 'deeplab'
    assert not labels.is_path(codes[BOX]).any()


def test_a_doubt_only_makes_path_unknown():
    codes, [thing] = compose(GREY, sight(DOUBT), ROAD)
    assert not thing.certain
    assert (codes[100:140, 100:140] == labels.UNKNOWN).all()
    assert (np.isin(codes, (labels.UNKNOWN, labels.SOME_PATH))).all()


def test_the_mask_of_a_thing_behind_stays_where_a_box_before_it_is_in_doubt():
    shapes = {VIEWS.index(FULL): car_shape()}
    doubt = findings(((0.5, 0.5, 0.9, 0.9), 0.5, PVB, FULL), ((0.5, 0.5, 0.9, 0.9), 0.5,
                                                              OPEN_IMAGES, FULL))
    codes, things = compose(
        GREY, sight(Findings.joined([SURE, doubt]), shapes=shapes), ROAD)
    assert [thing.certain for thing in things] == [True, False]
    assert codes[130, 130] == labels.OBSTACLE


def test_an_empty_picture_stays_as_it_is():
    codes, things = compose(GREY, sight(NOTHING), ROAD)
    assert things == [] and np.array_equal(codes, ROAD)


def test_a_thing_at_the_edge_of_the_picture_is_labelled_to_the_edge():
    edge = (0.8, 0.7, 1.0, 1.0)
    codes, [thing] = compose(
        GREY, sight(findings((edge, 0.9, PVB, FULL), (edge, 0.9, CROSSROAD, FULL))), ROAD)
    assert not labels.is_path(codes[168:, 192:]).any()
    assert codes[-1, 210] == labels.NOT_PATH


def test_masks_must_fit_their_boxes():
    thing = Thing('vehicle', (96, 96, 144, 144), 0.9, 3, True)
    mask = np.zeros((SIZE, SIZE), bool)
    assert not is_tight(mask, thing)
    mask[100:144, 97:143] = True
    assert is_tight(mask, thing)
    assert not is_tight(np.ones_like(mask), thing)
    half = mask.copy()
    half[:, 118:] = False
    assert not is_tight(half, thing)


@pytest.mark.parametrize(('path', 'curb', 'sidewalk', 'code'), [
    (255, 0, 0, labels.SOME_PATH),
    (255, 0, 200, labels.UNKNOWN),          # the two contradict each other
    (130, 0, 100, labels.UNKNOWN),
    (130, 0, 200, labels.SIDEWALK),         # the one does not know, the other does
    (180, 0, 0, labels.SOME_PATH),          # seconded
    (70, 0, 0, labels.UNKNOWN),             # disputed
    (70, 0, 100, labels.NOT_PATH),
    (0, 0, 0, labels.NOT_PATH),
    (0, 0, 200, labels.SIDEWALK),
    (0, 200, 0, labels.NOT_PATH),           # a curb
])
def test_the_ground_is_what_two_networks_agree_on(path, curb, sidewalk, code):
    codes = street_ground('some', GREY, sight(NOTHING, path, curb, sidewalk))
    assert (codes == code).all()


def test_ground_beside_a_curb_is_pavement():
    seen = sight(NOTHING, path=0)
    seen.path[:, :224] = 255
    seen.curb[:, 220:230] = 200
    codes = street_ground('some', GREY, seen)
    assert (codes[:, :110] == labels.SOME_PATH).all()
    assert (codes[:, 130:] == labels.SIDEWALK).all()
    lawn = np.full_like(GREY, (60, 140, 60))
    assert (street_ground('some', lawn, seen)[:, 130:] == labels.NOT_PATH).all()


def test_what_one_network_alone_denies_in_the_midst_of_a_path_is_unknown():
    seen = sight(NOTHING)
    seen.path[100:120, 200:220] = 0
    assert labels.NOT_PATH not in street_ground('some', GREY, seen)
    seen.classes[:, 90:130, 190:230] = np.array([0, 0, 0, 255, 0])[:, None, None]
    assert labels.NOT_PATH in street_ground('some', GREY, seen)     # both do


def test_corrections_by_hand_win():
    codes = np.array([[labels.SOME_PATH, labels.UNKNOWN, labels.NOT_PATH]], np.uint8)
    path = np.array([[0.9, 0.6, 0.1]], np.float32)
    def corrected(names):
        return curation.corrected(sorted(names)[0], codes, path)[0].tolist()
    assert corrected({'some'}) == codes[0].tolist()
    assert corrected(curation.PAVEMENT) == [labels.SIDEWALK, labels.SIDEWALK, labels.NOT_PATH]
    assert corrected(curation.ROAD) == [labels.SOME_PATH, labels.SOME_PATH, labels.NOT_PATH]
    assert corrected(curation.UNCLEAR) == [labels.UNKNOWN] * 3
    assert not curation.PAVEMENT & curation.ROAD


def test_pavement_right_before_a_car_is_a_narrow_road():
    codes = ROAD.copy()
    codes[120:, 80:160] = labels.SIDEWALK
    codes[120:, :60] = labels.SIDEWALK
    seen = from_a_car(GREY, codes)
    assert (seen[120:, 80:160] == labels.UNKNOWN).all()
    assert (seen[120:, :60] == labels.SIDEWALK).all()


def test_stripes_with_road_beyond_them_are_a_crossing():
    picture, codes = GREY.copy(), ROAD.copy()
    codes[150:200, 60:180] = labels.NOT_PATH
    for left in range(60, 180, 30):
        picture[150:200, left:left + 15] = 230
    assert (from_a_car(picture, codes)[150:200, 60:165] == labels.UNKNOWN).all()
    assert (from_a_car(GREY, codes)[150:200, 60:180] == labels.NOT_PATH).all()     # no paint
    codes[:150] = labels.NOT_PATH                                   # no road beyond: a wall
    assert labels.UNKNOWN not in from_a_car(picture, codes)


def test_a_tenth_of_the_street_is_held_out_always_the_same(tmp_path):
    street = [Picture('street', f'rdd_japan_{k:04d}', tmp_path) for k in range(1099)]
    held_out = [picture.name for picture in street if picture.held_out]
    assert 90 <= len(held_out) <= 130
    assert held_out[:3] == FIRST
    assert not Picture('street_views', held_out[0], tmp_path).held_out


def make_data(tmp_path):
    """Make a data folder with two street pictures: one held out, one not."""
    folder = tmp_path / 'data' / 'street' / 'images'
    folder.mkdir(parents=True)
    for name in (FIRST[0], 'rdd_japan_0000'):
        cv2.imwrite(str(folder / f'{name}.jpg'), GREY)
    return tmp_path / 'data', tmp_path / 'labels'


def test_labels_come_back_and_held_out_pictures_are_not_learned_from(tmp_path):
    data, out = make_data(tmp_path)
    thing = Thing('vehicle', (96.0, 96.0, 144.0, 144.0), 0.9, 3, True, 'deeplab', 1.0)
    for picture in label_files.pictures(data, 'street'):
        label_files.write(out, picture, ROAD, [thing])
    [sample] = label_files.samples(data, out, 'street')
    assert np.array_equal(sample.codes, ROAD)
    [(_, things)] = label_files.held_out(data, out)
    assert things == [thing]
    label.write_held_out(data, out)
    assert list(json.loads((out / 'holdout.json').read_text())) == [f'street/{FIRST[0]}']


def test_an_interrupted_run_goes_on_without_looking_twice(tmp_path):
    data, out = make_data(tmp_path)
    class Once:
        looked = 0
        def look(self, bgr, views):
            self.looked += 1
            return sight(SURE)
    watcher = Once()
    picture = label_files.pictures(data, 'street')[0]
    seen = out / 'seen' / f'{picture.key}.npz'
    for _ in range(2):
        label.look(watcher, picture, seen)
        label.put_together(out, picture, seen)
    assert watcher.looked == 1
    assert not labels.is_path(label_files.read_codes(out, picture)[BOX]).any()
    assert not list(out.rglob('*.part*'))
    again = Sight.load(seen)
    assert np.array_equal(again.found.boxes, SURE.boxes) and again.shapes == {}


def test_roads_keep_their_own_masks_but_for_what_stands_there(tmp_path):
    root = tmp_path / 'data' / 'roads' / 'train'
    for folder, image in (('images', GREY), ('masks', np.ones((SIZE, SIZE), np.uint8))):
        (root / folder).mkdir(parents=True)
        cv2.imwrite(str(root / folder / 'one.png'), image)
    [picture] = label_files.pictures(tmp_path / 'data', 'roads/train')
    sight(SURE, path=0).save(tmp_path / 'seen.npz')
    label.put_together(tmp_path, picture, tmp_path / 'seen.npz')
    codes = label_files.read_codes(tmp_path, picture)
    assert not labels.is_path(codes[BOX]).any() and codes[10, 10] == labels.SOME_PATH


def test_only_whole_things_are_cut_out_with_their_feet(tmp_path):
    data, out = make_data(tmp_path)
    picture = Picture('street', 'rdd_japan_0000', data)
    codes = ROAD.copy()
    codes[100:144, 97:143] = labels.OBSTACLE
    whole = Thing('vehicle', (96, 99, 144, 144), 0.9, 3, True, 'deeplab')
    [cutout] = cutouts.write_cutouts(out, picture, GREY, codes, [whole])
    image = cv2.imread(str(out / 'cutouts' / cutout.file), cv2.IMREAD_UNCHANGED)
    assert image.shape == (cutout.height, cutout.width, 4)
    assert 40 <= cutout.height <= 44 and cutout.foot[1] >= cutout.height - 3
    assert abs(cutout.foot[0] - cutout.width / 2) <= 1
    assert image[20, 20, 3] == 255 and image[0, 0, 3] < 255 and cutout.share_alike
    at_the_edge = Thing('vehicle', (0, 99, 144, 144), 0.9, 3, True, 'deeplab')
    behind = Thing('vehicle', (110, 90, 160, 130), 0.9, 3, True, 'deeplab')
    maskless = Thing('vehicle', (96, 99, 144, 144), 0.9, 3, True, 'none')
    assert not cutouts.usable([at_the_edge], 0, SIZE, SIZE)
    assert not cutouts.usable([maskless], 0, SIZE, SIZE)
    assert not cutouts.usable([whole, behind], 0, SIZE, SIZE)


def test_shapes_are_asked_for_in_the_closest_view_that_shows_all_of_a_thing():
    small, large = (0.45, 0.4, 0.55, 0.5), (0.3, 0.1, 0.7, 0.95)
    found = findings((small, 0.9, PVB, FULL), (large, 0.9, PVB, FULL), (CAR, 0.2, PVB, FULL))
    assert closest_views(found, (FULL, *NEAR, *FAR)) == {FAR[1], FULL}
    assert closest_views(NOTHING, (FULL, *NEAR, *FAR)) == set()


def test_near_views_lie_around_far_ones():
    assert all(0 <= view.left < view.right <= 1 and 0 <= view.top < view.bottom <= 1
               for view in VIEWS)
    assert len(set(VIEWS)) == len(VIEWS) and set(FAR) < set(VIEWS)
    assert all(set(detector.VIEWS) <= set(VIEWS) for detector in DETECTORS)


@pytest.mark.parametrize('name', ['road', 'road_plus'])
def test_a_bundled_network_tells_how_probable_each_class_is(name):
    pytest.importorskip('openvino')
    model = shared('models')[0] / name / 'model.onnx'
    network = class_network(model, threads=1)
    _, height, width, _ = network.input(0).shape
    image = np.random.default_rng(1).integers(0, 256, (1, height, width, 3), np.uint8)
    found = network(image)[0]
    assert found.shape == (1, len(labels.CLASSES), height // 4, width // 4)
    assert np.abs(found.sum(1) - 1).max() < 1e-3 and found.min() >= 0


def test_a_network_that_knows_pavements_is_shown_red_as_red():
    shown = []

    def network(images):
        assert images.shape == (1, 288, 512, 3)
        shown.append(images[0, 0, 0].tolist())
        return [np.full((1, len(labels.CLASSES), 72, 128), 0.2, np.float32)]

    watcher = Watcher.__new__(Watcher)      # without the other networks, which are not at hand
    watcher._classes, watcher._classes_see = network, (512, 288)
    found = watcher._class_probabilities(np.full((SIZE, SIZE, 3), (10, 20, 200), np.uint8))
    assert shown == [[200, 20, 10]]
    assert found.shape == (len(labels.CLASSES), 256, 448)
