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
Record what the node publishes into results.mcap, and a video of the overlay.

Exit codes: 0 stopped by SIGINT/SIGTERM with all files written, 1 failed, 2 unusable input.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import contextlib
from importlib import import_module
import json
from pathlib import Path
import sys
import time
from typing import Any, TYPE_CHECKING

from seg_node.tools.common.command_line import command, fail, OneLineParser, positive, StopFlag

if TYPE_CHECKING:
    from seg_node.tools.recorder.recording_writer import RecordingWriter, Topic

READY = 'recorder: ready'
"""Line on standard output from which on everything the node publishes is recorded."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='recorder', description=__doc__.split('\n')[1])
    parser.add_argument('--out', type=Path, default=Path('out'), metavar='DIR',
                        help='folder for results.mcap and overlay.mp4 (default: out)')
    parser.add_argument('--camera', action='append', metavar='NAME',
                        help='camera to record, may be given several times (default: camera)')
    parser.add_argument('--node', default='seg_node', help='name of the node (default: seg_node)')
    parser.add_argument('--fps', type=positive, default=25.0,
                        help='frame rate of overlay.mp4 (default: 25)')
    parser.add_argument('--records', type=Path, metavar='FILE',
                        help='arrivals and states, a JSON line each (default: '
                        'DIR/records.jsonl)')
    return parser.parse_args(argv)


@command('recorder')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the recorder until a signal."""
    stop = StopFlag()
    argv = sys.argv if argv is None else ['recorder', *argv]
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.signals import SignalHandlerOptions
    from rclpy.utilities import remove_ros_args

    from seg_node.tools.recorder.recording_writer import RecordingWriter, topics_of
    options = parse(remove_ros_args(argv)[1:])
    cameras = options.camera or ['camera']
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        records = options.records or options.out / 'records.jsonl'
        writer = RecordingWriter(options.out, cameras, options.fps, records)
    except OSError as error:
        return fail('recorder', f'{options.out}: cannot be written ({error.strerror}). '
                    'Choose another folder with --out')
    with contextlib.ExitStack() as stack:
        rclpy.init(args=argv, signal_handler_options=SignalHandlerOptions.NO)
        stack.callback(rclpy.try_shutdown)
        node = rclpy.create_node('recorder', start_parameter_services=False)
        stack.callback(node.destroy_node)
        subscriber = Subscriber(node, topics_of(cameras, options.node), writer)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        ready = False
        while not stop and writer.error is None:
            executor.spin_once(timeout_sec=StopFlag.STEP)
            subscriber.look_for_topics()
            if not ready and subscriber.complete():
                ready = True
                print(READY, flush=True)
    counts = writer.close()
    print('recorder: ' + json.dumps(counts), flush=True)
    if writer.error is not None:
        fail('recorder', f'{options.out}: recording failed: {writer.error}. '
             'Check the free space and the permissions')
        return 1
    return 0


def _message_class(topic: Topic) -> Any:
    package, _, name = topic.msgtype.partition('/msg/')
    return getattr(import_module(f'{package}.msg'), name)


class Subscriber:
    """Subscribes to each topic once it is published, with a QoS that fits its publishers."""

    PERIOD = 0.05
    """Seconds between two looks for topics that are not published yet."""

    def __init__(self, node: Any, topics: Sequence[Topic], writer: RecordingWriter) -> None:
        """Take what to subscribe to."""
        self._node = node
        self._missing = list(topics)
        self._writer = writer
        self._next = 0.0

    def complete(self) -> bool:
        """Say whether all topics are subscribed that always are, and the state has been heard."""
        waiting = [topic for topic in self._missing
                   if topic.kind not in ('diagnostics', 'other')]
        return not waiting and self._writer.received['state'] > 0

    def look_for_topics(self) -> None:
        """Subscribe to topics that have appeared."""
        now = time.monotonic()
        if not self._missing or now < self._next:
            return
        self._next = now + self.PERIOD
        for topic in list(self._missing):
            name = self._node.resolve_topic_name(topic.name)
            publishers = self._node.get_publishers_info_by_topic(name)
            if publishers:
                self._subscribe(topic, publishers)
                self._missing.remove(topic)

    def _subscribe(self, topic: Topic, publishers: Sequence[Any]) -> None:
        from rclpy.qos import QoSProfile, ReliabilityPolicy
        reliable = all(p.qos_profile.reliability == ReliabilityPolicy.RELIABLE
                       for p in publishers)
        qos = QoSProfile(depth=50, reliability=ReliabilityPolicy.RELIABLE if reliable
                         else ReliabilityPolicy.BEST_EFFORT)
        self._node.create_subscription(
            _message_class(topic), topic.name, self._callback(topic), qos, raw=True)

    def _callback(self, topic: Topic) -> Callable[..., None]:
        from rclpy.subscription import Subscription

        from seg_node.tools.recorder.recording_writer import Arrival

        def arrived(raw: bytes) -> None:
            self._writer.put(Arrival(topic, raw, time.time_ns()))

        def arrived_with_info(raw: bytes, info: Any) -> None:
            # The middleware's own time: this process may be late in taking the message.
            wall = info['received_timestamp'] or time.time_ns()
            self._writer.put(Arrival(topic, raw, wall))
        # Humble has no message info for callbacks.
        return arrived_with_info if hasattr(Subscription, 'CallbackType') else arrived


if __name__ == '__main__':
    sys.exit(main())
