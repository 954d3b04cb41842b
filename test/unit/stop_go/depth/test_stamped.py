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

"""The newest of what comes with stamps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seg_node.stop_go.depth.stamped import StampedBuffer

STAMPS = st.integers(-5, 5)


@given(st.integers(1, 5), st.lists(st.tuples(st.booleans(), STAMPS)))
def test_it_finds_the_nearest_of_the_newest_and_counts_what_was_never_asked_for(size, steps):
    buffer, put, asked, dropped = StampedBuffer(size), [], set(), 0
    for puts, stamp in steps:
        if puts:
            gone = len(put) - size
            told = buffer.put(stamp, len(put))
            assert told is (gone >= 0 and gone not in asked)
            dropped += told
            put.append(stamp)
            continue
        found = buffer.nearest(stamp)
        kept = list(enumerate(put))[-size:]
        if not kept:
            assert found is None
            continue
        index, nearest = min(kept, key=lambda each: (abs(each[1] - stamp), -each[0]))
        assert found == (nearest, index)
        asked.add(index)
    assert dropped == len([each for each in range(max(0, len(put) - size)) if each not in asked])
