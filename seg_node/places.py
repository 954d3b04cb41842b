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

"""Where the files that come with the package lie: in a source checkout, or installed."""

from __future__ import annotations

import os
from pathlib import Path
import sys

ROOT = Path(__file__).resolve().parents[1]
"""The folder from which the package is imported."""


def shared(*parts: str) -> tuple[Path, ...]:
    """
    Return what exists of a path in the share folders: the checkout's, then installed ones.

    Installed means share/seg_node under the prefixes of AMENT_PREFIX_PATH, which are all that the
    ament index searches too, under the prefix that this package itself was installed to, and
    under the Python prefix.
    """
    shares = [ROOT] if (ROOT / 'package.xml').is_file() else []
    # pip --user and --prefix put the package into PREFIX/lib/python3.x/site-packages, pip --target
    # into the PREFIX itself.
    own = map(str, (*ROOT.parents[2:3], ROOT))
    prefixes = (*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), *own, sys.prefix)
    shares += [Path(prefix, 'share', 'seg_node') for prefix in prefixes if prefix]
    found = (share.joinpath(*parts) for share in dict.fromkeys(shares))
    return tuple(path for path in found if path.exists())
