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

"""What is around the node: who publishes what it listens to, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from geometry_msgs.msg import Twist, TwistStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from seg_node.parameters.structure import Structure
from seg_node.ros.depth_input import depth_topic
from seg_node.ros.topic_state import look_at, TopicState
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.verdict import Reason, Verdict

_ENDED = frozenset({Reason.NO_IMAGE, Reason.STALE})
_TIME = frozenset({Reason.NO_IMAGE, Reason.CLOCK_JUMP, Reason.STALE_STAMP,
                   Reason.STAMP_IN_FUTURE})
_PLAYER = 'rosbag2_player'


@dataclass(frozen=True)
class Inputs:
    """The topics that the node listens to, as they were at the last look."""

    images: Mapping[str, TopicState]
    infos: Mapping[str, TopicState]
    depths: Mapping[str, TopicState]
    odometry: TopicState
    commands: TopicState | None
    clock: TopicState
    simulated: bool

    def __iter__(self) -> Iterator[TopicState]:
        """Give the topics that the decision rests on."""
        yield from (*self.images.values(), *self.infos.values(), *self.depths.values(),
                    self.odometry)
        if self.commands is not None:
            yield self.commands
        if self.simulated:
            yield self.clock

    @property
    def rivals(self) -> tuple[str, ...]:
        """Words on each topic that has several publishers."""
        return tuple(topic.rivals for topic in self if topic.rivals)

    def explain_time(self, camera: str) -> str:
        """Return what the graph tells of the clock that stamps are held against, perhaps ''."""
        if self.simulated:
            return '' if self.clock.heard else 'use_sim_time is set, nobody publishes /clock'
        if self.clock.heard:
            return '/clock is published: set use_sim_time where it belongs to the images'
        if any(_PLAYER in each.node for each in self.images[camera].heard):
            return ('a bag player publishes the images: have it play with --clock, and set '
                    'use_sim_time')
        return ''


class Surroundings:
    """
    Look around, and explain decisions by what was seen last.

    look() is for the executor: asking the graph takes its time. All else may be called from any
    thread, also under the signal's lock.
    """

    def __init__(self, node: Node, structure: Structure) -> None:
        """Take note of what to look at."""
        self._node = node
        self._compressed = structure.transport == 'compressed'
        self._cameras = structure.cameras
        self._grounded = structure.geometry is Geometry.GROUND
        self._deep = structure.depth
        self._directed = structure.directed
        self.inputs: Inputs | None = None
        """None before the first look."""

    def look(self) -> Inputs:
        """Look at every topic."""
        node = self._node
        self.inputs = Inputs(
            {name: self._image(name) for name in self._cameras},
            {name: look_at(node, f'{name}/camera_info', CameraInfo)
             for name in self._cameras if self._grounded},
            {name: look_at(node, depth_topic(name), Image)
             for name in self._cameras if self._deep},
            look_at(node, 'odom', Odometry),
            look_at(node, 'cmd_vel', Twist, TwistStamped) if self._directed else None,
            look_at(node, '/clock', Clock), bool(node.get_parameter('use_sim_time').value))
        return self.inputs

    def explain(self, camera: str, verdict: Verdict) -> Verdict:
        """Return the verdict of a camera, its text longer where something is missing."""
        seen, reason = self.inputs, verdict.reason
        if seen is None:
            return verdict
        words = [seen.images[camera].text] if reason in _ENDED else []
        if reason is Reason.NO_CAMERA_INFO and camera in seen.infos:
            words.append(seen.infos[camera].text)
        if reason is Reason.NO_DEPTH and camera in seen.depths:
            words.append(seen.depths[camera].text)
        if reason in _TIME:
            words.append(seen.explain_time(camera))
        return replace(verdict, text='; '.join((verdict.text, *filter(None, words))))

    def _image(self, camera: str) -> TopicState:
        offers = [('raw', f'{camera}/image_raw', Image),
                  ('compressed', f'{camera}/image_raw/compressed', CompressedImage)]
        if self._compressed:
            offers.reverse()
        state, other = (look_at(self._node, topic, kind) for _, topic, kind in offers)
        if state.heard or not other.heard:
            return state
        hint = f'{other.topic} (set transport: {offers[1][0]})'
        return replace(state, beside=(hint, *state.beside))
