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

"""The loop of a replay: read ahead, wait for absolute deadlines, publish, count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import time

from seg_node.errors import UserError
from seg_node.recordings.channels import Channel, IMAGES, Message
from seg_node.recordings.read_ahead import NotReadyError, ReadAhead
from seg_node.tools.common.command_line import StopFlag
from seg_node.tools.replay.controls import Controls
from seg_node.tools.replay.messages import MessageSource
from seg_node.tools.replay.outputs import Output
from seg_node.tools.replay.rounds import rounds, Timed, Window
from seg_node.tools.replay.sent_log import SentLog
from seg_node.tools.replay.sim_clock import SimClock
from seg_node.tools.replay.stamps import restamped, StampsNow
from seg_node.tools.replay.tally import Tally

SETTLE_SECONDS = 0.2
"""A match is seen by one side first; the other side needs about this long to see it too. As long
again a publisher stays after its last message."""
DISCOVERY_SECONDS = 1.0
"""Longest wait for subscribers that are there already."""
ACKNOWLEDGE_SECONDS = 5.0  # Fast DDS asks its readers every 3 s
"""Longest wait for subscribers to acknowledge the last messages; a stuck one must not hold us."""
STARVED_SECONDS = 0.005
"""Time between two looks for a message that has not been read yet."""


@dataclass(frozen=True)
class Plan:
    """
    What is played and how; stamps None leaves the recorded ones (in a later round: moved).

    patient: what is read too slowly is played slower, and not late.
    """

    window: Window
    loop: bool
    stamps: StampsNow | None
    patient: bool = False


class Replay:
    """
    Plays a recording through its outputs.

    complete says that all of it was read; position_ns how far into it the last message lies.
    """

    def __init__(
        self, source: MessageSource, outputs: Mapping[Channel, Output], plan: Plan,
        controls: Controls, clock: SimClock | None, log: SentLog, stop: StopFlag,
    ) -> None:
        """Start to read ahead."""
        self._source = source
        self._outputs = outputs
        self._plan = plan
        self._controls = controls
        self._clock = clock
        self._log = log
        self._stop = stop
        self._zero_ns = source.clock_ns + plan.window.start_ns
        self._has_images = any(channel.type in IMAGES for channel in outputs)
        # Fixed, so that messages with one stamp keep one stamp.
        self._wall_ns = time.time_ns() - time.monotonic_ns()
        self._read: Counter[Channel] = Counter()
        self.tally = Tally()
        self.complete = False
        self.position_ns = 0
        self._ended = False
        self.unacknowledged = False
        items = rounds(self._once, plan.window, plan.loop, source.interval_ns(list(outputs)))
        self._ahead = ReadAhead(items, weigh=lambda timed: 200 + len(timed.item.data))

    def _once(self) -> Iterator[tuple[int, Message]]:
        window = self._plan.window
        for time_ns, message in self._source.messages(
                list(self._outputs), window.start_ns, window.stop_ns):
            self._read[message.channel] += 1
            yield time_ns, message

    def wait_for_subscribers(self, seconds: float | None) -> None:
        """
        Wait until every image topic (every topic, where there are none) has a subscriber.

        UserError when the time is up; None waits a moment and goes on without.
        """
        images = [each for c, each in self._outputs.items() if c.type in IMAGES]
        wanted = images or list(self._outputs.values())
        begin = time.monotonic()
        while missing := [each.topic for each in wanted if not each.heard()]:
            waited = time.monotonic() - begin
            if seconds is None and waited > DISCOVERY_SECONDS:
                return
            if seconds is not None and waited > seconds:
                raise UserError(f'no subscriber on {", ".join(missing)} after {seconds:g} s. '
                                'Start the node and check camera names (--remap), transport, '
                                'ROS_DOMAIN_ID and QoS; or choose with --topics')
            if self._stop:
                return
            self._idle(0.02)
        self._stop.sleep_until(time.monotonic() + SETTLE_SECONDS)

    def play(self) -> None:
        """Publish message by message until the end or a signal; raises what reading raises."""
        with self._controls.timeline() as timeline:
            timeline.start(time.monotonic_ns())
        try:
            self._play_all()
        finally:
            self._count_missing()
            self._drain()

    def _play_all(self) -> None:
        while not self._stop:
            try:
                timed = self._ahead.get(0)
            except NotReadyError:
                if self._plan.patient:
                    with self._controls.timeline() as timeline:
                        timeline.hold(time.monotonic_ns())
                self._idle(STARVED_SECONDS)
                continue
            except StopIteration:
                self.complete = self._ended = True
                break
            except UserError:
                self._ended = True
                raise
            with self._controls.timeline() as timeline:
                timeline.start(time.monotonic_ns())
            if self._wait_until_due(timed.position_ns):
                self._send(timed)

    def _wait_until_due(self, position_ns: int) -> bool:
        """Wait for a deadline, with clock and controls going on; False on a signal."""
        while not self._stop:
            with self._controls.timeline() as timeline:
                left = timeline.wait(position_ns, time.monotonic_ns())
            if left == 0:
                return True
            self._idle(StopFlag.STEP if left is None else left / 1e9)
        return False

    def _idle(self, seconds: float) -> None:
        """Let at most that much time go by; the clock goes on."""
        now = time.monotonic_ns()
        seconds = min(seconds, StopFlag.STEP)
        if self._clock:
            with self._controls.timeline() as timeline:
                position = timeline.position(now)
            self._clock.tick(now, position)
            seconds = min(seconds, self._clock.due_in(now) / 1e9)
        self._controls.wait(seconds)

    def _send(self, timed: Timed[Message]) -> None:
        channel = timed.item.channel
        output = self._outputs[channel]
        counts = self.tally.topic(output.topic, channel.type)
        ends_step = channel.type in IMAGES or not self._has_images
        with self._controls.timeline() as timeline:
            now = time.monotonic_ns()
            due = now - (timeline.lateness(timed.position_ns, now) or 0)
            data = self._stamped(timed, output, due)
            now = time.monotonic_ns()
            lateness = timeline.lateness(timed.position_ns, now)
            timeline.passed(timed.position_ns, ends_step)
            position = timeline.position(now)
        if self._clock:
            self._clock.before_message(now, position)
        self.position_ns = self._plan.window.start_ns + timed.position_ns
        if channel.type in IMAGES:
            self._log.about_to_send(channel.topic, data, self.position_ns)
        try:
            output.publish(data)
        except Exception as error:
            # Whatever the middleware raises: the next message may go through again.
            counts.failed += 1
            counts.error = ' '.join(str(error).split()) or type(error).__name__
            return
        self.tally.sent(counts, lateness, output.heard())

    def _stamped(self, timed: Timed[Message], output: Output, due: int) -> bytes:
        now_stamps, shift = self._plan.stamps, timed.shift_ns
        if now_stamps is None:
            if not shift:
                return timed.item.data
            # No stamp (0) stays none.
            return restamped(timed.item.data, output.layout, lambda ns: ns and ns + shift)
        recorded = self._zero_ns + timed.position_ns
        now = recorded if self._clock else self._wall_ns + due
        return restamped(timed.item.data, output.layout,
                         lambda ns: now_stamps.changed(ns + shift, recorded, now))

    def _count_missing(self) -> None:
        """Compare what was read with what the bag promises, where all of it was wanted."""
        if not self._ended or self._plan.window != Window():
            return
        for channel, output in self._outputs.items():
            if channel.count is not None and self._read[channel] < channel.count:
                counts = self.tally.topic(output.topic, channel.type)
                counts.missing += channel.count - self._read[channel]

    def _drain(self) -> None:
        """Stay until the last messages have arrived: they vanish together with their publisher."""
        deadline = time.monotonic() + ACKNOWLEDGE_SECONDS
        for output in self._outputs.values():
            while not output.acknowledged(StopFlag.STEP):
                if self._stop:
                    return
                if time.monotonic() > deadline:
                    self.unacknowledged = True
                    break
        # Best-effort subscribers acknowledge nothing.
        self._stop.sleep_until(time.monotonic() + SETTLE_SECONDS)

    def close(self) -> None:
        """End reading."""
        self._ahead.close()
