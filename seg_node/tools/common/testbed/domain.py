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

"""ROS domains on this machine, and the environment of processes that meet in one."""

from __future__ import annotations

from collections.abc import Mapping
import contextlib
import fcntl
import os
from pathlib import Path
import random
import tempfile
from typing import IO

import seg_node
from seg_node.errors import UserError

_RANGE = 'ROS_AUTOMATIC_DISCOVERY_RANGE'
_NUMBERS = range(1, 96)
"""Up to 101 the ports lie below Linux's ephemeral range; 0 is everybody's default."""


class Domain:
    """
    A ROS domain until it is closed, with the environment `env` of processes that meet in it.

    They reach this machine only, use the Fast DDS profile for images unless the user has chosen
    another, and find this package from any folder.
    """

    def __init__(self, number: int, env: Mapping[str, str], claim: IO[str] | None = None) -> None:
        """
        Enter a domain.

        :param env: of the processes; what they need besides is added.
        :param claim: the file that is locked as long as the domain is taken.
        """
        self.number = number
        self._claim = claim
        root = Path(seg_node.__file__).resolve().parents[1]
        self.env = {
            **env, 'ROS_DOMAIN_ID': str(number), 'PYTHONUNBUFFERED': '1',
            'PYTHONPATH': os.pathsep.join(filter(None, (str(root), env.get('PYTHONPATH'))))}
        # Kilted warns about the old name, Humble to Jazzy know no other.
        old = env.get('ROS_DISTRO') in ('humble', 'iron', 'jazzy')
        name = 'FASTRTPS_DEFAULT_PROFILES_FILE' if old else 'FASTDDS_DEFAULT_PROFILES_FILE'
        if (profile := _profile(root)) is not None:
            self.env.setdefault(name, str(profile))
        # The middleware of this process reads them when it enters its first domain.
        os.environ.update({key: self.env[key] for key in (_RANGE, name) if key in self.env})

    @classmethod
    def claim(cls) -> Domain:
        """
        Claim a domain that nobody else on this machine uses, whatever the user's environment says.

        Nobody wants faults injected into a robot that happens to be on the same network.

        :raises UserError: when all are taken.
        """
        number, claim = _claim()
        return cls(number, {**os.environ, _RANGE: 'LOCALHOST'}, claim)

    @classmethod
    def chosen(cls) -> Domain:
        """Return the domain that the user has chosen by ROS_DOMAIN_ID, else a claimed one."""
        number = os.environ.get('ROS_DOMAIN_ID', '')
        if not number.isdecimal():
            return cls.claim()
        return cls(int(number), {_RANGE: 'LOCALHOST', **os.environ})

    def close(self) -> None:
        """Let others have it."""
        if self._claim is not None:
            self._claim.close()


def _claim() -> tuple[int, IO[str]]:
    """Return a number that is taken as long as the file is open."""
    for number in random.sample(_NUMBERS, len(_NUMBERS)):
        with contextlib.suppress(OSError):
            claim = open(  # noqa: SIM115 - the open file is the claim
                Path(tempfile.gettempdir(), f'seg_node_domain_{number}.lock'), 'a',
                encoding='utf-8')
            try:
                fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                claim.close()
                continue
            return number, claim
    raise UserError(f'all ROS domains from {_NUMBERS[0]} to {_NUMBERS[-1]} are taken on this '
                    'machine; wait until other demos, benchmarks and tests have ended')


def _profile(root: Path) -> Path | None:
    candidates = [root / 'config' / 'fastdds.xml']
    for prefix in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep):
        if prefix:
            candidates.append(Path(prefix, 'share', 'seg_node', 'config', 'fastdds.xml'))
    return next((path for path in candidates if path.is_file()), None)
