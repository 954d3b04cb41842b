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

"""A camera that drives on over a road without end, each image rendered as it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import time

from benchmarks.faults.images import Film, Pixels, Road, tint
from seg_node.simulation.billboards import Billboard
from seg_node.simulation.labels import OBSTACLE
from seg_node.simulation.sprite import Sprite

_LENGTH = 500.0
"""Metres of road."""
_BEGIN = 20.0


class Drive:
    """
    Show what a camera sees that drives straight on since the drive began, for the tiny model.

    Its stamps are those of the moments that were rendered, however late an image is published:
    odometry at the same speed fits.

    :param speed: m/s.
    """

    def __init__(self, speed: float) -> None:
        """Set out."""
        self.speed = speed
        self._road = Road(end=float('inf'), length=_LENGTH)
        self._begun = self._moment = time.time()
        self._things: tuple[Billboard, ...] = ()
        self._called: int = OBSTACLE

    def frame(self, number: int) -> Pixels:
        """Return the image of this moment."""
        self._moment = time.time()
        rendered = self._road.render(self._at(self._moment), self._things, number)
        rendered.labels[rendered.labels == OBSTACLE] = self._called
        return tint(rendered.bgr, rendered.labels)

    def changed(self, change: Callable[[Pixels], Pixels]) -> Film:
        """Return the same drive with every image changed."""
        return _Changed(self, change)

    def stamp(self) -> float:
        """Return when the last image was rendered, ROS time in seconds."""
        return self._moment

    def put(self, ahead: float, sprite: Sprite, called: int = OBSTACLE) -> None:
        """
        Let something stand from now on, so many metres ahead of the camera.

        :param called: the label whose colour it gets: what the tiny model takes it for.
        """
        self._called = called
        self._things = (self._road.scene.place(self._at(time.time()) + ahead, 0.0, sprite),)

    def clear(self) -> None:
        """Take away what stands there."""
        self._things = ()

    def _at(self, moment: float) -> float:
        return _BEGIN + self.speed * (moment - self._begun)


@dataclass(frozen=True, eq=False)
class _Changed:
    film: Film
    change: Callable[[Pixels], Pixels]

    def frame(self, number: int) -> Pixels:
        return self.change(self.film.frame(number))

    def changed(self, change: Callable[[Pixels], Pixels]) -> Film:
        return _Changed(self, change)
