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

"""The quality of service of the node's topics, by what they carry."""

from __future__ import annotations

from rclpy.duration import Duration
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

# Best effort takes any camera, reliable or not. A few deep, so that an image that is overtaken is
# overtaken in the newest-frame slot, where it is counted, and not silently in the middleware.
CAMERA = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)

# Best effort as well, and only the newest: what is known of the camera now.
CAMERA_INFO = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)

# Reliable for recorders; a few frames deep, so that a slow one loses no neighbours of a hiccup.
IMAGES = QoSProfile(depth=5)

# What the vehicle drives by: reliable, for whoever watches each word.
DECISIONS = QoSProfile(depth=10)

# As bond_core's own: what all nodes of a robot say on the one topic.
BOND = QoSProfile(depth=100)

# Kept by its publisher for those who come later; a subscriber hears only those who keep.
TRANSIENT_LOCAL = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

# How long a process that ends waits for its last word to arrive: a publisher over shared memory
# takes along what nobody has read yet.
LAST_WORD = Duration(seconds=0.5)
