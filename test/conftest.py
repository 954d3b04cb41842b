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

"""Settings of all tests."""

import os

from hypothesis import settings

from helpers.places import ROOT
from helpers.time_limit import (  # noqa: F401  hooks
    pytest_addoption,
    pytest_configure,
    pytest_runtest_call,
    pytest_runtest_setup,
    pytest_runtest_teardown,
)

# No test gates on time: machines are slow when they are busy.
settings.register_profile('seg_node', deadline=None)
settings.load_profile('seg_node')

# Processes that tests start find the package, the benchmarks and the helpers from any folder, as
# pytest does by `pythonpath`.
os.environ['PYTHONPATH'] = os.pathsep.join(filter(None, (
    str(ROOT), str(ROOT / 'test'), os.environ.get('PYTHONPATH'))))
