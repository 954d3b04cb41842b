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

"""The state of a topic that is listened to, from the graph: who publishes it, and what is near."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy
from rclpy.topic_endpoint_info import TopicEndpointInfo

from seg_node.outside_text import quoted

_MOST = 3      # names in one text
_LONGEST = 100      # characters of a name that is told as it is
_LOOKED_AT = 50      # topics of a type, of which it is asked whether anybody publishes them


@dataclass(frozen=True)
class Publisher:
    """A publisher: its node's full name, its type, its QoS in words."""

    node: str
    kind: str
    qos: str


@dataclass(frozen=True)
class TopicState:
    """
    A topic with its publishers.

    :param kinds: types that are understood, such as sensor_msgs/msg/Image.
    :param beside: other topics that may be the ones that are meant.
    """

    topic: str
    kinds: tuple[str, ...]
    publishers: tuple[Publisher, ...] = ()
    beside: tuple[str, ...] = ()

    @property
    def heard(self) -> tuple[Publisher, ...]:
        """Publishers of a type that is understood."""
        return tuple(each for each in self.publishers if each.kind in self.kinds)

    @property
    def text(self) -> str:
        """The state in words, for people."""
        wanted = ' or '.join(self.kinds)
        strange = [f'{each.kind} by {each.node}' for each in self.publishers
                   if each.kind not in self.kinds]
        if self.heard:
            found = f'{self.topic} is published by ' + _some(
                f'{each.node} ({each.qos})' for each in self.heard)
            return f'{found}; besides as {_some(strange)}' if strange else found
        if strange:
            found = f'{self.topic} is published as {_some(strange)}, not as {wanted}'
        else:
            found = f'nobody publishes {self.topic} ({wanted})'
        return f'{found}; there is {_some(self.beside)}' if self.beside else found

    @property
    def rivals(self) -> str:
        """Words on several publishers where only one may be, '' where there is one or none."""
        if len(self.publishers) < 2:
            return ''
        return (f'{len(self.publishers)} publishers of {self.topic}, where only one may be: '
                f'{_some(f"{each.node} ({each.kind})" for each in self.publishers)}')


def look_at(node: Node, topic: str, *kinds: type) -> TopicState:
    """
    Return the present state of a topic.

    :param topic: as it is subscribed to; remappings are applied.
    :param kinds: message types that are understood.
    """
    resolved, names = node.resolve_topic_name(topic), tuple(map(_type_name, kinds))
    state = TopicState(resolved, names, _publishers(node, resolved))
    return state if state.heard else replace(state, beside=_others(node, state))


def _publishers(node: Node, topic: str) -> tuple[Publisher, ...]:
    return tuple(sorted(
        (Publisher(_name(f'{each.node_namespace.rstrip("/")}/{each.node_name}'),
                   _name(each.topic_type), _qos(each))
         for each in node.get_publishers_info_by_topic(topic)),
        key=lambda one: (one.node, one.kind, one.qos)))


def _others(node: Node, state: TopicState) -> tuple[str, ...]:
    """Return the topics of an understood type that somebody else publishes."""
    alike = [name for name, types in sorted(node.get_topic_names_and_types())
             if name != state.topic and set(types) & set(state.kinds)]
    own = node.get_fully_qualified_name()
    return tuple(_name(name) for name in alike[:_LOOKED_AT]
                 if any(each.node != own and each.kind in state.kinds
                        for each in _publishers(node, name)))


def _type_name(kind: type) -> str:
    return f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}'


def _name(text: str) -> str:
    """Return a name of the graph as it may be told: anybody may choose it."""
    return text if text.isprintable() and len(text) <= _LONGEST else quoted(text)


def _qos(endpoint: TopicEndpointInfo) -> str:
    profile = endpoint.qos_profile
    reliable = profile.reliability is ReliabilityPolicy.RELIABLE
    kept = profile.durability is DurabilityPolicy.TRANSIENT_LOCAL
    return f'{"reliable" if reliable else "best effort"}{", transient local" if kept else ""}'


def _some(words: Iterable[str]) -> str:
    found = list(words)
    more = len(found) - _MOST
    return ', '.join(found[:_MOST]) + (f' and {more} more' if more > 0 else '')
