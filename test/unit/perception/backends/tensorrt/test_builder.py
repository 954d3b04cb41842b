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

import importlib.util
import os
from pathlib import Path
import select
import signal
import subprocess
import sys

import onnx
import pytest

from helpers.foreign_network import Form, save
from helpers.refused_graphs import accepted, refused, write
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.tensorrt.builder import build, BuildCancelledError, BuildError
from seg_node.perception.backends.tensorrt.library import Flavour, TensorRtMissingError
from seg_node.perception.backends.tensorrt.options import (
    EngineOptions,
    graph_for,
    Precision,
    PRECISIONS,
)
from seg_node.perception.models.model import bundled_models, load_model
from seg_node.tools.import_model.__main__ import main as import_model

FLOATS = (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
UINT8 = onnx.TensorProto.UINT8
NEWEST_OPSET_OF_TENSORRT_8 = 17

needs_rtx = pytest.mark.skipif(
    importlib.util.find_spec('tensorrt_rtx') is None,
    reason='TensorRT-RTX is not installed: pip install -r requirements/tensorrt.txt')


def shipped():
    """Return every bundled model with each of its graphs that TensorRT takes."""
    for name in bundled_models():
        model = load_model(name)
        for precision in (model.precision, *(each.precision for each in model.variants)):
            if precision.value in PRECISIONS:
                yield pytest.param(load_model(name, precision), id=f'{name}-{precision.value}')


@pytest.fixture
def small(tmp_path):
    return write(accepted(), tmp_path)


def build_rtx(path, options=None, **given):
    return build(path.read_bytes(), path, options or EngineOptions(), flavours=(Flavour.RTX,),
                 **given)


# --- the graphs that come with the package ---------------------------------------------------

@needs_rtx
@pytest.mark.parametrize('model', shipped())
def test_every_shipped_graph_becomes_an_engine(model):
    seen = []
    built = build_rtx(model.graph, EngineOptions(precision=model.precision, max_batch=2),
                      monitor=ProgressMonitor(seen.append))
    assert len(built.data) > 100_000
    assert built.facts.library.startswith('TensorRT-RTX')
    assert built.facts.notes == ()
    lowest = {Precision.FP32: 'float32', Precision.FP16: 'float16', Precision.INT8: 'int8'}
    assert built.facts.network[lowest[model.precision]] > 10
    fractions = [each.fraction for each in seen if each.fraction is not None]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)
    assert len({each.phase for each in seen}) > 5


def types_of(model):
    inferred = onnx.shape_inference.infer_shapes(model).graph
    values = (*inferred.input, *inferred.output, *inferred.value_info)
    return {each.name: each.type.tensor_type.elem_type for each in values} | {
        each.name: each.data_type for each in inferred.initializer}


@pytest.mark.parametrize('model', shipped())
def test_every_shipped_graph_keeps_the_rules_of_tensorrt_8(model):
    # TensorRT 8's parser is not among the bindings, and needs a GPU to start.
    content = onnx.load(model.graph)
    (opset,) = [each.version for each in content.opset_import if each.domain == '']
    assert opset <= NEWEST_OPSET_OF_TENSORRT_8
    types = types_of(content)
    outputs = {each.name for each in content.graph.output}
    for each in content.graph.node:
        if each.op_type == 'Cast':
            to = onnx.helper.get_node_attr_value(each, 'to')
            assert types[each.input[0]] != UINT8 or to in FLOATS, each.name
            assert to != UINT8 or types[each.input[0]] in FLOATS, each.name
        else:
            assert UINT8 not in [types.get(name) for name in each.input], each.name
        if UINT8 in [types.get(name) for name in each.output]:
            assert set(each.output) <= outputs, each.name
        if each.op_type in ('QuantizeLinear', 'DequantizeLinear'):
            assert types[each.input[2]] == onnx.TensorProto.INT8, each.name


# --- what is wrong with a graph --------------------------------------------------------------

@needs_rtx
@pytest.mark.parametrize('form', [Form(19, 256, 128, 4), Form(half=True)], ids=str)
def test_an_imported_network_becomes_an_engine(tmp_path, form):
    network = save(form.model(), tmp_path)
    out = tmp_path / 'model'
    assert import_model([str(network), '--out', str(out), '--classes', 'cityscapes']) == 0
    assert len(build_rtx(load_model(out).graph).data) > 1000


@needs_rtx
@pytest.mark.parametrize('name', refused())
def test_a_refused_graph_is_explained(name, tmp_path):
    model, where, remedy = refused()[name]
    path = write(model, tmp_path)
    with pytest.raises(BuildError) as error:
        build_rtx(path)
    found = [each for each in error.value.findings if remedy in each.remedy]
    assert [each.where for each in found] == [where]
    assert str(path) in str(error.value) and remedy in str(error.value)


@needs_rtx
@pytest.mark.parametrize('content, said', [
    (b'', 'there is no network in it'),
    (b'hello world, no network here' * 9, 'there is no network in it|is not ONNX'),
    (accepted().SerializeToString()[:200], 'the file is damaged, or is not ONNX'),
], ids=['empty', 'text', 'cut off'])
def test_a_file_that_is_no_graph_is_explained(content, said, tmp_path):
    path = tmp_path / 'graph.onnx'
    path.write_bytes(content)
    with pytest.raises(BuildError, match=said):
        build_rtx(path)


# --- options ---------------------------------------------------------------------------------

@needs_rtx
def test_what_a_version_does_not_have_is_noted(small):
    built = build_rtx(small, EngineOptions(
        version_compatible=True, hardware_compatible=True, optimization_level=1,
        workspace_mib=256, max_batch=3))
    assert len(built.facts.notes) == 2
    assert all('built without' in note for note in built.facts.notes)


@needs_rtx
def test_a_graph_for_one_image_serves_one(tmp_path):
    alone = write(accepted(batch=1), tmp_path)
    assert build_rtx(alone).data
    with pytest.raises(BuildError, match='takes 1 image.* 2 wanted; export it with dynamic N'):
        build_rtx(alone, EngineOptions(max_batch=2))


@needs_rtx
def test_a_machine_without_a_dla_says_so(small):
    with pytest.raises(BuildError, match='dla_core is 1; .* finds 0 on this machine'):
        build_rtx(small, EngineOptions(precision=Precision.FP16, dla_core=1))


@pytest.mark.skipif(importlib.util.find_spec('tensorrt') is not None,
                    reason='TensorRT is installed')
def test_without_tensorrt_it_is_said(small):
    with pytest.raises(TensorRtMissingError, match='install'):
        build(small.read_bytes(), small, EngineOptions(), flavours=(Flavour.TENSORRT,))


# --- ending ----------------------------------------------------------------------------------

def children():
    """Return the processes that this one has started."""
    found = Path('/proc/self/task').glob('*/children')
    return {int(child) for path in found for child in path.read_text().split()}


@needs_rtx
def test_a_build_is_cancelled(small):
    before, seen = children(), []
    with pytest.raises(BuildCancelledError, match='was cancelled'):
        build_rtx(small, monitor=ProgressMonitor(seen.append, lambda: bool(seen)))
    assert children() == before


@needs_rtx
def test_a_build_that_is_killed_is_explained(small):
    before = children()

    def kill(progress):
        for child in children() - before:
            os.kill(child, signal.SIGKILL)

    with pytest.raises(BuildError, match='the build was killed; usually memory ran out'):
        build_rtx(small, monitor=ProgressMonitor(kill))
    assert build_rtx(small).data


@needs_rtx
def test_a_build_that_breaks_off_gives_its_last_words(small, tmp_path, monkeypatch):
    broken = tmp_path / 'elsewhere' / 'tensorrt_rtx'
    broken.mkdir(parents=True)
    (broken / '__init__.py').write_text('import os\nos.write(2, b"no such tactic")\nos.abort()\n')
    monkeypatch.syspath_prepend(str(broken.parent))
    with pytest.raises(BuildError, match='by signal SIGABRT; its last words: no such tactic'):
        build_rtx(small)


PARENT = """
import sys
from pathlib import Path
from seg_node.perception.backends.progress import ProgressMonitor
from seg_node.perception.backends.tensorrt.builder import build
from seg_node.perception.backends.tensorrt.options import EngineOptions

def tell(progress):
    for path in Path('/proc/self/task').glob('*/children'):
        print(path.read_text().strip(), flush=True)

path = Path(sys.argv[1])
build(path.read_bytes(), path, EngineOptions(), ProgressMonitor(tell))
"""


def test_a_build_ends_with_the_process_that_wants_it(small, tmp_path):
    endless = tmp_path / 'endless' / 'tensorrt'  # whatever it does, it says nothing for long
    endless.mkdir(parents=True)
    (endless / '__init__.py').write_text('import signal\nsignal.pause()\n')
    path = os.pathsep.join(filter(None, (str(endless.parent), *sys.path)))
    parent = subprocess.Popen(
        [sys.executable, '-c', PARENT, str(small)], stdout=subprocess.PIPE,
        env={**os.environ, 'PYTHONPATH': path})
    with parent:
        handle = os.pidfd_open(int(parent.stdout.readline()))
        try:
            parent.kill()
            # The handle becomes readable when the process has ended.
            ended, _, _ = select.select([handle], [], [], 60)
        finally:
            os.close(handle)
    assert ended


def test_options_say_what_they_take():
    for wrong in ({'max_batch': 0}, {'workspace_mib': 0}, {'optimization_level': 6},
                  {'dla_core': -1}, {'max_batch': True}, {'precision': 'fp16'}):
        (name, value), = wrong.items()
        with pytest.raises(ValueError, match=f'{name} is {value!r}; give '):
            EngineOptions(**wrong)


def test_tensorrt_is_given_no_graph_whose_zero_points_its_parser_refuses():
    with pytest.raises(ValueError, match="'uint8', which TensorRT does not compute in; give auto"):
        graph_for(load_model('road'), 'uint8')
    with pytest.raises(ValueError, match='give auto, fp32, fp16, int8$'):
        EngineOptions(precision=load_model('road', Precision.UINT8).precision)
