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

"""model.md: the results as Markdown tables, and their place in a model card."""

from __future__ import annotations

from collections.abc import Sequence
import math
from pathlib import Path

from benchmarks.model.corruptions import SUITE
from benchmarks.model.results import Result, Settings
from seg_node.errors import UserError
from seg_node.scoring.path_score import iou_interval
from seg_node.scoring.swallowed import DISTANCES, GROUPS, SIZES, Swallowed
from seg_node.tools.common.text_table import markdown_table

BEGIN, END = '<!-- benchmark model -->', '<!-- /benchmark model -->'
NONE = '–'


def markdown(results: Sequence[Result], settings: Settings) -> str:
    """Return all tables, with what was run."""
    parts = [_about(settings), _quality(results), _swallowed(results), _latency(results),
             _classes(results), _corridor(results), _corruptions(results)]
    return '\n\n'.join(part for part in parts if part) + '\n'


def check_card(path: Path) -> str:
    """
    Return the text of a model card.

    :raises UserError: when it cannot be read, or has no place for the tables.
    """
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f'--card {path}: cannot be read ({error})') from None
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UserError(f'--card {path}: the tables go between a line {BEGIN} and a line {END}; '
                        'put both into it, once')
    return text


def write_card(path: Path, tables: str) -> None:
    """
    Put the tables between the marks of a model card; the rest of it stays as it is.

    :raises UserError: when the marks are missing, or the card cannot be written.
    """
    text = check_card(path)
    before, after = text[:text.index(BEGIN)], text[text.index(END):]
    try:
        path.write_text(f'{before}{BEGIN}\n\n{tables.strip()}\n\n{after}', encoding='utf-8')
    except OSError as error:
        raise UserError(f'--card {path}: cannot be written ({error.strerror})') from None


def _about(settings: Settings) -> str:
    sets = ', '.join(f'{count} of {name}' for name, count in settings.images.items())
    lines = [f'`{settings.command}`: {sets} ({settings.split}), all networks on the same images '
             f'in one run, {settings.threads} threads on {settings.machine}.']
    return '\n'.join([*lines, *(f'{line}.' for line in settings.left_out)])


def _quality(results: Sequence[Result]) -> str:
    rows = []
    for name in results[0].sets:
        for one in results:
            score = one.sets[name]
            low_high = iou_interval(tuple(score.images.values()))
            rows.append([
                name, one.facts.name, number(score.path.iou),
                f'{number(low_high.low)} to {number(low_high.high)}', number(score.boundary.f1),
                percent(score.path.false_path_rate), number(score.calibration.error())])
    return markdown_table(['set', 'network', 'path IoU', '95 % interval', 'boundary F1',
                           'background called path', 'ECE'], rows)


def _swallowed(results: Sequence[Result]) -> str:
    """Return how many obstacles each contender calls path, of all that stand on the road."""
    kinds = [name for name, score in results[0].sets.items() if score.swallowed.seen]
    groups = [(name, place) for place, names in enumerate((kinds, SIZES, DISTANCES))
              for name in names]
    rows = []
    for one in results:
        total = sum((score.swallowed for score in one.sets.values()), Swallowed())
        counts = {(name, place): count for place in range(len(GROUPS))
                  for name, count in total.by(place).items()}
        cells = [f'{lost} of {seen}' if seen else NONE
                 for lost, seen in (counts.get(key, (0, 0)) for key in groups)]
        rows.append([one.facts.name, percent(total.share), *cells])
    return markdown_table(['obstacles swallowed', 'all', *(name for name, _ in groups)], rows)


def _latency(results: Sequence[Result]) -> str:
    rows = []
    for one in results:
        facts, took = one.facts, one.latency
        size = NONE if facts.parameters is None else f'{facts.parameters / 1e6:.2f} M'
        rows.append([
            facts.name, size, f'{facts.width}x{facts.height}', facts.runtime, facts.precision,
            f'{took.median_ms:.1f} ms', f'{took.p95_ms:.1f} ms', f'{took.inference_ms:.1f} ms',
            NONE if took.ratio is None else f'{took.ratio:.2f}'])
    return markdown_table([
        'network', 'parameters', 'input', 'runtime', 'precision', 'frame to labels', '95 % below',
        'network alone', 'time / adas-0001'], rows)


def _classes(results: Sequence[Result]) -> str:
    parts = []
    for name in results[0].sets:
        known = [(one, confusion) for one in results
                 if (confusion := one.sets[name].confusion) is not None]
        for names in dict.fromkeys(one.sets[name].class_names for one, _ in known):
            rows = [[one.facts.name, *map(number, confusion.ious), number(confusion.mean_iou)]
                    for one, confusion in known if one.sets[name].class_names == names]
            parts.append(markdown_table([f'IoU of the classes, {name}', *names, 'mean'], rows))
    return '\n\n'.join(parts)


def _corridor(results: Sequence[Result]) -> str:
    kinds = list(results[0].road_or_not.kinds)
    rows = [[one.facts.name, f'{one.road_or_not.road:.2f}', f'{one.road_or_not.no_road:.2f}',
             *(f'{one.road_or_not.kinds[kind]:.2f}' for kind in kinds),
             number(one.road_or_not.auroc), percent(one.road_or_not.called_path)]
            for one in results]
    return markdown_table([
        'confidence that the corridor is path', 'roads', 'no roads', *kinds, 'AUROC',
        'no road called path'], rows)


def _corruptions(results: Sequence[Result]) -> str:
    found = [(one.facts.name, one.robustness) for one in results if one.robustness is not None]
    if not found:
        return ''
    rows = [['none', *(number(robust.clean) for _, robust in found)]]
    rows += [[kind.name.replace('_', ' '),
              *(' / '.join(number(iou) for iou in robust.ious[kind.name])
                for _, robust in found)] for kind in SUITE]
    rows.append(['mean', *(number(robust.mean) for _, robust in found)])
    worst = []
    for _, robust in found:
        kind, strength, iou = robust.worst
        worst.append(f'{number(iou)} ({kind.replace("_", " ")} {strength})')
    rows.append(['worst', *worst])
    head = f'corruption; path IoU on {found[0][1].images} images, strengths 1 / 2 / 3'
    return markdown_table([head, *(name for name, _ in found)], rows)


def number(value: float) -> str:
    """Return a share with three digits."""
    return NONE if math.isnan(value) else f'{value:.3f}'


def percent(value: float) -> str:
    """Return a share in per cent."""
    return NONE if math.isnan(value) else f'{100 * value:.1f} %'
