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

"""The demo's node reads a parameter file as the node itself does."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest
import yaml

from seg_node.errors import UserError
from seg_node.parameters.params_file import configure, read_params_file
from seg_node.recordings.calibration import Calibration
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import Source
from seg_node.stop_go.limits import Geometry
from seg_node.tools.demo.node_setup import set_up_node

KNOWN = {'geometry': 'ground', 'mounting.camera.height': 1.3, 'vehicle.width': 1.5,
         'vehicle.max_speed': 6.0}
MOUNTED = {'mounting': {'camera': {'height': 0.9}}, 'vehicle.width': 0.6,
           'vehicle.max_speed': 1.0}


def source(kind=Kind.VIDEO, known=None, camera=None):
    made = Source('some', 10.0, 1, (64, 48))
    made.kind, made.camera = kind, camera
    if known:
        made.node_parameters = known
    return made


def params_file(folder, **values):
    path = folder / 'params.yaml'
    path.write_text(yaml.safe_dump({'/**': {'ros__parameters': values}}))
    return path


def options(path: Path | None = None, **chosen) -> Namespace:
    return Namespace(**{'params_file': path, 'camera': None, 'model': None, 'backend': None,
                        **chosen})


def test_a_file_means_what_it_means_to_the_node(tmp_path):
    path = params_file(tmp_path, **MOUNTED, model='other')
    setup = set_up_node(source(), options(path))
    assert configure(setup.given).values == configure(read_params_file(path)).values
    assert setup.structure.geometry is Geometry.GROUND      # the default of the node
    assert setup.structure.model == 'other'
    assert set_up_node(source(), options(path, model='mine')).structure.model == 'mine'


def test_without_a_file_the_corridor_lies_in_the_image_and_that_is_said():
    setup = set_up_node(source(), options())
    assert setup.structure.geometry is Geometry.TRAPEZOID
    assert 'nothing is known of vehicle and camera' in setup.assumed


def test_an_invented_camera_is_said_and_a_known_one_is_not(tmp_path):
    path = params_file(tmp_path, **MOUNTED)
    assert 'pinhole with 60 deg' in set_up_node(source(), options(path)).assumed
    pinhole = Calibration.pinhole(64, 48, 50.0, 31.5, 23.5)
    assert set_up_node(source(camera=pinhole), options(path)).assumed == ''
    assert set_up_node(source(Kind.BAG), options(path)).assumed == ''


def test_what_is_known_of_the_vehicle_lies_below_the_file(tmp_path):
    path = params_file(tmp_path, cameras=['front', 'left/rear'], **{'vehicle.width': 0.7})
    setup = set_up_node(source(Kind.RENDERED, KNOWN), options(path))
    values = configure(setup.given).values
    assert setup.cameras == ('front', 'left/rear')
    assert values['mounting.front.height'] == values['mounting.left.rear.height'] == 1.3
    assert (values['vehicle.width'], values['vehicle.max_speed']) == (0.7, 6.0)


def test_cameras_can_be_counted_where_no_file_names_them(tmp_path):
    assert set_up_node(source(), options(camera=2)).cameras == ('camera0', 'camera1')
    path = params_file(tmp_path, cameras=['front'], geometry='trapezoid')
    assert set_up_node(source(), options(path, camera=1)).cameras == ('front',)
    with pytest.raises(UserError, match='has the cameras front. Leave --camera out'):
        set_up_node(source(), options(path, camera=2))


@pytest.mark.parametrize(('values', 'words'), [
    ({'vehicle.decelleration': 1.0}, 'did you mean vehicle.deceleration'),
    ({'geometry': 'ground'}, 'mounting.camera.height: not set'),
    ({'vehicle.width': 1}, r'write 1\.0'),
])
def test_what_the_node_would_refuse_is_refused_before_anything_starts(tmp_path, values, words):
    with pytest.raises(UserError, match=words):
        set_up_node(source(), options(params_file(tmp_path, **values)))
