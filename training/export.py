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
Export a network: `python -m training.export --pack FILE --run RUN --out models/road`.

Fits the temperature on the validation sets, writes the graphs of all precisions and model.yaml,
and compares each graph with the PyTorch network on validation images.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import torch
import yaml

from training import labels
from training.designs import DESIGNS, load_network
from training.graph import DeployedNetwork
from training.network import RoadNet
from training.packed import Pack, PackedSet, read_pack
from training.quantize import CPU, quantize, TENSORRT
from training.self_test import write_self_test
from training.validation import path_odds

Size = tuple[int, int]             # width, height, px
VERSION = '0.7.0'
OPSET = 13          # TensorRT 8.5 parses 9 to 17; 13 has every operator the graph needs
MIN_AGREEMENT = {'fp32': 0.999, 'fp16': 0.998, 'int8': 0.98, 'uint8': 0.98}
"""Share of pixels whose labels must be PyTorch's, below which a graph is not to be shipped."""
FILES = {'fp32': 'model.onnx', 'fp16': 'model_fp16.onnx', 'int8': 'model_int8.onnx',
         'uint8': 'model_uint8.onnx'}
CALIBRATION_IMAGES = 128
CALIBRATED = ('lums', 'roads', 'street')
"""Validation sets that the temperature is fitted on."""

FLAT = ('sidewalk',)
"""What lies on the ground and is not drivable."""
# RGB colour, drivable, action, in the order of labels.CLASSES.
MEANINGS = (
    ((0, 0, 0), False, 'stop'), ((0, 190, 90), True, 'go'), ((190, 90, 200), False, 'stop'),
    ((230, 60, 50), False, 'stop'), ((245, 200, 40), True, 'slow'))


def fit_temperature(network: RoadNet, size: Size, sets: Sequence[PackedSet], threshold: float,
                    ) -> float:
    """
    Find the temperature under which path against not-path has the least log loss.

    Each set counts the same, however many images it has.

    :param threshold: log-odds from which on a pixel is called path.
    """
    candidates = np.linspace(0.6, 2.5, 39)
    losses = np.zeros(len(candidates))
    for one in sets:
        odds = path_odds(network, one.images, size, torch.device('cpu')).numpy()[:, 1::4, 1::4]
        codes = one.codes.numpy()[:, 1::4, 1::4]
        known = codes != labels.UNKNOWN
        x, y = odds[known] - threshold, labels.is_path(codes)[known]
        losses += [np.logaddexp(0, np.where(y, -x, x) / t).mean() for t in candidates]
    return float(candidates[int(np.argmin(losses))])


def export_graph(deployed: DeployedNetwork, size: Size, path: Path) -> None:
    """Write the graph with a free batch size, and the class names in its metadata."""
    example = torch.zeros((1, size[1], size[0], 3), dtype=torch.uint8)
    torch.onnx.export(
        deployed.eval(), (example,), str(path), dynamo=False, opset_version=OPSET,
        input_names=['image'], output_names=['labels', 'confidence'],
        dynamic_axes={name: {0: 'N'} for name in ('image', 'labels', 'confidence')})
    graph = onnx.load(str(path))
    onnx.helper.set_model_props(graph, {'classes': ','.join(labels.CLASSES)})
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, str(path))


def write_manifest(folder: Path, size: Size, version: str = VERSION) -> None:
    """Write model.yaml beside the graphs."""
    digests = {precision: hashlib.sha256((folder / file).read_bytes()).hexdigest()
               for precision, file in FILES.items()}
    manifest = {
        'name': folder.name, 'version': version, 'license': 'Apache-2.0',
        'description': 'Path, sidewalk, obstacles and speed bumps from a camera at driving height',
        'graph': FILES['fp32'], 'sha256': digests['fp32'],
        'graphs': {precision: {'graph': file, 'sha256': digests[precision]}
                   for precision, file in FILES.items() if precision != 'fp32'},
        'input': {'width': size[0], 'height': size[1]},
        'classes': [{'name': name, 'color': list(color), 'drivable': drivable, 'action': action,
                     **({'flat': True} if name in FLAT else {})}
                    for name, (color, drivable, action)
                    in zip(labels.CLASSES, MEANINGS, strict=True)]}
    text = yaml.safe_dump(manifest, sort_keys=False, default_flow_style=None, width=99)
    (folder / 'model.yaml').write_text(text)


@torch.inference_mode()
def agreement(deployed: DeployedNetwork, size: Size, graph: Path,
              images: Sequence[NDArray[np.uint8]]) -> float:
    """Return the share of pixels with equal labels in PyTorch and in the exported graph."""
    session = onnxruntime.InferenceSession(str(graph), providers=['CPUExecutionProvider'])
    same = total = 0
    for bgr in images:
        rgb = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)[None, ..., ::-1].copy()
        expected = deployed(torch.from_numpy(rgb))[0].numpy()
        found = session.run(['labels'], {'image': rgb})[0]
        same += int((expected == found).sum())
        total += found.size
    return same / total


def export(network: RoadNet, size: Size, pack: Pack, out: Path, threshold: float = 0.0,
           ) -> dict[str, float]:
    """
    Write a model folder; returns temperature and agreement of each precision.

    :param threshold: log-odds from which on a pixel is called path; see training.trade.
    :raises ValueError: when a graph gives other labels than PyTorch.
    """
    fitted = [pack.valid[name] for name in CALIBRATED if len(pack.valid[name].images)]
    figures = {'threshold': threshold,
               'temperature': fit_temperature(network, size, fitted, threshold)}
    deployed = DeployedNetwork(network, figures['temperature'], threshold)
    export_graph(deployed, size, out / FILES['fp32'])
    export_graph(DeployedNetwork(network, figures['temperature'], threshold, torch.float16), size,
                 out / FILES['fp16'])
    train = [image for one in pack.train.values() for image in one.images.numpy()[..., ::-1]]
    images = train[::max(1, len(train) // CALIBRATION_IMAGES)][:CALIBRATION_IMAGES]
    quantize(out / FILES['fp32'], out / FILES['int8'], images, size, TENSORRT)
    quantize(out / FILES['fp32'], out / FILES['uint8'], images, size, CPU)
    write_manifest(out, size)
    some = [image for one in fitted for image in one.images.numpy()[::4, ..., ::-1]]
    for precision, file in FILES.items():
        agreed = figures[precision] = agreement(deployed, size, out / file, some)
        if agreed < MIN_AGREEMENT[precision]:
            raise ValueError(
                f'{out / file}: labels agree on {agreed:.4%} of pixels only, '
                f'{MIN_AGREEMENT[precision]:.1%} are needed; do not ship this graph')
    return figures


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--pack', type=Path, required=True, help='file of training.pack')
    parser.add_argument('--run', type=Path, required=True, help='folder with network.pt')
    parser.add_argument('--network', choices=tuple(DESIGNS), default='road')
    parser.add_argument('--threshold', type=float, default=0.0,
                        help='log-odds from which on a pixel is called path')
    parser.add_argument('--obstacle-odds', type=float, default=0.0,
                        help='log-odds that an obstacle is given over every other class')
    parser.add_argument('--out', type=Path, required=True, help='folder of the model')
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    network = load_network(options.network, options.run / 'network.pt', options.obstacle_odds)
    figures = export(network, DESIGNS[options.network].size, read_pack(options.pack), options.out,
                     options.threshold)
    print(json.dumps(figures, indent=2))
    print(f'self-test: {write_self_test(options.out)}')


if __name__ == '__main__':
    main()
