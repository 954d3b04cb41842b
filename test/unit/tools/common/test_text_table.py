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

from seg_node.tools.common.text_table import aligned, markdown_table


def test_cells_stand_below_each_other():
    assert aligned([('layer', 'weights'), ('a', 5), (), ('a long one', 120)], right=(1,)) == (
        '  layer       weights\n'
        '  a                 5\n'
        '\n'
        '  a long one      120')


def test_every_row_of_a_markdown_table_has_its_cells():
    assert markdown_table(['a', 'name'], [['1', 'x|y'], ['2', 'two\nlines']]) == (
        '| a   | name      |\n'
        '| --- | --------- |\n'
        '| 1   | x\\|y      |\n'
        '| 2   | two lines |')
