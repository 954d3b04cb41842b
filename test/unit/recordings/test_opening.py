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


from __future__ import annotations

import os
from pathlib import Path
import shutil

import cv2
from hypothesis import given, strategies
import pytest

import helpers.bag_files as bag_files
from helpers.bag_files import (
    PERIOD_NS,
    pixels_of,
    START_NS,
    write_bag,
    write_other_bag,
    write_video,
)
from seg_node.errors import UserError
from seg_node.recordings.camera_of_bag import CameraOfBag
from seg_node.recordings.find import Kind, natural_key
from seg_node.recordings.opening import open_frames
from seg_node.recordings.stamps import stamp_of, with_stamp
from seg_node.recordings.topics import Topics

STORAGES = ('mcap', 'sqlite3')
TOPICS = ('/front/image_raw', '/front/image_raw/compressed')


# --- video files -------------------------------------------------------------------------------

def test_video_gives_its_frames_at_its_own_rate(tmp_path: Path) -> None:
    with open_frames(write_video(tmp_path / 'a.mp4', count=10, fps=20)) as source:
        frames = list(source)
        assert (source.kind, source.size, source.count) == (Kind.VIDEO, (64, 48), 10)
        assert source.fps == pytest.approx(20)
        assert source.notes == ()
    assert [frame.time_ns for frame in frames] == [i * 50_000_000 for i in range(10)]
    assert [round(float(frame.bgr.mean()), -1) for frame in frames] == [
        20 * i for i in range(10)]


def test_video_can_be_iterated_again_and_at_another_rate(tmp_path: Path) -> None:
    with open_frames(write_video(tmp_path / 'a.mp4', count=3), fps=4) as source:
        assert [frame.time_ns for frame in source] == [frame.time_ns for frame in source] == [
            0, 250_000_000, 500_000_000]


def test_video_cut_off_before_its_index_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / 'a.mp4')
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(UserError, match='a.mp4: .*cut off.*ffmpeg'):
        open_frames(path)


def test_text_named_as_a_video_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    path.write_text('this is no video\n' * 100)
    with pytest.raises(UserError, match='not a video'):
        open_frames(path)


def test_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / 'a.mp4'
    path.touch()
    with pytest.raises(UserError, match='empty'):
        open_frames(path)


# --- folders of images -------------------------------------------------------------------------

def write_images(folder: Path, *names: str) -> Path:
    for value, name in enumerate(names):
        cv2.imwrite(str(folder / name), pixels_of(10 * value))
    return folder


def test_images_come_in_natural_order(tmp_path: Path) -> None:
    write_images(tmp_path, 'f2.png', 'f10.png', 'f1.png')
    with open_frames(tmp_path) as source:
        assert (source.kind, source.fps, source.count) == (Kind.IMAGES, 10.0, 3)
        assert [int(frame.bgr[0, 0, 0]) for frame in source] == [20, 0, 10]


def test_damaged_image_is_told_and_leaves_a_gap_in_time(tmp_path: Path) -> None:
    write_images(tmp_path, '1.png', '3.png')
    (tmp_path / '2.png').write_bytes(b'\x89PNG damaged')
    with open_frames(tmp_path, fps=5) as source:
        assert [frame.time_ns for frame in source] == [0, 400_000_000]
        assert source.skipped == 1
        assert source.notes == ('2.png: cannot be decoded as an image; left out',)
        list(source)
        assert len(source.notes) == 1


def test_folder_of_damaged_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / '1.jpg').write_text('no image')
    with pytest.raises(UserError, match='none of its 1 image files'):
        open_frames(tmp_path)


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / 'notes.txt').write_text('no image')
    with pytest.raises(UserError, match='no images in this folder'):
        open_frames(tmp_path)


def test_single_image_is_a_source_of_one_frame(tmp_path: Path) -> None:
    write_images(tmp_path, 'a.png')
    with open_frames(tmp_path / 'a.png') as source:
        assert len(list(source)) == 1


@given(strategies.lists(strategies.text(
    strategies.characters(blacklist_characters='/\0', blacklist_categories=('Cs',)), min_size=1)))
def test_any_names_can_be_sorted(names: list[str]) -> None:
    paths = [Path(name) for name in names]
    ordered = sorted(paths, key=natural_key)
    assert sorted(ordered) == sorted(paths)
    keys = [natural_key(path) for path in ordered]
    assert all(one <= other for one, other in zip(keys, keys[1:], strict=False))


# --- bags --------------------------------------------------------------------------------------

@pytest.mark.parametrize('storage', STORAGES)
@pytest.mark.parametrize('topic', TOPICS)
def test_bag_keeps_messages_stamps_and_timing(tmp_path: Path, storage: str, topic: str) -> None:
    with open_frames(write_bag(tmp_path / 'bag', storage, (topic,))) as source:
        assert isinstance(source, CameraOfBag)
        frames = list(source)
        assert (source.size, source.count, source.topic) == ((64, 48), 6, topic)
        assert source.compressed == topic.endswith('compressed')
        assert source.fps == pytest.approx(20)
        assert source.start_ns == START_NS
    make = bag_files.compressed_image if topic.endswith('compressed') else bag_files.image
    for index, frame in enumerate(frames):
        stamp = START_NS + index * PERIOD_NS - 3_000_000
        assert (frame.index, frame.time_ns, frame.stamp_ns) == (index, index * PERIOD_NS, stamp)
        assert frame.message == make(stamp, 10 * index)


def test_bag_gives_the_camera_info_that_was_current(tmp_path: Path) -> None:
    with open_frames(write_bag(tmp_path / 'bag', topics=TOPICS[1:])) as source:
        focals = [bag_files.STORE.deserialize_cdr(frame.camera_info, bag_files.CAMERA_INFO).k[0]
                  for frame in source]
    # Each info was recorded right behind its image; before the first one the first holds.
    assert focals == [100, 100, 101, 102, 103, 104]


def test_bag_without_camera_info_gives_none(tmp_path: Path) -> None:
    with open_frames(write_bag(tmp_path / 'bag', with_info=False)) as source:
        assert {frame.camera_info for frame in source} == {None}


@pytest.mark.parametrize('storage', STORAGES)
def test_bag_file_alone_and_folder_without_metadata_are_read(tmp_path: Path, storage: str) -> None:
    folder = write_bag(tmp_path / 'bag', storage)
    (folder / 'metadata.yaml').unlink()
    (file,) = folder.iterdir()
    for path in (folder, file):
        with open_frames(path) as source:
            assert len(list(source)) == 6


def test_bag_with_several_image_topics_asks_for_one(tmp_path: Path) -> None:
    folder = write_bag(tmp_path / 'bag', topics=('/a/image_raw', '/b/image_raw'))
    with pytest.raises(UserError, match='/a/image_raw, /b/image_raw.*--topic'):
        open_frames(folder)
    with pytest.raises(UserError, match='no image topic /c.*/a/image_raw, /b/image_raw'):
        open_frames(folder, Topics(image='/c'))
    for name in ('/b/image_raw', 'b/image_raw'):
        with open_frames(folder, Topics(image=name)) as source:
            assert len(list(source)) == 6


def test_bag_without_stamps_takes_the_times_of_recording(tmp_path: Path) -> None:
    with open_frames(write_bag(tmp_path / 'bag', zero_stamps=True)) as source:
        assert [f.stamp_ns for f in source] == [START_NS + i * PERIOD_NS for i in range(6)]
        assert 'without stamps' in source.notes[0]


def test_bag_on_simulated_time_starts_the_clock_there(tmp_path: Path) -> None:
    offset = 5 * 10**9 - START_NS
    with open_frames(write_bag(tmp_path / 'bag', stamp_offset_ns=offset)) as source:
        assert source.start_ns == 5 * 10**9
        assert 'another clock' in source.notes[0]


def test_bag_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='no topic with images.*it has /stop'):
        open_frames(write_other_bag(tmp_path / 'bag'))


@pytest.mark.parametrize('storage', STORAGES)
@pytest.mark.parametrize('share', [0.0, 0.3, 0.9])
def test_damaged_bag_is_refused_or_ends_with_an_error(
    tmp_path: Path, storage: str, share: float,
) -> None:
    folder = write_bag(tmp_path / 'bag', storage, count=40)
    file = next(path for path in folder.iterdir() if path.suffix != '.yaml')
    os.truncate(file, int(share * file.stat().st_size))
    with pytest.raises(UserError, match='damaged; try: ') as raised:
        list(open_frames(folder))
    assert str(folder) in str(raised.value)


def test_bag_with_broken_metadata_is_read_and_told(tmp_path: Path) -> None:
    folder = write_bag(tmp_path / 'bag')
    (folder / 'metadata.yaml').write_text('rosbag2_bagfile_information: [1, 2')
    with open_frames(folder) as source:
        assert len(list(source)) == 6
        (note,) = source.notes
    assert 'metadata.yaml: is no YAML' in note


def test_several_bag_files_without_metadata_are_refused(tmp_path: Path) -> None:
    folder = write_bag(tmp_path / 'bag')
    (folder / 'metadata.yaml').unlink()
    shutil.copy(folder / 'bag.mcap', folder / 'bag_1.mcap')
    with pytest.raises(UserError, match=r'several recordings.*: bag\.mcap, bag_1\.mcap'):
        open_frames(folder)


@given(strategies.integers(-2**31, 2**31 - 1), strategies.integers(0, 10**9 - 1))
def test_stamps_are_changed_without_touching_the_rest(seconds: int, nanoseconds: int) -> None:
    stamp = seconds * 10**9 + nanoseconds
    message = bag_files.image(1, 7)
    assert stamp_of(message) == 1
    changed = with_stamp(message, stamp)
    assert stamp_of(changed) == stamp
    assert with_stamp(changed, 1) == message


# --- the rendered drive, and what is no source ---------------------------------------------------

def test_rendered_drive_gives_its_frames_and_camera() -> None:
    with open_frames(None, fps=2) as source:
        frames = iter(source)
        first, second = next(frames), next(frames)
        assert source.kind is Kind.RENDERED
        assert first.bgr.shape == (source.size[1], source.size[0], 3)
        assert second.time_ns == 500_000_000
        assert source.camera is not None


def test_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='no such file'):
        open_frames(tmp_path / 'missing.mp4')


def test_options_that_do_not_fit_the_source_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match='only a bag has topics'):
        open_frames(write_video(tmp_path / 'a.mp4'), Topics(image='/front/image_raw'))
    with pytest.raises(UserError, match='--fps 5: a bag keeps its recorded timing'):
        open_frames(write_bag(tmp_path / 'bag'), fps=5)
