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

"""Recordings are found below folders, each with a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from seg_node.errors import UserError
from seg_node.recordings.find import find_recordings, Kind, kind_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ('day1/bag/metadata.yaml', 'day1/bag/bag_0.mcap', 'day1/run10.mcap',
                 'day1/run2.mcap', 'day2/old.bag', 'day2/video.MP4', 'day2/notes.txt',
                 'images/0001.png', 'images/0002.png', '.hidden/x.mcap', 'out/run.json',
                 'out/frames.parquet', 'out/recordings/a/thumbnails/000001.jpg',
                 'masks/0001.png', 'two words/a b.mp4'):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def names(paths: list[Path], without: list[Path]) -> list[str]:
    return [one.name for one in find_recordings(paths, without)]


def test_all_recordings_below_a_folder_are_found(tree):
    found = find_recordings([tree], [tree / 'masks'])
    assert [one.name for one in found] == [
        'day1__bag', 'day1__run2', 'day1__run10', 'day2__old', 'day2__video', 'images',
        'two_words__a_b']
    assert found[0].path == tree / 'day1' / 'bag'


def test_what_is_meant_by_name_is_one_recording(tree):
    assert names([tree / 'images', tree / 'day1' / 'run2.mcap', tree / 'day1' / 'bag'], []) == [
        'images', 'run2', 'bag']
    assert names([tree / 'images' / '0002.png'], []) == ['0002']


def test_names_are_unique_and_nothing_is_found_twice(tree):
    (tree / 'day2' / 'run2.mcap').touch()
    assert names([tree / 'day1' / 'run2.mcap', tree / 'day2' / 'run2.mcap',
                  tree / 'day1' / '..' / 'day1' / 'run2.mcap'], []) == ['run2', 'run2_2']


def test_where_there_is_nothing_is_told(tree):
    with pytest.raises(UserError, match='missing: no such'):
        find_recordings([tree / 'missing'])
    (tree / 'empty').mkdir()
    with pytest.raises(UserError, match='empty: no recordings'):
        find_recordings([tree / 'empty'])


@pytest.mark.parametrize(('names', 'kind'), [
    (['metadata.yaml', 'a.mcap', 'b.mcap'], Kind.BAG),
    (['a.mcap'], Kind.BAG), (['a_0.mcap', 'a_1.mcap', 'a_10.mcap'], Kind.BAG),
    (['a_0.db3.zstd', 'a_1.db3.zstd', 'notes.txt'], Kind.BAG), (['a.bag', '1.png'], Kind.BAG),
    (['a_0.mcap', 'b_0.mcap'], None), (['a_0.mcap', 'a_1.db3'], None),
    (['a.mcap', 'b.mcap'], None), (['a_0.bag', 'a_1.bag'], None),
    (['a.mcap', 'a.mp4'], None), (['a.mp4'], None),
    (['1.png', 'notes.txt'], Kind.IMAGES), (['notes.txt'], None), ([], None)])
def test_what_a_folder_is(tmp_path: Path, names: list[str], kind: Kind | None) -> None:
    for name in names:
        (tmp_path / name).touch()
    assert kind_of(tmp_path) is kind


@pytest.mark.parametrize(('name', 'kind'), [
    ('a.mcap', Kind.BAG), ('a_0.mcap.zstd', Kind.BAG), ('a.JPG', Kind.IMAGES),
    ('a.mp4', Kind.VIDEO), ('recorded', Kind.VIDEO), ('a.zstd', Kind.VIDEO)])
def test_what_a_file_is(tmp_path: Path, name: str, kind: Kind) -> None:
    (tmp_path / name).touch()
    assert kind_of(tmp_path / name) is kind
