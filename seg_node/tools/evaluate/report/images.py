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

"""The worst frames as images."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seg_node.tools.evaluate.report.failures import link
from seg_node.tools.evaluate.report.markup import Markup, tag
from seg_node.tools.evaluate.report.words import number

WHY = {'false_go': 'false GO', 'low_path_iou': 'lowest path IoU',
       'low_confidence': 'lowest confidence'}


Details = Mapping[tuple[str, int], str]
"""What happened in frames, by recording and index."""


def gallery(folder: Path, worst: Sequence[Mapping[str, Any]], details: Details,
            numbers: Mapping[str, int]) -> Markup:
    """
    Show frames of a run.

    :param worst: as in summary.json.
    :param numbers: of the recordings that have a timeline.
    """
    if not worst:
        return tag('p', 'No frame could be shown.', class_='hint')
    return tag('div', *(_figure(folder, frame, details, numbers) for frame in worst),
               class_='gallery')


def image(folder: Path, place: str, words: str) -> Markup:
    """Return a JPEG of the run's folder as part of the page; says so where there is none."""
    path = folder / place
    try:
        data = path.read_bytes() if path.resolve().is_relative_to(folder.resolve()) else b''
    except OSError:
        data = b''
    if not data.startswith(b'\xff\xd8'):
        return tag('div', 'no image', class_='missing')
    source = f'data:image/jpeg;base64,{base64.b64encode(data).decode("ascii")}'
    return tag('img', src=Markup(source), alt=words)


def _figure(folder: Path, frame: Mapping[str, Any], details: Details,
            numbers: Mapping[str, int]) -> Markup:
    why, recording, index = str(frame['why']), str(frame['recording']), frame['index']
    values = [f'path IoU {number(frame.get("path_iou"))}' if frame.get('path_iou') is not None
              else None,
              f'confidence {number(frame.get("confidence"))}'
              if frame.get('confidence') is not None else None]
    jump = tag('button', 'show in timeline', type='button', class_='link', data_frame=index,
               data_recording=numbers[recording]) if recording in numbers else None
    return tag(
        'figure', image(folder, str(frame['thumbnail']), f'{recording}, frame {index}'),
        tag('figcaption',
            tag('span', WHY.get(why, why.replace('_', ' ')),
                class_='chip bad' if why == 'false_go' else 'chip'),
            ' ', link(recording, numbers), f', frame {index}',
            tag('span', details.get((recording, index)), class_='story'),
            tag('span', ' · '.join(filter(None, values)), class_='hint'), jump))
