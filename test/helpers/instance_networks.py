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

"""Networks with random weights that tell objects apart, and what should come of their outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper, numpy_helper, TensorProto
import onnxruntime

from seg_node.tools.import_model.yolo_seg import OVERLAP

COEFFICIENTS = 8


@dataclass(frozen=True)
class Instance:
    """One that a network finds: class id, score and its mask, float [h, w]."""

    id: int
    score: float
    mask: np.ndarray


def _network(outputs: dict[str, np.ndarray], shaken: dict[str, np.ndarray], width: int,
             height: int, alone: bool = False) -> onnx.ModelProto:
    """Return a network of outputs; `shaken` is added where the image is bright."""
    kinds = {name: helper.np_dtype_to_tensor_dtype(values.dtype)
             for name, values in outputs.items()}
    side = 'images' if not alone else 'batched'
    nodes = [helper.make_node('GlobalAveragePool', [side], ['mean']),
             helper.make_node('ReduceMean', ['mean'], ['bright'], axes=[0, 1, 2, 3], keepdims=0)]
    weights = {}
    if alone:
        weights['first'] = np.array([0], np.int64)
        nodes.insert(0, helper.make_node('Unsqueeze', ['images', 'first'], ['batched']))
    for name, values in outputs.items():
        weights[f'{name}/base'] = values
        if name in shaken:
            weights[f'{name}/by'] = shaken[name].astype(np.float32)
            nodes += [helper.make_node('Mul', ['bright', f'{name}/by'], [f'{name}/moved']),
                      helper.make_node('Add', [f'{name}/base', f'{name}/moved'], [name])]
        else:
            nodes.append(helper.make_node('Identity', [f'{name}/base'], [name]))
    size = [3, height, width] if alone else [1, 3, height, width]
    graph = helper.make_graph(
        nodes, 'instances',
        [helper.make_tensor_value_info('images', TensorProto.FLOAT, size)],
        [helper.make_tensor_value_info(name, kinds[name], [None] * values.ndim)
         for name, values in outputs.items()],
        [numpy_helper.from_array(values, name) for name, values in weights.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def raw_outputs(model: onnx.ModelProto, rgb: np.ndarray) -> list[np.ndarray]:
    """Run a network by itself on an image uint8 [H, W, 3]."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=['CPUExecutionProvider'])
    given = np.moveaxis(rgb.astype(np.float32) / 255, 2, 0)
    if len(session.get_inputs()[0].shape) == 4:
        given = given[None]
    return session.run(None, {'images': given})


@dataclass(frozen=True)
class Yolo:
    """A network as the YOLO family exports it, for `classes` besides background."""

    form: str = 'channels first'
    classes: int = 4
    count: int = 400
    width: int = 128
    height: int = 96
    seed: int = 1
    likely: float = 0.1

    def model(self) -> onnx.ModelProto:
        rng = np.random.default_rng(self.seed)
        # Around a few places, as the detections of one thing are.
        places = rng.uniform(0.15, 0.85, (12, 4)) * (self.width, self.height, 60, 50)
        boxes = places[rng.integers(12, size=self.count)] + rng.normal(size=(self.count, 4)) * 2
        boxes[:, 2:] = np.abs(boxes[:, 2:]) + 8
        scores = 1 / (1 + np.exp(-rng.normal(-4, 1, (self.count, self.classes))))
        sure = rng.random(self.count) < self.likely
        scores[sure, rng.integers(self.classes, size=sure.sum())] = rng.uniform(
            0.3, 0.95, sure.sum())
        weights = rng.normal(size=(self.count, COEFFICIENTS))
        if self.form == 'channels first':
            rows = np.concatenate([boxes, scores, weights], 1).T
        elif self.form == 'objectness':
            objectness = rng.uniform(0.8, 1, (self.count, 1))
            rows = np.concatenate([boxes, objectness, scores, weights], 1)
        else:
            corners = np.concatenate(
                [boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)
            rows = np.concatenate([corners, scores.max(1)[:, None],
                                   scores.argmax(1)[:, None], weights], 1)
        protos = rng.normal(size=(COEFFICIENTS, self.height // 4, self.width // 4)) + 0.3
        protos = np.cumsum(np.cumsum(protos, 1), 2) / 30
        return _network(
            {'output0': rows[None].astype(np.float32), 'output1': protos[None].astype(np.float32)},
            {'output1': rng.normal(size=protos.shape)[None] / 9}, self.width, self.height)

    def instances(self, rgb: np.ndarray, drivable: set[int], min_score: float = 0.25,
                  ) -> list[Instance]:
        """Return what the network finds, the surest first, by the usual greedy way."""
        found, protos = raw_outputs(self.model(), rgb)
        rows = found[0].T if self.form == 'channels first' else found[0]
        if self.form == 'chosen':
            corners, scores, ids = rows[:, :4], rows[:, 4], rows[:, 5].astype(int)
        else:
            start = 5 if self.form == 'objectness' else 4
            each = rows[:, start:start + self.classes]
            each = each * rows[:, 4:5] if self.form == 'objectness' else each
            others = [k for k in range(self.classes) if k not in drivable]
            other = each[:, others].max(1)
            ids = np.where(other > min_score, np.array(others)[each[:, others].argmax(1)],
                           np.array(sorted(drivable))[each[:, sorted(drivable)].argmax(1)])
            scores = np.where(other > min_score, other, each[:, sorted(drivable)].max(1))
            middle, sides = rows[:, :2], rows[:, 2:4]
            corners = np.concatenate([middle - sides / 2, middle + sides / 2], 1)
        order = [k for k in np.argsort(-scores, kind='stable') if scores[k] > min_score]
        kept: list[int] = []
        for k in order:
            if self.form == 'chosen' or not any(
                    ids[k] == ids[j] and _overlap(corners[k], corners[j]) > OVERLAP for j in kept):
                kept.append(k)
        return [Instance(int(ids[k]), float(scores[k]),
                         self._mask(rows[k, -COEFFICIENTS:], protos[0], corners[k]))
                for k in kept]

    def _mask(self, weights, protos, corners):
        mask = 1 / (1 + np.exp(-np.tensordot(weights, protos, 1)))
        rows = (np.arange(mask.shape[0]) + 0.5) * self.height / mask.shape[0]
        cols = (np.arange(mask.shape[1]) + 0.5) * self.width / mask.shape[1]
        inside = ((rows > corners[1]) & (rows < corners[3]))[:, None] & (
            (cols > corners[0]) & (cols < corners[2]))
        return mask * inside


@dataclass(frozen=True)
class MaskRcnn:
    """A network that gives boxes, class ids, scores and masks; `on_box`: masks of 28x28."""

    count: int = 7
    classes: int = 4
    width: int = 128
    height: int = 96
    on_box: bool = False
    joined: bool = False
    alone: bool = False
    seed: int = 1

    def model(self) -> onnx.ModelProto:
        rng = np.random.default_rng(self.seed)
        first = rng.uniform(0, 0.6, (self.count, 2)) * (self.width, self.height)
        boxes = np.concatenate(
            [first, first + rng.uniform(0.2, 0.4, (self.count, 2)) * (self.width, self.height)], 1)
        scores = np.sort(rng.uniform(0.1, 0.95, self.count))[::-1]
        # 0 is background.
        labels = rng.integers(1, self.classes + 1, self.count).astype(np.int64)
        sides = (28, 28) if self.on_box else (self.height, self.width)
        masks = rng.uniform(0, 1, (self.count, *sides))
        if not self.on_box:
            rows, cols = np.mgrid[:self.height, :self.width] + 0.5
            inside = ((cols > boxes[:, 0, None, None]) & (cols < boxes[:, 2, None, None])
                      & (rows > boxes[:, 1, None, None]) & (rows < boxes[:, 3, None, None]))
            masks = inside * (0.6 + 0.4 * masks)
        shaken = {'masks': np.zeros((1,) * 4)}
        if self.joined:
            return _network({
                'dets': np.concatenate([boxes, scores[:, None]], 1)[None].astype(np.float32),
                'labels': labels[None], 'masks': masks[None].astype(np.float32)},
                shaken, self.width, self.height)
        return _network({
            'boxes': boxes.astype(np.float32), 'labels': labels,
            'scores': scores.astype(np.float32), 'masks': masks[:, None].astype(np.float32)},
            shaken, self.width, self.height, self.alone)

    def instances(self, rgb: np.ndarray, min_score: float = 0.25) -> list[Instance]:
        given = raw_outputs(self.model(), rgb)
        if self.joined:
            dets, labels, masks = (each[0] for each in given)
            boxes, scores = dets[:, :4], dets[:, 4]
        else:
            boxes, labels, scores, masks = given
            masks = masks[:, 0]
        if self.on_box:
            masks = [self._laid(mask, box) for mask, box in zip(masks, boxes, strict=True)]
        return [Instance(int(label), float(score), mask)
                for label, score, mask in zip(labels, scores, masks, strict=True)
                if score > min_score]

    def _laid(self, mask, box):
        rows = (np.arange(self.height // 4) + 0.5) * 4
        cols = (np.arange(self.width // 4) + 0.5) * 4
        v = (rows - box[1]) / (box[3] - box[1])
        u = (cols - box[0]) / (box[2] - box[0])
        inside = ((v > 0) & (v < 1))[:, None] & ((u > 0) & (u < 1))
        y, x = np.clip(v * 28 - 0.5, 0, 27), np.clip(u * 28 - 0.5, 0, 27)
        lines = np.stack([np.interp(y, np.arange(28), mask[:, k]) for k in range(28)], 1)
        return np.stack([np.interp(x, np.arange(28), line) for line in lines]) * inside


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    both = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


def expected(instances: list[Instance], drivable: set[int], background: int, width: int,
             height: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return labels, confidence and instances, uint8 [H, W], of what a network finds."""
    from helpers.foreign_network import enlarged
    path = other = cover = numbers_path = numbers_other = None
    for number, each in reversed(list(enumerate(instances, 1))):
        if path is None:
            path, other, cover = (np.zeros_like(each.mask) for _ in range(3))
            numbers_path, numbers_other = (np.zeros(each.mask.shape, int) for _ in range(2))
        if each.id in drivable:
            path = np.maximum(path, each.mask * each.score)
            numbers_path[each.mask > 0.5] = number
        else:
            other = np.maximum(other, each.mask * each.score)
            cover = np.maximum(cover, each.mask)
            numbers_other[each.mask > 0.5] = number
    path, other, cover = enlarged(np.stack([path, other, cover]), width, height)
    step = height // numbers_path.shape[0]
    numbers_path, numbers_other = (
        np.kron(each, np.ones((step, step), int)) for each in (numbers_path, numbers_other))
    free = path * (1 - other)
    is_path = (free > 0.5) & (numbers_path > 0) & ~(cover > 0.5)
    numbers = np.where(is_path, numbers_path, np.where(cover > 0.5, numbers_other, 0))
    ids = np.array([background, *(each.id for each in instances)])
    confidence = np.where(is_path, free, 1 - free)
    return (ids[numbers].astype(np.uint8), np.round(confidence * 255).astype(np.uint8),
            numbers.astype(np.uint8))
