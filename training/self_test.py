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
Write a model's self-test: `python -m training.self_test --model models/road`.

The picture is a rendered road; the labels are what the exported graph gives for it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import yaml

from seg_node.perception.manifest import MANIFEST
from seg_node.perception.segmenter import Segmenter
from seg_node.perception.self_test import run_self_test
from seg_node.simulation import demo_drive

SECONDS = 6.5
"""A moment of the demo drive with road, sidewalk and a pedestrian close by."""
FILES = {'image': 'self_test.png', 'labels': 'self_test_labels.png'}


def write_self_test(folder: Path) -> str:
    """Write picture, labels and the manifest's entry, and run the test they make."""
    with Segmenter.open(folder) as segmenter:
        model = segmenter.model
        picture = demo_drive(model.width, model.height).frame(SECONDS).bgr
        cv2.imwrite(str(folder / FILES['image']), picture)
        cv2.imwrite(str(folder / FILES['labels']), segmenter.segment(picture).labels)
    manifest = folder / MANIFEST
    content = yaml.safe_load(manifest.read_text(encoding='utf-8'))
    # The classes stay last: they are the longest.
    classes = content.pop('classes')
    content = {**content, 'self_test': FILES, 'classes': classes}
    manifest.write_text(yaml.safe_dump(
        content, sort_keys=False, default_flow_style=None, width=99), encoding='utf-8')
    with Segmenter.open(folder) as segmenter:
        return run_self_test(segmenter)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--model', type=Path, required=True, help='folder of the model')
    print(write_self_test(parser.parse_args(argv).model))


if __name__ == '__main__':
    main()
