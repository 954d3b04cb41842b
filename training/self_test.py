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

The image is a rendered road; the labels are what the exported graph gives for it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from seg_node.perception.models.model import load_model
from seg_node.simulation import demo_drive
from seg_node.tools.import_model.folder import add_self_test
from seg_node.tools.import_model.trial import SECONDS


def write_self_test(folder: Path) -> str:
    """Write image, labels and the manifest's entry, and run the test they make."""
    model = load_model(folder)
    return add_self_test(folder, demo_drive(model.width, model.height).frame(SECONDS).bgr)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[1])
    parser.add_argument('--model', type=Path, required=True, help='folder of the model')
    print(write_self_test(parser.parse_args(argv).model))


if __name__ == '__main__':
    main()
