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

"""The publishers of a replay: types, QoS as recorded, serialized messages out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
import os
from typing import Any

from rclpy.duration import Duration
from rclpy.exceptions import InvalidTopicNameException
from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

from seg_node.recordings.channels import Channel, IMAGES
from seg_node.tools.replay.stamps import layout_of, StampLayout

DEPTH, IMAGE_DEPTH, LATCHED_DEPTH = 10, 5, 100
"""Messages kept for slow or late subscribers; a bag does not tell how many the publisher kept."""
INFINITE_SECONDS = 2**31 - 1
"""From here on a recorded duration means none (rmw writes several values for infinite)."""


class OutputError(Exception):
    """A topic that cannot be published; the message says why, and the remedy."""


def message_class(name: str) -> Any:
    """Return the Python class of pkg/msg/Name; OutputError where it is not installed."""
    package, _, short = name.partition('/msg/')
    try:
        return getattr(import_module(f'{package}.msg'), short)
    except AttributeError:
        raise OutputError(f'the installed {package} has no {short}, a type of ROS 1 or of '
                          'another distribution') from None
    except (ImportError, ValueError):
        distribution = os.environ.get('ROS_DISTRO', '$ROS_DISTRO')
        raise OutputError(
            f'its type {name} is not installed; apt install ros-{distribution}-'
            f'{package.replace("_", "-")}, or source the workspace that has it') from None


def profile_of(channel: Channel) -> QoSProfile:
    """
    Return the QoS to publish a channel with: what its publishers offered when it was recorded.

    Where several offered different things, the one that serves every subscriber. Where nothing
    was recorded: reliable, and transient local for what is latched.
    """
    offered = channel.offered
    reliabilities = {qos.reliability.name for qos in offered}
    depth = IMAGE_DEPTH if channel.type in IMAGES else DEPTH
    profile = QoSProfile(
        history=HistoryPolicy.KEEP_LAST, depth=LATCHED_DEPTH if channel.latched else depth,
        reliability=ReliabilityPolicy.BEST_EFFORT if reliabilities == {'BEST_EFFORT'}
        else ReliabilityPolicy.RELIABLE,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if channel.latched
        else DurabilityPolicy.VOLATILE)
    if len(set(offered)) == 1:
        (qos,) = set(offered)
        for name in ('deadline', 'lifespan', 'liveliness_lease_duration'):
            time = getattr(qos, name)
            if time.sec + time.nsec > 0 and time.sec < INFINITE_SECONDS:
                setattr(profile, name, Duration(seconds=time.sec, nanoseconds=time.nsec))
        if qos.liveliness.name == 'MANUAL_BY_TOPIC':
            profile.liveliness = LivelinessPolicy.MANUAL_BY_TOPIC
    return profile


class Output:
    """One topic."""

    def __init__(self, node: Node, channel: Channel, name: str) -> None:
        """Create the publisher; OutputError with the remedy."""
        if channel.problem:
            raise OutputError(channel.problem)
        kind = message_class(channel.type)
        fields = list(kind.get_fields_and_field_types().values())
        self.layout: StampLayout = layout_of(channel.type, fields[0] if fields else '')
        self.channel = channel
        try:
            self._publisher = node.create_publisher(kind, name, profile_of(channel))
        except InvalidTopicNameException as error:
            raise OutputError(f'{name} is no valid topic name ({str(error).splitlines()[0]}); '
                              f'--remap {channel.topic}:=NEW') from None
        except Exception as error:
            # Type support that cannot be loaded: a broken or half-built message package.
            detail = ' '.join(str(error).split()) or type(error).__name__
            raise OutputError(f'no publisher for {channel.type} ({detail})') from error
        self.topic = str(self._publisher.topic_name)
        installed = _installed_digest(node, self.topic, channel.type)
        if channel.digest and installed and channel.digest != installed:
            node.destroy_publisher(self._publisher)
            raise OutputError(
                f'recorded with another definition of {channel.type} than the installed one; '
                'source the workspace or distribution that it was recorded with')

    def publish(self, data: bytes) -> None:
        """Send serialized bytes as they are."""
        self._publisher.publish(data)

    def heard(self) -> bool:
        """Say whether anybody listens."""
        return bool(self._publisher.get_subscription_count() > 0)

    def acknowledged(self, seconds: float) -> bool:
        """Wait until every reliable subscriber has all messages; False when the time is up."""
        return bool(self._publisher.wait_for_all_acked(Duration(seconds=seconds)))


def _installed_digest(node: Node, topic: str, kind: str) -> str:
    """Return the hash of the definition that our own publisher has; '' before ROS 2 Jazzy."""
    for info in node.get_publishers_info_by_topic(topic):
        digest = str(getattr(info, 'topic_type_hash', ''))
        if info.node_name == node.get_name() and info.topic_type == kind and (
                digest.startswith('RIHS01_')):
            return digest
    return ''


def create_outputs(
    node: Node, channels: Sequence[Channel], names: Mapping[str, str],
) -> tuple[dict[Channel, Output], list[str]]:
    """Return the outputs of all channels that can be published, and why the others cannot."""
    outputs, problems = {}, []
    for channel in channels:
        try:
            outputs[channel] = Output(node, channel, names[channel.topic])
        except OutputError as error:
            count = '' if channel.count is None else f', {channel.count} messages'
            problems.append(f'{channel.topic} is NOT PLAYED{count}: {error}')
    return outputs, problems
