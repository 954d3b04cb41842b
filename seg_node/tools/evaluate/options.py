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

"""The command line of evaluate."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from seg_node.perception.backends.registry import choices, MAX_THREADS, PRECISIONS
from seg_node.tools.common.command_line import OneLineParser, positive, whole
from seg_node.tools.evaluate.report import command

DESCRIPTION = """\
Judge recordings frame by frame as the node would, as fast as the machine allows, and score them
against masks where there are some. The outcome is a folder: report.html, summary.json,
frames.parquet, and recordings/ with the same for each of them. What is done already is not done
again.
"""
EXITS = """\
exit codes: 0 done, 1 done, but some recordings could not be read or not to their end, or a limit
of --gate is not kept, 2 unusable input, 130 stopped by Ctrl-C (what is done is kept: run again to
go on).
"""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(
        prog='evaluate', description=DESCRIPTION, epilog=EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('paths', nargs='*', type=Path, metavar='PATH',
                        help='bag (ROS 2 or ROS 1), video, folder of images, or a folder that '
                        'holds any number of them')
    parser.add_argument('--out', type=Path, metavar='DIR', help='folder of the results')
    _add_node(parser)
    _add_input(parser)
    _add_truth(parser)
    _add_work(parser)
    command.add_options(parser)
    options = parser.parse_args(argv)
    if options.paths and options.out is None:
        parser.error('--out DIR is missing: the folder of the results')
    return options


def _add_node(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('the node')
    group.add_argument('--params-file', type=Path, metavar='FILE',
                       help="the node's own, as config/seg_node.yaml; without it the defaults "
                       'hold, with geometry: trapezoid')
    group.add_argument('--node', default='seg_node', metavar='NAME',
                       help='its name in that file (default: seg_node)')
    group.add_argument('--param', action='append', default=[], metavar='NAME=VALUE',
                       help='set a parameter, for example stop_go.min_coverage=0.8; may be '
                       'repeated')
    group.add_argument('--camera', metavar='NAME',
                       help='which of the cameras of the parameters (default: the only one)')
    group.add_argument('--model', help='as the parameter model')
    group.add_argument('--backend', choices=choices(), help='as the parameter backend')
    group.add_argument('--precision', choices=PRECISIONS, help='as the parameter precision')
    group.add_argument('--threads', type=whole(1, MAX_THREADS), metavar='N',
                       help='as the parameter threads: CPU threads of the network; here each '
                       'has a frame of its own')


def _add_input(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('recordings')
    group.add_argument('--topic', help="image topic of bags (default: the camera's, or the only "
                       'one)')
    group.add_argument('--odom', metavar='TOPIC',
                       help="odometry of bags (default: odom, or the only one); '' for none")
    group.add_argument('--fps', type=positive,
                       help='frame rate of videos and images, instead of their own')
    group.add_argument('--seconds', type=positive, metavar='S',
                       help='only the first S seconds of each')


def _add_truth(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('ground truth')
    group.add_argument('--truth', metavar='DIR|TOPIC',
                       help='folder of masks, with a folder for each recording where there are '
                       'several; or an image topic of the bags with masks of the same stamps')
    group.add_argument('--mapping', metavar='FILE|NAME',
                       help='what the values of the masks mean: a file, or cityscapes_ids, '
                       'cityscapes_colors, bdd100k_drivable, camvid_colors (default: class ids '
                       'of the model)')


def _add_work(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group('work')
    group.add_argument('--jobs', type=whole(1, 1024), metavar='N',
                       help='recordings at a time, each in a process of its own (default: cores '
                       'over threads of the network)')
    group.add_argument('--scheduler', metavar='ADDRESS',
                       help='do the work on a Dask cluster, for example tcp://host:8786')
    group.add_argument('--overlay', action='store_true',
                       help='also make overlay.mp4 of each recording')
    group.add_argument('--again', action='store_true', help='do also what is done already')
