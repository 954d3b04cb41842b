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

"""Regions: what is told apart, and that nothing which stands on the way is left out."""

from __future__ import annotations

import cv2
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np

from seg_node.free_space.regions import RegionFinder
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go.actions import class_rules

CLASSES = (
    ClassInfo('background', (0, 0, 0), False, Action.STOP),
    ClassInfo('path', (0, 1, 0), True, Action.GO),
    ClassInfo('sidewalk', (0, 0, 1), False, Action.STOP, stuff=True),
    ClassInfo('person', (1, 0, 0), False, Action.STOP),
    ClassInfo('car', (1, 0, 1), False, Action.STOP))
BACKGROUND, PATH, SIDEWALK, PERSON, CAR = range(5)


def finder(*overrides):
    return RegionFinder(CLASSES, class_rules(CLASSES, overrides))


def index(found):
    """Return the number of each pixel's region, from 1, [h, w]; 0 in none."""
    return found.paint(np.arange(1, len(found.labels) + 1))


def road(size=(20, 30)):
    labels = np.full(size, PATH, np.uint8)
    labels[:6] = BACKGROUND
    return labels


def test_objects_are_regions_each_of_its_class():
    labels = road()
    labels[4:12, 2:5] = PERSON
    labels[4:12, 5:9] = CAR
    labels[10:14, 20:22] = PERSON
    found = finder().find(labels, None, 2)
    assert sorted(found.labels.tolist()) == [PERSON, PERSON, CAR]
    assert found.small == 0
    for number, (box, label) in enumerate(zip(found.boxes, found.labels, strict=True), 1):
        rows, cols = np.nonzero(index(found) == number)
        assert (labels[rows, cols] == label).all()
        assert box.tolist() == [cols.min(), rows.min(), cols.max() + 1, rows.max() + 1]


def test_stuff_counts_only_where_it_stands_alone_on_the_way():
    labels = road()
    labels[:, :3] = SIDEWALK
    labels[10:12, 10:14] = SIDEWALK
    labels[14:17, 20:22] = BACKGROUND
    labels[8:10, 25:27] = 255
    found = finder().find(labels, None, 2)
    assert sorted(found.labels.tolist()) == [BACKGROUND, SIDEWALK, 255]
    assert not index(found)[:6].any() and not index(found)[:, :3].any()


def test_what_an_override_makes_path_is_none_and_what_it_makes_stop_is_one():
    labels = road()
    labels[8:12, 4:8] = PERSON
    assert not len(finder('person=slow').find(labels, None, 2).labels)
    labels[labels == PATH] = SIDEWALK
    assert finder('sidewalk=go').find(labels, None, 2).labels.tolist() == [PERSON]


def test_what_is_too_low_to_be_an_obstacle_is_counted():
    labels = road()
    labels[12, 3:20] = CAR
    labels[14:16, 3:5] = CAR
    found = finder().find(labels, None, 2)
    assert (found.labels.tolist(), found.small) == ([CAR], 1)
    assert index(found).max() == 1


def test_a_picture_of_one_class_alone():
    for label, regions in ((BACKGROUND, []), (PATH, []), (255, []), (CAR, [CAR])):
        found = finder().find(np.full((20, 30), label, np.uint8), None, 2)
        assert (found.labels.tolist(), found.small) == (regions, 0)


def test_the_networks_own_instances_stay_apart_and_what_they_leave_out_is_found():
    labels, instances = road(), np.zeros((20, 30), np.uint8)
    labels[8:14, 4:12] = CAR
    instances[8:14, 4:8], instances[8:14, 8:12] = 3, 7
    labels[8:14, 20:24] = PERSON
    instances[:6] = 9
    found = finder().find(labels, instances, 2)
    assert sorted(found.labels.tolist()) == [PERSON, CAR, CAR]
    assert len(np.unique(index(found)[8:14, 4:12])) == 2
    assert not index(found)[:6].any(), 'background is none, whatever the network numbers'


@given(arrays(np.uint8, (12, 14), elements=st.sampled_from([0, 1, 2, 3, 4, 255])),
       st.one_of(st.none(), arrays(np.uint8, (12, 14), elements=st.integers(0, 3))))
def test_every_pixel_of_an_object_is_in_one_region(labels, instances):
    found = finder().find(labels, instances, 1)
    assert found.small == 0
    assert (index(found)[np.isin(labels, (PERSON, CAR))] > 0).all()
    assert not index(found)[labels == PATH].any()
    numbers = np.unique(index(found))
    assert set(numbers.tolist()) - {0} == set(range(1, len(found.labels) + 1))
    if instances is None:
        for number, label in enumerate(found.labels, 1):
            parts, _ = cv2.connectedComponents((index(found) == number).view(np.uint8))
            assert parts == 2
            assert label in labels[index(found) == number]
