# shellcheck shell=bash disable=SC2034
# The environment of everything that runs from this checkout. Sourced, not executed.
# Sets ROOT and VENV, and exports what Python and ROS 2 need; values the user set are kept.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
VENV="$ROOT/.venv"

export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"

# Fast DDS loses most large best-effort images over its default transports: config/fastdds.xml.
# Humble and Jazzy read the one name; Kilted and later read the other and warn of the first.
if [[ -z "${FASTDDS_DEFAULT_PROFILES_FILE:-}${FASTRTPS_DEFAULT_PROFILES_FILE:-}" ]]; then
  case "${ROS_DISTRO:-}" in
    humble|iron|jazzy) export FASTRTPS_DEFAULT_PROFILES_FILE="$ROOT/config/fastdds.xml" ;;
    *) export FASTDDS_DEFAULT_PROFILES_FILE="$ROOT/config/fastdds.xml" ;;
  esac
fi

# A demo has no business on the network of a lab full of robots.
export ROS_AUTOMATIC_DISCOVERY_RANGE="${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"

# The start-up hook of the ROS wheels marks here that it has set LD_LIBRARY_PATH. Inherited from
# another interpreter, the mark keeps the hook from doing so, and rclpy misses its libraries.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE
