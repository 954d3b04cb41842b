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

"""What the command line tools share: argument types, stop signals, one-line errors."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
import math
import os
import signal
import sys
import time
from types import FrameType
from typing import Any, NoReturn

from seg_node.errors import UserError
from seg_node.outside_text import printable

Main = Callable[[Sequence[str] | None], int]
_COMPLETING = '_ARGCOMPLETE'
"""Set by the shell function of argcomplete, which then wants nothing but words."""
REQUIREMENTS = {
    'rosbags': 'tools', 'matplotlib': 'tools', 'tqdm': 'tools', 'jinja2': 'tools',
    'argcomplete': 'tools', 'av': 'video',
    'tornado': 'view', 'rerun': 'rerun',
    'onnx': 'import_model',
    'sklearn': 'benchmark',
    'pyarrow': 'evaluate', 'dask': 'evaluate', 'distributed': 'evaluate',
}
"""The file of requirements/ that brings a module which no robot needs."""
PACKAGES = {'sklearn': 'scikit-learn', 'rerun': 'rerun-sdk'}
"""Names for pip of modules that are called otherwise."""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, and which completes words for a shell."""

    def parse_args(self, *arguments: Any, **named: Any) -> argparse.Namespace:  # type: ignore[override]
        """Parse; where a shell asks for completions, print these and exit."""
        if _COMPLETING in os.environ:
            try:
                from argcomplete import autocomplete
            except ModuleNotFoundError:
                self.exit(1)
            autocomplete(self)
        return super().parse_args(*arguments, **named)

    def error(self, message: str) -> NoReturn:
        """Print the error and exit with the code for unusable input."""
        self.exit(2, f'{self.prog}: {message} (see {self.prog} --help)\n')


def positive(text: str) -> float:
    """Parse a finite number above zero (an argparse type)."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number') from None
    if not math.isfinite(value) or value <= 0:
        raise argparse.ArgumentTypeError(f'{text} must be a finite number above 0')
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return an argparse type for whole numbers from low to high."""
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f'{text!r} is not a whole number') from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f'{text} must lie between {low} and {high}')
        return value
    return parse


class StopFlag:
    """
    Turns SIGINT and SIGTERM into a flag that a main loop looks at.

    A flag and short waits, not threading.Event: an Event that is set from a signal handler can
    deadlock with the very wait that the signal interrupted.
    """

    STEP = 0.05
    """Longest time in seconds between two looks at the flag."""

    def __init__(self) -> None:
        """Install the handlers (main thread only)."""
        self.count = 0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1

    def __bool__(self) -> bool:
        """Say whether a signal has arrived."""
        return self.count > 0

    def sleep_until(self, deadline: float) -> bool:
        """Wait until time.monotonic() reaches the deadline; False when a signal came first."""
        while not self.count:
            left = deadline - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, self.STEP))
        return False


def fail(program: str, error: object) -> int:
    """Print an error as one line and give the exit code for unusable input."""
    print(f'{program}: {printable(" ".join(str(error).split()))}', file=sys.stderr)
    return 2


def how_to_get(error: ModuleNotFoundError) -> str:
    """Return which library is missing and the remedy; the error again for a module of ours."""
    name = (error.name or '').partition('.')[0]
    if name in ('', 'seg_node', 'benchmarks'):
        raise error
    if name in REQUIREMENTS:
        return (f'{name} is not installed: pip install {PACKAGES.get(name, name)}, or '
                f'pip install -r requirements/{REQUIREMENTS[name]}.txt')
    return (f'{name} is not installed: source a ROS 2 distribution and rosdep install '
            '--from-paths src --ignore-src, or use scripts/')


def need(*modules: str) -> None:
    """Raise ModuleNotFoundError for a library that is missing, before the work and not after."""
    for name in modules:
        import_module(name)


def command(program: str) -> Callable[[Main], Main]:
    """
    Decorate the main() of a program: errors that its user can mend are one line and exit code 2.

    Ctrl-C is one line and exit code 130.

    Libraries that not everybody has are imported by main(), not by its module.
    """
    def decorate(main: Main) -> Main:
        @wraps(main)
        def run(argv: Sequence[str] | None = None) -> int:
            try:
                return main(argv)
            except UserError as error:
                return fail(program, error)
            except ModuleNotFoundError as error:
                return fail(program, how_to_get(error))
            except KeyboardInterrupt:
                print(f'{program}: stopped', file=sys.stderr)
                return 130
        return run
    return decorate
