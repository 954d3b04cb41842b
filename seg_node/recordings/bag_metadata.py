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

"""What metadata.yaml tells of a bag: its files, and how many messages they should hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from seg_node.safe_yaml import read_yaml, YamlError

NAME = 'metadata.yaml'
MAX_BYTES = 1 << 20
"""That of a bag of thousands of files is larger, and is not read."""


class MetadataError(ValueError):
    """A metadata.yaml that cannot be used; a short line that follows its name."""


@dataclass(frozen=True)
class Promise:
    """What is told of a topic: its number of messages, and the hash of its type's definition."""

    count: int
    digest: str = ''


@dataclass(frozen=True)
class BagMetadata:
    """
    What is needed of a metadata.yaml; how messages are stored, their files tell by themselves.

    files: names in the order of recording. promises: by topic and type.
    """

    files: tuple[str, ...]
    promises: Mapping[tuple[str, str], Promise] = field(default_factory=dict)


def read_metadata(folder: Path) -> BagMetadata:
    """Read that of a folder; MetadataError says why it cannot be used."""
    try:
        facts: Any = read_yaml(folder / NAME, max_bytes=MAX_BYTES)['rosbag2_bagfile_information']
        # Older ones hold paths, which may be of another machine.
        files = tuple(PurePosixPath(str(name)).name for name in facts['relative_file_paths'])
        promises = {
            (str(topic['name']), str(topic['type'])): Promise(
                int(one['message_count']), str(topic.get('type_description_hash', '')))
            for one in facts['topics_with_message_count'] for topic in [one['topic_metadata']]}
    except YamlError as error:
        raise MetadataError(str(error)) from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise MetadataError('is not that of a bag') from None
    return BagMetadata(files, promises)
