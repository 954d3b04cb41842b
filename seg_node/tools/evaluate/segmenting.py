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

"""The network's share of the work: several frames at a time, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from seg_node.perception.segmenter import Segmentation, Segmenter
from seg_node.recordings.decoding import DecodedFrame


@dataclass(frozen=True, eq=False)
class SegmentedFrame:
    """A frame with what the network says of it, or why it says nothing."""

    decoded: DecodedFrame
    segmentation: Segmentation | None
    problem: str = ''


class SegmenterPool:
    """
    Segmenters of one network, each at work on a frame of its own.

    A recording has frames in plenty, so it pays to give each thread its own: threads that share
    one wait for each other at every layer.
    """

    def __init__(self, segmenters: Sequence[Segmenter]) -> None:
        """Take open segmenters, at least one, all of the same model and backend."""
        self.model = segmenters[0].model
        self.backend = segmenters[0].backend
        self._size = len(segmenters)
        self._free: SimpleQueue[Segmenter] = SimpleQueue()
        for segmenter in segmenters:
            self._free.put(segmenter)

    def segmented(self, frames: Iterable[DecodedFrame]) -> Iterator[SegmentedFrame]:
        """Segment frames and yield them in their order; what `frames` raises comes after those."""
        waiting: deque[Future[SegmentedFrame]] = deque()
        raised: Exception | None = None
        with ThreadPoolExecutor(self._size, 'segmentation') as pool:
            try:
                for decoded in frames:
                    waiting.append(pool.submit(self._segment, decoded))
                    if len(waiting) > self._size:
                        yield waiting.popleft().result()
            except Exception as error:
                raised = error
            while waiting:
                yield waiting.popleft().result()
        if raised is not None:
            raise raised

    def _segment(self, decoded: DecodedFrame) -> SegmentedFrame:
        image = decoded.image
        if image is None:
            return SegmentedFrame(decoded, None)
        segmenter = self._free.get()
        try:
            found = segmenter.segment(image.bgr)
            return SegmentedFrame(decoded, found.at(image.width, image.height))
        except Exception as error:      # a STOP with its reason, as in the node
            return SegmentedFrame(decoded, None, f'{error}' or type(error).__name__)
        finally:
            self._free.put(segmenter)
