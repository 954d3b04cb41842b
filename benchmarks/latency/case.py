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

"""What is measured: cases, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from seg_node.perception.images.layout import Layout
from seg_node.scoring.percentiles import Percentiles
from seg_node.stop_go.limits import Geometry

SIZES = ((640, 480), (1280, 720), (1920, 1080))
JPEG = 'jpeg'
ENCODINGS = (*(layout.name.lower() for layout in Layout), JPEG)
"""How images may come: as they are, in any layout that has a name, or as files."""
MAX_LOSS = 0.01
"""Share of frames without a stop message of their own up to which a rate counts as carried."""


@dataclass(frozen=True)
class Case:
    """
    Cameras of one size, rate (Hz) and encoding, all alike.

    geometry: of the corridor; on the ground, the cameras are described and there is odometry.
    """

    width: int = 1280
    height: int = 720
    encoding: str = 'bgr8'
    cameras: int = 1
    rate: float = 30.0
    geometry: Geometry = Geometry.TRAPEZOID

    @property
    def name(self) -> str:
        """Name for people and files."""
        way = ', on the ground' if self.geometry is Geometry.GROUND else ''
        return (f'{self.width}x{self.height} {self.encoding}, {self.cameras} x {self.rate:g} Hz'
                f'{way}')

    @property
    def compressed(self) -> bool:
        """Whether they send files."""
        return self.encoding == JPEG

    @property
    def camera_names(self) -> tuple[str, ...]:
        """Names of the cameras."""
        return tuple(f'camera_{index}' for index in range(self.cameras))


Image = tuple[str, int]
"""Camera and stamp, ns."""


@dataclass(frozen=True)
class Measured:
    """
    What a subject did with a case.

    sent: frames of all cameras in the time that counts. stop, mask: from the image's stamp to the
    arrival of the message. overhead: stop without the frame's own inference, as the subject tells
    it. lost, unmasked: shares of the frames without a message. cpu: cores that each process used
    on average. stages: of the node's own diagnostics, p50 in ms.
    """

    subject: str
    case: Case
    sent: int
    stop: Percentiles
    mask: Percentiles
    overhead: Percentiles
    lost: float
    unmasked: float
    cpu: Mapping[str, float]
    stages: Mapping[str, float]

    @property
    def cpu_ms(self) -> float:
        """CPU time of the subject for a frame that was sent, ms."""
        return 1e3 * self.cpu[self.subject] / (self.case.rate * self.case.cameras)


def cases(sizes: Iterable[tuple[int, int]], encodings: Iterable[str], cameras: Iterable[int],
          rates: Iterable[float], geometry: Geometry = Geometry.TRAPEZOID) -> Iterator[Case]:
    """Return all combinations."""
    for (width, height), encoding, count, rate in product(sizes, encodings, cameras, rates):
        yield Case(width, height, encoding, count, rate, geometry)


def latencies(sent: Mapping[str, set[int]], heard: Iterable[tuple[str, int, int]]
              ) -> tuple[dict[Image, float], float]:
    """
    Return each image's milliseconds from stamp to first arrival, and the share that has none.

    :param sent: stamps by camera, ns.
    :param heard: (camera, stamp, time of arrival), ns on the clock of the stamps.
    """
    first: dict[Image, int] = {}
    for camera, stamp, arrival in heard:
        if stamp in sent.get(camera, ()):
            key = (camera, stamp)
            first[key] = min(arrival, first.get(key, arrival))
    total = sum(map(len, sent.values()))
    times = {(camera, stamp): (arrival - stamp) / 1e6
             for (camera, stamp), arrival in first.items()}
    return times, 1.0 - len(times) / total if total else float('nan')
