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
Run one section in a process of its own: what a GPU or a library does to it harms no other.

    python -m benchmarks.gpu.child FOLDER

Section and settings are in a file of the folder; the outcome is written to another, so far as it
is known, whenever the section knows more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import faulthandler
import importlib
from pathlib import Path
import pickle
import sys
import time
import traceback

from benchmarks.gpu.outcome import Outcome, Settings, UnavailableError

REQUEST, RESULT = 'request.pickle', 'result.pickle'
PACKAGES = {'cv2': 'opencv-python-headless', 'yaml': 'PyYAML'}
"""Packages that are called otherwise than their module."""


def run_section(name: str, settings: Settings, keep: Callable[[Outcome], None]) -> Outcome:
    """Run a section; whatever stops it is told, beside what it had found until then."""
    begun = time.monotonic()
    outcome = Outcome()
    try:
        for outcome in importlib.import_module(f'{__package__}.{name}').run(settings):
            keep(outcome)
    except UnavailableError as error:
        outcome = Outcome(not_run=str(error))
    except Exception as error:
        if isinstance(error, ModuleNotFoundError) and not is_ours(error.name):
            outcome = Outcome(not_run=missing_module(error.name or str(error)))
        else:
            traceback.print_exc()
            outcome = replace(outcome, error=f'{type(error).__name__}: {error}')
    return replace(outcome, seconds=round(time.monotonic() - begun, 2))


def is_ours(name: str | None) -> bool:
    """Tell whether a module is of this project: where one is missing, something is wrong."""
    return (name or '').partition('.')[0] in ('benchmarks', 'seg_node')


def missing_module(name: str) -> str:
    """Say what to do about a module that this Python has not."""
    top = name.partition('.')[0]
    return (f'the Python module {top} is missing in {sys.executable}: pip install '
            f'{PACKAGES.get(top, top)}')


def main(argv: list[str]) -> int:
    """Run a section and write what it found."""
    faulthandler.enable()
    folder = Path(argv[0])

    def keep(outcome: Outcome) -> None:
        begun = folder / f'{RESULT}.part'
        begun.write_bytes(pickle.dumps(outcome))
        begun.replace(folder / RESULT)

    try:
        keep(run_section(*pickle.loads((folder / REQUEST).read_bytes()), keep))
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
