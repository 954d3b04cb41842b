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

"""Who may look, and who may change something."""

from __future__ import annotations

import socket

from hypothesis import given, strategies
import pytest

from seg_node.errors import UserError
from seg_node.tools.view.access import Access, new_token, parse_address, parse_token

LOCAL = Access('127.0.0.1', 'the-right-token-of-this')
EVERYWHERE = Access('0.0.0.0', 'the-right-token-of-this')
REBOUND = ['evil.example', 'evil.example:8642', 'localhost.evil.example', '127.0.0.1.evil.example',
           'robot', '', ':8642', 'localhost@evil.example', 'evil.example/localhost', 'localhost ',
           '[::1', 'localhost:port', '127.1', '0x7f000001', '127.0.0.1,evil.example']


@pytest.mark.parametrize('host', [
    'localhost', 'localhost:8642', 'LOCALHOST:1', '127.0.0.1', '127.0.0.1:9000', '[::1]:8642'])
def test_this_computer_is_known_by_its_names_and_any_port(host):
    """A tunnel may end at another port."""
    assert LOCAL.takes_host(host)
    assert EVERYWHERE.takes_host(host)


@pytest.mark.parametrize('host', REBOUND)
def test_names_that_may_resolve_to_anything_are_not_ours(host):
    assert not LOCAL.takes_host(host)
    assert not EVERYWHERE.takes_host(host)


def test_other_addresses_are_taken_only_where_others_can_connect():
    own = socket.gethostname().lower()
    for host in ('192.168.1.7:8642', '[fe80::1]:8642', f'{own}.local:8642'):
        assert EVERYWHERE.takes_host(host)
        assert not LOCAL.takes_host(host)


@given(strategies.text(max_size=40))
def test_any_host_and_origin_is_judged_and_nothing_raised(text):
    for access in (LOCAL, EVERYWHERE):
        access.takes_host(text)
        if access.takes_origin(text, 'localhost:8642'):
            assert text.lower().endswith('//localhost:8642')
        assert not access.knows(text)


@pytest.mark.parametrize('origin', [
    None, '', 'null', 'http://evil.example', 'http://localhost', 'http://localhost:8643',
    'http://localhost:8642.evil.example', 'http://evil.example#localhost:8642'])
def test_only_our_own_page_is_of_our_origin(origin):
    assert LOCAL.takes_origin('http://localhost:8642', 'localhost:8642')
    assert not LOCAL.takes_origin(origin, 'localhost:8642')


def test_looking_needs_the_token_only_from_elsewhere():
    assert LOCAL.may_watch('')
    assert not EVERYWHERE.may_watch('')
    assert not EVERYWHERE.may_watch('the-right-token-of-thi')
    assert EVERYWHERE.may_watch('the-right-token-of-this')


def test_the_token_is_shown_behind_the_hash_only():
    assert 'token' not in repr(LOCAL)
    url = LOCAL.url(8642)
    assert url.startswith('http://127.0.0.1:8642/#token=')
    assert Access('::1', 'x').url(1) == 'http://[::1]:1/#token=x'
    assert Access('::1', 'x').is_local
    assert socket.gethostname() in EVERYWHERE.url(8642)


@pytest.mark.parametrize('text', ['', 'short', 'a token with spaces in it', 'two\nlines' * 4,
                                  'ümlaute-sind-nicht-dabei'])
def test_a_token_that_can_be_guessed_or_not_be_sent_is_refused(text):
    with pytest.raises(UserError, match='--token-file'):
        parse_token(text)


def test_tokens():
    assert parse_token(f'{new_token()}\n')
    assert new_token() != new_token()


def test_addresses_are_numbers():
    assert parse_address('localhost') == '127.0.0.1'
    assert parse_address('::') == '::'
    with pytest.raises(UserError, match='IP address'):
        parse_address('robot.local')
