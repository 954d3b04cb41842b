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

"""What a graph must keep to, whichever library runs it."""

from __future__ import annotations

import pytest

from seg_node.perception.backends.contract import check_tensors, OUTPUTS, TensorInfo

IMAGE = TensorInfo('image', 'uint8', (-1, 256, 448, 3))
LABELS = TensorInfo('labels', 'uint8', (-1, 256, 448))
CONFIDENCE = TensorInfo('confidence', 'uint8', (-1, 256, 448))


def test_the_contract():
    assert check_tensors([IMAGE], [LABELS, CONFIDENCE], 8) == ()
    assert check_tensors([IMAGE], [CONFIDENCE, LABELS, TensorInfo('x', 'float32', ())], 1) == ()


def test_a_model_with_instances_must_give_them():
    wanted = (*OUTPUTS, 'instances')
    instances = TensorInfo('instances', 'uint8', (-1, 256, 448))
    assert check_tensors([IMAGE], [LABELS, CONFIDENCE, instances], 1, wanted) == ()
    assert "'instances' is missing" in str(
        check_tensors([IMAGE], [LABELS, CONFIDENCE], 1, wanted)[0])


@pytest.mark.parametrize('inputs, outputs, said', [
    ([], [], 'there is no network in it'),
    ([IMAGE, TensorInfo('scale', 'float32', ())], [LABELS, CONFIDENCE],
     "the inputs are image, scale; must be 'image' alone"),
    ([IMAGE], [LABELS], "the outputs are labels; 'confidence' is missing"),
    ([IMAGE], [], "the outputs are none; 'labels' is missing"),
    ([TensorInfo('image', 'float32', (1, 3, 64, 64))], [LABELS, CONFIDENCE],
     "input 'image': is float32 [1, 3, 64, 64]; must be uint8 [N, H, W, 3]"),
    ([TensorInfo('image', 'uint8', (-1, -1, 64, 3))], [LABELS, CONFIDENCE],
     'height and width are dynamic'),
    ([TensorInfo('image', 'uint8', (4, 64, 64, 3))], [LABELS, CONFIDENCE],
     'takes 4 image(s) at once; 1 wanted'),
    ([IMAGE], [LABELS, TensorInfo('confidence', 'float32', (-1, 5, 256, 448))],
     "output 'confidence': is float32 [dynamic, 5, 256, 448]; must be uint8 [N, H, W]"),
])
def test_what_breaks_the_contract(inputs, outputs, said):
    assert said in str(check_tensors(inputs, outputs, 1)[0])
