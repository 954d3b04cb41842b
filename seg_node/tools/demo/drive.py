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

"""One drive of the demo: node, recorder and replay from start to stop."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
import contextlib
from dataclasses import dataclass
import math
from pathlib import Path
import time
from typing import Any

from seg_node.errors import UserError
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import Source
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.common.testbed.domain import Domain
from seg_node.tools.common.testbed.process import (
    parameter_arguments,
    Process,
    ProcessError,
    python,
)
from seg_node.tools.demo.drive_log import parse_stamp, read_sent
from seg_node.tools.demo.live_page import page_arguments, wait_for_page
from seg_node.tools.demo.node_setup import NodeSetup
from seg_node.tools.demo.progress import ProgressLine
from seg_node.tools.recorder.__main__ import READY

NODE = 'seg_node'
ACTIVE_SECONDS = 60.0
"""Time for the node to load its model and become active; generous for slow machines."""
READY_SECONDS = 30.0
DRAIN_SECONDS = 2.0
"""Time for the node to decide on the last frame."""
LIMITS = ('stop_go.min_confidence',)
"""Parameters of the node that the timeline draws as lines."""


class StoppedEarlyError(Exception):
    """Ctrl-C before the first frame."""


@dataclass(frozen=True)
class Driven:
    """The node's limits, by parameter; and why the recording was not played to its end, or ''."""

    limits: dict[str, float]
    problem: str


def drive(
    source: Source, setup: NodeSetup, options: Namespace, logs: Path, stop: StopFlag,
    started: float,
) -> Driven:
    """
    Run the drive; its logs are then complete.

    started: time.monotonic() of the command's start. Raises StoppedEarlyError, ProcessError.
    """
    cameras = setup.cameras
    domain = Domain.chosen()
    with contextlib.ExitStack() as stack:
        stack.callback(domain.close)

        def start(name: str, *arguments: str) -> Process:
            process = Process(name, python(*arguments), logs / f'{name}.log', domain.env)
            stack.callback(process.stop)
            return process

        node = start('node', *node_arguments(source, setup, options))
        recorder = start('recorder', *recorder_arguments(source, options, logs, cameras))
        replay = start('replay', *replay_arguments(source, options, logs, cameras))
        view = start('view', *page_arguments(NODE, options.view_port)) if options.view else None

        def check() -> None:
            if stop:
                raise StoppedEarlyError
            for process in filter(None, (node, recorder, replay, view)):
                process.check()

        from seg_node.tools.common.testbed.client import NodeClient
        from seg_node.tools.common.testbed.listener import NodeListener
        from seg_node.tools.common.testbed.participant import Participant
        from seg_node.tools.demo.activation import activate
        participant = Participant(domain, 'demo')
        stack.callback(participant.close)
        listener = NodeListener(participant, f'/{NODE}', keep=1)
        client = NodeClient(participant, f'/{NODE}', ACTIVE_SECONDS, check)
        try:
            activate(client, listener, ACTIVE_SECONDS, check)
        except ProcessError:
            raise
        except UserError as error:
            node.stop()  # so that its last words are all there
            raise node.error(f'did not start: {error}') from None
        limits = client.numbers(*LIMITS)
        if not participant.wait(lambda: READY in recorder.output.splitlines(), READY_SECONDS,
                                check):
            raise recorder.error(f'heard nothing from the node in {READY_SECONDS:g} s')
        if view is not None:
            wait_for_page(view, cameras, participant, check)
        replay.write_line('')
        _watch(source, options, listener, (node, recorder, replay), stop, started)
        replay.stop()
        # A damaged recording is played up to the damage, and has results as well.
        problem = ''
        if replay.exit_code == 1 and read_sent(logs / 'sent.csv'):
            problem = str(replay.error('could not play the recording to its end'))
        else:
            replay.check()
        if stop and not read_sent(logs / 'sent.csv'):
            raise StoppedEarlyError
        _drain(logs, participant, listener, stop)
        for process in (recorder, node):
            if process.stop() != 0:
                raise process.error(f'did not end cleanly (exit code {process.exit_code})')
    return Driven(limits, problem)


def node_arguments(source: Source, setup: NodeSetup, options: Namespace) -> list[str]:
    """Return the node's module and parameters."""
    return [f'{NODE}.ros.node', '--ros-args', *parameter_arguments({
        'expected_rate': float(source.fps * options.rate), **setup.given,
        'transport': 'compressed' if source.compressed else 'raw',
        'autostart': False, 'use_sim_time': _clock(source, options)})]


def recorder_arguments(
    source: Source, options: Namespace, logs: Path, cameras: Sequence[str],
) -> list[str]:
    """Return the recorder's module and options."""
    # Frames per second of the stamps' own time, which runs at the rate only on the wall clock.
    fps = source.fps * (1 if _clock(source, options) else options.rate)
    names = [part for camera in cameras for part in ('--camera', camera)]
    return ['seg_node.tools.recorder', '--out', str(options.out), *names, '--node', NODE,
            '--fps', f'{fps:.6f}', '--records', str(logs / 'records.jsonl')]


def replay_arguments(
    source: Source, options: Namespace, logs: Path, cameras: Sequence[str],
) -> list[str]:
    """Return the replay's module and options."""
    names = [part for camera in cameras for part in ('--camera', camera)]
    stamps = ['--clock'] if _clock(source, options) else ['--stamp', 'now']
    given = {'--topic': options.topic, '--fps': options.fps, '--duration': options.seconds,
             '--camera-info': options.camera_info}
    return ['seg_node.tools.replay', *names, *stamps, '--hold', '--wait', '--progress',
            '--patient', '--rate', str(options.rate), '--log', str(logs / 'sent.csv'),
            *(part for option, value in given.items() if value is not None
              for part in (option, str(value))),
            *(['--', str(options.input)] if options.input is not None else [])]


def frames_to_send(source: Source, seconds: float | None) -> int | None:
    """Return the number of frames the replay will send; None when the source cannot tell."""
    limit = None if seconds is None else math.ceil(seconds * source.fps)
    known = [count for count in (source.count, limit) if count is not None]
    return min(known, default=None)


def _clock(source: Source, options: Namespace) -> bool:
    return source.kind is Kind.BAG if options.clock is None else bool(options.clock)


def _watch(
    source: Source, options: Namespace, listener: Any, processes: tuple[Process, ...],
    stop: StopFlag, started: float,
) -> None:
    """Show the progress until the replay has ended or a signal comes."""
    replay = processes[-1]
    progress = None
    while replay.exit_code is None and stop.sleep_until(time.monotonic() + 0.05):
        for process in processes[:-1]:
            process.check()
        if not (sent := replay.last_line).isdigit():
            continue
        if progress is None:
            print(f'demo: the drive began after {time.monotonic() - started:.1f} s', flush=True)
            progress = ProgressLine(frames_to_send(source, options.seconds))
        values = listener.values
        progress.show(values.get('decision', '?'), values.get('reason', '?'), int(sent))
    if progress is not None:
        if (sent := replay.last_line).isdigit():
            progress.show('', 'played', int(sent), now=True)
        progress.close()


def _drain(logs: Path, participant: Any, listener: Any, stop: StopFlag) -> None:
    """Wait until the node has decided on the last frame of each camera."""
    newest = {sent.camera: sent.stamp_ns for sent in read_sent(logs / 'sent.csv')}

    def decided() -> bool:
        return stop.count > 1 or all(
            (parse_stamp(listener.values.get(f'{camera}.image_stamp', '')) or 0) >= stamp
            for camera, stamp in newest.items())

    if participant.wait(decided, DRAIN_SECONDS):
        time.sleep(0.1)  # the overlay of that frame comes after its state
