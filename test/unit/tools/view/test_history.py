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

"""What the node has said of late, and that its silence is a STOP."""

from __future__ import annotations

from hypothesis import given, strategies

from seg_node.tools.common.testbed.messages import StateMessage
from seg_node.tools.view.history import History, NO_STATE, SILENCE


def state(time, decision='go', reason='clear', free='3.5', camera='camera'):
    return StateMessage(time, f'{reason} at {time}', {
        'decision': decision, 'reason': reason, f'{camera}.decision': decision,
        f'{camera}.free_distance': free, f'{camera}.required_distance': '2.0'})


def said(told):
    return [(one['decision'], one['reason']) for one in told['stretches']]


def test_nothing_said_is_a_stop():
    told = History('/seg_node', 10.0, 0.0).everything(10.0)
    assert (told['decision'], told['reason']) == ('stop', NO_STATE)
    assert said(told) == [('stop', NO_STATE)]
    assert told['values'] == {}


def test_stretches_begin_where_decision_or_reason_change():
    history = History('/seg_node', 0.0, 100.0)
    for time, decision, reason in ((1.0, 'stop', 'confirming'), (1.1, 'stop', 'confirming'),
                                   (1.2, 'go', 'clear'), (1.3, 'stop', 'blocked')):
        history.take(state(time, decision, reason), 100.0 + time)
    told = history.everything(1.4)
    assert said(told) == [('stop', NO_STATE), ('stop', 'confirming'), ('go', 'clear'),
                          ('stop', 'blocked')]
    assert [one['since'] for one in told['stretches']] == [0.0, 1.0, 1.2, 1.3]
    assert told['stretches'][2]['wall'] == 101.2
    assert told['text'] == 'blocked at 1.3'


def test_silence_is_a_stop_and_shows_no_numbers_any_more():
    history = History('/seg_node', 0.0, 0.0)
    history.take(state(1.0), 1.0)
    history.look(1.0 + SILENCE, 1.5)
    assert history.everything(1.5)['decision'] == 'go'
    history.look(1.1 + SILENCE, 1.6)
    told = history.everything(1.6)
    assert (told['decision'], told['reason'], told['values']) == ('stop', NO_STATE, {})
    assert 'nothing heard' in told['text']
    history.take(state(2.0), 2.0)
    assert history.everything(2.0)['decision'] == 'go'


@given(strategies.text(max_size=8))
def test_whatever_is_neither_go_nor_slow_is_a_stop(word):
    history = History('/seg_node', 0.0, 0.0)
    history.take(state(1.0, word), 1.0)
    assert history.everything(1.0)['decision'] == (word if word in ('go', 'slow') else 'stop')


def test_news_are_told_once():
    history = History('/seg_node', 0.0, 0.0)
    history.take(state(1.0), 1.0)
    first = history.news(1.05)
    assert said(first) == [('stop', NO_STATE), ('go', 'clear')]
    assert [sample[0] for sample in first['samples']['camera']] == [1.0]
    assert said(history.news(1.1)) == []
    history.take(state(1.2, 'stop', 'blocked', free='nan'), 1.2)
    second = history.news(1.25)
    assert said(second) == [('stop', 'blocked')]
    assert second['samples'] == {'camera': [(1.2, None, 2.0)]}
    assert len(history.everything(1.3)['stretches']) == 3


def test_more_than_is_kept_is_told_as_far_as_it_is_kept():
    history = History('/seg_node', 0.0, 0.0)
    history.news(0.0)
    for step in range(1000):
        history.take(state(step * 0.05, *(('go', 'clear') if step % 2 else ('stop', 'blocked'))),
                     0.0)
    told = history.news(60.0)
    assert len(told['stretches']) == 200
    assert said(told)[-1] == ('go', 'clear')


def test_distances_are_kept_a_minute_ten_a_second_and_per_camera():
    history = History('/seg_node', 0.0, 0.0)
    for step in range(4000):
        history.take(state(step * 0.025), 0.0)
    samples = history.everything(100.0)['samples']['camera']
    assert 400 < len(samples) <= 602
    assert samples[0][0] >= samples[-1][0] - 60.0
    history.take(state(101.0, camera='rear'), 0.0)
    assert history.cameras == ('rear',)
    assert set(history.everything(101.0)['samples']) == {'camera', 'rear'}
