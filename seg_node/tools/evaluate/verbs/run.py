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
"""evaluate run: judge and score recordings."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
import os
from pathlib import Path
import platform
import sys
import time
from typing import Any, TYPE_CHECKING

from seg_node import __version__
from seg_node.outside_text import printable, printable_lines, REPORT
from seg_node.tools.common.command_line import positive, StopFlag, whole

if TYPE_CHECKING:
    from seg_node.tools.evaluate.job import Job, JobResult
    from seg_node.tools.evaluate.request import Request
    from seg_node.tools.evaluate.store import Store

HELP = 'judge and score recordings'
DESCRIPTION = """\
Judge recordings frame by frame as the node would, as fast as the machine allows, and score them
against masks where there are some. The outcome is a folder: report.html, summary.json,
frames.parquet, and recordings/ with the same for each of them. What is done already is not done
again. What NAME.scenario.yaml beside a recording says must happen is held against it; no masks are
needed. Exit codes: 0 done; 1 done, but some recordings could not be read or not to their end, what
a scenario says did not happen, or a limit of --gate is not kept; 2 unusable input; 130 stopped by
Ctrl-C (what is done is kept: run again to go on).
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument('paths', nargs='+', type=Path, metavar='PATH',
                        help='bag (ROS 2 or ROS 1), video, folder of images, or a folder that '
                        'holds any number of them')
    parser.add_argument('--out', type=Path, metavar='DIR', required=True,
                        help='folder of the results')
    _add_node(parser.add_argument_group('the node'))
    _add_input(parser.add_argument_group('recordings'))
    _add_truth(parser.add_argument_group('ground truth'))
    _add_work(parser.add_argument_group('work'))
    _add_conclusion(parser.add_argument_group('report'))


def _add_node(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--params-file', type=Path, metavar='FILE',
                       help="the node's own, as config/seg_node.yaml; without it the defaults "
                       'hold, with geometry: trapezoid')
    group.add_argument('--node', default='seg_node', metavar='NAME',
                       help='its name in that file, or its full name, such as /robot/seg_node '
                       '(default: seg_node)')
    group.add_argument('--param', action='append', default=[], metavar='NAME=VALUE',
                       help='set a parameter, for example stop_go.min_coverage=0.8; may be '
                       'repeated')
    group.add_argument('--camera', metavar='NAME',
                       help='which of the cameras of the parameters (default: the only one)')
    group.add_argument('--model', help='as the parameter model')
    group.add_argument('--backend', help='as the parameter backend')
    group.add_argument('--precision', help='as the parameter precision')
    group.add_argument('--threads', type=int, metavar='N',
                       help='as the parameter threads: CPU threads of the network; here each '
                       'has a frame of its own')


def _add_input(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--topic', help="image topic of bags (default: the camera's, or the only "
                       'one)')
    group.add_argument('--odom', metavar='TOPIC',
                       help="odometry of bags (default: odom, or the only one); '' for none")
    group.add_argument('--fps', type=positive,
                       help='frame rate of videos and images, instead of their own')
    group.add_argument('--camera-info', type=Path, metavar='FILE',
                       help='calibration of what took videos and images, as camera_calibration '
                       'writes it; bags have their own camera_info')
    group.add_argument('--seconds', type=positive, metavar='S',
                       help='only the first S seconds of each')


def _add_truth(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--truth', metavar='DIR|TOPIC',
                       help='folder of masks, with a folder for each recording where there are '
                       'several; or an image topic of the bags with masks of the same stamps')
    group.add_argument('--mapping', metavar='FILE|NAME',
                       help='what the values of the masks mean: a file, or cityscapes_ids, '
                       'cityscapes_colors, bdd100k_drivable, camvid_colors (default: class ids '
                       'of the model)')


def _add_work(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--jobs', type=whole(1, 1024), metavar='N',
                       help='recordings at a time, each in a process of its own (default: cores '
                       'over threads of the network)')
    group.add_argument('--scheduler', metavar='ADDRESS',
                       help='do the work on a Dask cluster, for example tcp://host:8786')
    group.add_argument('--overlay', action='store_true',
                       help='also make a film of each recording, which the report shows')
    group.add_argument('--write-bag', action='store_true',
                       help='also make results.mcap of each recording: masks, overlay, state and '
                       'scan, with its stamps and times, to be opened beside it')
    group.add_argument('--rerun', type=Path, metavar='FILE.rrd',
                       help='also make a file of all recordings for the viewer of rerun '
                       '(pip install rerun-sdk)')
    group.add_argument('--again', action='store_true', help='do also what is done already')


def _add_conclusion(group: argparse._ArgumentGroup) -> None:
    group.add_argument('--compare', type=Path, metavar='RUN',
                       help='the folder of another run, which this one is compared with')
    group.add_argument('--gate', type=Path, metavar='FILE',
                       help='limits as YAML, for example path_iou: {min: 0.93}; exit code 1 when '
                       'one is not kept')


def execute(options: argparse.Namespace) -> int:
    """
    Evaluate recordings; return the exit code.

    :raises UserError: for unusable input, or results that cannot be written.
    """
    from seg_node.tools.evaluate.conclusion import check, finish
    from seg_node.tools.evaluate.request import make_request
    from seg_node.tools.evaluate.rerun_file import join
    from seg_node.tools.evaluate.rerun_file import NAME as RRD
    from seg_node.tools.evaluate.store import Store
    from seg_node.tools.evaluate.text import summary_text
    stop = StopFlag()
    check(options.compare, options.gate)
    request = make_request(options)
    store = Store(options.out)
    store.write_run(_run_json(request, options))
    jobs = [job for job in request.jobs if options.again or not store.is_done(job)]
    _print_beginning(request, len(request.jobs) - len(jobs))
    _work(request, store, jobs, options.scheduler, stop)
    summary = store.finish(request.recordings, request.classes, request.settings.parquet,
                           request.scenarios)
    files = store.files(request.recordings, RRD) if options.rerun else []
    if files:
        join(files, options.rerun)
    print(printable_lines(summary_text(summary, options.out), REPORT), flush=True)
    if stop:
        print('evaluate: stopped; what is done is kept, run again to go on', file=sys.stderr)
        return 130
    code = finish(options.out, options.compare, options.gate)
    if options.params_file is None and not options.param:
        print('evaluate: nothing is known of vehicle and camera: the corridor lies in the image '
              '(geometry: trapezoid); give --params-file')
    broken = summary['scenario'] and summary['scenario']['broken']
    return code or (1 if summary['failed'] or broken else 0)


def _work(request: Request, store: Store, jobs: Sequence[Job], scheduler: str | None,
          stop: StopFlag) -> None:
    recordings = {job.recording.name: job.recording for job in jobs}
    begun = time.monotonic()
    for number, outcome in enumerate(_outcomes(request, jobs, scheduler, stop), 1):
        store.put(recordings[outcome.name], outcome)
        rate = f', {outcome.frames / outcome.seconds:.1f} frames/s' if outcome.seconds else ''
        print(f'  {number}/{len(jobs)}  {printable(outcome.name)}: {outcome.frames} frames{rate}'
              f'  ({time.monotonic() - begun:.0f} s)', flush=True)
        for line in filter(None, (*outcome.notes, ' '.join(outcome.error.split()))):
            print(printable(f'evaluate: {line}'), file=sys.stderr)


def _outcomes(request: Request, jobs: Sequence[Job], scheduler: str | None,
              stop: StopFlag) -> Iterator[JobResult]:
    if not jobs:
        return iter(())
    if scheduler is not None:
        from seg_node.tools.evaluate import cluster
        return cluster.run_jobs(jobs, scheduler, stop)
    from seg_node.tools.evaluate import processes
    return processes.run_jobs(jobs, request.count, stop)


def _print_beginning(request: Request, skipped: int) -> None:
    model, count = request.model, len(request.jobs)
    print(f'{count} recording{"s" * (count != 1)}; model {model["name"]} {model["version"]} '
          f'({request.backend["name"]}, {model["precision"]})', flush=True)
    if skipped:
        print(f'  {skipped} done already with this model, parameters and version: not done again '
              '(--again does)', flush=True)
    for warning in request.backend['warnings']:
        print(printable(f'evaluate: {warning}'), file=sys.stderr)
    if not request.settings.parquet:
        print('evaluate: pyarrow is not installed, so frames are written as frames.csv; for '
              'frames.parquet pip install -r requirements/evaluate.txt', file=sys.stderr)


def _run_json(request: Request, options: argparse.Namespace) -> dict[str, Any]:
    settings = request.settings
    return {
        'command': ['evaluate', *options.arguments], 'version': __version__,
        'model': request.model, 'backend': request.backend, 'camera': settings.camera,
        'parameters': dict(settings.configuration.values),
        'truth': {name: None if value is None else str(value)
                  for name, value in vars(settings.truth).items()},
        'machine': {'cpu': _cpu(), 'cores': os.cpu_count(), 'system': platform.platform(),
                    'python': platform.python_version()},
        'jobs': request.count,
        'started': datetime.now(timezone.utc).isoformat(timespec='seconds'),
        'recordings': [{'recording': one.name, 'path': str(one.path)}
                       for one in request.recordings]}


def _cpu() -> str:
    try:
        lines = Path('/proc/cpuinfo').read_text(encoding='utf-8').splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(':')[2].strip() for line in lines if line.startswith('model name')]
    return names[0] if names else platform.machine()
