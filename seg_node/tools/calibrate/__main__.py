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
Find where a camera sits: from a drive straight ahead, points on the floor, or a checkerboard.

Writes a parameter file with what it found, and a picture with the horizon, the vehicle's way and
a line every metre: look at it. Exit codes: 0 done, 2 unusable input, or one that does not tell.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
import math
from pathlib import Path
import sys

import cv2

from seg_node.calibration.checkerboard import Board
from seg_node.calibration.estimate import CalibrationError, Measured
from seg_node.calibration.floor_points import FloorPoint
from seg_node.drawing.ground import draw_ground
from seg_node.errors import UserError
from seg_node.outside_text import printable
from seg_node.parameters.declaration import ParameterError
from seg_node.parameters.params_file import configure
from seg_node.parameters.structure import key
from seg_node.recordings.calibration import Calibration, read_calibration
from seg_node.recordings.opening import open_frames
from seg_node.recordings.topics import Topics
from seg_node.stop_go.corridor.ground_corridor import SweptPath
from seg_node.stop_go.geometry import CameraPose, Intrinsics, Mounting, View
from seg_node.stop_go.limits import Limits
from seg_node.stop_go.vehicle import Way
from seg_node.tools.calibrate.measuring import (
    measure_board,
    measure_drive,
    measure_points,
    Measurement,
)
from seg_node.tools.calibrate.params_text import params_text
from seg_node.tools.common.assignments import read_assignments
from seg_node.tools.common.camera_frames import frames_with_intrinsics
from seg_node.tools.common.command_line import command, OneLineParser, positive
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.text_table import aligned

_UNITS = {'height': 'm'}
_COARSE = 320
"""Pixels of width below which the accuracy that docs/calibration.md tells was not reached."""
_DRAWN_WIDTH = 1.0
"""Metres of the way that is drawn where the vehicle's width is unknown."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='calibrate', description=(__doc__ or '').split('\n')[1])
    parser.add_argument('input', type=Path, metavar='PICTURE|VIDEO|FOLDER|BAG',
                        help='a drive straight ahead; or, with --points or --board, a picture')
    parser.add_argument('--out', type=Path, default=Path('my_robot.yaml'), metavar='FILE',
                        help='parameter file that is written, with a picture beside it '
                        '(default: my_robot.yaml)')
    camera = parser.add_argument_group('the camera')
    known = camera.add_mutually_exclusive_group()
    known.add_argument('--camera-info', type=Path, metavar='FILE',
                       help='calibration of what took videos and pictures, as '
                       'camera_calibration writes it; bags have their own camera_info')
    known.add_argument('--fov', type=positive, metavar='DEGREES',
                       help='where there is none: a guess of the width that the camera sees')
    camera.add_argument('--camera', default='camera', metavar='NAME',
                        help='its name in the parameters (default: camera)')
    camera.add_argument('--forward', type=float, default=0.0, metavar='M',
                        help="lens ahead of the vehicle's origin, metres (default: 0)")
    camera.add_argument('--left', type=float, default=0.0, metavar='M',
                        help="lens left of the vehicle's origin, metres (default: 0)")
    camera.add_argument('--height', type=positive, metavar='M',
                        help='lens over the ground, metres, where you have measured it')
    camera.add_argument('--topic', help='image topic of a bag, where it has several')
    drive = parser.add_argument_group('a drive straight ahead')
    drive.add_argument('--odom', metavar='TOPIC',
                       help="odometry of a bag (default: odom, or the only one); '' for none")
    drive.add_argument('--speed', type=positive, metavar='M/S',
                       help='of the whole drive, where there is no odometry; gives the height')
    drive.add_argument('--seconds', type=positive, metavar='S', help='only the first S seconds')
    floor = parser.add_argument_group('a tape, or a checkerboard, on the floor')
    floor.add_argument('--points', nargs='+', type=_point, metavar='U,V,X,Y',
                       help='two points or more: pixels from the top left; metres ahead of the '
                       "vehicle's origin, and left of it")
    floor.add_argument('--board', type=_corners, metavar='9x6',
                       help='inner corners of a checkerboard that lies flat on the floor')
    floor.add_argument('--square', type=positive, metavar='M', help='side of its squares, metres')
    floor.add_argument('--squared', action='store_true',
                       help="its edges lie along the vehicle's, so that it tells the yaw")
    parser.add_argument('--param', action='append', default=[], metavar='NAME=VALUE',
                        help='what else is known, such as vehicle.width=0.6; goes into the file, '
                        'and may be repeated')
    options = parser.parse_args(argv)
    if options.points and options.board:
        parser.error('--points and --board: choose one of them')
    if (options.board is None) != (options.square is None):
        parser.error('--board and --square: go together')
    if options.fov is not None and not options.fov < 170:
        parser.error(f'--fov {options.fov:g}: is no width that a picture has, in degrees')
    return options


def _point(text: str) -> FloorPoint:
    try:
        u, v, x, y = (float(part) for part in text.split(','))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not u,v,x,y, such as 320,410,1.5,-0.2') from None
    if not all(map(math.isfinite, (u, v, x, y))):
        raise argparse.ArgumentTypeError(f'{text!r} has what is no number')
    return FloorPoint(u, v, x, y)


def _corners(text: str) -> tuple[int, int]:
    columns, _, rows = text.partition('x')
    if not (columns.isdecimal() and rows.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError(f'{text!r} is not COLUMNSxROWS, such as 9x6')
    return int(columns), int(rows)


def run(options: argparse.Namespace) -> None:
    """Measure, write and tell."""
    known = read_assignments(options.param)
    if options.camera != 'camera':
        known.setdefault('cameras', [options.camera])
    try:
        configuration = configure(known)
        if options.camera not in configuration.structure.cameras:
            raise UserError(f'--camera {options.camera}: the parameters have '
                            f'{", ".join(configuration.structure.cameras)}')
        seat = Mounting(options.height or 0.0, forward=options.forward, left=options.left)
    except (ParameterError, ValueError) as error:
        raise UserError(str(error)) from None
    if options.out.exists():
        raise UserError(f'--out {options.out}: is there already. Choose another name, or delete '
                        'it')
    calibration = read_calibration(options.camera_info) if options.camera_info else None
    topics = Topics((options.camera,), image=options.topic, odometry=options.odom)
    with open_frames(options.input, topics, camera=calibration) as source:
        if options.fov is not None:
            if source.camera is not None:
                raise UserError(f'--fov: {source.name} has its own camera. Leave it out')
            source.camera = Calibration.centred(*source.size, options.fov)
        frames = frames_with_intrinsics(source, configuration.structure, options.camera)
        if options.seconds is not None:
            frames = takewhile(
                lambda each: each[0].frame.time_ns < options.seconds * 1e9, frames)
        first = next(frames)
        images = (each for part in ((first,), frames) for each in part)
        try:
            if options.points:
                found = measure_points(images, options.points, seat)
            elif options.board:
                found = measure_board(images, Board(
                    *options.board, options.square, options.squared))
            else:
                found = measure_drive(images, options.speed)
        except CalibrationError as error:
            raise UserError(f'{source.name}: {error}') from None
        if first[1].width < _COARSE:
            source.note(f'pictures of {first[1].width} pixels are coarse: the angles may be off '
                        f'by more than 0.005 rad; take {_COARSE} pixels or more')
        for note in source.notes:
            print(printable(f'calibrate: {note}'), file=sys.stderr)
        if seat.height > 0:
            found = replace(found, estimate=replace(
                found.estimate, height=Measured(seat.height)))
        _write(options, found, known, configuration.limits, first[1], source.name)


def _write(options: argparse.Namespace, found: Measurement, known: dict[str, object],
           limits: Limits, intrinsics: Intrinsics, name: str) -> None:
    """Write file and picture, and tell of them."""
    estimate = found.estimate
    aside = {f'mounting.{key(options.camera)}.{each}': getattr(options, each)
             for each in ('forward', 'left') if getattr(options, each)}
    write_whole(options.out, params_text(
        estimate, options.camera, {**known, **aside}, f'{name}: {found.how}'))
    mounting = Mounting(**{each: value.value for each, value in estimate.found.items()},
                        forward=options.forward, left=options.left)
    vehicle = limits.vehicle
    path = None
    if mounting.height > 0:
        width = vehicle.width_along(Way()) if vehicle.width > 0 else _DRAWN_WIDTH
        path = SweptPath(width, vehicle.bumper_along(Way()))
    words = [f'{each} {value.value:.3f} {_UNITS.get(each, "rad")} +- {value.spread:.3f}'
             for each, value in estimate.found.items()]
    picture = options.out.with_suffix('.jpg')
    image = draw_ground(found.bgr, View(intrinsics, CameraPose.from_mounting(mounting)), path,
                        words)
    _, data = cv2.imencode('.jpg', image, (cv2.IMWRITE_JPEG_QUALITY, 90))
    write_whole(picture, data.tobytes())
    print(f'{printable(name)}: {found.how}')
    print(aligned(((each, f'{value.value:.4f}', _UNITS.get(each, 'rad'),
                    f'+- {value.spread:.4f}' if value.spread else 'as given') for each, value
                   in estimate.found.items()), right=(1,)))
    if mounting.height == 0.0:
        print('height: is not known without a speed: measure it, and give it with --height')
    if options.fov is not None:
        print(f'camera: a guess, {options.fov:g} degrees wide: calibrate it before you drive')
    print(f'written: {options.out}; look at {picture}, then: check_params {options.out}')


@command('calibrate')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the tool."""
    run(parse(sys.argv[1:] if argv is None else argv))
    return 0


if __name__ == '__main__':
    sys.exit(main())
