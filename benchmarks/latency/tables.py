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

"""What was measured as text: ratios first, because machines differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
import math

from benchmarks.latency.case import Case, Measured
from benchmarks.latency.run import NODE, RELAY, SIMPLE
from seg_node.scoring.percentiles import Percentiles
from seg_node.tools.common.strict_json import strict_json
from seg_node.tools.common.text_table import markdown_table


@dataclass(frozen=True)
class Results:
    """
    All of a run.

    load: other processes that burnt a core each. bare: the network alone by case, without them.
    peak: Hz by (subject, case's name).
    """

    machine: str
    model: str
    seconds: float
    masks: bool
    load: int
    bare: Mapping[str, Percentiles]
    measured: Sequence[Measured]
    peak: Mapping[tuple[str, str], float]


def to_markdown(results: Results) -> str:
    """Return the tables."""
    heads = ('case', 'stop: node / simple, p50', 'overhead p50', 'overhead p99', 'relay p50',
             'network in a loop')
    parts = [
        f'`{results.model}` on {results.machine}; {results.seconds:g} s a case, masks '
        f'{"subscribed" if results.masks else "not subscribed"}'
        f'{f", beside {results.load} busy processes" if results.load else ""}. '
        'Milliseconds from the stamp of an image to the arrival of its message. Overhead: the '
        'node, each image without its own inference; relay: a node that passes on at once that '
        'an image has come; simple node: OpenCV and ONNX Runtime as they come, in its callback; '
        'callback: our Segmenter there.',
        markdown_table(heads, [_ratios(results, case) for case in _cases(results)]),
        markdown_table(('case', 'subject', 'stop p50', 'p95', 'p99', 'max', 'mask p50', 'p99',
                'without stop', 'without mask', 'cores', 'CPU a frame'),
               [_row(one) for one in results.measured])]
    stages = [one for one in results.measured if one.stages]
    if stages:
        names = list(dict.fromkeys(name for one in stages for name in one.stages))
        parts.append('Stages of the node, p50, ms:\n\n' + markdown_table(
            ('case', *names),
            [(one.case.name, *(_ms(one.stages.get(name, math.nan)) for name in names))
             for one in stages]))
    if results.peak:
        parts.append(markdown_table(
            ('case', 'subject', 'highest rate with at most 1 % of the frames without stop'),
            [(case, subject, f'{rate:.0f} Hz') for (subject, case), rate in results.peak.items()]))
    return '\n\n'.join(parts) + '\n'


def to_json(results: Results) -> str:
    """Return strict JSON: no number where there is none."""
    content = asdict(results)
    content['peak'] = [{'subject': subject, 'case': case, 'rate': rate}
                       for (subject, case), rate in results.peak.items()]
    return strict_json(content)


def _cases(results: Results) -> list[Case]:
    return list(dict.fromkeys(one.case for one in results.measured))


def _ratios(results: Results, case: Case) -> tuple[str, ...]:
    by_subject = {one.subject: one for one in results.measured if one.case == case}
    node, simple, relay = (by_subject.get(subject) for subject in (NODE, SIMPLE, RELAY))
    bare = results.bare.get(case.name)
    ratio = node.stop.p50 / simple.stop.p50 if node and simple else math.nan
    return (case.name, f'{ratio:.2f}', _ms(node.overhead.p50 if node else math.nan),
            _ms(node.overhead.p99 if node else math.nan),
            _ms(relay.stop.p50 if relay else math.nan),
            _ms(bare.p50 if bare else math.nan))


def _row(one: Measured) -> tuple[str, ...]:
    cores = ', '.join(f'{name} {used:.2f}' for name, used in one.cpu.items())
    return (one.case.name, one.subject, _ms(one.stop.p50), _ms(one.stop.p95), _ms(one.stop.p99),
            _ms(one.stop.max), _ms(one.mask.p50), _ms(one.mask.p99), f'{one.lost:.1%}',
            '-' if math.isnan(one.unmasked) else f'{one.unmasked:.1%}', cores, _ms(one.cpu_ms))


def _ms(value: float) -> str:
    return '-' if math.isnan(value) else f'{value:.1f}'
