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

"""All faults of the benchmark, in the order in which they run: those of one setup in a row."""

from __future__ import annotations

from benchmarks.faults.case import Fault
from benchmarks.faults.cases_camera import CAMERA_FAULTS, MESSAGE_FAULTS
from benchmarks.faults.cases_depth import DEPTH_FAULTS
from benchmarks.faults.cases_encoding import ENCODING_FAULTS
from benchmarks.faults.cases_ground import GROUND_FAULTS
from benchmarks.faults.cases_node import MODEL_FAULTS, NODE_FAULTS
from benchmarks.faults.cases_odometry import ODOMETRY_FAULTS
from benchmarks.faults.cases_parameters import PARAMETER_FAULTS
from benchmarks.faults.cases_perception import BUNDLED_FAULTS, PERCEPTION_FAULTS
from benchmarks.faults.cases_publisher import PUBLISHER_FAULTS, TWO_CAMERA_FAULTS
from benchmarks.faults.cases_readers import READER_FAULTS
from benchmarks.faults.cases_swallowing import SWALLOWING_FAULTS
from benchmarks.faults.cases_tf import TF_FAULTS
from benchmarks.faults.cases_time import TIME_FAULTS

_DECLARED = (*CAMERA_FAULTS, *MESSAGE_FAULTS, *ENCODING_FAULTS, *TIME_FAULTS, *PERCEPTION_FAULTS,
             *PUBLISHER_FAULTS, *NODE_FAULTS, *PARAMETER_FAULTS, *MODEL_FAULTS, *GROUND_FAULTS,
             *DEPTH_FAULTS, *ODOMETRY_FAULTS, *SWALLOWING_FAULTS, *TF_FAULTS, *BUNDLED_FAULTS,
             *TWO_CAMERA_FAULTS, *READER_FAULTS)
_SETUPS = tuple(dict.fromkeys(fault.setup.name for fault in _DECLARED))

# Stable: within a setup the order of declaration stays, but what uses up its node comes last.
ALL: tuple[Fault, ...] = tuple(sorted(
    _DECLARED, key=lambda fault: (_SETUPS.index(fault.setup.name), fault.ends_node)))
