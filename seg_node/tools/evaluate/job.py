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

"""The work on one recording: what is to be done, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
import hashlib
import json
from pathlib import Path
from typing import Any

from seg_node import __version__
from seg_node.parameters.params_file import Configuration
from seg_node.recordings.calibration import Calibration
from seg_node.recordings.find import Recording

FORMAT = 2
"""Of the files that are kept of a recording; another number makes all of them again."""


@dataclass(frozen=True)
class GroundTruthChoice:
    """
    Where the ground truth lies: a folder of masks for each recording, or a topic of the bags.

    :param mapping: file that tells what values mean; None: class ids of the model.
    """

    folder: Path | None = None
    topic: str | None = None
    mapping: Path | None = None


@dataclass(frozen=True)
class RunSettings:
    """
    What is the same for all recordings of a run; travels to other processes and machines.

    :param configuration: all parameters of the node.
    :param sha256: of the graph, so that another machine runs the same.
    :param topic: image topic; None: found by the cameras' names.
    :param odometry: topic; None: odom, or the only one; '': none.
    :param overlay: make a film of each recording.
    :param bag: make a bag of what was seen and decided in each recording.
    :param rerun: make the same for the viewer of rerun.
    :param calibration: of the camera that took videos and images; bags have their own.
    """

    configuration: Configuration
    camera: str
    sha256: str
    precision: str
    topic: str | None = None
    odometry: str | None = None
    fps: float | None = None
    seconds: float | None = None
    truth: GroundTruthChoice = field(default_factory=GroundTruthChoice)
    mapping_digest: str = ''
    parquet: bool = True
    overlay: bool = False
    bag: bool = False
    rerun: bool = False
    calibration: Calibration | None = None


@dataclass(frozen=True)
class Job:
    """One recording to be evaluated; masks is the folder with its ground truth."""

    recording: Recording
    settings: RunSettings
    masks: Path | None = None

    def key(self) -> str:
        """
        Return what tells results apart: another model, parameter, version or file gives another.

        :raises OSError: when the recording cannot be looked at.
        """
        settings = self.settings
        content = {
            'format': FORMAT, 'version': __version__, 'sha256': settings.sha256,
            'precision': settings.precision, 'camera': settings.camera,
            'parameters': {name: value for name, value in settings.configuration.values.items()
                           if name not in _WITHOUT_EFFECT},
            'topics': [settings.topic, settings.odometry, settings.truth.topic],
            'fps': settings.fps, 'seconds': settings.seconds, 'mapping': settings.mapping_digest,
            'overlay': settings.overlay,
            'bag': settings.bag and settings.configuration.structure.base_frame,
            'rerun': settings.rerun,
            'calibration': settings.calibration and asdict(settings.calibration),
            'recording': _identity(self.recording.path),
            'masks': _identity(self.masks)}
        text = json.dumps(content, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


# The model is told apart by the checksum of its graph, wherever it lies.
_WITHOUT_EFFECT = ('model', 'threads', 'loading_timeout', 'build_timeout', 'autostart',
                   'heartbeat_rate', 'jpeg_quality', 'expected_rate', 'workspace_mib',
                   'base_frame')


@dataclass(frozen=True)
class JobResult:
    """
    What came of a job: the files of the recording's folder, by their paths in it.

    error says why nothing, or not all of it, could be evaluated; '' for a recording that is whole.
    """

    name: str
    files: Mapping[str, bytes]
    frames: int = 0
    error: str = ''
    notes: tuple[str, ...] = ()
    seconds: float = 0.0


def _identity(path: Path | None) -> list[Any]:
    """Return what changes when a file, or the files of a folder, change."""
    if path is None:
        return []
    path = path.resolve()
    files = [path] if path.is_file() else sorted(f for f in path.iterdir() if f.is_file())
    marks = [(file.name, stat.st_size, stat.st_mtime_ns)
             for file in files for stat in [file.stat()]]
    return [str(path), hashlib.sha256(json.dumps(marks).encode()).hexdigest()]
