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
from seg_node.outside_text import printable_lines
from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.tools.common.command_line import command, fail, StopFlag
from seg_node.tools.replay.options import parse, without_ros_args

if TYPE_CHECKING:
    from rclpy.node import Node

    from seg_node.recordings.channels import Channel
    from seg_node.tools.replay.messages import MessageSource
    from seg_node.tools.replay.playing import Replay
    from seg_node.tools.replay.sent_log import SentLog

SWITCH_SECONDS = 0.0005
"""Longest that another thread of ours may hold up the one that publishes (Python's default is
5 ms)."""
MAX_NOTES = 5
"""Notes of the recording that are told one by one."""


def say(text: str) -> None:
    """Tell the user something."""
    print(printable_lines(f'replay: {text}'), flush=True)


@command('replay')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the replay."""
    stop = StopFlag()
    argv, ros_arguments = without_ros_args(sys.argv[1:] if argv is None else argv)
    quiet_opencv()
    # What takes time loads after the signal handlers stand, so that no moment is without them.
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    from seg_node.tools.replay.messages import chosen, remapped
    from seg_node.tools.replay.sent_log import SentLog
    options = parse(argv)
    sys.setswitchinterval(SWITCH_SECONDS)
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(contextlib.closing(_open(options)))
        channels = _without_clock(chosen(source.channels, options.topics), options)
        names = remapped(channels, options.remap)
        log = stack.enter_context(SentLog(options.log, options.progress))
        rclpy.init(args=ros_arguments, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        node = rclpy.create_node('replay', start_parameter_services=False)
        stack.callback(node.destroy_node)
        replay = _prepare(node, source, channels, names, options, log, stop, stack)
        return _run(replay, source, options, stop)


def _open(options: argparse.Namespace) -> MessageSource:
    from seg_node.recordings.bag import open_bag
    from seg_node.recordings.calibration import read_calibration
    from seg_node.recordings.find import Kind
    from seg_node.recordings.opening import checked_kind, open_frames
    from seg_node.recordings.topics import Topics
    from seg_node.tools.replay.messages import BagMessages
    camera = read_calibration(options.camera_info) if options.camera_info else None
    if checked_kind(options.input, options.fps) is not Kind.BAG or camera:
        from seg_node.tools.replay.frames import FrameMessages
        frames = open_frames(options.input, Topics(image=options.topic), options.fps, camera)
        return FrameMessages(frames, options.camera or ('camera',))
    bag = open_bag(options.input)
    try:
        return BagMessages(bag, options.camera or (), options.topic)
    except BaseException:
        bag.close()
        raise


def _without_clock(channels: Sequence[Channel], options: argparse.Namespace) -> list[Channel]:
    from seg_node.recordings.channels import CLOCK
    kept = [channel for channel in channels if not (options.clock and channel.type == CLOCK)]
    if len(kept) < len(channels):
        say('the recorded /clock is left out: --clock publishes it')
    return kept


def _prepare(
    node: Node, source: MessageSource, channels: Sequence[Channel], names: dict[str, str],
    options: argparse.Namespace, log: SentLog, stop: StopFlag, stack: contextlib.ExitStack,
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
        raise UserError(f'{source.name}: nothing in it can be played')
    length = None if options.duration is None else round(options.duration * 1e9)
    window = Window(round(options.start * 1e9), length)
    mode = options.stamp or (
        'recorded' if source.stamped or options.clock else 'now')
    # On its own clock, the recording's time passes as it was recorded.
    stamps = None if mode == 'recorded' else StampsNow(1.0 if options.clock else options.rate)
    clock = SimClock(node, options.clock, source.clock_ns + window.start_ns) \
        if options.clock else None
    controls = Controls(Timeline(options.rate, options.paused), say)
    stack.callback(controls.close)
    controls.serve(node)
    _describe(source, [output.topic for output in outputs.values()], options, mode)
    plan = Plan(window, options.loop, stamps, options.patient)
    replay = Replay(source, outputs, plan, controls, clock, log, stop)
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
    source: MessageSource, topics: Sequence[str], options: argparse.Namespace, mode: str,
) -> None:
    length = '' if source.duration_ns is None else f', {source.duration_ns / 1e9:.1f} s'
    say(f'{source.name} ({source.kind.value}{length}) on {", ".join(sorted(topics))}'
        + (' and /clock' if options.clock else ''))
    if mode == 'recorded' and not options.clock:
        say('stamps are those of the recording, which a node on the present time takes for old: '
            '--clock (and use_sim_time in the node), or --stamp now')
    for note in filter(None, (source.assumed, *source.notes())):
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
    replay: Replay, source: MessageSource, options: argparse.Namespace, stop: StopFlag,
) -> int:
    code = 0
    told = len(source.notes())
    if options.hold and not _line_on_stdin(stop):
        return 0
    try:
        replay.wait_for_subscribers(options.wait)
        replay.play()
    except UserError as error:
        fail('replay', error)
        code = 1
    end = 'to the end' if replay.complete else (
        'until it was stopped' if stop else
        f'until it failed, {replay.position_ns / 1e9:.2f} s into the recording')
    say(f'sent {replay.tally.total} messages, {end}')
    for line in replay.tally.lines():
        say(line)
    notes = source.notes()[told:]
    for note in notes[:MAX_NOTES]:
        say(note)
    if len(notes) > MAX_NOTES:
        say(f'and {len(notes) - MAX_NOTES} more of this kind')
    if replay.unacknowledged:
        say('a subscriber has not acknowledged the last messages; it may lack them')
    if source.assumed:
        say(source.assumed)
    return 1 if replay.tally.failed else code


def _line_on_stdin(stop: StopFlag) -> bool:
    """Wait for a line; False when a signal or the end of the input came instead."""
    import select
    while not stop:
        if select.select([sys.stdin], [], [], StopFlag.STEP)[0]:
            return bool(sys.stdin.readline())
    return False


if __name__ == '__main__':
    sys.exit(main())
