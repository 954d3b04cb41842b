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

"""Actions of classes and their overrides."""

from __future__ import annotations

import pytest

from seg_node.perception.models.manifest import Action, ClassInfo
from seg_node.stop_go.actions import blocking_table, class_rules, ClassRule, parse_override

BLACK = (0, 0, 0)
CLASSES = (
    ClassInfo('background', BLACK, False, Action.STOP), ClassInfo('path', BLACK, True, Action.GO),
    ClassInfo('sidewalk', BLACK, False, Action.STOP), ClassInfo('grass', BLACK, False, Action.GO),
    ClassInfo('speed_bump', BLACK, True, Action.SLOW), ClassInfo('pit', BLACK, True, Action.STOP))


def actions(*overrides):
    return {rule.name: rule.action for rule in class_rules(CLASSES, overrides)}


def test_the_manifest_rules_and_what_is_not_drivable_blocks():
    assert class_rules(CLASSES) == [
        ClassRule('background', Action.STOP), ClassRule('path', Action.GO),
        ClassRule('sidewalk', Action.STOP), ClassRule('grass', Action.STOP),
        ClassRule('speed_bump', Action.SLOW), ClassRule('pit', Action.STOP)]


def test_overrides_change_their_class_only():
    changed = class_rules(CLASSES, ['sidewalk=go', 'background=stop@8', ' speed_bump=slow@3.5 '])
    assert changed == [
        ClassRule('background', Action.STOP, 8.0), ClassRule('path', Action.GO),
        ClassRule('sidewalk', Action.GO), ClassRule('grass', Action.STOP),
        ClassRule('speed_bump', Action.SLOW, 3.5), ClassRule('pit', Action.STOP)]


@pytest.mark.parametrize(('texts', 'message'), [
    (['road=go'], "'road=go': the model has no class 'road', it has background, path, sidewalk"),
    (['path=slow', 'path=go'], "'path=go': class 'path' is given twice")])
def test_overrides_that_do_not_fit_the_model_are_refused(texts, message):
    with pytest.raises(ValueError, match=message):
        class_rules(CLASSES, texts)


@pytest.mark.parametrize(('text', 'rule'), [
    ('path=slow', ClassRule('path', Action.SLOW)),
    ('side walk=stop@0.5', ClassRule('side walk', Action.STOP, 0.5)),
    ('path=stop@200', ClassRule('path', Action.STOP, 200.0))])
def test_overrides_are_read(text, rule):
    assert parse_override(text) == rule


@pytest.mark.parametrize(('text', 'message'), [
    ('path', 'not of the form'), ('', 'not of the form'), ('=go', 'not of the form'),
    ('path=', 'not of the form'), ('path=go=stop', 'not of the form'),
    ('path=slow@', 'not of the form'), ('path=slow@1@2', 'not of the form'),
    ('path=GO', 'not of the form'), ('path=halt', "'halt' is no action; known are go, slow, stop"),
    ('path=slow@far', "'far' is no distance"), ('path=slow@nan', "'nan' is no distance"),
    ('path=slow@inf', "'inf' is no distance"), ('path=slow@0', "'0' is no distance"),
    ('path=stop@-1', "'-1' is no distance"), ('path=stop@200.1', "'200.1' is no distance"),
    ('path=go@5', 'go has no distance')])
def test_overrides_that_cannot_be_read_are_refused_by_their_text(text, message):
    with pytest.raises(ValueError) as error:
        parse_override(text)
    assert message in str(error.value) and str(error.value).startswith(f'{text!r}')


def test_labels_of_no_class_block():
    table = blocking_table(class_rules(CLASSES))
    assert table.shape == (256,)
    assert [label for label in range(256) if not table[label]] == [1, 4]
