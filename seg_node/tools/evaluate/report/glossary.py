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

"""What every number of a summary means, in a sentence or two."""

from __future__ import annotations

from dataclasses import dataclass

from seg_node.tools.evaluate.report.catalogue import CLASSES, HEALTH, REASONS, SCORES, STAGES

_MEANINGS = {
    'path_iou': 'Intersection over union of path: pixels of it for network and truth, over those '
                'of it for either. 1 is perfect.',
    'path_f1': 'Harmonic mean of precision and recall of path.',
    'path_maxf': 'The best F1 of path at any threshold of its confidence, as KITTI road counts '
                 'it.',
    'path_maxf_bev': 'MaxF on the ground seen from above, so that far pixels count for the ground '
                     'that they cover. Needs camera_info and a mounting.',
    'precision': 'Of the pixels called path, the share that is.',
    'recall': 'Of the pixels that are path, the share that was called so.',
    'false_path_rate': 'Of the pixels that are no path, the share that was called path: what '
                       'could be driven into.',
    'boundary_f1': 'How well the edges of path lie on those of the truth, within a few pixels.',
    'miou': 'The mean of the intersection over union of all classes.',
    'ece': 'Expected calibration error: by how much confidence differs from how often it is '
           'right. 0 is perfect.',
    'decisions.false_go': 'Frames with GO or SLOW where the mask itself shows an obstacle or no '
                          'road (or anything else to stop for).',
    'decisions.false_go_events': 'Runs of such frames: what was driven into once is one event.',
    'decisions.early_go': 'Frames with GO or SLOW where the mask shows nothing in the way, but '
                          'a node that sees the mask would still be waiting until GO is earned '
                          '(go_after, go_hold).',
    'decisions.missed_stops': 'STOPs of the truth through which the node never stopped.',
    'decisions.true_stops': 'How often the truth goes from driving to STOP.',
    'decisions.false_stop': 'Frames with STOP where the truth drives: safe, but it stands.',
    'decisions.agreement': 'Share of the frames on which node and truth decide the same.',
    'decisions.judged': 'Frames of which it is known what the truth would have decided.',
    'decisions.lag_frames.median': 'By how many frames STOP came after that of the truth; half '
                                   'of the STOPs were quicker.',
    'decisions.lag_frames.p95': 'The same; 95 % of the STOPs were quicker.',
    'decisions.lead_frames.median': 'By how many frames STOP came before that of the truth.',
    'decisions.lead_frames.p95': 'The same, of the earliest 5 %.',
    'decisions.go': 'Frames that say: drive.',
    'decisions.slow': 'Frames that say: drive slowly.',
    'decisions.stop': 'Frames that say: stop.',
    'decisions.changes_per_minute': 'How often the decision changes: nervousness.',
    'stability.decision_flips': 'How often the decision changes in all.',
    'second_opinion.places': 'Places on the way that a witness of the second opinion doubts, '
                             'counted in each frame anew.',
    'second_opinion.right': 'Those at whose foot the mask shows something other than path.',
    'stability.flicker_mean': 'Share of the near corridor that changes its class from one frame '
                              'to the next.',
    'stability.flicker_p95': 'The same, exceeded by 5 % of the frames.',
    'failed': 'Recordings that could not be read, or not to their end.',
    'frames': 'Frames that were judged.',
    'with_truth': 'Frames for which there is a mask.',
    'seconds': 'Recorded time, from first to last frame.',
    'scenario.expected': 'What the scenarios of the recordings say must happen.',
    'scenario.broken': 'What did not happen though a scenario says that it must.',
}
_STAGES = {
    'decode': 'reading and decoding an image', 'resize': 'making it the input of the network',
    'infer': 'the network', 'measure': 'camera health, corridor and decision'}
_PARTS = {'p50': 'half of the frames are quicker', 'p95': '95 % of the frames are quicker',
          'p99': '99 % of the frames are quicker', 'max': 'the slowest frame'}


@dataclass(frozen=True)
class Term:
    """A number as people read of it; anchor is where a page explains it."""

    anchor: str
    label: str
    meaning: str


def meaning(name: str) -> str:
    """Say what a number of a summary means."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    first, _, rest = name.partition('.')
    if first == 'latency_ms':
        stage, part = rest.split('.')
        return f'Milliseconds for {_STAGES[stage]}, on this machine; {_PARTS[part]}.'
    if name.startswith(CLASSES):
        return 'Intersection over union of this class: pixels of it for both, over either.'
    if name.startswith(REASONS):
        return 'Frames decided for this reason; docs/troubleshooting.md tells what to do.'
    if name.startswith(HEALTH):
        return 'Frames in which this was found wrong with the camera.'
    raise ValueError(f'{name}: no number of a summary')


def anchor(name: str) -> str:
    """Return where a page explains a number; times of all parts and stages are explained once."""
    if name.startswith('latency_ms.'):
        return 'what-latency'
    return 'what-' + name.replace('.', '-')


def glossary() -> list[Term]:
    """Return what the numbers mean, the weightiest first."""
    times = ', '.join(f'{stage}: {_STAGES[stage]}' for stage in STAGES)
    return [*(Term(anchor(name), score.label, meaning(name)) for name, score in SCORES.items()
              if not score.is_time),
            Term('what-latency', 'times, ms', 'How long the stages of a frame took on this '
                 f'machine ({times}). p50: half of the frames are quicker; p95: 95 %; p99: 99 %.')]
