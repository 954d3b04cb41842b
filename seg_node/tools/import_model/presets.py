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

"""
Class lists of public data sets, in the order of their training ids.

Names and colours of cityscapes are those of cityscapesScripts
(github.com/mcordts/cityscapesScripts, cityscapesscripts/helpers/labels.py, trainId 0 to 18);
BDD100K's semantic segmentation has the same 19 classes. bdd100k are the drivable areas of the
BDD100K toolkit (github.com/bdd100k/bdd100k, bdd100k/label/label.py, drivables). What is drivable,
and the actions, are this project's: on a road to go, onto another lane slowly, else to stop. Stuff
are the classes that Cityscapes has no instances of, and flat those of them that lie on the
ground.
"""

from __future__ import annotations

from seg_node.perception.models.manifest import Action, ClassInfo


def _stop(name: str, red: int, green: int, blue: int) -> ClassInfo:
    return ClassInfo(name, (red, green, blue), False, Action.STOP)


def _stuff(name: str, red: int, green: int, blue: int) -> ClassInfo:
    return ClassInfo(name, (red, green, blue), False, Action.STOP, stuff=True)


def _flat(name: str, red: int, green: int, blue: int) -> ClassInfo:
    return ClassInfo(name, (red, green, blue), False, Action.STOP, flat=True)


def _drive(name: str, red: int, green: int, blue: int, action: Action = Action.GO) -> ClassInfo:
    return ClassInfo(name, (red, green, blue), True, action)


PRESETS: dict[str, tuple[ClassInfo, ...]] = {
    'cityscapes': (
        _drive('road', 128, 64, 128),
        _flat('sidewalk', 244, 35, 232),
        _stuff('building', 70, 70, 70),
        _stuff('wall', 102, 102, 156),
        _stuff('fence', 190, 153, 153),
        _stuff('pole', 153, 153, 153),
        _stuff('traffic light', 250, 170, 30),
        _stuff('traffic sign', 220, 220, 0),
        _stuff('vegetation', 107, 142, 35),
        _flat('terrain', 152, 251, 152),
        _stuff('sky', 70, 130, 180),
        _stop('person', 220, 20, 60),
        _stop('rider', 255, 0, 0),
        _stop('car', 0, 0, 142),
        _stop('truck', 0, 0, 70),
        _stop('bus', 0, 60, 100),
        _stop('train', 0, 80, 100),
        _stop('motorcycle', 0, 0, 230),
        _stop('bicycle', 119, 11, 32),
    ),
    'bdd100k': (
        _drive('direct', 219, 94, 86),
        _drive('alternative', 86, 211, 219, Action.SLOW),
        _stop('background', 0, 0, 0),
    ),
    'binary': (
        _stop('background', 0, 0, 0),
        _drive('path', 0, 190, 90),
    ),
}
"""`binary` is for networks that only tell path from not-path."""
