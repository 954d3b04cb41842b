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

from dataclasses import replace
import os
import signal
import stat

import pytest

from helpers.engine_processes import (
    begin,
    build_until,
    build_within,
    engine,
    FACTS,
    KEY,
    PROCESSES,
    read_only,
    take,
)
from seg_node.perception.backends.tensorrt.builder import BuildCancelledError
from seg_node.perception.backends.tensorrt.cache import EngineCache, EngineSource
from seg_node.perception.backends.tensorrt.engine_file import MAGIC, pack
from seg_node.perception.backends.tensorrt.private_folder import FolderError, PrivateFolder

as_root = pytest.mark.skipif(os.geteuid() != 0, reason='only root can give files away')


def no_build(timing):
    raise AssertionError('built, although it is there')


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / 'engines')


@pytest.fixture
def kept(cache):
    """Return the file of an engine that is kept."""
    return cache.get_or_build(KEY, lambda timing: engine()).path


# --- one process -----------------------------------------------------------------------------

def test_an_engine_is_built_once(cache):
    built = cache.get_or_build(KEY, lambda timing: engine())
    assert (built.source, built.data, built.facts) == (EngineSource.BUILT, b'an engine', FACTS)
    again = cache.get_or_build(KEY, no_build)
    assert (again.source, again.data, again.facts) == (EngineSource.CACHE, b'an engine', FACTS)
    assert again.path == built.path and again.path.is_file()
    assert again.warnings == built.warnings == ()


def test_a_discarded_engine_is_built_again(cache, kept):
    cache.discard(KEY)
    assert not kept.exists()
    assert cache.get_or_build(KEY, lambda timing: engine(b'new')).data == b'new'


def test_what_the_builder_measured_serves_the_next_build(cache):
    other = replace(KEY, graph_sha256='1' * 64)
    given_to = []

    def build(timing):
        given_to.append(timing)
        return engine(timing=b'measured')

    cache.get_or_build(KEY, build)
    cache.get_or_build(other, build)
    cache.get_or_build(replace(other, library='TensorRT 11.0'), build)
    assert given_to == [b'', b'measured', b'']


def test_files_and_folder_are_private(cache, kept):
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in cache.folder.iterdir()}
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


def damage(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize('spoil, said', [
    (damage, 'is damaged or cut off'),
    (lambda path: path.write_bytes(path.read_bytes()[:-1]), 'is damaged or cut off'),
    (lambda path: path.write_bytes(MAGIC[:5]), 'is cut off'),
    (lambda path: path.write_bytes(b''), 'is cut off'),
    (lambda path: path.write_bytes(b'ftrt' + bytes(100)), 'is no engine file'),
    (lambda path: path.write_bytes(pack({'key': 'of another'}, b'x')), 'is of another engine'),
    (lambda path: path.write_bytes(pack({'key': KEY.text}, b'x')), 'has an unreadable header'),
    (lambda path: path.write_bytes(pack({'key': KEY.text, 'facts': {
        **FACTS.to_json(), 'layers': 7}}, b'x')), 'has an unreadable header'),
    (lambda path: path.chmod(0o620), 'can be written by others (mode 620)'),
    (lambda path: path.chmod(0o602), 'can be written by others (mode 602)'),
    (lambda path: path.rename(path.with_name('real')) and path.symlink_to('real'),
     'is a symbolic link'),
    (lambda path: path.unlink() or os.mkfifo(path, 0o600), 'is not a regular file'),
], ids=lambda value: value if isinstance(value, str) else '')
def test_a_file_that_is_not_to_be_trusted_is_replaced(cache, kept, spoil, said):
    spoil(kept)
    built = cache.get_or_build(KEY, lambda timing: engine(b'new'))
    assert (built.source, built.data) == (EngineSource.BUILT, b'new')
    (warning,) = built.warnings
    assert str(kept) in warning and said in warning and 'built again' in warning
    assert cache.get_or_build(KEY, no_build).warnings == ()


@as_root
def test_a_file_of_another_user_is_replaced(cache, kept):
    os.chown(kept, 12345, -1)
    built = cache.get_or_build(KEY, lambda timing: engine(b'new'))
    assert built.data == b'new'
    assert 'belongs to another user (uid 12345)' in built.warnings[0]
    assert kept.stat().st_uid == os.geteuid()


def spoil_folder(folder, how):
    if how == 'group':
        folder.chmod(0o770)
    elif how == 'others':
        folder.chmod(0o707)
    elif how == 'link':
        folder.rename(folder.with_name('real'))
        folder.symlink_to('real')
    elif how == 'file':
        folder.rename(folder.with_name('real'))
        folder.write_text('')


@pytest.mark.parametrize('how, said', [
    ('group', 'can be written by others (mode 770)'), ('others', 'chmod 700'),
    ('link', 'is a symbolic link'), ('file', 'cannot be used'),
])
def test_nothing_is_loaded_from_a_folder_that_is_not_private(cache, kept, how, said):
    spoil_folder(cache.folder, how)
    built = cache.get_or_build(KEY, lambda timing: engine(b'new'))
    assert (built.data, built.path) == (b'new', None)
    (warning,) = built.warnings
    assert str(cache.folder) in warning and said in warning
    with pytest.raises(FolderError, match='cannot be used|symbolic link|written by others'):
        cache.discard(KEY)


@as_root
def test_nothing_is_loaded_from_a_folder_of_another_user(cache, kept):
    os.chown(cache.folder, 12345, -1)
    built = cache.get_or_build(KEY, lambda timing: engine(b'new'))
    assert (built.data, built.path) == (b'new', None)
    assert 'belongs to another user' in built.warnings[0]


# --- the size limit --------------------------------------------------------------------------

def keep(cache, *numbers, size=1000):
    """Keep engines of about a size, the first one unused for longest; give their files."""
    files = []
    for number in numbers:
        key = replace(KEY, model=f'model{number}')
        files.append(cache.get_or_build(key, lambda timing: engine(bytes(size))).path)
        os.utime(files[-1], (number, number))
    return files


def there(files):
    return [path.exists() for path in files]


def test_what_was_unused_for_longest_goes_first(cache):
    files = keep(cache, 1, 2, 3)
    limited = EngineCache(cache.folder, limit_bytes=3 * files[0].stat().st_size)
    limited.get_or_build(replace(KEY, model='model1'), no_build)  # used: now it is the newest
    files += keep(limited, 4)
    assert there(files) == [True, False, True, True]
    assert not files[1].with_name(files[1].name + '.lock').exists()


def test_what_is_in_use_stays(cache):
    files = keep(cache, 1, 2, 3)
    limited = EngineCache(cache.folder, limit_bytes=2 * files[0].stat().st_size)
    with PrivateFolder(cache.folder) as folder, folder.locked(files[0].name, lambda: None):
        files += keep(limited, 4)
    assert there(files) == [True, False, False, True]


def test_an_engine_larger_than_the_limit_is_kept(cache):
    limited = EngineCache(cache.folder, limit_bytes=10)
    files = keep(limited, 1, 2)
    assert there(files) == [False, True]


def test_what_a_killed_writer_left_is_removed(cache, kept):
    left = [cache.folder / f'{name}.part' for name in (kept.name, 'gone-0123.engine')]
    for path in left:
        path.write_bytes(b'half an eng')
    keep(cache, 1)
    assert there(left) == [False, False]
    assert cache.get_or_build(KEY, no_build).data == b'an engine'


# --- several processes -----------------------------------------------------------------------

def test_one_process_builds_and_the_others_wait(tmp_path):
    count = 4
    start, waiting = PROCESSES.Barrier(count), PROCESSES.Semaphore(0)
    begun = [begin(take, tmp_path / 'engines', start, waiting, count - 1) for _ in range(count)]
    got = [result.recv() for _, result in begun]
    for worker, _ in begun:
        worker.join()
    (builder,) = [pid for pid, source, _, _ in got if source == 'built']
    assert {data for _, _, data, _ in got} == {b'built by %d' % builder}
    assert [warnings for *_, warnings in got] == [()] * count


@pytest.fixture
def busy(tmp_path):
    """
    Start a process that builds the engine until it may end.

    By pipes: an Event would for ever wait for a killed process to take note of it.
    """
    end, end_it = PROCESSES.Pipe(duplex=False)
    worker, result = begin(build_until, tmp_path / 'engines', end)
    assert result.recv() == 'building'
    yield worker
    end_it.close()
    end.close()
    worker.join()


def test_a_builder_that_is_killed_makes_way(cache, busy):
    waits = []

    def kill():
        if not waits:
            os.kill(busy.pid, signal.SIGKILL)
        waits.append(True)

    built = cache.get_or_build(KEY, lambda timing: engine(b'of the second'), waiting=kill)
    assert waits
    assert (built.source, built.data, built.warnings) == (EngineSource.BUILT, b'of the second', ())


def test_waiting_for_another_builder_can_be_cancelled(cache, busy):
    seen = []
    with pytest.raises(BuildCancelledError, match=f'waiting for {KEY.file_name} was cancelled'):
        cache.get_or_build(
            KEY, no_build, cancelled=lambda: len(seen) > 1, waiting=lambda: seen.append(True))
    with pytest.raises(BuildCancelledError):
        cache.discard(KEY, cancelled=lambda: True)


def test_a_build_that_fails_leaves_nothing(cache):
    def fail(timing):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cache.get_or_build(KEY, fail)
    assert [path.suffix for path in cache.folder.iterdir()] == ['.lock']
    assert cache.get_or_build(KEY, lambda timing: engine()).source is EngineSource.BUILT


def test_a_lock_whose_file_was_removed_locks_nothing(cache, kept):
    waits = []

    def remove():
        first.remove(f'{kept.name}.lock')
        raise InterruptedError

    with PrivateFolder(cache.folder) as first, PrivateFolder(cache.folder) as second, \
            first.locked(kept.name, lambda: None):
        with pytest.raises(InterruptedError), second.locked(kept.name, remove):
            waits.append('entered')
        with second.locked(kept.name, lambda: waits.append('waited')), \
                first.locked_now(kept.name) as ours:
            assert not ours
    assert waits == []


# --- no space, no right to write -------------------------------------------------------------

def in_a_process(target, *arguments):
    worker, result = begin(target, *arguments)
    given_back = result.recv()
    worker.join()
    return given_back


def test_without_space_the_engine_is_used_all_the_same(cache, kept):
    cache.discard(KEY)
    size, path, warnings = in_a_process(build_within, cache.folder, 50_000)
    assert (size, path) == (100_000, None)
    (warning,) = warnings
    assert 'cannot be written (File too large); used, but built again' in warning
    assert [path.suffix for path in cache.folder.iterdir()] == ['.lock']


@pytest.fixture
def read_only_folder(cache, kept, tmp_path):
    """Make the folder one that its owner cannot write; root gives it to nobody's user."""
    if os.geteuid() == 0:
        for path in (*tmp_path.parents, tmp_path):
            if path.stat().st_mode & 0o111 != 0o111:
                path.chmod(path.stat().st_mode | 0o111)
        for path in (cache.folder, kept):
            os.chown(path, 65534, -1)
    kept.with_name(f'{kept.name}.lock').unlink()
    cache.folder.chmod(0o500)
    yield cache.folder
    cache.folder.chmod(0o700)


def test_an_engine_in_a_read_only_folder_is_loaded(read_only_folder):
    source, data, _, warnings = in_a_process(read_only, read_only_folder, KEY)
    assert (source, data) == ('cache', b'an engine')
    assert 'cannot be written (Permission denied)' in warnings[0]


def test_a_read_only_folder_costs_a_build(read_only_folder):
    other = replace(KEY, model='other')
    source, data, homeless, warnings = in_a_process(read_only, read_only_folder, other)
    assert (source, data, homeless) == ('built', b'new', True)
    assert 'cannot be written (Permission denied)' in warnings[0]


def test_where_there_can_be_no_folder(tmp_path):
    (tmp_path / 'file').write_text('')
    cache = EngineCache(tmp_path / 'file' / 'engines')
    built = cache.get_or_build(KEY, lambda timing: engine())
    assert (built.data, built.path) == (b'an engine', None)
    assert 'cannot be used' in built.warnings[0]
