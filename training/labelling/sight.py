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
"""What the labelling networks see in a picture, kept on disk: labels are composed from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training import labels
from training.labelling.detectors import compiled, DETECTORS, find, Findings, planes
from training.labelling.views import Array, FAR, FULL, MIRROR, NEAR, View, VIEWS

ROAD, CURB, MARK = 1, 2, 3     # channels of adas-0001's background, road, curb, mark
SIZE = (448, 256)
"""Width and height of the probabilities that are kept."""
SHAPE_VIEWS = (FULL, *NEAR, *FAR)
"""What DeepLab looks at: masks of things are drawn from the closest view of them."""
QUICK = (FULL, MIRROR)
"""What is enough for pictures of country roads."""
LIKELY = 0.4
"""Score from which on a thing's shape may be asked for."""
MARGIN = 0.01
"""Share of the picture that must be seen around a thing, but for the picture's edges."""
_DEEPLAB_SIDE = 513


@dataclass(frozen=True)
class Sight:
    """
    What was seen.

    path, curb: probabilities by adas-0001, uint8 [256, 448] in 255ths. classes: probabilities of
    training.labels.CLASSES by a network that knows the pavements of lums, uint8 [5, 256, 448].
    shapes: Pascal VOC classes by DeepLab, uint8 [513, 513], by the index of their view in VIEWS.
    """

    found: Findings
    path: Array
    curb: Array
    classes: Array
    shapes: dict[int, Array]

    def save(self, path: Path) -> None:
        """Write to disk, all or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix('.part')
        with part.open('wb') as file:
            np.savez_compressed(
                file, boxes=self.found.boxes, kinds=self.found.kinds, scores=self.found.scores,
                sources=self.found.sources, path=self.path, curb=self.curb, classes=self.classes,
                **{f'shape{index}': shape for index, shape in self.shapes.items()})
        part.rename(path)

    @staticmethod
    def load(path: Path) -> Sight:
        """Read what save() wrote."""
        with np.load(path) as kept:
            shapes = {int(name.removeprefix('shape')): kept[name]
                      for name in kept.files if name.startswith('shape')}
            return Sight(Findings(kept['boxes'], kept['kinds'], kept['scores'], kept['sources']),
                         kept['path'], kept['curb'], kept['classes'], shapes)


def closest_views(found: Findings, views: Sequence[View]) -> set[View]:
    """Return, for each box that may be a thing, the smallest of the views that shows all of it."""
    boxes = found.boxes[found.scores >= LIKELY]
    return {min(showing, key=lambda view: view.area) for box in boxes
            if (showing := [view for view in views if view.contains(box, MARGIN)])}


class Watcher:
    """The networks that look at pictures."""

    def __init__(self, data: Path, pavement_model: Path, threads: int) -> None:
        teachers = data / 'teachers'
        self._detectors = [kind(teachers, threads) for kind in DETECTORS]
        self._road = compiled(data / 'baselines' / 'road-segmentation-adas-0001.xml', threads)
        self._shapes = compiled(teachers / 'deeplabv3_mnv2_pascal_quant.tflite', threads)
        self._classes = class_network(pavement_model, threads)
        _, height, width, _ = self._classes.input(0).shape
        self._classes_see = width, height

    def look(self, bgr: Array, views: Sequence[View] = VIEWS) -> Sight:
        """Return what is seen in a BGR picture."""
        found = Findings.joined([find(detector, index, bgr, view)
                                 for index, detector in enumerate(self._detectors)
                                 for view in detector.VIEWS if view in views])
        road = self._both_ways(bgr, self._road_probabilities)
        return Sight(found, road[0], road[1], self._both_ways(bgr, self._class_probabilities),
                     {VIEWS.index(view): self._shape(bgr, view)
                      for view in closest_views(found, SHAPE_VIEWS) if view in views})

    def glance(self, bgr: Array) -> Sight | None:
        """Return a sight of nothing where the best detector finds nothing in the whole picture."""
        found = find(self._detectors[0], 0, bgr, FULL)
        if len(found.boxes):
            return None
        nothing = np.zeros(SIZE[::-1], np.uint8)
        return Sight(found, nothing, nothing, np.stack([nothing] * len(labels.CLASSES)), {})

    def _shape(self, bgr: Array, view: View) -> Array:
        rgb = cv2.resize(view.cut(bgr), (_DEEPLAB_SIDE, _DEEPLAB_SIDE))[None, ..., ::-1]
        return self._shapes(np.ascontiguousarray(rgb))[0][0].astype(np.uint8)

    def _road_probabilities(self, bgr: Array) -> NDArray[np.float32]:
        scores = self._road(planes(bgr, 896, 512))[0][0]
        return np.stack([scores[ROAD] + scores[MARK], scores[CURB]])

    def _class_probabilities(self, bgr: Array) -> NDArray[np.float32]:
        scaled = cv2.resize(bgr, self._classes_see, interpolation=cv2.INTER_AREA)
        found = self._classes(np.ascontiguousarray(scaled[None, ..., ::-1]))[0][0]
        # A quarter of the size: enlarged by area it would be blocks.
        return np.stack([cv2.resize(plane, SIZE) for plane in found])

    def _both_ways(self, bgr: Array, look: Any) -> Array:
        """Return the mean of what is seen in the picture and its mirror image, in 255ths."""
        mean = (look(bgr) + look(np.ascontiguousarray(bgr[:, ::-1]))[..., ::-1]) / 2
        small = [cv2.resize(plane, SIZE, interpolation=cv2.INTER_AREA) for plane in mean]
        return np.stack([np.rint(plane * 255) for plane in small]).astype(np.uint8)


def class_network(model: Path, threads: int) -> Any:
    """
    Return a bundled network's graph as one that gives the probabilities of the classes.

    It takes uint8 [1, H, W, 3] RGB and gives float [1, classes, H/4, W/4].
    """
    import openvino
    network = openvino.Core().read_model(str(model))
    network.reshape([1, *network.input(0).partial_shape[1:]])
    [probabilities] = [node for node in network.get_ordered_ops()
                       if node.get_type_name() == 'Divide'
                       and list(node.output(0).shape)[1:2] == [len(labels.CLASSES)]]
    graph = openvino.Model([probabilities], network.get_parameters())
    return openvino.Core().compile_model(graph, 'CPU', {'INFERENCE_NUM_THREADS': threads})
