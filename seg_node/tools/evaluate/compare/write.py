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

"""compare.html and compare.json."""

from __future__ import annotations

from pathlib import Path

from seg_node.tools.evaluate.compare.comparison import Comparison, to_json
from seg_node.tools.evaluate.compare.page import comparison_page
from seg_node.tools.evaluate.report.markup import Markup
from seg_node.tools.evaluate.report.write import write_page

PAGE, JSON = 'compare.html', 'compare.json'


def write_comparison(comparison: Comparison, out: Path, extra: Markup | None = None) -> Path:
    """
    Write both into a folder; give the path of the page.

    :param extra: more sections of the page.
    :raises UserError: when they cannot be written.
    """
    write_page(out / JSON, to_json(comparison))
    write_page(out / PAGE, comparison_page(comparison, extra))
    return out / PAGE
