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

"""How long each contender takes from a frame to its labels, all of them in one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import time

import numpy as np
from numpy.typing import NDArray

from benchmarks.model.contender import Contender

Array = NDArray[np.uint8]

WARM_UP = 5
"""Rounds before those that count."""


@dataclass(frozen=True)
class Timing:
    """Seconds from frame to labels, and those of the network alone within."""

    frame: float
    inference: float


Round = tuple[Timing, ...]
"""One timing of each contender, one right after the other on the same image."""


@dataclass(frozen=True)
class Latency:
    """
    Milliseconds of one contender, and its time as a share of the reference's.

    The ratio is taken within each round, where both met the same machine; `ratio` is the median,
    `ratio_low` and `ratio_high` are the quartiles. None without a reference.
    """

    median_ms: float
    p95_ms: float
    inference_ms: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None


def race(contenders: Sequence[Contender], images: Sequence[Array], rounds: int,
         warm_up: int = WARM_UP, clock: Callable[[], float] = time.perf_counter
         ) -> Iterator[Round]:
    """
    Time the contenders in turns: all of them on one image, all on the next, and so on.

    Each round has an order of its own, from a fixed seed: who comes after another finds its
    threads still awake and its data in the caches. Labels means the mask at the image's size;
    images come round again after the last.
    """
    draw = np.random.default_rng(0)
    for number in range(warm_up + rounds):
        bgr = images[number % len(images)]
        timings: dict[int, Timing] = {}
        for index in draw.permutation(len(contenders)).tolist():
            contender = contenders[index]
            begun = clock()
            mask = contender.segment(bgr).mask
            took = clock() - begun
            del mask
            timings[index] = Timing(took, contender.inference_s)
        if number >= warm_up:
            yield tuple(timings[index] for index in range(len(contenders)))


def summarize(rounds: Sequence[Round], index: int, reference: int | None) -> Latency:
    """Sum up the rounds of the contender at an index, and set it against that at `reference`."""
    frames = np.array([one[index].frame for one in rounds]) * 1e3
    inference = np.array([one[index].inference for one in rounds]) * 1e3
    low = middle = high = None
    if reference is not None:
        ratios = frames / (np.array([one[reference].frame for one in rounds]) * 1e3)
        low, middle, high = (float(value) for value in np.quantile(ratios, (0.25, 0.5, 0.75)))
    return Latency(float(np.median(frames)), float(np.quantile(frames, 0.95)),
                   float(np.median(inference)), middle, low, high)
