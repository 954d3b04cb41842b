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
Drive a simulated vehicle through seeded drives, faster than real time, and count collisions.

The node's own judgement decides, on exact labels with modelled errors, or with --network on
rendered images and the real network. Writes closed_loop.json and worst_drive.png. Exit codes:
0 no collision, 1 a collision, 2 unusable input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
import math
import multiprocessing
import os
from pathlib import Path
import sys
import time

import numpy as np

from benchmarks.closed_loop import summary
from benchmarks.closed_loop.course import BLIND_ZONE, MIXED, Shares
from benchmarks.closed_loop.drive import Simulation, with_labels, with_network
from benchmarks.closed_loop.given_vehicle import GivenVehicle, read_vehicle
from benchmarks.closed_loop.limits import StatedLimits
from benchmarks.closed_loop.outcome import Outcome
from benchmarks.closed_loop.vehicle_setup import draw_vehicle_setup
from seg_node.errors import UserError
from seg_node.parameters.params_file import NODE
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.models.model import load_model, Model, ModelError
from seg_node.perception.segmenter import Segmenter
from seg_node.simulation.labels import BACKGROUND, OBSTACLE, PATH, SIDEWALK, SPEED_BUMP
from seg_node.tools.common.command_line import command, need, OneLineParser, whole

_NAMES = {BACKGROUND: 'background', PATH: 'path', SIDEWALK: 'sidewalk', OBSTACLE: 'obstacle',
          SPEED_BUMP: 'speed_bump'}
_COURSES: dict[str, tuple[Shares, StatedLimits]] = {
    'mixed': (MIXED, StatedLimits()),
    # Without odometry nothing is remembered: that is a limit, and no error within it.
    'blind_zone': (BLIND_ZONE, StatedLimits(no_odometry=0.0))}


@dataclass(frozen=True)
class Job:
    """What every worker needs to know to drive a seed."""

    model: str
    network: bool
    vehicle: GivenVehicle | None = None
    course: str = 'mixed'


class Driver:
    """Drive seeds one after the other; one in each process."""

    def __init__(self, job: Job, threads: int) -> None:
        """Load the model's classes, and the network where it is used."""
        self._shares, self._limits = _COURSES[job.course]
        self._draw_setup = job.vehicle.draw if job.vehicle else draw_vehicle_setup
        if job.network:
            segmenter = Segmenter.open(job.model, BackendOptions(threads=threads))
            model, self._make_node = segmenter.model, with_network(self._limits, segmenter)
        else:
            model = load_model(job.model)
            self._make_node = with_labels(self._limits, model.classes)
        self._size = model.width, model.height

    def drive(self, seed: int) -> Outcome:
        """Drive one seed, with its trace."""
        return Simulation(seed, self._limits, self._size, self._make_node,
                          draw_setup=self._draw_setup, shares=self._shares).run()


_driver: Driver | None = None


def _start_worker(job: Job) -> None:
    global _driver
    import signal

    import cv2
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends the workers
    cv2.setNumThreads(1)
    _driver = Driver(job, threads=1)


def _drive(seed: int) -> Outcome:
    assert _driver is not None
    # A trace is some kilobytes; that of the worst drive is made again from its seed.
    return replace(_driver.drive(seed), trace=())


def outcomes(seeds: Sequence[int], job: Job, workers: int) -> Iterator[Outcome]:
    """Drive all seeds, in any order; more than one worker takes a process each."""
    if workers == 1:
        driver = Driver(job, threads=2)
        for seed in seeds:
            yield replace(driver.drive(seed), trace=())
        return
    # A fresh interpreter each: threads of a loaded network do not survive a fork.
    context = multiprocessing.get_context('spawn')
    with context.Pool(workers, _start_worker, (job,)) as pool:
        yield from pool.imap_unordered(_drive, seeds, chunksize=4)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='benchmark closed_loop', description=__doc__.split('\n')[1])
    parser.add_argument('--drives', type=whole(1, 10_000_000), default=1000, metavar='N',
                        help='number of drives (default: 1000)')
    parser.add_argument('--seed', type=whole(0, 2 ** 31), default=0, metavar='S',
                        help='seed of the first drive; the others follow (default: 0)')
    parser.add_argument('--workers', type=whole(1, 256), default=os.cpu_count() or 1,
                        metavar='W', help='processes (default: one for each CPU)')
    parser.add_argument('--network', action='store_true',
                        help='render images and run the network instead of exact labels with '
                        'modelled errors; about a hundred times slower')
    parser.add_argument('--model', default='road',
                        help='bundled model, or path of a model folder (default: road)')
    parser.add_argument('--params-file', type=Path, metavar='FILE',
                        help='drive the vehicle of this parameter file, with its camera and '
                        'limits, instead of drawn ones')
    parser.add_argument('--node', default=NODE, metavar='NAME',
                        help=f'name of the node in that file (default: {NODE})')
    parser.add_argument('--camera-info', type=Path, metavar='FILE',
                        help='calibration of its camera, as camera_calibration writes it')
    parser.add_argument('--only', type=whole(0, 2 ** 31 + 10_000_000), metavar='SEED',
                        help='drive this seed alone and plot it')
    parser.add_argument('--course', choices=list(_COURSES), default='mixed',
                        help='what is met: mixed, or blind_zone: somebody comes up to the vehicle '
                        'that has stopped, below what its camera sees, and stays (default: mixed)')
    parser.add_argument('--out', type=Path, default=Path('out'), metavar='DIR',
                        help='folder for the results (default: out)')
    return parser.parse_args(argv)


def check_model(name: str) -> Model:
    """
    Load the model's manifest and check that the rendered world can be told in its classes.

    :raises UserError: when it cannot be loaded, or its classes are others.
    """
    try:
        model = load_model(name)
    except ModelError as error:
        raise UserError(str(error)) from None
    names = {index: info.name for index, info in enumerate(model.classes)}
    if names != _NAMES:
        raise UserError(
            f'--model {name}: its classes are {", ".join(names.values())}; the rendered world has '
            f'{", ".join(_NAMES.values())} in this order')
    return model


def prepare(out: Path) -> None:
    """
    Make the folder for the results.

    :raises UserError: when that cannot be done.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None


def run(options: argparse.Namespace) -> int:
    """Drive, write the results and tell them."""
    model = check_model(options.model)
    vehicle = None
    if options.params_file is not None:
        vehicle = read_vehicle(options.params_file, options.node, options.camera_info)
        vehicle.draw(np.random.default_rng(0), (model.width, model.height), StatedLimits())
    elif options.camera_info is not None:
        raise UserError('--camera-info: is for the vehicle of --params-file. Give that too')
    prepare(options.out)
    job = Job(options.model, options.network, vehicle, options.course)
    seeds = [options.only] if options.only is not None else list(
        range(options.seed, options.seed + options.drives))
    begun = time.monotonic()
    found = _with_progress(seeds, job, min(options.workers, len(seeds)))
    from benchmarks.closed_loop.plot import write_drive
    worst = Driver(job, threads=2).drive(summary.worst(found).seed)
    write_drive(worst, options.out / 'worst_drive.png')
    settings = summary.Settings(
        len(seeds), seeds[0], f'network {model.name} {model.version}' if options.network
        else 'exact labels with modelled errors', _COURSES[options.course][1])
    summary.write(found, settings, options.out / 'closed_loop.json')
    total = summary.summarize(found)
    print(summary.table(found))
    print(f'benchmark: {total.drives} drives, {total.hours:.2f} h of driving in '
          f'{(time.monotonic() - begun) / 60:.1f} min: {total.collisions} collisions; '
          f'in {options.out}: closed_loop.json, worst_drive.png (seed {worst.seed})')
    for one in [one for one in found if one.collision][:10]:
        print(f'benchmark: collision: seed {one.seed}, {one.kind}, hit {one.collision} at '
              f'{one.collision_speed:.2f} m/s; again with --only {one.seed}', file=sys.stderr)
    if vehicle is not None and options.camera_info is None:
        print(f'benchmark: the camera is unknown: a view of {math.degrees(vehicle.fov):.0f} deg '
              'is assumed; give --camera-info')
    return 1 if total.collisions else 0


def _with_progress(seeds: Sequence[int], job: Job, workers: int) -> list[Outcome]:
    from tqdm import tqdm
    with tqdm(total=len(seeds), unit='drive', disable=None, smoothing=0.05) as bar:
        found = []
        for outcome in outcomes(seeds, job, workers):
            found.append(outcome)
            bar.set_postfix(collisions=sum(one.collision is not None for one in found))
            bar.update()
    return sorted(found, key=lambda one: one.seed)


@command('benchmark closed_loop')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark."""
    options = parse(sys.argv[1:] if argv is None else argv)
    need('matplotlib', 'tqdm')
    return run(options)


if __name__ == '__main__':
    sys.exit(main())
