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

"""The choice of a benchmark."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import BENCHMARKS, main


@pytest.mark.parametrize('name', BENCHMARKS)
def test_each_benchmark_explains_itself(name, capsys):
    if name in ('latency', 'soak', 'view'):
        pytest.importorskip('rclpy')
    with pytest.raises(SystemExit) as ended:
        main([name, '--help'])
    assert ended.value.code == 0
    assert f'usage: benchmark {name}' in capsys.readouterr().out


@pytest.mark.parametrize(('arguments', 'code', 'words'), [
    (['--help'], 0, 'closed_loop'), ([], 2, 'which one?'), (['none'], 2, "no benchmark 'none'")])
def test_without_a_benchmark_all_are_listed(arguments, code, words, capsys):
    assert main(arguments) == code
    told = ''.join(capsys.readouterr())
    assert words in told
    assert all(name in told for name in BENCHMARKS)
