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

"""Where the files that come with the package are looked for."""

from __future__ import annotations

import sys

from helpers.places import ROOT as CHECKOUT
from seg_node import places
from seg_node.places import ROOT, shared


def test_the_checkout_comes_first_then_the_prefixes(tmp_path, monkeypatch):
    installed = tmp_path / 'share' / 'seg_node' / 'models'
    installed.mkdir(parents=True)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'/nowhere:{tmp_path}:{tmp_path}')
    assert ROOT == CHECKOUT
    assert shared('models') == (CHECKOUT / 'models', installed)


def test_only_what_exists_is_given(monkeypatch):
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    assert shared('no', 'such', 'thing') == ()


def test_a_virtual_environment_counts_as_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, 'prefix', str(tmp_path))
    installed = tmp_path / 'share' / 'seg_node' / 'config'
    installed.mkdir(parents=True)
    assert shared('config')[-1] == installed


def test_the_prefix_that_the_package_was_installed_to_counts(tmp_path, monkeypatch):
    monkeypatch.setattr(places, 'ROOT', tmp_path / 'lib' / 'python3.11' / 'site-packages')
    installed = tmp_path / 'share' / 'seg_node' / 'config'
    installed.mkdir(parents=True)
    assert shared('config') == (installed,)
