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

"""Run a case: a subject, its cameras and its listener, each a process of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
import math
from pathlib import Path
import statistics
import time

from benchmarks.latency.case import Case, Image, latencies, Measured
from benchmarks.latency.feeder import case_arguments, READY
from benchmarks.latency.images import road_camera, road_images
from benchmarks.latency.usage import usage_of
from seg_node.errors import UserError
from seg_node.perception.backends.registry import BackendOptions
from seg_node.perception.segmenter import Segmenter
from seg_node.scoring.percentiles import Percentiles
from seg_node.stop_go.limits import Geometry
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.process import parameter_arguments, Process, python

NODE, SIMPLE, CALLBACK, RELAY = 'seg_node', 'simple node', 'callback', 'relay'
"""The node, and the kinds of simple_node."""
GPU, GPU_BGR = 'stand-in GPU', 'stand-in GPU, BGR8'
"""The node with stand_in_gpu, which takes images as they come, or in BGR alone."""
_NAMES = {NODE: 'seg_node', SIMPLE: 'simple', CALLBACK: 'simple', RELAY: 'simple', GPU: 'seg_node',
          GPU_BGR: 'seg_node'}
WARM_UP = 3.0
"""Seconds of frames before those that count: discovery, caches, clocks of the CPU."""
START_SECONDS = 60.0
_LAST_WORDS = 0.5
"""Seconds in which what was sent last arrives, before the listener ends."""
_PARAMETERS = {'autostart': True, 'camera_health.max_identical': 0}
_VEHICLE = {'vehicle.width': 0.6, 'vehicle.front': 0.3, 'vehicle.max_speed': 1.5}


@dataclass(frozen=True)
class Setting:
    """
    How all cases are run.

    masks: somebody subscribes to them. load: how many other processes burn a core each.
    """

    model: str
    folder: Path
    seconds: float
    masks: bool
    stop: StopFlag
    load: int = 0


def measure(subject: str, case: Case, setting: Setting) -> Measured:
    """
    Measure what a subject does with a case.

    :raises UserError: when a process ends or says nothing; names its log.
    """
    with running(subject, case, setting) as case_run:
        case_run.wait(WARM_UP)
        before = case_run.cpu_seconds()
        begin = time.time_ns()
        case_run.wait(setting.seconds)
        end = time.time_ns()
        cpu = {name: (used - before[name]) / ((end - begin) / 1e9)
               for name, used in case_run.cpu_seconds().items()}
        case_run.end()
    received = case_run.received(begin, end)
    stops, lost = latencies(received.sent, received.stops)
    masks, unmasked = latencies(received.sent, received.masks)
    if not setting.masks or subject == RELAY:
        unmasked = math.nan
    return Measured(
        subject, case, sum(map(len, received.sent.values())), Percentiles.of(stops.values()),
        Percentiles.of(masks.values()),
        Percentiles.of(took - received.inference[image] for image, took in stops.items()
                  if image in received.inference),
        lost, unmasked, cpu,
        {name: statistics.fmean(values) for name, values in received.stages.items()})


def bare_ms(case: Case, setting: Setting) -> Percentiles:
    """Return what the network alone takes for the frames of a case, resize included, in a loop."""
    images = road_images(case.width, case.height)
    times = []
    with Segmenter.open(setting.model, BackendOptions(name='onnxruntime')) as segmenter:
        deadline = time.monotonic() + min(setting.seconds, 10.0)
        while time.monotonic() < deadline and not setting.stop:
            for image in images:
                begun = time.perf_counter()
                segmenter.segment(image)
                times.append(1e3 * (time.perf_counter() - begun))
    return Percentiles.of(times)


Arrival = tuple[str, int, int]
"""Camera, stamp and time of arrival, ns."""


@dataclass
class Received:
    """Stamps that were sent, by camera, and what arrived for whichever; the last two in ms."""

    sent: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    stops: list[Arrival] = field(default_factory=list)
    masks: list[Arrival] = field(default_factory=list)
    inference: dict[Image, float] = field(default_factory=dict)
    stages: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


class RunningCase:
    """A subject, its cameras and its listener, as processes in a domain of their own."""

    def __init__(self, subject: str, case: Case, setting: Setting) -> None:
        """Take a domain; see running()."""
        self._subject, self._case, self._setting = subject, case, setting
        self._stop = setting.stop
        self._folder = setting.folder / subject.replace(' ', '_') / case.name.replace(' ', '_')
        self._folder.mkdir(parents=True, exist_ok=True)
        self._domain = Domain.claim()
        self.processes: dict[str, Process] = {}

    def start(self) -> None:
        """Start the processes, and wait until the first frame can be sent."""
        subject, case, setting = self._subject, self._case, self._setting
        for number in range(setting.load):
            self.add(f'burner {number}', f'{__package__}.burner')
        self.add(subject, *_subject_arguments(subject, case, setting))
        self.add('listener', f'{__package__}.listener_process',
                    '--node', f'/{_NAMES[subject]}', '--cameras', *case.camera_names,
                    *['--masks'] * setting.masks, '--log', str(self._folder / 'received.csv'))
        self.add('feeder', f'{__package__}.feeder', *case_arguments(case),
                    '--log', str(self._folder / 'sent.csv'))
        feeder = self.processes['feeder']
        self._wait_for(lambda: READY in feeder.output, START_SECONDS)

    def add(self, name: str, *arguments: str) -> None:
        """Start a Python module as one more process, of this name."""
        log = self._folder / f'{name.replace(" ", "_")}.log'
        log.unlink(missing_ok=True)
        env = {**self._domain.env, 'ROS_LOG_DIR': str(self._folder)}
        self.processes[name] = Process(name, python(*arguments), log, env)

    @property
    def subject(self) -> Process:
        """The process that is measured."""
        return self.processes[self._subject]

    def cpu_seconds(self) -> dict[str, float]:
        """Return what each process has used so far."""
        return {name: usage_of(process.pid).cpu for name, process in self.processes.items()}

    def wait(self, seconds: float) -> None:
        """
        Let time pass.

        :raises UserError: when a process ends; names its log.
        :raises KeyboardInterrupt: when the user wants it to end.
        """
        deadline = time.monotonic() + seconds
        self._wait_for(lambda: time.monotonic() >= deadline, seconds + START_SECONDS)

    def end(self) -> None:
        """End the processes, so that they write down what they know."""
        self.processes['feeder'].stop()
        time.sleep(_LAST_WORDS)
        for name, process in self.processes.items():
            if name not in ('feeder', self._subject):
                process.stop()
        self.subject.stop()

    def close(self) -> None:
        """Kill what still runs."""
        for process in self.processes.values():
            process.kill()
        self._domain.close()

    def received(self, begin: int, end: int) -> Received:
        """Return what became of the frames with stamps from begin to end, ns; after end()."""
        received = Received()
        for camera, stamp in _rows(self._folder / 'sent.csv'):
            if begin <= int(stamp) < end:
                received.sent[camera].add(int(stamp))
        for kind, camera, key, value in _rows(self._folder / 'received.csv'):
            if kind == 'stage':
                received.stages[key].append(float(value))
            elif kind == 'inference':
                received.inference[camera, int(key)] = float(value)
            else:
                arrivals = received.stops if kind == 'stop' else received.masks
                arrivals.append((camera, int(key), int(value)))
        return received

    def _wait_for(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            for process in self.processes.values():
                if process.exit_code is not None:
                    raise process.error(f'has ended with exit code {process.exit_code}')
            if time.monotonic() > deadline:
                raise UserError(f'the processes are not ready after {seconds:.0f} s; their logs '
                                f'are in {self._folder}')
            if not self._stop.sleep_until(time.monotonic() + 0.05):
                raise KeyboardInterrupt


@contextmanager
def running(subject: str, case: Case, setting: Setting) -> Iterator[RunningCase]:
    """
    Start the processes of a case, ready to run, and kill what is left of them at the end.

    :raises UserError: when they do not start; names the log.
    """
    case_run = RunningCase(subject, case, setting)
    try:
        case_run.start()
        yield case_run
    finally:
        case_run.close()


def _subject_arguments(subject: str, case: Case, setting: Setting) -> list[str]:
    if subject in (SIMPLE, CALLBACK, RELAY):
        return [f'{__package__}.simple_node', subject.partition(' ')[0], '--model', setting.model,
                '--cameras', *case.camera_names, *['--compressed'] * case.compressed]
    backend = 'onnxruntime' if subject == NODE else 'tensorrt'
    parameters = {**_PARAMETERS, 'model': setting.model, 'backend': backend,
                  'cameras': list(case.camera_names), 'geometry': case.geometry.value,
                  'transport': 'compressed' if case.compressed else 'raw'}
    if case.geometry is Geometry.GROUND:
        _, mounting = road_camera(case.width, case.height)
        parameters |= {f'mounting.{camera}.{name}': value for camera in case.camera_names
                       for name, value in asdict(mounting).items()} | _VEHICLE
    process = {NODE: ['seg_node.ros.node'], GPU: [f'{__package__}.stand_in_gpu'],
               GPU_BGR: [f'{__package__}.stand_in_gpu', '--layouts', 'BGR8']}[subject]
    return [*process, '--ros-args', *parameter_arguments(parameters)]


def _rows(path: Path) -> Iterable[list[str]]:
    return [line.split(',') for line in path.read_text(encoding='utf-8').splitlines()]
