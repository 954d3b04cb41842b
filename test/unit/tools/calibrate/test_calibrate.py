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

"""calibrate: from pictures to a parameter file that the node takes; and its refusals."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
import yaml

from helpers.bag_files import _header, CAMERA_INFO, COMPRESSED, PERIOD_NS, START_NS, STORE
from helpers.evaluate_inputs import ODOMETRY, odometry, packed
from helpers.mounted import MountedCamera
from seg_node.parameters.params_file import configure, NODE, read_params_file
from seg_node.parameters.structure import check_mountings
from seg_node.stop_go import Mounting
from seg_node.tools.calibrate.__main__ import main
from seg_node.tools.check_params.__main__ import main as check_params

MOUNTING = Mounting(0.8, 0.35, roll=0.03, yaw=-0.05)
VEHICLE = ('--param', 'vehicle.width=0.6', '--param', 'vehicle.max_speed=1.0')


@pytest.fixture(scope='module')
def camera():
    return MountedCamera(MOUNTING)


@pytest.fixture(scope='module')
def folder(camera, tmp_path_factory):
    """Return a folder with a picture, a drive, and the camera's calibration."""
    path = tmp_path_factory.mktemp('calibrate')
    lens = camera.view.intrinsics
    k = [lens.fx, 0.0, lens.cx, 0.0, lens.fy, lens.cy, 0.0, 0.0, 1.0]
    (path / 'camera.yaml').write_text(yaml.safe_dump({
        'image_width': lens.width, 'image_height': lens.height, 'distortion_model': 'plumb_bob',
        'distortion_coefficients': {'data': [0.0] * 5}, 'camera_matrix': {'data': k}}))
    cv2.imwrite(str(path / 'board.png'), camera.board((10, 7), 0.1, 1.3))
    (path / 'drive').mkdir()
    for number in range(11):
        cv2.imwrite(str(path / 'drive' / f'{number}.png'),
                    camera.picture(0.15 * number, number=number))
    return path


@pytest.fixture
def calibrate(folder, tmp_path):
    """Return what runs calibrate on something in the folder, and gives the parameters."""
    def run(name, *options):
        out = tmp_path / 'my_robot.yaml'
        assert main([str(folder / name), '--camera-info', str(folder / 'camera.yaml'), '--out',
                     str(out), *options]) == 0
        assert cv2.imread(str(out.with_suffix('.jpg'))).shape == (360, 640, 3)
        return read_params_file(out, NODE)
    return run


def point(camera, x, y):
    (u, v), = camera.view.project(np.array([(x, y, 0.0)]))
    return f'{u:.2f},{v:.2f},{x},{y}'


def test_points_on_the_floor_and_a_file_that_check_params_finds_right(
        camera, calibrate, folder, tmp_path, capsys):
    given = calibrate('drive/0.png', '--points', *(
        point(camera, x, y) for x, y in ((1.2, 0.3), (3.0, -0.4), (2.0, 0.0))), *VEHICLE)
    for name in ('height', 'pitch', 'roll', 'yaw'):
        assert given[f'mounting.camera.{name}'] == pytest.approx(
            getattr(MOUNTING, name), abs=2e-3)
    configuration = configure(given)
    check_mountings(configuration.structure, configuration.limits)
    out = tmp_path / 'my_robot.yaml'
    assert check_params([str(out), '--image', str(folder / 'drive' / '0.png'), '--camera-info',
                         str(folder / 'camera.yaml')]) == 0
    assert 'wrong:' not in capsys.readouterr().out
    drawn = cv2.imread(str(tmp_path / 'my_robot.check.jpg'))
    plain = cv2.imread(str(folder / 'drive' / '0.png'))
    assert (np.abs(drawn.astype(int) - plain).max(axis=2) > 60).mean() > 0.005


def test_a_drive_with_a_speed(calibrate):
    given = calibrate('drive', '--speed', '1.5', '--camera', 'front', '--forward', '0.2')
    assert given['cameras'] == ['front'] and given['mounting.front.forward'] == 0.2
    assert given['mounting.front.height'] == pytest.approx(0.8, rel=0.03)
    assert given['mounting.front.pitch'] == pytest.approx(0.35, abs=0.005)


def test_a_drive_without_a_speed_tells_no_height_unless_it_is_given(calibrate, capsys):
    assert 'mounting.camera.height' not in calibrate('drive')
    assert 'height: is not known without a speed' in capsys.readouterr().out


def test_a_damaged_bag_tells_what_lies_before_the_damage(camera, tmp_path, capsys):
    bag = tmp_path / 'bag'
    with Writer(bag, version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        images, infos, odom = (writer.add_connection(topic, kind, typestore=STORE) for topic, kind
                               in (('/camera/image_raw/compressed', COMPRESSED),
                                   ('/camera/camera_info', CAMERA_INFO), ('/odom', ODOMETRY)))
        for number in range(16):
            at = START_NS + number * PERIOD_NS
            writer.write(odom, at - 2000, odometry(at - 2000, 0.15 / (PERIOD_NS * 1e-9)))
            writer.write(infos, at - 1000, info_of(camera.view.intrinsics, at))
            writer.write(images, at, packed(at, camera.picture(0.15 * number, number=number)))
    (file,) = bag.glob('*.mcap')
    file.write_bytes(file.read_bytes()[:-file.stat().st_size // 5])
    (bag / 'metadata.yaml').unlink()
    out = tmp_path / 'my_robot.yaml'
    assert main([str(bag), '--out', str(out)]) == 0
    assert 'cut off or damaged' in capsys.readouterr().err
    given = read_params_file(out, NODE)
    assert given['mounting.camera.height'] == pytest.approx(0.8, rel=0.03)
    assert given['mounting.camera.pitch'] == pytest.approx(0.35, abs=0.005)


def info_of(lens, stamp_ns):
    types = STORE.types
    roi = types['sensor_msgs/msg/RegionOfInterest'](0, 0, 0, 0, False)
    k = np.array([lens.fx, 0, lens.cx, 0, lens.fy, lens.cy, 0, 0, 1], float)
    return bytes(STORE.serialize_cdr(types[CAMERA_INFO](
        _header(stamp_ns, 'lens'), lens.height, lens.width, 'plumb_bob', np.zeros(5), k,
        np.eye(3).reshape(-1), np.zeros(12), 0, 0, roi), CAMERA_INFO))


def test_a_checkerboard(calibrate):
    given = calibrate('board.png', '--board', '9x6', '--square', '0.1', '--squared')
    assert given['mounting.camera.height'] == pytest.approx(0.8, rel=0.02)
    assert given['mounting.camera.yaw'] == pytest.approx(-0.05, abs=0.01)


@pytest.mark.parametrize(('name', 'options', 'words'), [
    ('nothing.png', (), 'nothing.png: no such file or folder'),
    ('drive/0.png', (), '0.png: one picture shows no motion: give a drive, or points'),
    ('drive/0.png', ('--points', '10,10,1,0'), '--points: 1 is too few'),
    ('drive/0.png', ('--points', '900,10,1,0', '1,1,2,0'), '--points 900,10: lies outside'),
    ('drive/0.png', ('--board', '9x6', '--square', '0.1'), '9x6: is seen in no image'),
    ('drive/0.png', ('--param', 'vehicle.widht=1.0'), 'did you mean vehicle.width?'),
    ('drive/0.png', ('--param', 'vehicle.width'), '--param vehicle.width: is not NAME=VALUE'),
    ('drive/0.png', ('--camera', 'no name'), "'no name' cannot begin a topic name"),
    ('drive/0.png', ('--forward', '200'), 'forward: 200.0 is not a number from -20 to 20'),
])
def test_what_cannot_be_is_told_in_one_line(folder, tmp_path, capsys, name, options, words):
    out = tmp_path / 'out.yaml'
    assert main([str(folder / name), '--camera-info', str(folder / 'camera.yaml'), '--out',
                 str(out), *options]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count('\n') == 1
    assert not out.exists()


def test_a_camera_of_which_nothing_is_known_is_refused_or_guessed(folder, tmp_path, capsys):
    out = tmp_path / 'out.yaml'
    picture, points = str(folder / 'drive' / '0.png'), ('--points', '320,300,1.5,0', '320,200,4,0')
    assert main([picture, '--out', str(out), *points]) == 2
    assert 'nothing is known of the camera. Give --camera-info' in capsys.readouterr().err
    assert main([picture, '--out', str(out), '--fov', '69', *points]) == 0
    assert 'a guess, 69 degrees wide' in capsys.readouterr().out
    assert main([picture, '--out', str(out), '--fov', '69', *points]) == 2
    assert 'is there already' in capsys.readouterr().err


@pytest.mark.parametrize(('text', 'words'), [
    ('image_width: 640', 'image_height: is no number of pixels'), ('- a', 'is no calibration'),
    ('a: [', 'is no YAML'), (None, 'cannot be read')])
def test_a_calibration_that_is_none_is_refused(folder, tmp_path, capsys, text, words):
    path = tmp_path / 'camera.yaml'
    if text is not None:
        path.write_text(text)
    assert main([str(folder / 'drive'), '--camera-info', str(path)]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(('options', 'words'), [
    (('--points', '1,2,3'), "'1,2,3' is not u,v,x,y"),
    (('--board', '9'), "'9' is not COLUMNSxROWS"),
    (('--board', '9x6'), '--board and --square: go together'),
    (('--points', '1,1,nan,1'), 'has what is no number'), (('--fov', '190'), '--fov 190: is no'),
    (('--points', '1,1,1,1', '--board', '9x6'), 'choose one of them')])
def test_options_that_cannot_be_are_told(options, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(['picture.png', *options])
    assert ended.value.code == 2 and words in capsys.readouterr().err
