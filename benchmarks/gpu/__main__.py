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
Check and measure the GPU path on this machine, section by section.

Each section runs in a process of its own; one that cannot run says why, and the next goes on. They
come in the order of what is most worth knowing, and gpu_check.json and gpu_check.md are written
after each, so that a run that is cut off has told most. Exit codes: 0 all that ran passed, 1
something failed, 2 unusable input, 3 nothing could be measured: no GPU, or not what it takes to
use it, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
import os
from pathlib import Path
import pickle
import shlex
import signal
import subprocess
import sys
import tempfile
import time

from benchmarks.gpu.child import REQUEST, RESULT
from benchmarks.gpu.outcome import Outcome, Settings
from benchmarks.gpu.report import exit_code, FACTS, JSON, lines, MARKDOWN, TITLES, write
from seg_node.errors import UserError
from seg_node.tools.common.command_line import fail, OneLineParser, StopFlag, whole

LIMIT_S = 3600.0
"""Longest that a section may take: a driver may hang for ever."""
_GRACE_S = 15.0
_LAST = 1_000_000


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    names = [name for name in TITLES if name != FACTS]
    parser = OneLineParser(prog='gpu_check', description=__doc__.split('\n')[1])
    parser.add_argument('--out', type=Path, default=Path('out/gpu_check'), metavar='DIR',
                        help='folder for the results (default: out/gpu_check)')
    parser.add_argument('--sections', nargs='+', choices=names, default=names, metavar='NAME',
                        help=f'only these of {", ".join(names)}')
    parser.add_argument('--models', nargs='+', default=(), metavar='MODEL',
                        help='bundled models or model folders (default: all bundled)')
    parser.add_argument('--data', type=Path, metavar='DIR',
                        help='folder with lums and roads, see training/README.md (default: '
                        'rendered scenes)')
    parser.add_argument('--images', type=whole(1, _LAST), default=100, metavar='N',
                        help='images of each set (default: 100)')
    parser.add_argument('--timed', type=whole(10, _LAST), default=500, metavar='N',
                        help='frames of each timing (default: 500)')
    parser.add_argument('--frames', type=whole(100, 100 * _LAST), default=10_000, metavar='N',
                        help='frames of the endurance run (default: 10000)')
    parser.add_argument('--reopened', type=whole(3, _LAST), default=20, metavar='N',
                        help='times that the endurance run opens the engine (default: 20)')
    parser.add_argument('--minutes', type=whole(1, 24 * 60), metavar='N',
                        help='end after so long, with what there is by then (default: no limit)')
    parser.add_argument('--rival-python', metavar='PATH',
                        help='the Python that has the rivals, PyTorch above all (default: the one '
                        'that has TensorRT)')
    parser.epilog = ('scripts/gpu_check also takes --python PATH, a Python that has tensorrt and '
                     'pycuda, and --wheels DIR, a folder of wheels to run with.')
    return parser.parse_args(argv)


def prepare(options: argparse.Namespace) -> Settings:
    """Make the folder of the results; UserError where something cannot be used."""
    if options.data is not None and not options.data.is_dir():
        raise UserError(f'--data {options.data}: no such folder. Check the path')
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in (JSON, MARKDOWN):
            (options.out / name).unlink(missing_ok=True)
        with tempfile.TemporaryFile(dir=options.out):
            pass
    except OSError as error:
        raise UserError(f'--out {options.out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None
    return Settings(
        out=str(options.out.resolve()), models=tuple(options.models),
        data=None if options.data is None else str(options.data.resolve()),
        images=options.images, timed=options.timed, frames=options.frames,
        reopened=options.reopened, rival_python=options.rival_python)


def run_child(name: str, settings: Settings, stop: StopFlag, limit_s: float = LIMIT_S) -> Outcome:
    """Run a section in a process of its own; also a crash of it is an outcome."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='gpu_check_') as folder:
        Path(folder, REQUEST).write_bytes(pickle.dumps((name, settings)))
        child = subprocess.Popen([sys.executable, '-m', f'{__package__}.child', folder],
                                 stdin=subprocess.DEVNULL)
        ended = _wait(child, stop, begun + limit_s)
        try:
            found: Outcome = pickle.loads(Path(folder, RESULT).read_bytes())
        except (OSError, EOFError, pickle.UnpicklingError):
            found = Outcome()
    if ended and child.returncode == 0:
        return found
    seconds = round(time.monotonic() - begun, 2)
    if stop:
        return replace(found, not_run='stopped', seconds=seconds)
    why = f'took longer than {limit_s:.0f} s' if not ended else _died(child.returncode)
    return replace(found, error=f'its process {why}; what it printed is above', seconds=seconds)


def _wait(child: subprocess.Popen[bytes], stop: StopFlag, deadline: float) -> bool:
    """Wait for the end of a process; False where it had to be ended."""
    while child.poll() is None:
        if not stop.sleep_until(min(deadline, time.monotonic() + stop.STEP)) or (
                time.monotonic() >= deadline):
            _end(child)
            return False
    return True


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGINT, signal.SIGKILL):
        child.send_signal(number)
        try:
            child.wait(_GRACE_S)
            return
        except subprocess.TimeoutExpired:
            continue


def _died(code: int) -> str:
    return f'died of {signal.Signals(-code).name}' if code < 0 else f'ended with exit code {code}'


def run(options: argparse.Namespace, settings: Settings, stop: StopFlag) -> dict[str, Outcome]:
    """Run the sections, say how each ended, and write down all that is known by then."""
    limit_s = 60.0 * options.minutes if options.minutes else float('inf')
    deadline = time.monotonic() + limit_s
    names = (FACTS, *options.sections)
    outcomes = {name: Outcome(not_run='not begun') for name in names}
    for name in names:
        left = min(LIMIT_S, deadline - time.monotonic())
        why_not = (outcomes[FACTS].figures.get('no_gpu', '') or (stop and 'stopped')
                   or (left <= 0 and f'the {options.minutes} minutes were over'))
        print(f'gpu_check: {name} ...', file=sys.stderr, flush=True)
        outcomes[name] = (Outcome(not_run=why_not) if why_not else
                          run_child(name, settings, stop, left))
        write(outcomes, command_line(options), Path(settings.out))
        for line in lines(name, outcomes[name]):
            print(line, flush=True)
        for table in outcomes[name].tables if name == FACTS else ():
            print('\n'.join(f'  {key:<13} {value}' for key, value in table.rows), flush=True)
    return outcomes


def command_line(options: argparse.Namespace) -> str:
    """Return the command as another would type it: without the folders of this machine."""
    parts = ['scripts/gpu_check']
    if len(options.sections) < len(TITLES) - 1:
        parts += ['--sections', *options.sections]
    if options.models:
        parts += ['--models', *(os.path.basename(model.rstrip('/')) for model in options.models)]
    parts += ['--data', 'DATA'] if options.data else []
    parts += ['--images', str(options.images), '--timed', str(options.timed),
              '--frames', str(options.frames), '--reopened', str(options.reopened)]
    parts += ['--minutes', str(options.minutes)] if options.minutes else []
    parts += ['--rival-python', 'PYTHON'] if options.rival_python else []
    return shlex.join(parts)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the check."""
    options = parse(sys.argv[1:] if argv is None else argv)
    stop = StopFlag()
    try:
        settings = prepare(options)
        try:
            outcomes = run(options, settings, stop)
        except OSError as error:
            raise UserError(f'--out {options.out}: cannot be written ({error.strerror}). '
                            'Make room, or choose another folder') from None
    except UserError as error:
        return fail('gpu_check', error)
    print(f'gpu_check: in {options.out}: {JSON}, {MARKDOWN}')
    return exit_code(outcomes, stopped=bool(stop))


if __name__ == '__main__':
    sys.exit(main())
