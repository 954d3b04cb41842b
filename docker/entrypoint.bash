#!/usr/bin/env bash
# Runs a command where ROS 2 and seg_node are sourced.

set -eo pipefail  # ROS's setup files read variables that are not set
source "/opt/ros/$ROS_DISTRO/setup.bash"
source /ws/install/setup.bash
exec "$@"
