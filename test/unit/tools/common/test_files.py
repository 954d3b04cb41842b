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

import pytest

from seg_node.errors import UserError
from seg_node.tools.common.files import whole, write_whole


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / 'a.json'
    write_whole(path, 'ä')
    assert path.read_bytes() == 'ä'.encode()
    with pytest.raises(ZeroDivisionError), whole(path) as partial:
        partial.write_text('half')
        raise ZeroDivisionError
    assert path.read_bytes() == 'ä'.encode()
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_is_told(tmp_path):
    with pytest.raises(UserError, match='no/a.json: cannot be written'):
        write_whole(tmp_path / 'no/a.json', b'')
