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

"""The structural parameters of the node: what is fixed from the start of the process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seg_node.parameters.declaration import (
    Declaration,
    declare_fields,
    Get,
    ParameterError,
)
from seg_node.perception.backends.registry import (
    BackendOptions,
    choices,
    MAX_BATCH,
    MAX_THREADS,
    own_options,
    PRECISIONS,
)
from seg_node.perception.images.rotation import Rotation
from seg_node.stop_go.geometry import Mounting
from seg_node.stop_go.limits import Geometry, Limits
from seg_node.stop_go.roles import Direction, Duty, Role

ANY_DIRECTION = 'any'
BOND_OFF, BOND_AUTO, BOND_REQUIRED = 'off', 'auto', 'required'
MAX_OUTPUT = 8192


@dataclass(frozen=True)
class CameraSetup:
    """What a camera is there for, and how its picture is turned."""

    role: Role
    rotation: Rotation


@dataclass(frozen=True)
class Structure:
    """
    What is fixed from the start of the process; see STRUCTURE for the meanings.

    `output_size`: width and height, None for those of the image.
    """

    cameras: tuple[str, ...]
    setups: dict[str, CameraSetup]
    transport: str
    rectified: bool
    depth: bool
    model: str
    backend: BackendOptions
    geometry: Geometry
    mounting_source: str
    base_frame: str
    loading_timeout: float
    build_timeout: float
    autostart: bool
    bond: str
    heartbeat_rate: float
    expected_rate: float
    output_size: tuple[int, int] | None
    scan_range: float
    jpeg_quality: int

    @property
    def roles(self) -> dict[str, Role]:
        """The role of each camera."""
        return {name: setup.role for name, setup in self.setups.items()}

    @property
    def directed(self) -> bool:
        """Whether it matters which way the vehicle is to drive."""
        return any(role.direction for role in self.roles.values())


STRUCTURE = (
    Declaration('cameras', ['camera'],
                'names of the cameras; each is the prefix of its topics'),
    Declaration('transport', 'raw',
                'subscribe to <camera>/image_raw (raw) or <camera>/image_raw/compressed',
                choices=('raw', 'compressed')),
    Declaration('rectified', False,
                'the images are rectified: camera_info counts by its P, without distortion'),
    Declaration('depth', False,
                'subscribe to <camera>/depth_registered/image_raw, aligned to the images; what it '
                'shows standing in the way stops, and so does depth that is missing'),
    Declaration('model', 'road',
                'a bundled model by name, or the path of a model folder or model.yaml'),
    Declaration('backend', 'auto', 'what runs the network; auto takes the fastest at hand',
                choices=choices()),
    Declaration('precision', 'auto',
                'what the network computes in; auto is what is quick with the backend',
                choices=PRECISIONS),
    Declaration('threads', 2, 'CPU threads of the network, with a backend on the CPU',
                low=1, high=MAX_THREADS),
    *(Declaration(option.name, option.unset, option.meaning,
                  low=min(option.unset, option.low), high=option.high)
      for option in own_options()),
    Declaration('geometry', 'ground',
                'where the corridor lies: on the ground in metres, from camera_info, mounting and '
                'vehicle; or a trapezoid chosen in the image',
                choices=tuple(each.value for each in Geometry)),
    Declaration('mounting_source', 'parameters',
                'where the mounting of the cameras comes from: mounting.*, or TF between '
                'base_frame and the frame of camera_info', choices=('parameters', 'tf')),
    Declaration('base_frame', 'base_footprint',
                'frame of the vehicle, with its origin on the ground (REP 120); for TF, and of '
                '~/free_distance'),
    Declaration('loading_timeout', 120.0,
                'how long loading the model may take, s; then it has failed',
                low=1.0, high=3600.0),
    Declaration('build_timeout', 3600.0,
                'how long loading may take where an engine has to be built, s',
                low=1.0, high=86400.0),
    Declaration('autostart', False,
                'configure and activate at start-up, without a lifecycle manager'),
    Declaration('bond', BOND_AUTO,
                'the bond with a lifecycle manager: auto holds one where its messages are '
                'installed, and says STOP where it breaks; required says STOP without one',
                choices=(BOND_OFF, BOND_AUTO, BOND_REQUIRED)),
    Declaration('heartbeat_rate', 20.0, 'rate of ~/stop and ~/state without images, Hz',
                low=5.0, high=100.0),
    Declaration('expected_rate', 0.0,
                'frame rate the cameras should reach, Hz; diagnostics warn below 80 % of it; '
                '0: unknown', low=0.0, high=1000.0),
    Declaration('output.width', 0,
                'width of mask, confidence and points, pixels; 0: that of the image',
                low=0, high=MAX_OUTPUT),
    Declaration('output.height', 0,
                'height of mask, confidence and points, pixels; 0: that of the image',
                low=0, high=MAX_OUTPUT),
    Declaration('scan_range', 10.0, 'farthest that ~/scan tells, metres', low=1.0, high=200.0),
    Declaration('jpeg_quality', 80, 'quality of segmentation/overlay/compressed', low=1, high=100),
)


def of_camera(camera: str) -> tuple[Declaration, ...]:
    """Return the parameters of one camera."""
    return (*declare_fields(f'mounting.{key(camera)}', Mounting, fixed=False), *_role(camera),
            _rotation(camera))


def _role(camera: str) -> tuple[Declaration, Declaration]:
    return (
        Declaration(f'role.{key(camera)}.direction', ANY_DIRECTION,
                    'which way the vehicle drives when the camera counts',
                    choices=(ANY_DIRECTION, *(each.value for each in Direction))),
        Declaration(f'role.{key(camera)}.duty', Duty.REQUIRED.value,
                    'required, or advisory: it stops for the road, not for its own faults',
                    choices=tuple(each.value for each in Duty)),
    )


def _rotation(camera: str) -> Declaration:
    return Declaration(
        f'rotation.{key(camera)}', Rotation.NONE.value,
        'degrees by which the picture is turned clockwise to be upright: 0, 90, 180 or 270',
        low=0, high=270)


def read_structure(get: Get) -> Structure:
    """
    Read the structural parameters.

    :raises ParameterError: names the parameter, its value and what would fit.
    """
    values: dict[str, Any] = {item.name: item.read(get) for item in STRUCTURE}
    values['cameras'] = check_cameras(values['cameras'])
    values['geometry'] = Geometry(values['geometry'])
    values['output_size'] = _output_size(values.pop('output.width'), values.pop('output.height'))
    values['backend'] = BackendOptions(
        name=values['backend'], precision=values.pop('precision'), threads=values.pop('threads'),
        max_batch=min(len(values['cameras']), MAX_BATCH),
        own={option.name: None if (value := values.pop(option.name)) == option.unset else value
             for option in own_options()})
    if values['depth'] and values['geometry'] is Geometry.TRAPEZOID:
        raise ParameterError('depth: true needs geometry: ground, to know what stands on it')
    setups = {name: _read_setup(get, name) for name in values['cameras']}
    return Structure(setups=setups, **values)


def check_mountings(structure: Structure, limits: Limits) -> None:
    """
    Check that the geometry has the mountings that it needs.

    :raises ParameterError: names the parameter and what to do.
    """
    if structure.geometry is Geometry.TRAPEZOID or structure.mounting_source == 'tf':
        return
    for name, mounting in limits.mountings.items():
        if not mounting.height > 0:
            raise ParameterError(
                f'mounting.{key(name)}.height: not set; measure the height of the lens over the '
                'ground in metres, or choose geometry: trapezoid')


def key(camera: str) -> str:
    """Return the part of a parameter's name that stands for a camera."""
    return camera.strip('/').replace('/', '.')


def check_cameras(names: Sequence[str]) -> tuple[str, ...]:
    """
    Check the names of the cameras.

    :raises ParameterError: names what is wrong.
    """
    if not names:
        raise ParameterError('cameras: the list is empty, name at least one camera')
    for name in names:
        parts = name.strip('/').split('/')
        if not all(part.isidentifier() and part.isascii() for part in parts):
            raise ParameterError(
                f'cameras: {name!r} cannot begin a topic name; use letters, digits and _')
    if len({key(name) for name in names}) < len(names):
        raise ParameterError(f'cameras: {", ".join(names)} names a camera twice')
    return tuple(names)


def _output_size(width: int, height: int) -> tuple[int, int] | None:
    if (width > 0) != (height > 0):
        raise ParameterError(
            f'output.width: {width}, output.height: {height}; give both, or neither for the size '
            'of the image')
    return (width, height) if width else None


def _read_setup(get: Get, camera: str) -> CameraSetup:
    direction, duty = (item.read(get) for item in _role(camera))
    turned = _rotation(camera)
    try:
        rotation = Rotation(turned.read(get))
    except ValueError:
        raise ParameterError(
            f'{turned.name}: {turned.read(get)} is none of 0, 90, 180, 270') from None
    return CameraSetup(
        Role(None if direction == ANY_DIRECTION else Direction(direction), Duty(duty)), rotation)
