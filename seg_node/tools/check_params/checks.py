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

"""The checks in their order: each can find what is wrong, or doubtful, and the next goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seg_node.drawing.ground import draw_ground
from seg_node.drawing.lines import draw_line
from seg_node.parameters.params_file import Configuration
from seg_node.parameters.problems import find_problems
from seg_node.perception.backends import BackendError
from seg_node.perception.backends.registry import BackendOptions, own_model
from seg_node.perception.models.model import load_model, Model, ModelError
from seg_node.perception.segmenter import Segmenter
from seg_node.recordings.decoding import DecodedFrame
from seg_node.stop_go.assessor import Assessor, Observation
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.camera_view import FixedPose
from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.geometry import Intrinsics, View
from seg_node.stop_go.limits import Geometry
from seg_node.stop_go.roles import Direction
from seg_node.stop_go.timing import Instant
from seg_node.stop_go.vehicle import Way
from seg_node.tools.check_params.doubts import (
    doubts_of_image,
    doubts_of_numbers,
    doubts_of_view,
)

_WHITE = (255, 255, 255)


@dataclass
class Checked:
    """What was found; configuration and model are None where they cannot be used."""

    wrong: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    configuration: Configuration | None = None
    model: Model | None = None


def check_values(given: Mapping[str, Any]) -> Checked:
    """Check the parameters alone, with the model that they name."""
    problems, configuration = find_problems(given)
    checked = Checked(list(problems), configuration=configuration)
    if configuration is None:
        return checked
    structure, limits = configuration.structure, configuration.limits
    try:
        checked.model = own_model(structure.backend.name) or load_model(structure.model)
    except ModelError as error:
        checked.wrong.append(f'model: {error}')
        # What does not rest on its classes is checked all the same.
        limits = replace(limits, class_actions=())
    try:
        model = checked.model or load_model(None)
        CameraJudge(limits, structure.geometry).load(model.classes, model.width, model.height)
    except ValueError as error:
        checked.wrong.append(str(error))
        checked.model = None
    checked.doubts += doubts_of_numbers(configuration)
    return checked


def check_image(checked: Checked, camera: str, decoded: DecodedFrame, intrinsics: Intrinsics,
                ) -> NDArray[np.uint8] | None:
    """
    Check the parameters with an upright image of a camera; add what is found.

    :returns: the image with the corridor, uint8 [H, W, 3]; None where there is none to draw.
    """
    configuration, model = checked.configuration, checked.model
    if configuration is None or model is None or decoded.image is None:
        return None
    structure, limits = configuration.structure, configuration.limits
    rotation = structure.setups[camera].rotation
    view = None
    if structure.geometry is Geometry.GROUND:
        if not limits.mountings[camera].height > 0:
            return None
        pose = FixedPose(camera, limits, rotation).pose('').turned(rotation)
        view = View(intrinsics, pose)
        checked.doubts += doubts_of_view(configuration, camera, model, view)
    try:
        options = structure.backend if own_model(structure.backend.name) else BackendOptions(
            'onnxruntime', threads=structure.backend.threads)
        with Segmenter.open(structure.model, options) as segmenter:
            segmentation = segmenter.segment(decoded.image.bgr)
    except (ModelError, BackendError) as error:
        checked.wrong.append(f'model: {error}')
        return None
    judge = CameraJudge(limits, structure.geometry)
    assessor = Assessor(model.classes, model.width, model.height, limits, structure.geometry,
                        structure.roles[camera].direction or Direction.FORWARD)
    judge.load(model.classes, model.width, model.height)
    judge.activate(Instant(0.0, 0.0))
    assessment = assessor.assess(Observation(segmentation.labels, segmentation.confidence, view))
    checked.doubts += doubts_of_image(
        configuration, camera, judge, decoded.image, segmentation, assessment)
    if view is not None:
        vehicle = limits.vehicle
        return draw_ground(decoded.image.bgr, view, SweptPath(
            vehicle.width_along(Way()), vehicle.bumper_along(Way())), ())
    image = np.array(decoded.image.bgr, order='C')
    if assessment.corridor is not None:
        draw_line(image, assessment.corridor.polygon(image.shape[1], image.shape[0]), True,
                  _WHITE, 2.5 * image.shape[0] / 540)
    return image
