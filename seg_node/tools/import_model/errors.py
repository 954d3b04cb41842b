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

"""What other libraries say went wrong, in one line."""

from __future__ import annotations

import re

_LONGEST = 240
_CODES = re.compile(r'^\[ONNXRuntimeError\] : \d+ : \w+ : ')


def summary(error: BaseException) -> str:
    """Return an error's text on one line, without error codes and dumps, shortened."""
    text = ' '.join(str(error).partition('==> Context')[0].split())
    text = _CODES.sub('', text).rstrip('.') or type(error).__name__
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST]} ...'
