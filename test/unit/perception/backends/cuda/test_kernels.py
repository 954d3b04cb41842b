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

"""The list of kernels agrees with their source, and none of them leaves its arrays."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest

from helpers.cuda_on_cpu.under_sanitizers import ROUNDS, run
from helpers.on_cpu import load, needs_compiler
from seg_node.perception.backends.cuda.kernels import Kernel, KERNELS, Launch, SOURCE, Tables
from seg_node.perception.images.layout import Layout

LETTERS = {'long long': 'q', 'int': 'i', 'float': 'f'}
CODE = SOURCE.read_text(encoding='utf-8')


def declared():
    """Return name, parameters and signature of each kernel as kernels.cu declares them."""
    for name, text in re.findall(r'__global__ void (\w+)\(([^)]*)\)', CODE):
        types, names = zip(*(part.strip().rsplit(' ', 1) for part in text.split(',')), strict=True)
        yield name, names, ''.join('P' if kind.endswith('*') else LETTERS[kind] for kind in types)


def test_source_declares_the_kernels():
    assert [*declared()] == [(each.name, each.parameters, each.signature) for each in KERNELS]


def test_source_numbers_the_layouts_alike():
    names = re.search(r'enum Layout \{([^}]*)\}', CODE).group(1).split(',')
    assert [name.strip() for name in names] == [layout.name for layout in Layout]


def test_source_needs_nothing_but_a_compiler():
    assert not re.search(r'#\s*include|__shared__|__syncthreads', CODE)


TOY = Kernel('toy', ('data', 'count'), 'Pi', (128, 8, 1))


@pytest.mark.parametrize(('size', 'grid'), [
    ((1, 1), (1, 1, 1)), ((128, 8), (1, 1, 1)), ((129, 9), (2, 2, 1)), ((1280, 720), (10, 90, 1))])
def test_grid_covers_every_element(size, grid):
    assert TOY.over(*size, arguments=(0, 1)).grid == grid


@pytest.mark.parametrize('size', [(0, 1), (1, 0), (1, 8 * 65535 + 1)])
def test_grid_that_cannot_be(size):
    with pytest.raises(ValueError, match=f'toy: {size[0]}x{size[1]}'):
        TOY.over(*size, arguments=(0, 1))


def test_arguments_are_packed_as_cuda_takes_them():
    kernel = Kernel('mixed', ('a', 'b', 'c', 'd'), 'iPfq', (1, 1, 1))
    packed = kernel.over(1, arguments=(-1, 2**40, 0.5, -3)).packed()
    assert packed == struct.pack('<i4xQf4xq', -1, 2**40, 0.5, -3)


def test_arguments_that_do_not_fit():
    with pytest.raises(ValueError, match='toy: 1 arguments, takes data, count'):
        TOY.over(1, arguments=(0,))
    with pytest.raises(ValueError, match=r"toy: .*'count': 2147483648"):
        TOY.over(1, arguments=(0, 2**31)).packed()
    with pytest.raises(ValueError, match='toy: 1 parameters, 2 letters'):
        Kernel('toy', ('data',), 'Pi', (1, 1, 1))


def test_tables_of_other_numbers():
    with pytest.raises(ValueError, match='float64'):
        Tables(np.zeros(3))


@needs_compiler
def test_the_compiler_knows_the_parameters():
    other = Kernel('frame_to_input', ('a',), 'P', (1, 1, 1))
    with pytest.raises(TypeError, match='frame_to_input'):
        load().run(Launch(other, (1, 1, 1), (0,)))


@needs_compiler
def test_no_access_beside_an_array():
    done = run()
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.startswith(f'{ROUNDS * len(Layout)} launches')


@needs_compiler
def test_an_access_beside_an_array_would_be_found():
    done = run('short')
    assert done.returncode != 0
    assert 'heap-buffer-overflow' in done.stderr, done.stderr[-3000:]
