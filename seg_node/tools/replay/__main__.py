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

"""Open a recording, publish it, report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
import contextlib
import sys
from typing import TYPE_CHECKING

from seg_node.errors import UserError
from seg_node.tools.common.command_line import fail, quiet_opencv, StopFlag
from seg_node.tools.replay.options import parse, without_ros_args

if TYPE_CHECKING:
    from rclpy.node import Node

    from seg_node.recordings.bag_reader import Channel
    from seg_node.tools.replay.playing import Replay
    from seg_node.tools.replay.recordings import Recording

SWITCH_SECONDS = 0.0005
"""Longest that another thread of ours may hold up the one that publishes (Python's default is
5 ms)."""
MAX_NOTES = 5
"""Notes of the recording that are told one by one."""


def say(text: str) -> None:
    """Tell the user something."""
    print(f'replay: {text}', flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the replay."""
    stop = StopFlag()
    argv, ros_arguments = without_ros_args(sys.argv[1:] if argv is None else argv)
    quiet_opencv()
    # What takes time loads after the signal handlers stand, so that no moment is without them.
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from seg_node.tools.replay.recordings import chosen, remapped
    options = parse(argv)
    sys.setswitchinterval(SWITCH_SECONDS)
    with contextlib.ExitStack() as stack:
        try:
            recording = stack.enter_context(contextlib.closing(_open(options)))
            channels = _without_clock(chosen(recording.channels, options.topics), options)
            names = remapped(channels, options.remap)
        except UserError as error:
            return fail('replay', error)
        rclpy.init(args=ros_arguments, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        node = rclpy.create_node('replay', start_parameter_services=False)
        stack.callback(node.destroy_node)
        try:
            replay = _prepare(node, recording, channels, names, options, stop, stack)
        except UserError as error:
            return fail('replay', error)
        return _run(replay, recording, options, stop)


def _open(options: argparse.Namespace) -> Recording:
    from seg_node.recordings.sources import is_bag, open_source
    from seg_node.tools.replay.recordings import BagRecording
    path = options.input
    with contextlib.suppress(OSError):  # open_source tells
        if path.exists() and is_bag(path, options.fps):
            return BagRecording(path)
    source = open_source(path, fps=options.fps)
    from seg_node.tools.replay.images import ImageRecording
    return ImageRecording(source)


def _without_clock(channels: Sequence[Channel], options: argparse.Namespace) -> list[Channel]:
    from seg_node.tools.replay.recordings import CLOCK
    kept = [channel for channel in channels if not (options.clock and channel.type == CLOCK)]
    if len(kept) < len(channels):
        say('the recorded /clock is left out: --clock publishes it')
    return kept


def _prepare(
    node: Node, recording: Recording, channels: Sequence[Channel], names: dict[str, str],
    options: argparse.Namespace, stop: StopFlag, stack: contextlib.ExitStack,
) -> Replay:
    """Create everything that plays; UserError when there is nothing to play."""
    from seg_node.tools.replay.controls import Controls
    from seg_node.tools.replay.outputs import create_outputs
    from seg_node.tools.replay.playing import Plan, Replay
    from seg_node.tools.replay.rounds import Window
    from seg_node.tools.replay.sim_clock import SimClock
    from seg_node.tools.replay.stamps import StampsNow
    from seg_node.tools.replay.timeline import Timeline
    outputs, problems = create_outputs(node, channels, names)
    for problem in problems:
        say(problem)
    if not outputs:
        raise UserError(f'{options.input}: nothing in it can be played')
    length = None if options.duration is None else round(options.duration * 1e9)
    window = Window(round(options.start * 1e9), length)
    mode = options.stamp or (
        'recorded' if recording.stamped or options.clock else 'now')
    # On its own clock, the recording's time passes as it was recorded.
    stamps = None if mode == 'recorded' else StampsNow(1.0 if options.clock else options.rate)
    clock = SimClock(node, options.clock, recording.clock_ns + window.start_ns) \
        if options.clock else None
    controls = Controls(Timeline(options.rate, options.paused), say)
    stack.callback(controls.close)
    controls.serve(node)
    _describe(recording, [output.topic for output in outputs.values()], options, mode)
    replay = Replay(recording, outputs, Plan(window, options.loop, stamps), controls, clock, stop)
    stack.callback(replay.close)
    stack.enter_context(_spinning(node))
    if stack.enter_context(controls.keyboard()):
        from seg_node.tools.replay.controls import KEYS
        say(KEYS)
    if options.paused:
        say(f'paused; to go on: {"space, or " if sys.stdin.isatty() else ""}the service '
            f'{node.get_fully_qualified_name()}/resume')
    return replay


def _describe(
    recording: Recording, topics: Sequence[str], options: argparse.Namespace, mode: str,
) -> None:
    length = '' if recording.duration_ns is None else f', {recording.duration_ns / 1e9:.1f} s'
    say(f'{recording.name} ({recording.kind}{length}) on {", ".join(sorted(topics))}'
        + (' and /clock' if options.clock else ''))
    if mode == 'recorded' and not options.clock:
        say('stamps are those of the recording, which a node on the present time takes for old: '
            '--clock (and use_sim_time in the node), or --stamp now')
    for note in recording.notes():
        say(note)


@contextlib.contextmanager
def _spinning(node: Node) -> Iterator[None]:
    """Answer services on a thread, so that no call delays a message."""
    import threading

    from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, name='services', daemon=True)
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()


def _run(
    replay: Replay, recording: Recording, options: argparse.Namespace, stop: StopFlag,
) -> int:
    code = 0
    told = len(recording.notes())
    try:
        replay.wait_for_subscribers(options.wait)
        replay.play()
    except UserError as error:
        fail('replay', error)
        code = 1
    end = 'to the end' if replay.complete else (
        'until it was stopped' if stop else 'until it failed')
    say(f'sent {replay.tally.total} messages, {end}')
    for line in replay.tally.lines():
        say(line)
    notes = recording.notes()[told:]
    for note in notes[:MAX_NOTES]:
        say(note)
    if len(notes) > MAX_NOTES:
        say(f'and {len(notes) - MAX_NOTES} more of this kind')
    if replay.unacknowledged:
        say('a subscriber has not acknowledged the last messages; it may lack them')
    return 1 if replay.tally.failed else code


if __name__ == '__main__':
    sys.exit(main())
