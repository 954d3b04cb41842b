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

import json

from hypothesis import given
from hypothesis import strategies as st
import pytest

from seg_node.perception.backends.tensorrt.callbacks import PhaseTree
from seg_node.perception.backends.tensorrt.layers import (
    LayerInfo,
    LayerSummary,
    summarize,
    UNKNOWN,
)


def tensor(kind, **more):
    return {'Name': 'x', 'Location': 'Device', 'Dimensions': [1, 8, 8, 8], **(
        {'Format/Datatype': kind} if kind else {}), **more}


def layer(kind, type_, weights=None, **more):
    entry = {'Name': f'/{kind}', 'LayerType': kind, 'Inputs': [tensor(type_)],
             'Outputs': [tensor(type_)], **more}
    return {**entry, 'Weights': {'Type': weights, 'Count': 4608}} if weights else entry


def inspected(*layers):
    return summarize(json.dumps({'Layers': layers, 'Bindings': ['image', 'labels']}))


@pytest.mark.parametrize('text, precision', [
    ('Row major linear FP32', 'fp32'),                                        # 8.5
    ('Channel major FP16 format where channel % 8 == 0', 'fp16'),             # 8.6
    ('Thirty-two wide channel vectorized row major Int8 format.', 'int8'),
    ('Channel major INT8 format where column stride % 32 == 0', 'int8'),
    ('Half', 'fp16'), ('Float', 'fp32'), ('Int8', 'int8'), ('BFloat16', 'bf16'),  # 10 and 11
    ('Row major linear BFloat16 format', 'bf16'), ('FP8', 'fp8'),
    ('N/A due to dynamic shapes', UNKNOWN), ('Row major linear UInt8 format', UNKNOWN),
    ('Int32', UNKNOWN), (None, UNKNOWN),
])
def test_types_are_read_in_the_words_of_every_version(text, precision):
    assert inspected(layer('CaskConvolution', text)).precision == precision


def test_weights_tell_where_the_shapes_are_dynamic():
    dynamic = layer('CaskConvolution', 'N/A due to dynamic shapes', weights='Int8')
    assert inspected(dynamic).precisions == {'int8': 1}
    fused = layer('ConvActPool', None)
    fused['ConvWeights'] = {'Type': 'Half', 'Count': 3}
    assert inspected(fused).precisions == {'fp16': 1}


def test_only_what_computes_counts():
    summary = inspected(
        layer('Reformat', 'Row major linear FP32', Name='Reformatting CopyNode for conv'),
        layer('NoOp', 'Float'), layer('CaskConvolution', 'Half', 'Half'),
        layer('CaskGemmConvolution', 'Half'), layer('gemm', 'Float'))
    assert len(summary.layers) == 5
    assert summary.precisions == {'fp16': 2, 'fp32': 1}
    assert summary.precision == 'fp16+fp32'


def test_a_precision_of_a_few_layers_is_not_the_engines():
    layers = [layer('CaskConvolution', 'Int8', 'Int8')] * 40 + [layer('gemm', 'Float')]
    assert inspected(*layers).precision == 'int8'


def test_without_computing_layers_all_count():
    assert inspected(layer('kgen', 'Half'), layer('kgen', 'Half')).precision == 'fp16'


def test_newer_spellings_and_the_dla():
    summary = inspected(
        {'Name': 'a', 'LayerType': 'DLA', 'Inputs': [{'Datatype': 'Half'}], 'Outputs': []},
        {'Name': 'b', 'ParameterType': 'Convolution', 'Precision': 'INT8'})
    assert summary.precisions == {'int8': 1, 'fp16': 1}
    assert summary.on_dla == 1
    assert summary.layers[1].kind == 'Convolution'


def test_names_alone_are_layers_of_unknown_precision():
    summary = summarize('{"Layers": ["conv1 + relu1", "argmax"]}')
    assert summary.layers == (LayerInfo('conv1 + relu1', UNKNOWN), LayerInfo('argmax', UNKNOWN))
    assert summary.precision == UNKNOWN


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(['Layers', 'Name', 'Inputs', 'Weights', 'Count', 'Type', 'LayerType',
                         'Format/Datatype', 'Datatype']), inner))


@given(JSON.map(lambda value: json.dumps({'Layers': value})) | JSON.map(json.dumps) | st.text())
def test_whatever_it_says_it_is_read(text):
    summary = summarize(text)
    assert isinstance(summary.precision, str)
    assert LayerSummary.from_json(json.loads(json.dumps(summary.to_json()))) == summary


# --- progress --------------------------------------------------------------------------------

def test_phases_inside_of_a_step_advance_it():
    tree = PhaseTree()
    assert tree.start('Building', None, 4).fraction == 0
    assert tree.step('Building', 0).fraction == 0.25
    tree.start('Timing', 'Building', 2)
    assert tree.step('Timing', 0).fraction == 0.375
    assert tree.start('Tactic', 'Timing', 10).fraction == 0.375
    assert tree.step('Tactic', 4).fraction == 0.4375
    assert tree.finish('Timing').fraction == 0.5
    assert tree.finish('Building').fraction == 1
    assert tree.step('Tactic', 9).phase == 'Tactic'


PHASES = st.sampled_from(['a', 'b', 'c', 'd'])
EVENTS = st.lists(st.one_of(
    st.tuples(st.just('start'), PHASES, st.none() | PHASES, st.integers(-1, 5)),
    st.tuples(st.just('step'), PHASES, st.integers(-1, 9)),
    st.tuples(st.just('finish'), PHASES)))


@given(EVENTS)
def test_progress_never_falls(events):
    tree = PhaseTree()
    fractions = [getattr(tree, name)(*arguments).fraction for name, *arguments in events]
    assert fractions == sorted(fractions)
    assert all(0 <= fraction <= 1 for fraction in fractions)
