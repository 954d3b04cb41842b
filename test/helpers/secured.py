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
"""Run a node under SROS2, enforced: the keystore and the module as arguments."""

from __future__ import annotations

import os
import runpy
import sys

if __name__ == '__main__':
    keystore, module = sys.argv[1:]
    os.environ.update(ROS_SECURITY_ENABLE='true', ROS_SECURITY_STRATEGY='Enforce',
                      ROS_SECURITY_KEYSTORE=keystore)
    sys.argv[1:] = []
    runpy.run_module(module, run_name='__main__')
