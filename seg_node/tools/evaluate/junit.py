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

"""junit.xml: scenarios and limits as tests, in the format that CI servers show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from seg_node.outside_text import printable
from seg_node.tools.evaluate.gate.checking import CheckedLimit
from seg_node.tools.evaluate.scenario.summary import Expected


def junit_xml(name: str, expected: Sequence[Expected], limits: Sequence[CheckedLimit]) -> bytes:
    """
    Return a suite for each recording with a scenario, and one for the limits of the gate.

    :param name: of the run.
    """
    root = ElementTree.Element('testsuites', name=printable(name))
    in_order = sorted(expected, key=lambda one: one.recording)
    for recording, lines in groupby(in_order, key=lambda one: one.recording):
        _add_suite(root, recording, [(line.words, line.problem) for line in lines])
    if limits:
        _add_suite(root, 'gate', [(' '.join(one.cells[:2]), one.problem and (
            f'{one.problem}: found {one.cells[2]}')) for one in limits])
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, 'utf-8', xml_declaration=True)) + b'\n'


def _add_suite(root: ElementTree.Element, name: str, cases: Sequence[tuple[str, str]]) -> None:
    failures = sum(bool(problem) for _, problem in cases)
    suite = ElementTree.SubElement(
        root, 'testsuite', name=printable(name), tests=str(len(cases)), failures=str(failures),
        errors='0', skipped='0')
    for words, problem in cases:
        case = ElementTree.SubElement(
            suite, 'testcase', classname=printable(name), name=printable(words))
        if problem:
            ElementTree.SubElement(case, 'failure', message=printable(problem))
