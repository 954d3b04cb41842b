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

"""The results of a drive: summary.json, timeline.png and frames.png from what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from seg_node.errors import UserError
from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.perception.models.model import load_model
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import Source
from seg_node.stop_go.actions import class_rules, ClassRule
from seg_node.tools.common.video_files import for_browsers
from seg_node.tools.demo.drive_log import LoggedDrive, read_drive, read_records, read_sent
from seg_node.tools.demo.machine import told_of_machine
from seg_node.tools.demo.node_setup import NodeSetup
from seg_node.tools.demo.summary import path_iou, summarize, table, write_summary

TRUE_DRIVABLE = (1, 4)
"""Path and speed bump among the labels of the rendered drive."""
MAX_JUDGED = 200
"""Masks compared with the ground truth; of longer drives evenly spaced ones."""


def write_results(
    source: Source, setup: NodeSetup, out: Path, logs: Path, limits: dict[str, float],
    rate: float, interrupted: bool,
) -> str:
    """
    Write the results to the folder out and give the table for the terminal.

    :param limits: of the node, by parameter.
    :param rate: speed at which it was to be played.
    """
    drive = read_drive(read_sent(logs / 'sent.csv'), read_records(logs / 'records.jsonl'))
    if not drive.sent:
        raise UserError('no frame was sent, so there are no results. Let the drive begin')
    structure, iou = setup.structure, None
    classes = load_model(structure.model).classes
    if source.kind is Kind.RENDERED:
        iou = path_iou(rendered_pairs(drive, out / 'results.mcap'),
                       [index for index, info in enumerate(classes) if info.drivable],
                       TRUE_DRIVABLE)
    summary = summarize(drive, name=source.name, model=structure.model,
                        backend=structure.backend.name, path_iou=iou, interrupted=interrupted,
                        machine=told_of_machine(drive, source.kind, source.fps * rate))
    write_summary(summary, out / 'summary.json')
    # matplotlib takes a second to load; only now does somebody need it.
    from seg_node.tools.demo.contact_sheet import write_frames
    from seg_node.tools.demo.timeline_plot import write_timeline
    write_timeline(drive, out / 'timeline.png', limits, own_reaches(classes, setup.class_actions),
                   summary.machine)
    write_frames(drive, out / 'overlay.mp4', out / 'frames.png', classes)
    if not interrupted:      # who presses Ctrl-C does not wait for it
        for_browsers(out / 'overlay.mp4')
    return table(summary)


def own_reaches(classes: Sequence[ClassInfo], class_actions: Sequence[str]) -> list[ClassRule]:
    """Return the rules of the classes that act at a distance of their own, or slow."""
    return [rule for rule in class_rules(classes, class_actions)
            if rule.distance > 0 or rule.action is Action.SLOW]


def rendered_pairs(
    drive: LoggedDrive, bag: Path,
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """Yield recorded masks of the first camera with the true labels of the same moments."""
    from seg_node.recordings.cdr import read_cdr
    from seg_node.recordings.channels import IMAGE
    from seg_node.recordings.opening import open_frames
    from seg_node.recordings.stamps import stamp_of
    from seg_node.recordings.topics import Topics
    from seg_node.simulation import demo_drive
    camera = drive.cameras[0]
    moments = {one.stamp_ns: one.source_ns for one in drive.sent if one.camera == camera}
    if not any(name == camera for name, _, _ in drive.records.masks):
        return
    world = demo_drive()
    with open_frames(bag, Topics(image=f'/{camera}/segmentation/mask')) as masks:
        step = max(1, round((masks.count or 1) / MAX_JUDGED))
        for frame in masks:
            assert frame.message is not None
            moment = moments.get(stamp_of(frame.message))
            if frame.index % step or moment is None:
                continue
            message = read_cdr(frame.message, IMAGE)
            rows = np.asarray(message.data, np.uint8).reshape(message.height, message.step)
            truth = world.frame(moment / 1e9).labels
            if truth.shape == (message.height, message.width):
                yield rows[:, :message.width], truth
