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
Say what an ONNX file needs changed so that TensorRT can build an engine of it.

The rules are those that the parsers of TensorRT 8.5 to 11 enforce: their messages were provoked
with graphs that break them, or read in the sources of onnx-tensorrt (8.5, 8.6, 10.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
import re

from seg_node.perception.backends.contract import ContractBreach
from seg_node.perception.backends.tensorrt.reports import LogLine, ParserProblem


@dataclass(frozen=True)
class _Rule:
    """The text and the operator that a rule explains are regular expressions."""

    text: str
    operator: str
    problem: str
    remedy: str


_PARSER_RULES = (
    _Rule(r'UInt8|UINT8', r'Transpose', 'TensorRT cannot move uint8 values',
          'put Cast (to float) before Transpose'),
    _Rule(r'[Zz]ero ?[Pp]oint', r'', 'its zero point is not 0 (asymmetric quantization)',
          'quantize symmetrically, to int8 with zero points 0'),
    _Rule(r'type Int32 but must have type .*Int8', r'', 'it dequantizes an int32 bias',
          'keep biases in float (ONNX Runtime: extra_options QuantizeBias=False)'),
    _Rule(r'invalid input type of UINT8', r'(Quantize|Dequantize)Linear',
          'it quantizes to uint8', 'quantize symmetrically, to int8 with zero points 0'),
    _Rule(r'dtype == DataType::kFLOAT|newType == DataType::kFLOAT', r'Cast',
          'TensorRT 8 converts uint8 only from and to float',
          'convert through float: ArgMax, Cast (to float), Cast (to uint8)'),
    _Rule(r'UINT8 types for intermediate tensors', r'',
          'it gives uint8 to another node; TensorRT has uint8 at inputs and outputs only',
          'work in float, and put Cast (to uint8) last'),
    _Rule(r'UInt8|UINT8', r'', 'TensorRT cannot compute with uint8',
          'put Cast (to float) before it'),
    _Rule(r'[Pp]lugin|creator', r'', 'TensorRT has no such operator, and no plugin for it',
          'export the network with standard operators in its place'),
    _Rule(r'^(Assertion failed: )?false$|UNSUPPORTED|[Uu]nsupported|not supported', r'',
          'TensorRT does not support this operator, or not in this form',
          'export the network with other operators in its place'),
    _Rule(r'Failed to parse the ONNX model|MODEL_DESERIALIZE', r'',
          'the file is damaged, or is not ONNX', 'get it again, or export it again'),
)

_BUILD_RULES = (
    _Rule(r'no optimization profile has been defined|dynamic or shape inputs', r'',
          'an input has dynamic dimensions and no range for them',
          'export the network with fixed height and width; only N may be dynamic'),
    _Rule(r'libnvinfer_lean|lean runtime', r'',
          'an engine for other versions needs the library libnvinfer_lean, which is missing',
          'install tensorrt-lean of the same version, or leave out version_compatible'),
    _Rule(r'[Oo]ut ?[Oo]f ?[Mm]emory|insufficient memory|cudaErrorMemoryAllocation|bad_alloc', r'',
          'memory ran out', 'close other programs, add swap, or lower workspace_mib'),
    _Rule(r'[Ww]orkspace|any implementation for node', r'',
          'TensorRT finds no way to compute a layer within its workspace',
          'raise workspace_mib, or leave it out; then try another precision'),
    _Rule(r'DLA', r'', 'the DLA does not take the network like this',
          'leave out dla_core, or use the fp16 graph'),
    _Rule(r'CUDA driver version is insufficient|no CUDA-capable device|CUDA initialization', r'',
          'there is no GPU, or its driver is too old', 'check nvidia-smi; update the driver'),
)


def explain_parser(
    problems: Iterable[ParserProblem], log: Sequence[LogLine], newest_opset: int, library: str
) -> tuple[ContractBreach, ...]:
    """Explain why the parser refused a file; library is its name and version."""
    nodes = _nodes_in(log)
    findings = [_explain(problem, nodes) for problem in problems]
    opset = _opset_in(log)
    if opset is not None and opset > newest_opset:
        findings.append(ContractBreach(
            '', f'its opset is {opset}; {library} is known to read up to {newest_opset}',
            'export the network with opset 13 to 17, which all versions read'))
    return tuple(dict.fromkeys(findings))


def _explain(problem: ParserProblem, nodes: dict[int, tuple[str, str]]) -> ContractBreach:
    operator, name = nodes.get(problem.node, ('', ''))
    operator, name = problem.operator or operator, problem.name or name
    where = '' if problem.node < 0 else (
        f'node {problem.node}' + (f' {name!r}' if name else '')
        + (f' ({operator})' if operator else ''))
    for rule in _PARSER_RULES:
        if re.search(rule.text, problem.text) and re.fullmatch(rule.operator or '.*', operator):
            return ContractBreach(where, rule.problem, rule.remedy)
    return ContractBreach(where, _first_line(problem.text), "see TensorRT's documentation of its "
                          'operators, or export the network differently')


def explain_build(log: Sequence[LogLine]) -> tuple[ContractBreach, ...]:
    """Explain from the library's messages why no engine came of a network."""
    errors = [line.text for line in log if line.level in ('error', 'internal_error')]
    for rule in _BUILD_RULES:
        if any(re.search(rule.text, text) for text in errors):
            return (ContractBreach('', rule.problem, rule.remedy),)
    last = _first_line(errors[-1]) if errors else 'TensorRT gives no reason'
    return (ContractBreach(
        '', f'the build failed: {last}', 'see the messages above it in the log'),)


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), 'no text')


def _nodes_in(log: Sequence[LogLine]) -> dict[int, tuple[str, str]]:
    """Return operator and name of the nodes that the log tells of, by their number."""
    text = '\n'.join(line.text for line in log if line.level == 'error')
    nodes = {}
    for match in re.finditer(r'While parsing node number (\d+) \[(\S+)[^\n]*\n(.*?)--- End node',
                             text, re.DOTALL):
        name = re.search(r'^\s*(?:name|Node name): *"?([^"\n]*)', match[3], re.MULTILINE)
        nodes[int(match[1])] = (match[2], name[1] if name else '')
    return nodes


def _opset_in(log: Sequence[LogLine]) -> int | None:
    for line in log:
        if match := re.match(r'Opset version: *(\d+)', line.text):
            return int(match[1])
    return None
