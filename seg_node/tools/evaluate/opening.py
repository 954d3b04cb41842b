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

"""From a job to the images of its recording and their truth."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from seg_node.errors import UserError
from seg_node.recordings.bag import open_bag
from seg_node.recordings.decoding import GroundTruth
from seg_node.recordings.find import Kind
from seg_node.recordings.opening import checked_kind, open_frames
from seg_node.recordings.sources import Source
from seg_node.recordings.topics import Topics
from seg_node.tools.evaluate.ground_truth.mapping import Mapping, model_ids, read_mapping
from seg_node.tools.evaluate.job import Job


def open_recording(
    job: Job, classes: Sequence[str], stack: ExitStack,
) -> tuple[Source, GroundTruth | None, bool]:
    """
    Open a recording and its truth; closed by the stack.

    :param classes: names of the model's classes.
    :returns: the source, the truth or None, and whether the truth of the run tells classes.
    :raises UserError: when they cannot be opened.
    """
    settings, path = job.settings, job.recording.path
    choice = settings.truth
    mapping = read_mapping(choice.mapping, classes) if choice.mapping else model_ids(classes)
    if checked_kind(path) is Kind.BAG:
        configuration = settings.configuration
        source = open_frames(path, Topics(
            (settings.camera,), configuration.structure.transport, settings.topic,
            settings.odometry, configuration.limits.odometry_age, choice.topic))
    elif choice.topic:
        raise UserError(f'{path}: is no bag, so it has no topic {choice.topic} for --truth. '
                        'Give a folder of masks')
    else:
        source = open_frames(path, fps=settings.fps, camera=settings.calibration)
    stack.callback(source.close)
    # The same for all recordings of a run, also for one without masks.
    has_classes = mapping.has_classes and bool(choice.folder or choice.topic)
    return source, _open_truth(job, source, mapping, stack), has_classes


def _open_truth(job: Job, source: Source, mapping: Mapping, stack: ExitStack
                ) -> GroundTruth | None:
    choice = job.settings.truth
    if choice.topic:
        from seg_node.tools.evaluate.ground_truth.masks import TopicMasks
        masks = TopicMasks(open_bag(job.recording.path), choice.topic, mapping)
        stack.callback(masks.close)
        return masks
    if job.masks is not None:
        from seg_node.tools.evaluate.ground_truth.masks import FolderMasks
        return FolderMasks(job.masks, mapping, source.count)
    return None
