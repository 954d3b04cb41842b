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

"""Which graph a CPU is given, told from what Linux says of it."""

from __future__ import annotations

import pytest

from helpers.tiny_model import write_tiny_model
from seg_node.perception.backends.onnxruntime import precision
from seg_node.perception.backends.registry import BackendOptions, open_backend
from seg_node.perception.models.model import load_model, Precision

X86 = 'processor\t: 0\nmodel name\t: a CPU\nflags\t\t: fpu sse avx2 {}\n\n'
ARM = 'processor\t: 0\nFeatures\t: fp asimd asimddp\n\n'


@pytest.fixture
def cpu(tmp_path, monkeypatch):
    """Return what makes this a CPU that Linux describes so; None: not at all."""
    def describe(text):
        file = tmp_path / 'cpuinfo'
        monkeypatch.setattr(precision, 'CPU_INFO', file)
        if text is not None:
            file.write_text(text)
    return describe


@pytest.mark.parametrize(('text', 'quick'), [
    (X86.format('avx512f avx512_vnni'), True), (X86.format('avx_vnni'), True),
    (X86.format('avx512f avx512vnni_not'), False), (X86.format(''), False),
    (X86.format('') + X86.format('avx_vnni'), False), (ARM, False), ('', False), (None, False),
    ('flags', False), (X86.format('\udcff avx_vnni').replace('\udcff', '?'), True)], ids=ascii)
def test_a_cpu_is_given_bytes_where_it_multiplies_them(cpu, text, quick):
    cpu(text)
    assert precision.multiplies_bytes() is quick
    assert precision.graph_for(load_model('road'), 'auto').precision is (
        Precision.UINT8 if quick else Precision.FP32)


def test_what_was_asked_for_is_given_on_any_cpu(cpu):
    road = load_model('road')
    for text in (X86.format('avx_vnni'), X86.format('')):
        cpu(text)
        for asked in Precision:
            assert precision.graph_for(road, asked.value).precision is asked


def test_a_model_that_was_loaded_lower_stays_as_it_is(cpu):
    cpu(X86.format('avx_vnni'))
    half = load_model('road', Precision.FP16)
    assert precision.graph_for(half, 'auto') is half


def test_a_model_without_such_a_graph_runs_in_fp32(cpu, tmp_path):
    cpu(X86.format('avx_vnni'))
    backend = open_backend(
        load_model(write_tiny_model(tmp_path / 'tiny')), BackendOptions('onnxruntime', threads=1))
    assert backend.precision == 'fp32'


def test_the_backend_tells_what_it_runs(cpu):
    for flag, told in (('avx_vnni', 'uint8'), ('', 'fp32')):
        cpu(X86.format(flag))
        backend = open_backend(load_model('road'), BackendOptions('onnxruntime', threads=1))
        assert (backend.precision, backend.model.precision.value) == (told, told)
