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

"""Whole runs of evaluate: what they leave, that they repeat, go on, and survive damage."""

from __future__ import annotations

import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from helpers.bag_files import PERIOD_NS, START_NS, STORE
from helpers.evaluate_inputs import (
    drive,
    image,
    params_file,
    road,
    write_drive,
    write_images,
    write_masks,
)
from helpers.places import ROOT
from helpers.tiny_model import write_tiny_model
from seg_node.tools.evaluate.__main__ import main
from seg_node.tools.evaluate.row import COLUMNS, TIMES
from seg_node.tools.evaluate.table import read_table

BLOCKED = range(6, 9)


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp('model'))


@pytest.fixture(scope='module')
def fleet(tmp_path_factory):
    """Return a folder with two bags with masks, and one that is cut off in the middle."""
    folder = tmp_path_factory.mktemp('fleet')
    for name, seen in (('a', BLOCKED), ('b', range(7, 9))):
        write_drive(folder / name, drive(seen), masks=drive(BLOCKED))
    write_drive(folder / 'cut', drive(BLOCKED, 30), masks=drive(BLOCKED, 30))
    (folder / 'cut' / 'cut.mcap').write_bytes(
        (folder / 'cut' / 'cut.mcap').read_bytes()[:100_000])
    return folder


@pytest.fixture
def run(model, tmp_path, monkeypatch):
    # The signal handlers of a tool are not to outlive it.
    monkeypatch.setattr(signal, 'signal', lambda number, handler: None)

    def start(*arguments: object, out: str = 'out', **changed: object) -> int:
        return main([*map(str, arguments), '--out', str(tmp_path / out), '--model', str(model),
                     '--params-file', str(params_file(tmp_path, **changed))])

    return start


def write_video(path: Path, count: int) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*'MJPG'), 20.0, (64, 32))
    for labels in drive(count=count):
        writer.write(image(labels))
    writer.release()
    return path


def summary(folder: Path) -> dict:
    return json.loads((folder / 'summary.json').read_text())


def repeatable(folder: Path) -> tuple[dict, dict]:
    """Return what two runs have in common: all but times."""
    told = summary(folder)
    del told['latency_ms']
    table = read_table(folder)
    return told, {name: values for name, values in table.items() if name not in TIMES}


def test_a_fleet_with_a_damaged_recording(run, fleet, tmp_path, capsys):
    assert run(fleet, '--truth', '/truth') == 1
    told = summary(tmp_path / 'out')
    assert [one['recording'] for one in told['failed']] == ['cut']
    assert 'cut' in capsys.readouterr().err
    kept = told['frames'] - 24
    assert 0 < kept < 30
    failure = json.loads((tmp_path / 'out/recordings/cut.failed.json').read_text())
    assert failure['frames'] == kept
    assert 'damaged' in failure['error']
    decisions = told['decisions']
    # b sees the obstacle of the masks one frame late.
    assert decisions['false_go'] == 1
    assert decisions['false_go_events'] == [{'recording': 'b', 'first': 6, 'last': 6}]
    assert decisions['lag_frames']['p95'] == pytest.approx(0.9)
    assert told['with_truth'] == told['frames']
    assert told['scores']['path_iou'] < 1
    assert told['worst'][0]['why'] == 'false_go'
    assert (tmp_path / 'out' / told['worst'][0]['thumbnail']).is_file()
    assert sum(map(sum, told['confusion']['counts'])) == told['frames'] * 64 * 32
    table = read_table(tmp_path / 'out')
    assert list(table) == list(COLUMNS)
    assert len(table['index']) == told['frames']
    started = json.loads((tmp_path / 'out/run.json').read_text())
    assert started['model']['name'] == 'tiny'
    assert started['parameters']['stop_go.go_after'] == 2
    assert [one['recording'] for one in started['recordings']] == ['a', 'b', 'cut']


def test_two_runs_are_alike_whatever_the_number_of_jobs_and_threads(run, fleet, tmp_path):
    for out, jobs, threads in (('one', 1, 1), ('again', 1, 1), ('two', 2, 1), ('threads', 1, 3)):
        assert run(fleet, '--truth', '/truth', '--jobs', jobs, '--threads', threads, out=out) == 1
    first = repeatable(tmp_path / 'one')
    assert first == repeatable(tmp_path / 'again')
    assert first == repeatable(tmp_path / 'two')
    assert first == repeatable(tmp_path / 'threads')


def test_what_is_done_is_not_done_again(run, fleet, tmp_path, capsys):
    assert run(fleet / 'a', fleet / 'b', '--topic', '/front/image_raw') == 0
    made = (tmp_path / 'out/recordings/a/counts.json').stat().st_mtime_ns
    before = repeatable(tmp_path / 'out')
    capsys.readouterr()
    assert run(fleet / 'a', fleet / 'b', '--topic', '/front/image_raw') == 0
    assert '2 done already' in capsys.readouterr().out
    assert (tmp_path / 'out/recordings/a/counts.json').stat().st_mtime_ns == made
    assert repeatable(tmp_path / 'out') == before
    # Another limit is another result.
    assert run(fleet / 'a', fleet / 'b', '--topic', '/front/image_raw', stop_go__go_after=5) == 0
    assert 'done already' not in capsys.readouterr().out
    assert repeatable(tmp_path / 'out') != before


def test_a_recording_that_has_changed_is_done_again(run, tmp_path, capsys):
    bag = write_drive(tmp_path / 'bag', drive())
    assert run(bag) == 0
    shutil.rmtree(bag)
    write_drive(bag, drive(count=5))
    assert run(bag) == 0
    assert 'done already' not in capsys.readouterr().out
    assert summary(tmp_path / 'out')['frames'] == 5


def test_frames_are_written_as_csv_without_pyarrow(run, fleet, tmp_path, monkeypatch, capsys):
    pytest.importorskip('pyarrow')
    assert run(fleet / 'b', '--truth', '/truth', out='parquet') == 0
    for name in [*sys.modules]:
        if name.partition('.')[0] == 'pyarrow':
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    assert run(fleet / 'b', '--truth', '/truth', out='csv') == 0
    assert 'frames.csv' in capsys.readouterr().err
    assert (tmp_path / 'csv/frames.csv').is_file()
    assert not (tmp_path / 'csv/frames.parquet').exists()
    as_csv = repeatable(tmp_path / 'csv')
    monkeypatch.undo()
    assert repeatable(tmp_path / 'parquet') == as_csv


def test_images_with_masks_of_their_names(run, tmp_path):
    write_images(tmp_path / 'images', drive(BLOCKED))
    write_masks(tmp_path / 'masks', {2: road(), 7: road()}, '_L')
    mapping = tmp_path / 'mapping.yaml'
    mapping.write_text('ids: {0: not_path, 1: path, 3: not_path}\nmask_suffix: _L\n')
    assert run(tmp_path / 'images', '--truth', tmp_path / 'masks', '--mapping', mapping) == 0
    told = summary(tmp_path / 'out')
    assert told['with_truth'] == 2
    assert told['confusion']['classes'] == ['not_path', 'path']
    table = read_table(tmp_path / 'out')
    assert [index for index, iou in enumerate(table['path_iou']) if iou is not None] == [2, 7]
    assert table['path_iou'][2] == 1
    assert table['path_iou'][7] < 1


def test_the_film_has_every_frame_also_one_that_cannot_be_read(run, tmp_path):
    bag = write_drive(tmp_path / 'bag', drive(count=6), damaged=(0, 3))
    assert run(bag, '--overlay') == 0
    told = json.loads((tmp_path / 'out/recordings/bag/summary.json').read_text())['film']
    film = cv2.VideoCapture(str(tmp_path / 'out/recordings/bag' / told['file']))
    images = []
    while (found := film.read())[0]:
        images.append(found[1])
    assert len(images) == summary(tmp_path / 'out')['frames'] == 6
    # Below the caption, what could not be read is black.
    assert [bool(image[-4:].max() < 40) for image in images] == [
        index in (0, 3) for index in range(6)]
    assert told['sheet'] == [0, 1, 2, 3, 4, 5]
    page = (tmp_path / 'out' / 'report.html').read_text('utf-8')
    assert f'href="recordings/bag/{told["file"]}"' in page
    assert page.count('data-frame="5"') >= 1


def test_a_film_that_is_asked_for_later_is_made(run, tmp_path):
    bag = write_drive(tmp_path / 'bag', drive(count=3))
    for options, films in (([], 0), (['--overlay'], 1)):
        assert run(bag, *options) == 0
        assert len(list(tmp_path.rglob('overlay.*'))) == films


def test_a_scenario_is_judged_again_without_the_network(run, tmp_path, capsys):
    bag = write_drive(tmp_path / 'bag', drive(BLOCKED))      # 20 frames a second
    scenario = tmp_path / 'bag.scenario.yaml'
    scenario.write_text('expect: [{always: stop, from: 0.3, until: 0.4, because: obstacle}]')
    assert run(bag) == 0
    assert '1 of 1 kept' in capsys.readouterr().out
    scenario.write_text('expect: [{never: blocked}]')
    assert run(bag) == 1
    told = capsys.readouterr().out
    assert '1 done already' in told
    assert 'bag: never blocked: STOP, ' in told and 'at 0.30 s (frame 6)' in told
    assert summary(tmp_path / 'out')['scenario']['broken'] == 1
    scenario.write_text('expect: [{nevr: blocked}]')
    assert run(bag) == 2
    assert "bag.scenario.yaml: expect: entry 1: 'nevr'" in capsys.readouterr().err
    scenario.unlink()
    assert run(bag) == 0
    assert not (tmp_path / 'out' / 'junit.xml').exists()


def test_the_example_of_a_scenario(run, tmp_path):
    example = ROOT / 'examples' / 'scenario'
    subprocess.run([sys.executable, example / 'make_drive.py', tmp_path, '--seconds', '0.5'],
                   check=True, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert run(tmp_path / 'drive', '--truth', '/camera/truth') == 1      # the rest is missing
    told = summary(tmp_path / 'out')
    assert (told['frames'], told['with_truth'], told['failed']) == (5, 5, [])
    problems = [line['problem'] for line in told['scenario']['recordings']['drive']]
    assert len(problems) == 5
    assert [problem for problem in problems if 'the recording ends at 0.40 s' not in problem] \
        == ['']      # never camera
    from seg_node.parameters.params_file import configure, read_params_file
    configure(read_params_file(tmp_path / 'params.yaml', 'seg_node'))


def test_a_recording_of_which_nothing_can_be_read_is_told(run, tmp_path, capsys):
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'broken.mcap').write_bytes(b'no bag at all' * 100)
    (tmp_path / 'in' / 'empty.mp4').touch()
    write_images(tmp_path / 'in' / 'images', drive(count=3))
    assert run(tmp_path / 'in') == 1
    told = summary(tmp_path / 'out')
    assert [one['recording'] for one in told['failed']] == ['broken', 'empty']
    assert told['frames'] == 3
    assert not (tmp_path / 'out/recordings/broken').exists()
    assert 'broken.mcap' in capsys.readouterr().err


GROUND = {
    'geometry': 'ground', 'mounting__camera__height': 1.0, 'mounting__camera__pitch': 0.1,
    'vehicle__width': 0.4, 'vehicle__max_speed': 2.0, 'ground__min_obstacle': 0.3,
    'ground__obstacle_rows': 1, 'ground__pitch_error': 0.0}


def test_camera_info_and_odometry_of_the_bag_count(run, tmp_path):
    bag = write_drive(tmp_path / 'bag', drive(count=6), focal=60.0,
                      speeds=[0.0, 0.5, 1.0, 2.0, 2.0, 2.0], masks=drive(count=6))
    assert run(bag, '--truth', '/truth', **GROUND) == 0
    table = read_table(tmp_path / 'out')
    assert set(table['unit']) == {'m'}
    # v t + v^2 / (2 a): 0.375 m at 0.5 m/s, 1 m at 1 m/s, 3 m at 2 m/s.
    beyond = [required - table['required_distance'][0] for required in table['required_distance']]
    assert beyond == pytest.approx([0, 0.375, 1, 3, 3, 3], abs=1e-3)
    assert table['decision'] == table['truth_decision']
    assert summary(tmp_path / 'out')['scores']['path_maxf_bev'] == 1
    assert summary(tmp_path / 'out')['second_opinion'] == {'places': 0, 'known': 0, 'right': 0}
    bare = write_drive(tmp_path / 'bare', drive(count=6))
    assert run(bare, out='no_info', **GROUND) == 0
    assert set(read_table(tmp_path / 'no_info')['reason']) == {'no_camera_info'}


def test_a_video_that_ends_early_is_told_and_kept(run, tmp_path, capsys):
    video = write_video(tmp_path / 'a.avi', 40)
    assert run(video, out='whole') == 0
    assert summary(tmp_path / 'whole')['frames'] == 40
    data = bytearray(video.read_bytes())
    data[len(data) // 2:] = bytes(len(data) - len(data) // 2)      # the header still promises 40
    video.write_bytes(data)
    assert run(video) == 1
    told = summary(tmp_path / 'out')
    assert 0 < told['frames'] < 40
    assert 'of the 40 frames' in told['failed'][0]['error']


def test_nothing_of_ros_is_loaded():
    code = ('import sys, seg_node.tools.evaluate.__main__, seg_node.tools.evaluate.worker\n'
            'import seg_node.recordings.camera_of_bag\nprint(*sys.modules)')
    done = subprocess.run([sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert [name for name in done.stdout.split()
            if name.partition('.')[0] in ('rclpy', 'launch') or '_msgs' in name] == []


@pytest.mark.parametrize(('arguments', 'words'), [
    (['--param', 'stop_go.min_rat=1.0'], ['stop_go.min_rat', 'stop_go.min_rate']),
    (['--param', 'stop_go.min_rate=1'], ['stop_go.min_rate', '1.0']),
    (['--param', 'geometry=ground'], ['mounting.camera.height']),
    (['--camera', 'rear'], ['rear', 'camera']),
    (['--mapping', 'cityscapes_ids'], ['--truth']),
    (['--truth', '/truth', '--mapping', 'cityscape'], ['cityscape', 'cityscapes_ids']),
    (['--scheduler', 'tcp://127.0.0.1:9'], ['127.0.0.1:9']),
])
def test_what_cannot_be_used_is_told_with_its_remedy(run, fleet, capsys, arguments, words,
                                                     monkeypatch):
    from seg_node.tools.evaluate import cluster
    monkeypatch.setattr(cluster, 'CONNECT_SECONDS', 1.0)
    if '--scheduler' in arguments:
        pytest.importorskip('distributed')
    assert run(fleet / 'a', *arguments) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert all(word in error for word in words)


def test_a_folder_with_something_else_is_left_alone(run, fleet, tmp_path):
    (tmp_path / 'out').mkdir()
    (tmp_path / 'out' / 'thesis.txt').touch()
    assert run(fleet / 'a') == 2
    assert [path.name for path in (tmp_path / 'out').iterdir()] == ['thesis.txt']


def test_ctrl_c_leaves_what_is_done(model, tmp_path):
    write_images(tmp_path / 'in' / '1', drive(count=3))
    # Frames enough to be at it for minutes.
    big = tmp_path / 'in' / '2'
    write_images(big, drive(count=1))
    for index in range(1, 20_000):
        os.link(big / '0000.png', big / f'{index:05d}.png')
    command = [sys.executable, '-m', 'seg_node.tools.evaluate', str(tmp_path / 'in'), '--out',
               str(tmp_path / 'out'), '--model', str(model), '--jobs', '1',
               '--params-file', str(params_file(tmp_path))]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if '1/2' in line:
            break
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(60) == 130
    told = summary(tmp_path / 'out')
    assert (told['frames'], told['unfinished'], told['failed']) == (3, ['2'], [])
    assert [path.name for path in (tmp_path / 'out/recordings').iterdir()] == ['1']


def test_a_process_that_dies_takes_nothing_with_it(model, tmp_path, run, capsys):
    write_images(tmp_path / 'in' / '1', drive(count=3))
    big = write_images(tmp_path / 'in' / '0', drive(count=1))
    for index in range(1, 20_000):
        os.link(big / '0000.png', big / f'{index:05d}.png')
    import threading

    def kill() -> None:
        deadline = time.monotonic() + 60
        killed: set[int] = set()
        while len(killed) < 2 and time.monotonic() < deadline:
            for pid in children() - killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
            time.sleep(0.2)

    thread = threading.Thread(target=kill)
    thread.start()
    assert run(tmp_path / 'in', '--jobs', 1) == 1
    thread.join()
    told = summary(tmp_path / 'out')
    assert [one['recording'] for one in told['failed']] == ['0']
    assert 'SIGKILL' in told['failed'][0]['error']
    assert told['frames'] == 3


def children() -> set[int]:
    found = set()
    for stat in Path('/proc').glob('[0-9]*/stat'):
        try:
            text = stat.read_text()
            command = (stat.parent / 'cmdline').read_bytes()
        except OSError:
            continue
        if int(text.rpartition(')')[2].split()[1]) == os.getpid() and b'spawn_main' in command:
            found.add(int(stat.parent.name))
    return found


def calibration(folder: Path, width: int = 64) -> Path:
    path = folder / 'camera.yaml'
    path.write_text(
        f'image_width: {width}\nimage_height: 32\ndistortion_model: plumb_bob\n'
        'camera_matrix: {rows: 3, cols: 3, data: [50, 0, 31.5, 0, 50, 15.5, 0, 0, 1]}\n')
    return path


def test_videos_and_images_are_judged_on_the_ground_with_a_calibration(run, tmp_path):
    ground = {'geometry': 'ground', 'mounting__camera__height': 1.0, 'vehicle__width': 0.5,
              'vehicle__max_speed': 1.0}
    images = write_images(tmp_path / 'images', drive(count=8))
    assert run(images, **ground) == 0
    assert set(summary(tmp_path / 'out')['decisions']['reasons']) == {'no_camera_info'}
    assert run(images, '--camera-info', calibration(tmp_path), **ground) == 0
    reasons = summary(tmp_path / 'out')['decisions']['reasons']
    assert reasons and 'no_camera_info' not in reasons
    assert run(images, '--camera-info', calibration(tmp_path, 66), **ground) == 1
    assert 'is for images of 66x32' in summary(tmp_path / 'out')['failed'][0]['error']


def test_what_is_assumed_without_parameters_is_the_last_line(model, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(signal, 'signal', lambda number, handler: None)
    images = write_images(tmp_path / 'images', drive(count=3))
    assert main([str(images), '--out', str(tmp_path / 'out'), '--model', str(model)]) == 0
    assert 'geometry: trapezoid' in capsys.readouterr().out.splitlines()[-1]


def test_a_video_is_decided_as_its_frames_are(run, tmp_path):
    pytest.importorskip('av', reason='requirements/video.txt is not installed')
    from helpers.video_bags import COMPRESSED_VIDEO, encode, message, write_video_bag
    labels = drive(BLOCKED, 24)
    write_drive(tmp_path / 'bags' / 'frames', labels)
    write_video_bag(tmp_path / 'bags' / 'video', [
        message(COMPRESSED_VIDEO, START_NS + number * PERIOD_NS, data)
        for number, data in encode([image(each) for each in labels])])
    assert run(tmp_path / 'bags') == 0
    tables = [read_table(tmp_path / 'out' / 'recordings' / name) for name in ('frames', 'video')]
    decided = [(table['decision'], table['reason']) for table in tables]
    assert decided[0] == decided[1] and {'go', 'stop'} <= set(decided[0][0])


def test_what_was_decided_lies_in_a_bag_with_the_stamps_and_times_of_the_recording(run, tmp_path):
    covered = {'camera_health__min_contrast': 120.0}      # no frame passes: nothing is told
    bag = write_drive(tmp_path / 'bag', drive(count=6), focal=60.0, speeds=[0.0] * 6,
                      damaged=(2,), stamps=[START_NS + k * PERIOD_NS - 7 for k in range(6)])
    for changed, scans in (({}, {0, 1, 3, 4, 5}), (covered, set())):
        assert run(bag, '--write-bag', '--again', **GROUND, **changed) == 0
        with Reader(tmp_path / 'out/recordings/bag/results.mcap') as results:
            found = {c.topic: [] for c in results.connections}
            for connection, at, raw in results.messages():
                found[connection.topic].append(((at - START_NS) // PERIOD_NS,
                                                STORE.deserialize_cdr(raw, connection.msgtype)))
        table = read_table(tmp_path / 'out')
        states = [{pair.key: pair.value for pair in state.values}
                  for _, state in found['/seg_node/state']]
        assert [state['reason'] for state in states] == table['reason']
        assert [told.data for _, told in found['/seg_node/stop']] == [
            decision == 'stop' for decision in table['decision']]
        assert [round(number.data, 4) for _, number in found[
            '/seg_node/state/camera/required_distance']] == [
            round(value, 4) for value in table['required_distance'] if value is not None]
        assert {at for at, _ in found.get('/seg_node/scan', [])} == scans
        assert len(found['/camera/segmentation/overlay/compressed']) == 6
        masks = found['/camera/segmentation/mask']
        assert [at for at, _ in masks] == [0, 1, 3, 4, 5]
        for at, mask in masks:
            assert stamp_of_header(mask) == START_NS + at * PERIOD_NS - 7
            assert mask.header.frame_id == 'lens' and mask.encoding == 'mono8'
            assert np.array_equal(mask.data.reshape(mask.height, mask.width), road())


def test_all_recordings_lie_in_one_file_for_rerun(run, tmp_path):
    pytest.importorskip('rerun', reason='requirements/rerun.txt is not installed')
    from rerun.chunk import RrdReader
    for name in 'ab':
        write_drive(tmp_path / 'bags' / name, drive(count=6), focal=60.0, damaged=(2,))
    target = tmp_path / 'all.rrd'
    assert run(tmp_path / 'bags', '--rerun', target, **GROUND) == 0
    reader = RrdReader(str(target))
    stores = reader.recordings()
    assert len(stores) == 2
    for name, one in zip('ab', stores, strict=True):
        columns = {}
        for chunk in reader.stream(store=one).to_chunks():
            batch = chunk.to_record_batch()
            stamps = batch['stamp'].cast('int64').to_pylist() if 'stamp' in batch.schema.names \
                else [None] * batch.num_rows
            for column in set(batch.schema.names) - {'stamp', 'log_time'}:
                columns.setdefault((chunk.entity_path, column), []).extend(
                    zip(stamps, batch[column].to_pylist(), strict=True))
        table = read_table(tmp_path / 'out' / 'recordings' / name)
        for column in ('decision', 'reason'):
            assert [value for _, (value,) in columns['/decision', column]] == table[column]
        assert [at for at, _ in columns['/decision', 'reason']] == table['stamp_ns']
        for place, column in (('/distance/free', 'free_distance'), ('/confidence', 'confidence'),
                              ('/distance/required', 'required_distance')):
            assert [(at, pytest.approx(value)) for at, (value,) in sorted(
                columns[place, 'Scalars:scalars'])] == [
                (at, value) for at, value in zip(table['stamp_ns'], table[column], strict=True)
                if value is not None]
        assert len(columns['/overlay', 'EncodedImage:blob']) == 6
        masks = columns['/mask', 'SegmentationImage:buffer']
        assert len(masks) == 5 and table['stamp_ns'][2] not in dict(masks)
        assert [at for at, _ in columns['/mask', 'Clear:is_recursive']] == [table['stamp_ns'][2]]


def test_a_file_for_rerun_that_cannot_be_made_is_told_before_the_work(run, tmp_path, capsys):
    pytest.importorskip('rerun', reason='requirements/rerun.txt is not installed')
    images = write_images(tmp_path / 'images', drive(count=1))
    assert run(images, '--rerun', tmp_path / 'no' / 'all.rrd') == 2
    assert 'ends in .rrd' in capsys.readouterr().err and not (tmp_path / 'out').exists()


def stamp_of_header(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec
