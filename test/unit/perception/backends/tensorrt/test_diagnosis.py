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

from __future__ import annotations

import pytest

from seg_node.perception.backends.tensorrt.diagnosis import explain_build, explain_parser
from seg_node.perception.backends.tensorrt.reports import LogLine, ParserProblem

# TensorRT 8 tells number and operator of a node in its log only, and the name inside of the
# node's text; the conditions are those of onnx-tensorrt, release/8.5-GA.
LOG_OF_8_5 = [
    LogLine('info', 'Opset version:    13'),
    LogLine('error', 'While parsing node number 70 [Cast -> "labels"]:'),
    LogLine('error', '--- Begin node ---'),
    LogLine('error', 'input: "ids"\noutput: "labels"\nname: "/to_uint8"\nop_type: "Cast"\n'),
    LogLine('error', '--- End node ---'),
    LogLine('error', 'ERROR: builtin_op_importers.cpp:318 In function importCast:\n[8] Assertion '
            'failed: dtype == DataType::kFLOAT || dtype == DataType::kHALF'),
]


def test_tensorrt_8_names_the_node_in_its_log():
    problem = ParserProblem(
        'Assertion failed: dtype == DataType::kFLOAT || dtype == DataType::kHALF', node=70,
        function='importCast')
    (finding,) = explain_parser([problem], LOG_OF_8_5, 17, 'TensorRT 8.5.2')
    assert str(finding) == (
        "node 70 '/to_uint8' (Cast): TensorRT 8 converts uint8 only from and to float; convert "
        'through float: ArgMax, Cast (to float), Cast (to uint8)')


@pytest.mark.parametrize('text, operator, remedy', [
    ('Assertion failed: shiftIsAllZeros(zeroPoint) && "TRT only supports symmetric quantization - '
     'zeroPt must be all zeros"', 'QuantizeLinear', 'quantize symmetrically'),
    ('Assertion failed: shiftIsAllZeros(zeroPoint) && "TensorRT only supports symmetric '
     'quantization. The zero point for the QuantizeLinear/DequantizeLinear operator must be all '
     'zeros."', 'DequantizeLinear', 'quantize symmetrically'),
    ('Found invalid input type of UINT8', 'QuantizeLinear', 'quantize symmetrically'),
    ('Found invalid input type of UINT8', 'Conv', 'put Cast (to float) before it'),
    ('Found invalid input type of UINT8', 'Transpose', 'put Cast (to float) before Transpose'),
    ('Assertion failed: legalUINT8 && "TensorRT does not support UINT8 types for intermediate '
     'tensors!"', 'Cast', 'put Cast (to uint8) last'),
    ('Assertion failed: creator && "Plugin not found, are the plugin name, version, and namespace '
     'correct?"', 'GridSample', 'standard operators'),
    ('Assertion failed: axis >= 0', 'Concat', "see TensorRT's documentation"),
])
def test_what_the_versions_say_is_explained(text, operator, remedy):
    problem = ParserProblem(text, 3, 'the_node', operator)
    (finding,) = explain_parser([problem], [], 17, 'TensorRT 8.6.1')
    assert finding.where == f"node 3 'the_node' ({operator})"
    assert remedy in finding.remedy


def test_a_newer_opset_is_named_beside_what_failed():
    findings = explain_parser([ParserProblem('false', 0, 'swish', 'Swish')],
                              [LogLine('info', 'Opset version:    24')], 17, 'TensorRT 8.6.1')
    assert [str(finding) for finding in findings][1:] == [
        'its opset is 24; TensorRT 8.6.1 is known to read up to 17; export the network with opset '
        '13 to 17, which all versions read']


def test_the_same_is_said_once():
    problem = ParserProblem('Failed to parse the ONNX model.')
    assert len(explain_parser([problem, problem], [], 17, 'TensorRT 8.6.1')) == 1


@pytest.mark.parametrize('text, remedy', [
    ('4: [network.cpp::validate::3015] Error Code 4: Internal Error (Network has dynamic or shape '
     'inputs, but no optimization profile has been defined.)', 'fixed height and width'),
    ('Error Code 6: API Usage Error (Unable to load library: libnvinfer_lean.so.10)',
     'install tensorrt-lean'),
    ('1: [defaultAllocator.cpp::allocate::20] Error Code 1: Cuda Runtime (out of memory)',
     'lower workspace_mib'),
    ('10: Could not find any implementation for node {ForeignNode[/stem/Conv.../head/Conv]}.',
     'raise workspace_mib'),
    ('CUDA initialization failure with error: 35', 'update the driver'),
    ('IBuilder::buildSerializedNetwork: Error Code 9: the moon is in the wrong phase',
     'see the messages'),
])
def test_a_failed_build_is_explained(text, remedy):
    log = [LogLine('error', text), LogLine('warning', 'out of memory, says a warning')]
    (finding,) = explain_build(log)
    assert remedy in finding.remedy


def test_a_build_that_says_nothing():
    (finding,) = explain_build([])
    assert 'TensorRT gives no reason' in finding.problem
