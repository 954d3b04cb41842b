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

"""The command line of replay."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import math
from pathlib import Path

from seg_node.tools.common.command_line import OneLineParser, positive
from seg_node.tools.replay.sent_log import SENT_COLUMNS

CLOCK_HZ = 100.0
"""Default of --clock; as simulators publish it."""
WAIT_SECONDS = 30.0
"""Default of --wait."""
EXAMPLES = """\
keys on a terminal:
  space               pause and resume
  s, right arrow      while paused: play up to the next image (without images: next message)
The same as services (std_srvs/Trigger): ~/pause ~/resume ~/toggle_paused ~/play_next

examples:
  replay my_bag --clock                             the node needs use_sim_time:=true
  replay my_bag --stamp now --topics /front/image_raw /front/camera_info \\
      --remap /front/image_raw:=/camera/image_raw /front/camera_info:=/camera/camera_info
  replay drive.mp4 --loop --rate 0.5                on camera/image_raw and camera/camera_info
  replay my_bag --clock --start 60 --duration 5 --paused
  replay my_bag --clock --camera camera             for a node with the default names

exit codes: 0 played or stopped by SIGINT/SIGTERM, 1 failed while playing, 2 unusable input
"""


def not_negative(text: str) -> float:
    """Parse a finite number from zero on (an argparse type)."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a number') from None
    if not math.isfinite(value) or value < 0:
        raise argparse.ArgumentTypeError(f'{text} must be a finite number from 0 on')
    return value


def without_ros_args(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """
    Split a command line into ours and ROS's, which is what lies between --ros-args and --.

    rclpy's own function would also take OLD:=NEW for ROS's, an old way to write it.
    """
    ours: list[str] = []
    ros: list[str] = []
    part = ours
    for argument in argv:
        if argument == '--ros-args':
            part = ros
        part.append(argument)
        if argument == '--' and part is ros:
            part = ours
    return ours, ros


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(
        prog='replay', epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Plays a recording over DDS with its recorded timing. Says what was sent, '
        'how late,\nand everything that was not.')
    parser.add_argument('input', nargs='?', type=Path, metavar='INPUT',
                        help='bag of ROS 2 (folder, .mcap, .db3; zstd, split) or ROS 1 (.bag), '
                        'video, folder of images; default: a drive that the project renders '
                        'itself')
    which = parser.add_argument_group('which part')
    which.add_argument('--start', type=not_negative, default=0.0, metavar='SECONDS',
                       help='begin that far into the recording')
    which.add_argument('--duration', type=positive, metavar='SECONDS',
                       help='play that much of the recording')
    which.add_argument('--topics', nargs='+', metavar='TOPIC',
                       help='only these topics (default: all)')
    which.add_argument('--camera', action='append', metavar='NAME',
                       help="what a node's camera of this name needs: NAME/image_raw (or "
                       'image_raw/compressed), NAME/camera_info, odom and transforms; again for '
                       'more cameras with the same images (default: all of a bag under its own '
                       'names, else one named camera)')
    which.add_argument('--topic', help='image topic of the bag for --camera (default: the one of '
                       "the camera's name, or the only one)")
    how = parser.add_argument_group('how')
    how.add_argument('--rate', type=positive, default=1.0, metavar='R',
                     help='speed: 2 is twice as fast (default: 1)')
    how.add_argument('--loop', action='store_true',
                     help='again and again; stamps and /clock go on in time')
    how.add_argument('--patient', action='store_true',
                     help='play slower where reading is too slow, instead of late')
    how.add_argument('--paused', action='store_true', help='begin paused')
    how.add_argument('--wait', nargs='?', type=positive, const=WAIT_SECONDS, metavar='SECONDS',
                     help='begin when every image topic has a subscriber; fail after SECONDS '
                     f'(default: {WAIT_SECONDS:g})')
    how.add_argument('--hold', action='store_true',
                     help='begin only when a line arrives on standard input')
    how.add_argument('--fps', type=positive, metavar='HZ',
                     help='frame rate of a video or folder, instead of its own')
    how.add_argument('--camera-info', type=Path, metavar='FILE',
                     help='calibration of what took a video or images, as camera_calibration '
                     'writes it (default: an invented one)')
    names = parser.add_argument_group('names, time, stamps')
    names.add_argument('--remap', nargs='+', action='extend', default=[], metavar='OLD:=NEW',
                       help='publish a topic under another name')
    names.add_argument('--clock', nargs='?', type=positive, const=CLOCK_HZ, metavar='HZ',
                       help=f'publish /clock, the time of the recording (default: {CLOCK_HZ:g} '
                       'Hz); a recorded /clock is left out')
    names.add_argument('--stamp', choices=('recorded', 'now'),
                       help='header stamps: as recorded, or as if it happened now, with the same '
                       'ages and differences (default: recorded; videos and images without '
                       '--clock: now)')
    told = parser.add_argument_group('what is told')
    told.add_argument('--progress', action='store_true',
                      help='print the number of frames sent, a line each')
    told.add_argument('--log', type=Path, metavar='FILE',
                      help=f'CSV of the images sent: {", ".join(SENT_COLUMNS)}')
    options = parser.parse_args(argv)
    cameras = options.camera or []
    if len(set(cameras)) < len(cameras):
        parser.error(f'--camera: {", ".join(cameras)} has a name twice. Give each once')
    if options.topic and not cameras:
        parser.error(f'--topic {options.topic}: is the image topic for --camera NAME; for parts '
                     'of a bag under their own names give --topics')
    return options
