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

"""Packages of ROS that cannot be had here, as far as a test needs them."""

from __future__ import annotations

import os
from pathlib import Path
import sys

from ament_index_python.packages import get_package_prefix, PackageNotFoundError

from helpers.places import ROOT


def stand_in(folder: Path, package: str, executable: str) -> None:
    """Let launch find helpers/EXECUTABLE.py as the executable of a package that is missing."""
    try:
        get_package_prefix(package)
    except PackageNotFoundError:
        marker = folder / 'share/ament_index/resource_index/packages' / package
        script = folder / 'lib' / package / executable
        for file in (marker, script):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}/test:$PYTHONPATH" '
                            f'exec "{sys.executable}" -m helpers.{executable} "$@"\n')
        script.chmod(0o755)
        os.environ['AMENT_PREFIX_PATH'] = os.pathsep.join(
            dict.fromkeys((str(folder), *os.environ['AMENT_PREFIX_PATH'].split(os.pathsep))))
