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

"""
Tell all that is wrong or doubtful in a parameter file, offline, by the node's own checks.

With a picture it also draws the corridor on it. Exit codes: 0 nothing is wrong, 1 something is,
2 unusable input.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
import sys

import cv2

from seg_node.errors import UserError
from seg_node.outside_text import printable
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import Configuration, NODE, read_params_file
from seg_node.recordings.calibration import Calibration, read_calibration
from seg_node.recordings.opening import open_frames
from seg_node.recordings.topics import Topics
from seg_node.stop_go.limits import Geometry
from seg_node.tools.check_params.checks import check_image, check_values, Checked
from seg_node.tools.common.camera_frames import frames_with_intrinsics
from seg_node.tools.common.command_line import command, OneLineParser, positive
from seg_node.tools.common.files import write_whole


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='check_params', description=(__doc__ or '').split('\n')[1])
    parser.add_argument('params_file', type=Path, metavar='FILE',
                        help="the node's parameters, as config/seg_node.yaml")
    parser.add_argument('--node', default=NODE, metavar='NAME',
                        help='its name in that file, or its full name, such as /robot/seg_node '
                        f'(default: {NODE})')
    parser.add_argument('--image', type=Path, metavar='PICTURE|VIDEO|BAG',
                        help="of the camera: its first picture is looked at, with the file's "
                        'model')
    known = parser.add_mutually_exclusive_group()
    known.add_argument('--camera-info', type=Path, metavar='FILE',
                       help='calibration of what took it, as camera_calibration writes it; bags '
                       'have their own camera_info')
    known.add_argument('--fov', type=positive, metavar='DEGREES',
                       help='where there is none: a guess of the width that the camera sees')
    parser.add_argument('--camera', metavar='NAME',
                        help='which of the cameras of the file (default: the only one)')
    parser.add_argument('--topic', help='image topic of a bag, where it has several')
    parser.add_argument('--out', type=Path, metavar='FILE',
                        help='the picture with the corridor (default: FILE with the suffix '
                        '.check.jpg)')
    options = parser.parse_args(argv)
    if options.image is None and (options.camera_info or options.fov):
        parser.error('--camera-info, --fov: are of a picture; give it with --image')
    if options.fov is not None and not options.fov < 170:
        parser.error(f'--fov {options.fov:g}: is no width that a picture has, in degrees')
    return options


def run(options: argparse.Namespace) -> int:
    """Check, draw and tell; return the exit code."""
    try:
        given = read_params_file(options.params_file, options.node)
    except ParameterError as error:
        raise UserError(str(error)) from None
    checked = check_values(given)
    if options.image is not None and checked.configuration is not None:
        _look(options, checked, checked.configuration)
    for word, found in (('wrong', checked.wrong), ('doubtful', checked.doubts)):
        for text in dict.fromkeys(found):
            print(f'{word}: {printable(text, 1000)}')
    if not checked.wrong:
        told = 'nothing is wrong' if checked.doubts else 'nothing is wrong or doubtful'
        unseen = '' if options.image else '; give --image to see where the corridor lies'
        print(f'{options.params_file}: {told}{unseen}')
    return 1 if checked.wrong else 0


def _look(options: argparse.Namespace, checked: Checked, configuration: Configuration) -> None:
    """Check with a picture, and draw."""
    structure = configuration.structure
    if structure.geometry is Geometry.GROUND and structure.mounting_source == 'tf':
        raise UserError('mounting_source: tf cannot be looked at offline. Leave --image out')
    cameras = structure.cameras
    camera = options.camera or cameras[0]
    if camera not in cameras or (options.camera is None and len(cameras) > 1):
        raise UserError(f'--camera: choose one of {", ".join(cameras)}')
    calibration = read_calibration(options.camera_info) if options.camera_info else None
    with open_frames(options.image, Topics((camera,), image=options.topic), camera=calibration,
                     ) as source:
        if source.camera is None and options.fov is not None:
            source.camera = Calibration.centred(*source.size, options.fov)
        decoded, intrinsics = next(frames_with_intrinsics(source, structure, camera))
        image = check_image(checked, camera, decoded, intrinsics)
    if image is not None:
        out = options.out or options.params_file.with_suffix('.check.jpg')
        _, data = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, 90))
        write_whole(out, data.tobytes())
        print(f'look at {out}: the blue line must lie on the horizon, the lines across the way '
              'at whole metres from the bumper')


@command('check_params')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    return run(parse(sys.argv[1:] if argv is None else argv))


if __name__ == '__main__':
    sys.exit(main())
