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

"""From the command line to what is to be done."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Any

from seg_node.errors import UserError
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import (
    Configuration,
    configure,
    read_params_file,
    UNKNOWN_VEHICLE,
)
from seg_node.parameters.structure import check_mountings
from seg_node.recordings.calibration import read_calibration
from seg_node.recordings.find import find_recordings, Recording
from seg_node.stop_go.camera_judge import CameraJudge
from seg_node.stop_go.limits import Geometry
from seg_node.tools.common.assignments import read_assignments
from seg_node.tools.common.command_line import need
from seg_node.tools.evaluate.ground_truth.mapping import find_mapping, model_ids, read_mapping
from seg_node.tools.evaluate.ground_truth.masks import masks_in
from seg_node.tools.evaluate.job import GroundTruthChoice, Job, RunSettings
from seg_node.tools.evaluate.scenario.reading import read_scenarios, Scenario
from seg_node.tools.evaluate.scores import PATH_OR_NOT
from seg_node.tools.evaluate.table import has_parquet
from seg_node.tools.evaluate.worker import open_segmenter


@dataclass(frozen=True)
class Request:
    """A run: its jobs, and what is said of the network that does them."""

    settings: RunSettings
    jobs: tuple[Job, ...]
    classes: tuple[str, ...]
    model: dict[str, Any]
    backend: dict[str, Any]
    count: int
    scenarios: dict[str, Scenario]

    @property
    def recordings(self) -> tuple[Recording, ...]:
        """The recordings, in their order."""
        return tuple(job.recording for job in self.jobs)


def make_request(options: argparse.Namespace) -> Request:
    """
    Check everything that can be wrong before the work begins.

    :raises UserError: names the thing, the value and the remedy.
    """
    if options.rerun is not None:
        _check_rerun(options.rerun)
    configuration = _configuration(options)
    camera = _camera(options, configuration)
    truth = _truth(options)
    calibration = read_calibration(options.camera_info) if options.camera_info else None
    segmenter = open_segmenter(RunSettings(configuration, camera, '', ''))
    try:
        model, backend = segmenter.model, segmenter.backend
        names = [info.name for info in model.classes]
        mapping = read_mapping(truth.mapping, names) if truth.mapping else model_ids(names)
        try:
            CameraJudge(configuration.limits, configuration.structure.geometry).load(
                model.classes, model.width, model.height)
        except ValueError as error:
            raise UserError(str(error)) from None
        has_truth = bool(truth.folder or truth.topic)
        settings = RunSettings(
            configuration, camera, model.sha256, backend.precision, options.topic,
            options.odom, options.fps, options.seconds, truth,
            mapping.digest if has_truth else '', has_parquet(), options.overlay,
            options.write_bag, options.rerun is not None, calibration)
        told = {'name': model.name, 'version': model.version, 'sha256': model.sha256,
                'precision': backend.precision}
        ran = {'name': backend.name, 'detail': backend.detail, 'because': backend.chosen_because,
               'warnings': list(backend.warnings)}
    finally:
        segmenter.close()
    without = [options.out, *([truth.folder] if truth.folder else [])]
    recordings = find_recordings(options.paths, without)
    scenarios = read_scenarios(recordings, options.paths)
    jobs = tuple(Job(recording, settings, _masks(truth, recording, len(recordings) == 1))
                 for recording in recordings)
    classes = tuple(names) if has_truth and mapping.has_classes else PATH_OR_NOT
    threads = configuration.structure.backend.threads
    count = options.jobs or max(1, len(os.sched_getaffinity(0)) // threads)
    return Request(settings, jobs, classes, told, ran, count, scenarios)


def _check_rerun(path: Path) -> None:
    need('rerun')
    if path.suffix != '.rrd' or path.is_dir() or not path.absolute().parent.is_dir():
        raise UserError(f'--rerun {path}: give the name of a file that ends in .rrd, in a folder '
                        'that there is')


def _configuration(options: argparse.Namespace) -> Configuration:
    try:
        given = dict(UNKNOWN_VEHICLE) if options.params_file is None else read_params_file(
            options.params_file, options.node)
        given.update(read_assignments(options.param))
        for name in ('model', 'backend', 'precision', 'threads'):
            value = getattr(options, name)
            if value is not None:
                given[name] = value
        configuration = configure(given)
        if configuration.structure.mounting_source == 'tf' \
                and configuration.structure.geometry is Geometry.GROUND:
            raise UserError('mounting_source: tf cannot be used here, recordings are read without '
                            'ROS. Measure the mounting, give mounting.* and mounting_source: '
                            'parameters')
        check_mountings(configuration.structure, configuration.limits)
    except ParameterError as error:
        raise UserError(str(error)) from None
    return configuration


def _camera(options: argparse.Namespace, configuration: Configuration) -> str:
    cameras = configuration.structure.cameras
    if options.camera is None:
        if len(cameras) > 1:
            raise UserError(f'cameras: {", ".join(cameras)}: several; choose one with --camera')
        return cameras[0]
    if options.camera not in cameras:
        raise UserError(f'--camera {options.camera}: the parameters have {", ".join(cameras)}')
    return str(options.camera)


def _truth(options: argparse.Namespace) -> GroundTruthChoice:
    mapping = find_mapping(options.mapping) if options.mapping else None
    if options.truth is None:
        if mapping:
            raise UserError(f'--mapping {options.mapping}: says what masks mean; give them with '
                            '--truth')
        return GroundTruthChoice()
    folder = Path(options.truth)
    if folder.is_dir():
        return GroundTruthChoice(folder, None, mapping)
    if folder.exists():
        raise UserError(f'--truth {options.truth}: is a file. Give a folder of masks, or the '
                        'topic of a bag')
    return GroundTruthChoice(None, options.truth, mapping)


def _masks(truth: GroundTruthChoice, recording: Recording, alone: bool) -> Path | None:
    return None if truth.folder is None else masks_in(truth.folder, recording.name, alone=alone)
