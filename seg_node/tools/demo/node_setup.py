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

"""The node of a drive: its parameters, by the same code that reads them for node and evaluate."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seg_node.errors import UserError
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import configure, NODE, read_params_file, UNKNOWN_VEHICLE
from seg_node.parameters.structure import check_mountings, key, Structure
from seg_node.recordings.find import Kind
from seg_node.recordings.sources import Source
from seg_node.stop_go.limits import Geometry
from seg_node.tools.common.camera_messages import ASSUMED


@dataclass(frozen=True)
class NodeSetup:
    """
    What the node of a drive is given.

    :param given: parameters by their names, without those of the drive itself.
    :param class_actions: of classes whose action differs from the model.
    :param assumed: what the drive takes for true that nobody has said; '' for nothing.
    """

    given: Mapping[str, Any]
    structure: Structure
    class_actions: tuple[str, ...]
    assumed: str

    @property
    def cameras(self) -> tuple[str, ...]:
        """Names of the cameras, which all show the same images."""
        return self.structure.cameras


def set_up_node(source: Source, options: Namespace) -> NodeSetup:
    """
    Put together what the source, the parameter file and the command line say.

    :raises UserError: names the parameter or the option, and the remedy.
    """
    try:
        file = options.params_file
        in_file = {} if file is None else read_params_file(file, NODE)
        cameras = _cameras(in_file, options.camera)
        # What is known of the one camera is known of all: they have the same images.
        known = {name.replace('.camera.', f'.{key(camera)}.'): value for camera in cameras
                 for name, value in source.node_parameters.items()}
        if not known and file is None:
            known = dict(UNKNOWN_VEHICLE)
        given = {**known, **in_file, 'cameras': cameras}
        given |= {name: value for name in ('model', 'backend')
                  if (value := getattr(options, name)) is not None}
        configuration = configure(given)
        check_mountings(configuration.structure, configuration.limits)
    except ParameterError as error:
        raise UserError(str(error)) from None
    return NodeSetup(given, configuration.structure, configuration.limits.class_actions,
                     _assumed(source, options, configuration.structure))


def _cameras(given: Mapping[str, Any], count: int | None) -> list[str]:
    """Return the names of the cameras: those of the file, or as many as are asked for."""
    if 'cameras' not in given:
        return camera_names(count or 1)
    names = list(given['cameras'])
    if count not in (None, len(names)):
        raise UserError(f'--camera {count}: the parameter file has the cameras '
                        f'{", ".join(names)}. Leave --camera out')
    return names


def camera_names(count: int) -> list[str]:
    """Return the names of that many cameras."""
    return ['camera'] if count == 1 else [f'camera{i}' for i in range(count)]


def _assumed(source: Source, options: Namespace, structure: Structure) -> str:
    if structure.geometry is Geometry.GROUND:
        return '' if source.kind is Kind.BAG or source.camera else ASSUMED
    return '' if options.params_file else (
        'nothing is known of vehicle and camera: the corridor lies in the image (geometry: '
        'trapezoid); give --params-file')
