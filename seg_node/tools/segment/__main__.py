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
Segment images by all techniques and networks side by side.

Writes a labelled sheet for each picture, or a film of a video or a bag, and prints a table; with
masks it holds each method's path IoU. Exit codes: 0 done, 2 unusable input, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
import math
from pathlib import Path
import sys

import cv2

from seg_node.errors import UserError
from seg_node.perception.images.quiet_opencv import quiet_opencv
from seg_node.recordings.bag import open_bag
from seg_node.recordings.decoding import decode_frames, DecodedFrame, first_seconds, GroundTruth
from seg_node.recordings.find import Kind
from seg_node.recordings.opening import open_frames
from seg_node.recordings.sources import Source
from seg_node.recordings.topics import Topics
from seg_node.scoring.ground_truth import path_truth
from seg_node.tools.common.command_line import command, OneLineParser, positive
from seg_node.tools.common.files import write_whole
from seg_node.tools.common.text_table import aligned
from seg_node.tools.evaluate.ground_truth.mapping import find_mapping, model_ids, read_mapping
from seg_node.tools.evaluate.ground_truth.masks import FileMask, FolderMasks, TopicMasks
from seg_node.tools.recorder.overlay_video import OverlayVideo
from seg_node.tools.segment.methods import known_methods, Method, open_methods
from seg_node.tools.segment.sheet import draw_sheet, Image

CLASSES = ('background', 'path', 'sidewalk', 'obstacle', 'speed_bump')
"""What the ids of masks mean without a mapping: the classes of the bundled models."""
DRIVABLE = (1, 4)
_RUNS_OF_ONE = 25
"""How often a single picture is segmented, so that its times say something."""


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse the command line."""
    parser = OneLineParser(prog='segment', description=(__doc__ or '').split('\n')[1])
    parser.add_argument('input', type=Path, metavar='PICTURE|VIDEO|FOLDER|BAG',
                        help='what is segmented; a folder is one of pictures')
    parser.add_argument('--methods', nargs='+', metavar='METHOD', default=known_methods(),
                        help=f'of {", ".join(known_methods())}, or model folders (default: all)')
    parser.add_argument('--truth', metavar='MASK|DIR|TOPIC',
                        help='mask of a picture, folder of masks, or a topic of the bag')
    parser.add_argument('--mapping', metavar='FILE|NAME',
                        help='what the values of the masks mean, as for evaluate (default: '
                        f'{", ".join(f"{k} {name}" for k, name in enumerate(CLASSES))})')
    parser.add_argument('--topic', help='image topic of a bag, where it has several')
    parser.add_argument('--seconds', type=positive, metavar='S',
                        help='only the first S seconds (default: all)')
    parser.add_argument('--out', type=Path, default=Path('out/segment'), metavar='DIR',
                        help='folder for sheets and films (default: out/segment)')
    return parser.parse_args(argv)


def run(options: argparse.Namespace) -> None:
    """Segment, write, and print the table."""
    methods = open_methods(options.methods)
    try:
        options.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f'--out {options.out}: cannot be written ({error.strerror}). '
                        'Choose another folder') from None
    with ExitStack() as stack:
        for method in methods:
            stack.callback(method.segmenter.close)
        source = stack.enter_context(open_frames(options.input, Topics(image=options.topic)))
        truth = _open_truth(options, source, stack)
        frames = first_seconds(decode_frames(source, truth), options.seconds)
        sheets = _sheets(frames, methods, source)
        if source.kind is Kind.IMAGES:
            written = [_write_picture(options.out, frame, sheet) for frame, sheet in sheets]
        else:
            film = options.out / f'{Path(source.name).stem}.mp4'
            written = _write_film(film, source.fps, sheets)
        for note in source.notes:
            print(f'segment: {note}', file=sys.stderr)
    if not written:
        raise UserError(f'{options.input}: has no image that can be decoded')
    print(table(methods))
    print(f'segment: {written[0]}' + (
        f' and {len(written) - 1} more' if len(written) > 1 else ''))


def table(methods: Sequence[Method]) -> str:
    """Return what all images together say of each method."""
    scored = any(method.score.true for method in methods)
    head = ('method', *(('path IoU', 'precision', 'recall') if scored else ()), 'ms')
    rows = [(method.name, *((
        f'{share:.3f}' for share in (
            method.score.iou, method.score.precision, method.score.recall)) if scored else ()),
        f'{method.median_ms:.1f}') for method in methods]
    return aligned([head, *rows], right=range(1, len(head)))


def _open_truth(options: argparse.Namespace, source: Source, stack: ExitStack
                ) -> GroundTruth | None:
    if options.truth is None:
        return None
    mapping = (model_ids(CLASSES) if options.mapping is None
               else read_mapping(find_mapping(options.mapping), CLASSES))
    path = Path(options.truth)
    if path.is_dir():
        return FolderMasks(path, mapping, source.count)
    if source.kind is Kind.BAG:
        masks = TopicMasks(open_bag(options.input), options.truth, mapping)
        stack.callback(masks.close)
        return masks
    if not path.is_file() or source.count != 1:
        raise UserError(f'--truth {options.truth}: give the mask of a picture, or a folder of '
                        'masks for several')
    return FileMask(path, mapping)


def _sheets(frames: Iterator[DecodedFrame], methods: Sequence[Method], source: Source
            ) -> Iterator[tuple[DecodedFrame, Image]]:
    runs = _RUNS_OF_ONE if source.count == 1 else 1
    for frame in frames:
        if frame.bgr is None:
            source.note(f'{source.name}: an image cannot be decoded ({frame.problem}); left out')
            continue
        truth = None if frame.truth is None else path_truth(frame.truth, DRIVABLE)
        try:
            answers = [method.segment(frame.bgr, truth, runs) for method in methods]
        except ValueError as error:
            raise UserError(f'{source.name}: the mask has not the size of its image ({error}). '
                            'Give masks of the images') from None
        yield frame, draw_sheet(frame.bgr, truth, answers)


def _write_picture(folder: Path, frame: DecodedFrame, sheet: Image) -> Path:
    path = folder / f'{Path(frame.frame.name).stem or frame.frame.index}.jpg'
    _, content = cv2.imencode('.jpg', sheet, (cv2.IMWRITE_JPEG_QUALITY, 82))
    write_whole(path, content.tobytes())
    return path


def _write_film(path: Path, fps: float, sheets: Iterator[tuple[DecodedFrame, Image]]
                ) -> list[Path]:
    film = OverlayVideo(path, ('',), fps if math.isfinite(fps) else 10.0)
    try:
        for frame, sheet in sheets:
            film.add('', frame.frame.time_ns, sheet)
    except OSError as error:
        raise UserError(f'--out {path}: cannot be written ({error})') from None
    finally:
        film.close()
    return [path] if film.frames else []


@command('segment')
def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    quiet_opencv()
    # Threads that wait for each other on a busy machine would make the times those of the machine.
    cv2.setNumThreads(1)
    try:
        run(parse(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        print('segment: stopped; what was written so far stays', file=sys.stderr)
        return 130
    return 0


if __name__ == '__main__':
    sys.exit(main())
