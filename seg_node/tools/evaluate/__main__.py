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

"""Judge and score recordings; see options.py for what it does."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
import os
from pathlib import Path
import platform
import sys
import time
from typing import Any

from seg_node import __version__
from seg_node.errors import UserError
from seg_node.tools.common.command_line import fail, StopFlag
from seg_node.tools.evaluate.job import Job, Outcome
from seg_node.tools.evaluate.options import parse
from seg_node.tools.evaluate.report import command
from seg_node.tools.evaluate.request import make_request, Request
from seg_node.tools.evaluate.store import Store
from seg_node.tools.evaluate.text import shown

PROGRAM = 'evaluate'


def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = parse(arguments)
    try:
        if not options.paths:
            return command.only_report(options)
        command.check(options)
    except UserError as error:
        return fail(PROGRAM, error)
    return _run(options, arguments)


def _run(options: argparse.Namespace, arguments: list[str]) -> int:
    stop = StopFlag()
    try:
        request = make_request(options)
        store = Store(options.out)
        store.write_run(_described(request, arguments))
        todo = list(request.jobs) if options.again else [
            job for job in request.jobs if not store.is_done(job)]
        _say_what_is_skipped(request, len(request.jobs) - len(todo))
        _do(request, store, todo, options.scheduler, stop)
        summary = store.finish(request.recordings, request.classes, request.settings.parquet)
        print(shown(summary, options.out), flush=True)
        if stop:
            print(f'{PROGRAM}: stopped; what is done is kept, run again to go on',
                  file=sys.stderr)
            return 130
        code = command.finish(options)
    except UserError as error:
        return fail(PROGRAM, error)
    return code or (1 if summary['failed'] else 0)


def _do(request: Request, store: Store, todo: list[Job], scheduler: str | None,
        stop: StopFlag) -> None:
    jobs = {job.recording.name: job for job in todo}
    begun = time.monotonic()
    for number, outcome in enumerate(_outcomes(request, todo, scheduler, stop), 1):
        store.put(jobs[outcome.name].recording, outcome)
        rate = f', {outcome.frames / outcome.seconds:.1f} frames/s' if outcome.seconds else ''
        print(f'  {number}/{len(todo)}  {outcome.name}: {outcome.frames} frames{rate}'
              f'  ({time.monotonic() - begun:.0f} s)', flush=True)
        for note in outcome.notes:
            print(f'{PROGRAM}: {note}', file=sys.stderr)
        if outcome.error:
            print(f'{PROGRAM}: {" ".join(outcome.error.split())}', file=sys.stderr)


def _outcomes(request: Request, todo: list[Job], scheduler: str | None,
              stop: StopFlag) -> Iterator[Outcome]:
    if not todo:
        return iter(())
    if scheduler is not None:
        from seg_node.tools.evaluate import cluster
        return cluster.run_jobs(todo, scheduler, stop)
    from seg_node.tools.evaluate import processes
    return processes.run_jobs(todo, request.count, stop)


def _say_what_is_skipped(request: Request, skipped: int) -> None:
    model, count = request.model, len(request.jobs)
    print(f'{count} recording{"s" * (count != 1)}; model {model["name"]} {model["version"]} '
          f'({request.backend["name"]}, {model["precision"]})', flush=True)
    if skipped:
        print(f'  {skipped} done already with this model, parameters and version: not done again '
              '(--again does)', flush=True)
    for warning in request.backend['warnings']:
        print(f'{PROGRAM}: {warning}', file=sys.stderr)
    if not request.settings.parquet:
        print(f'{PROGRAM}: pyarrow is not installed, so frames are written as frames.csv; for '
              'frames.parquet pip install -r requirements/evaluate.txt', file=sys.stderr)


def _described(request: Request, arguments: list[str]) -> dict[str, Any]:
    settings = request.settings
    truth = settings.truth
    return {
        'command': [PROGRAM, *arguments], 'version': __version__, 'model': request.model,
        'backend': request.backend, 'camera': settings.camera,
        'parameters': dict(settings.parameters),
        'truth': {'folder': _text(truth.folder), 'topic': truth.topic,
                  'mapping': _text(truth.mapping)},
        'machine': {'cpu': _cpu(), 'cores': os.cpu_count(), 'system': platform.platform(),
                    'python': platform.python_version()},
        'jobs': request.count,
        'started': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'recordings': [{'recording': one.name, 'path': str(one.path)}
                       for one in request.recordings]}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _cpu() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.machine()


if __name__ == '__main__':
    sys.exit(main())
