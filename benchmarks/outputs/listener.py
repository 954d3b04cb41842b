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

"""Subscribe to the topics named, of types named, and unpack nothing, until killed."""

from __future__ import annotations

import importlib
import sys

import rclpy


def main() -> None:
    """Take topic and type in turn from the command line."""
    rclpy.init()
    node = rclpy.create_node('listener')
    for topic, kind in zip(sys.argv[1::2], sys.argv[2::2], strict=True):
        package, _, name = kind.split('/')
        message = getattr(importlib.import_module(f'{package}.msg'), name)
        node.create_subscription(message, topic, lambda _: None, 5, raw=True)
    rclpy.spin(node)


if __name__ == '__main__':
    main()
