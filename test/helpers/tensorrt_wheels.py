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

"""
The Python bindings of several versions of TensorRT, to look at without its libraries.

scripts/setup puts the wheels of requirements/tensorrt_bindings.txt into the environment;
$SEG_NODE_TENSORRT_BINDINGS names another folder.
"""

from __future__ import annotations

import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import zipfile

from helpers.places import ROOT

LISTED = ROOT / 'requirements' / 'tensorrt_bindings.txt'
FOLDER = Path(os.environ.get('SEG_NODE_TENSORRT_BINDINGS')
              or Path(sys.prefix, 'tensorrt_bindings'))
MODULE = 'tensorrt_bindings'
TOOLS = ('gcc', 'nm', 'readelf')


def wheels() -> list[Path]:
    """Return the wheels that are there, in the order of their versions."""
    return sorted(FOLDER.glob('*.whl'),
                  key=lambda path: [int(part) for part in version(path).split('.')])


def version(wheel: Path) -> str:
    """Return the version in a wheel's name."""
    return re.sub(r'[^\d.].*', '', wheel.name.split('-')[1])


def missing_tools() -> list[str]:
    """Name what of the compiler is not installed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def unpack(wheel: Path, folder: Path) -> Path:
    """
    Unpack a wheel, with libraries that satisfy the dynamic linker beside it; give their folder.

    The bindings do not load without libnvinfer and its like, hundreds of megabytes that need a
    GPU to do anything. In their place come libraries whose functions end the program when called.
    """
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    bindings = folder / MODULE / 'tensorrt.so'
    functions = [
        name for kind, name in re.findall(
            r'^\s+(\w) (\S+)$', _run('nm', '-D', '--undefined-only', bindings), re.MULTILINE)
        if kind == 'U' and '@' not in name and not re.match(r'_?Py', name)]
    source = folder / 'none.c'
    source.write_text(''.join(
        f'void {name}(void) {{ __builtin_trap(); }}\n' for name in functions))
    libraries = folder / 'libraries'
    libraries.mkdir()
    _run('gcc', '-shared', '-fPIC', '-nostdlib', '-w', '-o', folder / 'none.so', source)
    for name in re.findall(r'\(NEEDED\).*\[(libnv\S+)\]', _run('readelf', '-d', bindings)):
        shutil.copy(folder / 'none.so', libraries / name)
    return libraries


def _run(*command: str | Path) -> str:
    return subprocess.run(
        [*map(str, command)], check=True, capture_output=True, text=True).stdout
