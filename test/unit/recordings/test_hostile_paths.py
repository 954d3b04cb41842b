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

"""Links in circles, pipes, endless files, names of any bytes: told, and nothing waits for them."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess

import cv2
import numpy as np
import pytest

from helpers.bag_files import write_bag, write_video
from seg_node.errors import UserError
from seg_node.recordings.find import find_recordings
from seg_node.recordings.opening import open_frames


def test_links_that_lead_in_circles_are_followed_once(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(40):      # 2**40 ways to the bag
        below = folder / 'a'
        below.mkdir()
        (folder / 'b').symlink_to(below)
        folder = below
    (folder / 'again').symlink_to(tmp_path)
    write_bag(folder / 'bag')
    (found,) = find_recordings([tmp_path])
    assert found.path.name == 'bag'


def test_what_leads_nowhere_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    write_video(tmp_path / 'good.mp4')
    (tmp_path / 'self.mp4').symlink_to('self.mp4')
    (tmp_path / 'lost.mcap').symlink_to('nowhere')
    os.mkfifo(tmp_path / 'pipe.mp4')
    found = {one.path.name: one.path for one in find_recordings([tmp_path])}
    assert set(found) == {'good.mp4', 'self.mp4', 'lost.mcap', 'pipe.mp4'}
    for name, said in (('self.mp4', 'symbolic links'), ('lost.mcap', 'no such file'),
                       ('pipe.mp4', 'neither a file nor a folder')):
        with pytest.raises(UserError, match=said):
            open_frames(found[name])
    with open_frames(found['good.mp4']) as source:
        assert len(list(source)) == 10


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / 'self').symlink_to('self')
    with pytest.raises(UserError, match='self: cannot be read'):
        find_recordings([tmp_path / 'self'])


def test_folders_as_deep_as_a_path_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_video(tmp_path / 'z.mp4')
    monkeypatch.chdir(tmp_path)
    for _ in range(2100):      # deeper than a path may be long, and than Python may call
        os.mkdir('d')
        os.chdir('d')
    os.chdir(tmp_path)
    try:
        found = find_recordings([Path('.')])
        assert [one.path.name for one in found if one.path.name != 'd'] == ['z.mp4']
        for one in found:
            if one.path.name == 'd':
                with pytest.raises(UserError, match='too long'):
                    open_frames(one.path)
    finally:
        subprocess.run(['rm', '-rf', str(tmp_path / 'd')], check=True)


def test_a_name_that_is_not_utf8_is_told_in_letters_that_are(tmp_path: Path) -> None:
    name = os.fsdecode(b'drive\xff')
    for path in (write_video(tmp_path / 'v.mp4').rename(tmp_path / f'{name}.mp4'),
                 write_bag(tmp_path / 'bag').rename(tmp_path / name)):
        with pytest.raises(UserError, match=r'drive\\xff.*: its name is not UTF-8') as raised:
            open_frames(path)
        str(raised.value).encode()


def test_images_that_are_none_are_left_out(tmp_path: Path) -> None:
    good = np.full((48, 64, 3), 90, np.uint8)
    cv2.imwrite(str(tmp_path / '1.png'), good)
    (tmp_path / '1.png').rename(tmp_path / os.fsdecode(b'1\xff.png'))
    os.mkfifo(tmp_path / '2.png')
    (tmp_path / '3.png').symlink_to('/dev/zero')
    (tmp_path / '4.png').symlink_to('4.png')
    with open_frames(tmp_path) as source:
        (frame,) = source
        assert frame.name == r'1\xff.png'
        assert [note.partition(':')[0] for note in source.notes] == ['2.png', '3.png', '4.png']
